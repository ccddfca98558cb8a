"""Small pieces of the sentences that say why something fired."""

from collections.abc import Iterable
from typing import Any

import msgspec

from schemas.durations import BusinessHours
from schemas.moments import DAY, HOUR, MINUTE, SECOND

_UNITS = ((DAY, "day"), (HOUR, "hour"), (MINUTE, "minute"), (SECOND, "second"))
_WRITTEN_AS_JSON = (bool, dict, type(None))


def length(duration: int | BusinessHours) -> str:
    """A length of time: `60 days`, `48 hours`, `4 business hours`. Under three days are said in hours."""
    if isinstance(duration, BusinessHours):
        count = duration.open_ms // HOUR
        return "1 business hour" if count == 1 else f"{count} business hours"
    for unit, name in _UNITS:
        if duration % unit == 0 and (unit != DAY or duration >= 3 * DAY):
            count = duration // unit
            return f"{count} {name}" if count == 1 else f"{count} {name}s"
    return f"{duration / SECOND:g} seconds"


def elapsed(ms: int) -> str:
    """How long something is, in its two largest units: `3 d 4 h`, `12 min 5 s`, `0 s`."""
    said = []
    for unit, name in ((DAY, "d"), (HOUR, "h"), (MINUTE, "min"), (SECOND, "s")):
        count, ms = divmod(ms, unit)
        if count:
            said.append(f"{count} {name}")
        elif said:
            break
    return " ".join(said[:2]) or "0 s"


def open_hours(ms: int) -> str:
    """How much open time something is: `39 h 30 min of business hours`. A day of it would mislead."""
    hours, rest = divmod(ms, HOUR)
    minutes = rest // MINUTE
    said = (
        f"{hours} h" * bool(hours or not minutes)
        + " " * bool(hours and minutes)
        + f"{minutes} min" * bool(minutes)
    )
    return f"{said} of business hours"


def joined(names: Iterable[str], word: str = "and") -> str:
    """`a`, `a and b`, `a, b and c`."""
    *first, last = names
    return f"{', '.join(first)} {word} {last}" if first else last


def shown(value: Any) -> str:
    """A JSON value as one says it: text and numbers as they are, a list as `a, b`; else as JSON has it."""
    if value in ("", []):
        return "empty"
    if isinstance(value, list):
        return ", ".join(map(shown, value))
    if isinstance(value, _WRITTEN_AS_JSON):
        return msgspec.json.encode(value).decode()
    return str(value)


def spoken(activity_type: str) -> str:
    """An activity's type as one says it: `demo requested`."""
    return activity_type.replace("_", " ")


def as_sentence(clause: str) -> str:
    """A clause with its first letter a capital."""
    return clause[:1].upper() + clause[1:]
