"""Lengths of time, as a funnel file writes them: `30d`, or `4bh` of a calendar's open hours."""

import re
from dataclasses import dataclass
from typing import Annotated

from pydantic import BeforeValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from schemas.moments import DAY, HOUR, MINUTE, SECOND

_DURATION = re.compile(r"([1-9][0-9]{0,11})([smhdw]|bh)")
_OTHER_BUSINESS_TIME = re.compile(r"[0-9]+ ?b[smdw]")
DURATION_PATTERN = "^[1-9][0-9]*([smhdw]|bh)$"
HALF_LIFE_PATTERN = "^[1-9][0-9]*[smhdw]$"
LONGEST_DURATION = 36_525 * DAY


@dataclass(frozen=True)
class BusinessHours:
    """So many ms of the calendar's open hours; written as `4bh`."""

    open_ms: int


UNITS: dict[str, int | BusinessHours] = {
    "s": SECOND,
    "m": MINUTE,
    "h": HOUR,
    "d": DAY,
    "w": 7 * DAY,
    "bh": BusinessHours(HOUR),
}


def parse_duration(value: object) -> int | BusinessHours:
    """Milliseconds of a duration such as ``90s 15m 4h 30d 2w``, or those of ``4bh``. Raises ValueError."""
    match = _DURATION.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        if isinstance(value, str) and _OTHER_BUSINESS_TIME.fullmatch(value):
            raise ValueError("business time is written in hours alone, such as 4bh")
        raise ValueError("a duration is a whole number above zero with a unit: 90s, 15m, 4h, 30d, 2w, 4bh")
    unit = UNITS[match[2]]
    duration = int(match[1]) * (unit.open_ms if isinstance(unit, BusinessHours) else unit)
    if duration > LONGEST_DURATION:
        raise ValueError("a duration is at most 36525d, a hundred years")
    return BusinessHours(duration) if isinstance(unit, BusinessHours) else duration


def parse_elapsed(value: object) -> int:
    """Milliseconds of a duration that no calendar is needed for. Raises ValueError."""
    duration = parse_duration(value)
    if isinstance(duration, BusinessHours):
        raise ValueError("business hours cannot stand here: write 4h, 30d, 2w")
    return duration


def _duration(value: object) -> int | BusinessHours:
    try:
        return parse_duration(value)
    except ValueError as error:
        raise PydanticCustomError("bad-duration", "{said}", {"said": str(error)}) from None


def _half_life(value: object) -> int:
    duration = _duration(value)
    if isinstance(duration, BusinessHours):
        raise PydanticCustomError(
            "business-half-life", "points decay by night too, so a half-life is no business hours: write 30d"
        )
    return duration


Duration = Annotated[
    int | BusinessHours,
    BeforeValidator(_duration),
    WithJsonSchema({"type": "string", "pattern": DURATION_PATTERN, "examples": ["48h", "30d", "4bh"]}),
]
"""Milliseconds, written as `30d`; or business hours."""
HalfLife = Annotated[
    int,
    BeforeValidator(_half_life),
    WithJsonSchema({"type": "string", "pattern": HALF_LIFE_PATTERN, "examples": ["30d"]}),
]
"""Milliseconds; written as `30d`."""
