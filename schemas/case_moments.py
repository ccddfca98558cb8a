"""Moments as a case of a funnel writes them: `day 3 10:00`, `monday 10:00`, `+2h`, `2026-01-31 10:00`.

What is written is only read here. Which moment it is follows from the zone, from when the case
starts and from the line before (`qualifiers.cases.moments`).
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Annotated

from pydantic import BeforeValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from schemas.durations import Duration, parse_duration
from schemas.moments import parse_moment

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

_LINE_SYNTAX = "a moment is written as `day 3 10:00`, `monday 10:00`, `+2h` or `2026-01-31 10:00`"
_START_SYNTAX = "a case starts at a moment such as `2026-01-31 10:00`, `monday 10:00` or 2026-01-31T09:30:00Z"


@dataclass(frozen=True)
class Exactly:
    """RFC 3339 with an offset: ms since the epoch."""

    at: int


@dataclass(frozen=True)
class OnDate:
    """A date, and the minute of the day that the clock on the wall shows (None: that of the start)."""

    date: date
    minute: int | None


@dataclass(frozen=True)
class OnDay:
    """The case's n-th day, counted from 1."""

    number: int
    minute: int | None


@dataclass(frozen=True)
class OnWeekday:
    """The next such day of the week, Monday being 0."""

    weekday: int
    minute: int | None


@dataclass(frozen=True)
class Later:
    """So long after the line before, one duration after the other."""

    durations: tuple[Duration, ...]


Start = Exactly | OnDate | OnWeekday
CaseMoment = Start | OnDay | Later

_TIME = r"(?: (?P<hour>[01]?[0-9]|2[0-3]):(?P<minute>[0-5][0-9]))?"
_DATE = re.compile(rf"(?P<date>[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}){_TIME}")
_DAY = re.compile(rf"day (?P<number>[1-9][0-9]{{0,4}}){_TIME}")
_IN_FULL = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt]")
_WEEKDAY = re.compile(rf"(?P<weekday>{'|'.join(DAYS)}){_TIME}")


def parse_case_moment(text: str) -> CaseMoment:
    """A moment of a line. Raises ValueError, with a sentence for a person."""
    if text.startswith("+"):
        return Later(tuple(map(parse_duration, text[1:].split() or [""])))
    if match := _DAY.fullmatch(text):
        return OnDay(int(match["number"]), _minute(match))
    return _parse(text, _LINE_SYNTAX)


def parse_start(text: str) -> Start:
    """When a case starts. Raises ValueError, with a sentence for a person."""
    return _parse(text, _START_SYNTAX)


def _parse(text: str, syntax: str) -> Start:
    if match := _WEEKDAY.fullmatch(text.lower()):
        return OnWeekday(DAYS.index(match["weekday"]), _minute(match))
    if match := _DATE.fullmatch(text):
        try:
            return OnDate(date.fromisoformat(match["date"]), _minute(match))
        except ValueError:
            raise ValueError(f"there is no date {match['date']}") from None
    if _IN_FULL.match(text):
        try:
            return Exactly(parse_moment(text))
        except ValueError as error:
            raise ValueError(f"{error}; or write the clock on the wall: 2026-01-31 09:30") from None
    raise ValueError(syntax)


def _minute(match: re.Match[str]) -> int | None:
    return None if match["hour"] is None else int(match["hour"]) * 60 + int(match["minute"])


def _read_by(parse: Callable[[str], CaseMoment]) -> BeforeValidator:
    def read(value: object) -> CaseMoment:
        try:
            # What is no text is no moment either, and is told so in the same words.
            return parse(value if isinstance(value, str) else "")
        except ValueError as error:
            raise PydanticCustomError("bad-moment", "{said}", {"said": str(error)}) from None

    return BeforeValidator(read)


_CLOCK = "( ([01]?[0-9]|2[0-3]):[0-5][0-9])?"
_STARTS = (
    f"[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}{_CLOCK}",
    "[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]+)?([Zz]|[+-][0-9]{2}:[0-5][0-9])",
    f"({'|'.join(f'[{day[0].upper()}{day[0]}]{day[1:]}' for day in DAYS)}){_CLOCK}",
)
_LINES = (*_STARTS, f"day [1-9][0-9]{{0,4}}{_CLOCK}", r"\+[1-9][0-9]*([smhdw]|bh)( [1-9][0-9]*([smhdw]|bh))*")

StartText = Annotated[
    Start,
    _read_by(parse_start),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": f"^({'|'.join(_STARTS)})$",
            "patternErrorMessage": _START_SYNTAX,
            "examples": ["monday 10:00", "2026-01-31 10:00"],
        }
    ),
]
"""When a case starts."""
MomentText = Annotated[
    CaseMoment,
    _read_by(parse_case_moment),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": f"^({'|'.join(_LINES)})$",
            "patternErrorMessage": _LINE_SYNTAX,
            "examples": ["day 3 10:00", "monday 10:00", "+2h", "+40bh", "2026-01-31 10:00"],
        }
    ),
]
"""The moment of a line."""
