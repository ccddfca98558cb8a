"""Moments on the wire and in memory.

In memory a moment is an ``int``: milliseconds since 1970-01-01T00:00:00Z. On the
wire it is RFC 3339; what comes in must say its offset, what goes out is UTC with
``Z`` and milliseconds. Anything finer than a millisecond is cut off, not rounded.
"""

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final

SECOND: Final = 1_000
MINUTE: Final = 60 * SECOND
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR
LONG_AGO: Final = -(2**62)
"""Earlier than any moment."""
NEVER: Final = 2**62 - 1
"""Later than any moment a lead can live to see: the due time of a lead that nothing awaits.

The largest whole number for which compiled code needs no object."""
FIRST_MOMENT: Final = -62_135_596_800_000
"""The beginning of the year 1, the first that RFC 3339 can write."""
LAST_MOMENT: Final = 253_402_300_799_999
"""The end of the year 9999, the last that RFC 3339 can write."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


# Four digits, two digits … (section 5.6): fromisoformat also takes week dates, commas,
# bare hours and more, which RFC 3339 does not.
_RFC_3339 = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?([Zz]|[+-][0-9]{2}:[0-5][0-9])?"
)


def parse_moment(text: str) -> int:
    """Milliseconds since the epoch of an RFC 3339 ``date-time`` (section 5.6).

    Raises ValueError, with a sentence for a person, when ``text`` is not one or
    does not say its offset from UTC.
    """
    # The usual forms, in UTC: a stream dwells on few hours, and the rest is a few digits.
    length = len(text)
    if (length == 24 and text[19] == "." and text[23] == "Z") or (length == 20 and text[19] == "Z"):
        minute, second = _two_digits(text, 14), _two_digits(text, 17)
        ms = 0 if length == 20 else 10 * _two_digits(text, 20) + _digit(text, 22)
        if 0 <= minute < 60 and 0 <= second < 60 and ms >= 0 and text[16] == ":":
            try:
                return _hour(text[:14]) + minute * MINUTE + second * SECOND + ms
            except ValueError:
                pass
    return _parse(text)


_NO_DIGIT: Final = -1_000


def _digit(text: str, at: int) -> int:
    digit = ord(text[at]) - 48
    return digit if 0 <= digit <= 9 else _NO_DIGIT


def _two_digits(text: str, at: int) -> int:
    return 10 * _digit(text, at) + _digit(text, at + 1)


def _parse(text: str) -> int:
    shape = _RFC_3339.fullmatch(text)
    if shape is None:
        raise ValueError(f"{text!r} is not an RFC 3339 date-time such as 2026-01-31T09:30:00Z")
    if shape[2] is None:
        raise ValueError(f"{text!r} does not say its offset from UTC (add Z or +01:00)")
    try:
        moment = datetime.fromisoformat(text.upper())
    except ValueError as error:
        raise ValueError(f"{text!r} is not a moment that exists: {error}") from None
    at = (moment - _EPOCH) // _MILLISECOND
    if not FIRST_MOMENT <= at <= LAST_MOMENT:
        raise ValueError(f"{text!r} is not a moment that exists: in UTC its year is not in 1..9999")
    return at


@lru_cache(maxsize=8192)
def _hour(text: str) -> int:
    return _parse(text + "00:00Z")


def format_moment(at: int) -> str:
    """``at`` (ms) as RFC 3339 in UTC with milliseconds, e.g. ``2026-01-31T09:30:00.000Z``.

    Raises OverflowError outside the years 1 to 9999.
    """
    day, rest = divmod(at, DAY)
    minute, rest = divmod(rest, MINUTE)
    digits = str(100_000 + rest)
    return f"{_date(day)}{_MINUTES[minute]}{digits[1:3]}.{digits[3:]}Z"


_MINUTES = tuple(f"T{hour:02d}:{minute:02d}:" for hour in range(24) for minute in range(60))


@lru_cache(maxsize=4096)
def _date(day: int) -> str:
    # A stream dwells on few days, and making a date costs more than all the rest.
    return (_EPOCH + timedelta(days=day)).date().isoformat()
