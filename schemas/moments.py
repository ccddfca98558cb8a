"""Moments on the wire and in memory.

In memory a moment is an ``int``: milliseconds since 1970-01-01T00:00:00Z. On the
wire it is RFC 3339; what comes in must say its offset, what goes out is UTC with
``Z`` and milliseconds. Anything finer than a millisecond is cut off, not rounded.
"""

from datetime import UTC, datetime, timedelta

SECOND = 1_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR
NEVER = 2**62
"""Later than any moment a lead can live to see: the due time of a lead that nothing awaits."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


def parse_moment(text: str) -> int:
    """Milliseconds since the epoch of an RFC 3339 ``date-time`` (section 5.6).

    Raises ValueError, with a sentence for a person, when ``text`` is not one or
    does not say its offset from UTC.
    """
    # fromisoformat also takes forms that RFC 3339 does not (week dates, bare dates,
    # a missing separator), so the shape is looked at first.
    if len(text) < 20 or text[4] != "-" or text[10] not in "Tt " or text[13] != ":":
        if len(text) >= 19 and text[4:5] == "-" and text[10:11] in ("T", "t", " "):
            raise ValueError(f"{text!r} does not say its offset from UTC (add Z or +01:00)")
        raise ValueError(f"{text!r} is not an RFC 3339 date-time such as 2026-01-31T09:30:00Z")
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise ValueError(f"{text!r} is not a moment that exists: {error}") from None
    if moment.tzinfo is None:
        raise ValueError(f"{text!r} does not say its offset from UTC (add Z or +01:00)")
    return (moment - _EPOCH) // _MILLISECOND


def format_moment(at: int) -> str:
    """``at`` (ms) as RFC 3339 in UTC with milliseconds, e.g. ``2026-01-31T09:30:00.000Z``."""
    moment = _EPOCH + timedelta(milliseconds=at)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{at % 1000:03d}Z"
