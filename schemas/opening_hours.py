"""Opening hours and holidays, as a funnel file's `calendar` writes them."""

import re
from collections.abc import Iterable
from datetime import date
from typing import Annotated

from pydantic import BeforeValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_A_DAY = 24 * 60
_RANGE = re.compile(r"([a-z]{3})(?:-([a-z]{3}))? +([0-9]{2}:[0-9]{2})-([0-9]{2}:[0-9]{2})")
_HOLIDAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")

Open = tuple[int, int]
"""From when to when, in minutes since Monday 00:00; the end is not in it."""


def parse_hours(text: str) -> tuple[Open, ...]:
    """When it is open in a week, of ranges such as ``mon-fri 09:00-12:00, sat 10:00-14:00``.

    In order, and joined where one begins as another ends. Raises ValueError, which names
    each range that is wrong, and why.
    """
    found: list[tuple[Open, str]] = []
    wrong: list[str] = []
    for written in map(str.strip, text.split(",")):
        try:
            opened = _range(written)
        except ValueError as error:
            wrong.append(f"`{written}` {error}")
            continue
        other = next((other for mine in opened for theirs, other in found if _overlap(mine, theirs)), None)
        if other is not None:
            wrong.append(f"`{written}` overlaps `{other}`")
        found += [(one, written) for one in opened]
    if wrong:
        raise ValueError("; ".join(wrong))
    return _joined(one for one, _ in found)


def _range(written: str) -> list[Open]:
    """One range, day by day."""
    match = _RANGE.fullmatch(written)
    if match is None:
        raise ValueError("is not days and times such as mon-fri 09:00-17:00 or sat 10:00-14:00")
    first, last = (_day(name) for name in (match[1], match[2] or match[1]))
    opens, closes = _minute(match[3]), _minute(match[4])
    if closes <= opens:
        raise ValueError("ends before it begins: over midnight it takes two ranges, …-24:00 and 00:00-…")
    days = [(first + after) % 7 for after in range((last - first) % 7 + 1)]
    return [(day * _A_DAY + opens, day * _A_DAY + closes) for day in days]


def _day(name: str) -> int:
    if name not in _DAYS:
        raise ValueError(f"names no day `{name}`: they are {', '.join(_DAYS)}")
    return _DAYS.index(name)


def _minute(written: str) -> int:
    hour, minute = int(written[:2]), int(written[3:])
    if minute > 59 or hour * 60 + minute > _A_DAY:
        raise ValueError(f"has no time of day `{written}`: they are 00:00 to 24:00")
    return hour * 60 + minute


def _overlap(one: Open, other: Open) -> bool:
    return one[0] < other[1] and other[0] < one[1]


def _joined(found: Iterable[Open]) -> tuple[Open, ...]:
    joined: list[Open] = []
    for opens, closes in sorted(found):
        if joined and joined[-1][1] == opens:
            joined[-1] = (joined[-1][0], closes)
        else:
            joined.append((opens, closes))
    return tuple(joined)


def _hours(value: object) -> object:
    if isinstance(value, str) and not value.strip():
        raise PydanticCustomError("no-open-hours", "no hour is open; write such as mon-fri 09:00-17:00")
    if not isinstance(value, str):
        raise PydanticCustomError("wrong-type", "text such as mon-fri 09:00-17:00 is needed here")
    try:
        return parse_hours(value)
    except ValueError as error:
        raise PydanticCustomError("bad-hours", "{said}", {"said": str(error)}) from None


def _holiday(value: object) -> date:
    if not isinstance(value, str):
        raise PydanticCustomError("wrong-type", "a date such as 2026-12-25 is needed here")
    try:
        if _HOLIDAY.fullmatch(value):
            return date.fromisoformat(value)
    except ValueError:
        pass
    raise PydanticCustomError("bad-holiday", "{said}", {"said": f"`{value}` is no date such as 2026-12-25"})


_RANGE_IN_SCHEMA = r"[a-z]{3}(-[a-z]{3})? +[0-9]{2}:[0-9]{2}-[0-9]{2}:[0-9]{2}"
HOURS_PATTERN = f"^ *{_RANGE_IN_SCHEMA}( *, *{_RANGE_IN_SCHEMA})* *$"
HOLIDAY_PATTERN = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
Hours = Annotated[
    tuple[Open, ...],
    BeforeValidator(_hours),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": HOURS_PATTERN,
            "examples": ["mon-fri 09:00-17:00, sat 10:00-14:00"],
        }
    ),
]
"""The open hours of a week, as `parse_hours` gives them."""
Holiday = Annotated[
    date,
    BeforeValidator(_holiday),
    WithJsonSchema({"type": "string", "format": "date", "pattern": HOLIDAY_PATTERN}),
]
