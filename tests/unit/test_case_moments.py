"""Moments as cases write them: how they are read, and which ones they are."""

from datetime import date

import pytest

from qualifiers.cases.moments import WallClock
from schemas.case_moments import Exactly, Later, OnDate, OnDay, OnWeekday, parse_case_moment, parse_start
from schemas.durations import BusinessHours
from schemas.funnel_file import Calendar
from schemas.moments import DAY, HOUR, format_moment, parse_moment

OSLO = WallClock(Calendar.model_validate({"zone": "Europe/Oslo", "hours": "mon-fri 09:00-17:00"}))
NO_CALENDAR = WallClock(None)


MOMENTS = {
    "day 3": OnDay(3, None),
    "day 3 10:00": OnDay(3, 600),
    "day 12 9:05": OnDay(12, 545),
    "monday": OnWeekday(0, None),
    "Sunday 23:59": OnWeekday(6, 1439),
    "+2h": Later((2 * HOUR,)),
    "+1d 2h": Later((DAY, 2 * HOUR)),
    "+4bh": Later((BusinessHours(4 * HOUR),)),
    "2026-01-31": OnDate(date(2026, 1, 31), None),
    "2026-01-31 07:15": OnDate(date(2026, 1, 31), 435),
    "2026-01-31T09:30:00+01:00": Exactly(parse_moment("2026-01-31T08:30:00Z")),
}
NO_MOMENTS = {
    "": "a moment is written as",
    "tomorrow": "a moment is written as",
    "day 0": "a moment is written as",
    "day 3 24:00": "a moment is written as",
    "mon 10:00": "a moment is written as",
    "2h": "a moment is written as",
    "+": "a duration is a whole number",
    "+2 h": "a duration is a whole number",
    "+0d": "a duration is a whole number",
    "2026-02-30": "there is no date 2026-02-30",
    "2026-01-31T09:30:00": "does not say its offset from UTC",
}
"""What is no moment, and what is said of it."""


@pytest.mark.parametrize(("text", "read"), MOMENTS.items())
def test_a_moment_of_a_line_is_read(text: str, read: object) -> None:
    assert parse_case_moment(text) == read


@pytest.mark.parametrize(("text", "said"), NO_MOMENTS.items())
def test_what_is_no_moment_is_told(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        parse_case_moment(text)


@pytest.mark.parametrize("text", ["day 3", "+2h", "", "10:00"])
def test_a_case_starts_at_no_moment_that_needs_another(text: str) -> None:
    with pytest.raises(ValueError, match="a case starts at a moment such as"):
        parse_start(text)


@pytest.mark.parametrize(
    ("clock", "text", "start"),
    [
        (OSLO, None, "2026-01-05T08:00:00.000Z"),
        (NO_CALENDAR, None, "2026-01-05T09:00:00.000Z"),
        (OSLO, "wednesday", "2026-01-07T08:00:00.000Z"),
        (OSLO, "friday 16:30", "2026-01-09T15:30:00.000Z"),
        (OSLO, "2026-07-01", "2026-07-01T07:00:00.000Z"),
        (OSLO, "2026-07-01 12:15", "2026-07-01T10:15:00.000Z"),
        (OSLO, "2026-07-01T12:15:00Z", "2026-07-01T12:15:00.000Z"),
    ],
)
def test_a_case_starts_by_the_clock_on_the_wall(clock: WallClock, text: str | None, start: str) -> None:
    assert format_moment(clock.start(None if text is None else parse_start(text))) == start


START = "2026-03-27 10:20"
"""A Friday; clocks are put forward on the Sunday."""


@pytest.mark.parametrize(
    ("text", "before", "moment"),
    [
        (None, "2026-03-28T00:00:00Z", "2026-03-28T00:00:00.000Z"),
        ("day 1", START, "2026-03-27T09:20:00.000Z"),
        ("day 2 08:00", START, "2026-03-28T07:00:00.000Z"),
        # By the clock on the wall, which was put forward meanwhile …
        ("day 4", START, "2026-03-30T08:20:00.000Z"),
        # … and by the time that has passed.
        ("+3d", "2026-03-27T09:20:00Z", "2026-03-30T09:20:00.000Z"),
        ("+1d 30m", "2026-03-27T09:20:00Z", "2026-03-28T09:50:00.000Z"),
        ("+8bh", "2026-03-27T09:20:00Z", "2026-03-30T08:20:00.000Z"),
        ("2026-04-01", START, "2026-04-01T08:20:00.000Z"),
        ("2026-04-01 00:00", START, "2026-03-31T22:00:00.000Z"),
        # The next one, which the moment of the line before may be itself.
        ("friday", "2026-03-27T09:20:00Z", "2026-03-27T09:20:00.000Z"),
        ("friday 10:20", "2026-03-27T09:20:00Z", "2026-03-27T09:20:00.000Z"),
        ("friday 10:19", "2026-03-27T09:20:00Z", "2026-04-03T08:19:00.000Z"),
        ("thursday 10:00", "2026-03-27T09:20:00Z", "2026-04-02T08:00:00.000Z"),
        # Shown twice: the first time. Left out: an hour earlier.
        ("2026-10-25 02:30", START, "2026-10-25T00:30:00.000Z"),
        ("2026-03-29 02:30", START, "2026-03-29T00:30:00.000Z"),
    ],
)
def test_a_line_s_moment_follows_from_the_start_and_the_line_before(
    text: str | None, before: str, moment: str
) -> None:
    start = OSLO.start(parse_start(START))
    written = None if text is None else parse_case_moment(text)
    at = OSLO.moment(written, start, start if before == START else parse_moment(before))
    assert format_moment(at) == moment


def test_day_1_is_the_start_to_the_millisecond() -> None:
    start = OSLO.start(parse_start("2026-01-05T08:00:15.250Z"))
    assert OSLO.moment(parse_case_moment("day 1"), start, start) == start


@pytest.mark.parametrize("text", ["1969-12-31 12:00", "9999-12-31 12:00", "0001-01-01T00:00:00Z"])
def test_a_moment_that_no_case_can_have_is_told(text: str) -> None:
    with pytest.raises(ValueError, match="the years 1970 to 9999"):
        OSLO.start(parse_start(text))


@pytest.mark.parametrize(
    ("at", "said"),
    [
        ("2026-01-05T08:00:00Z", "Mon 2026-01-05 09:00"),
        ("2026-07-05T21:59:59Z", "Sun 2026-07-05 23:59:59"),
        ("2026-01-01T00:00:00.001Z", "Thu 2026-01-01 01:00:00.001"),
    ],
)
def test_a_moment_is_said_by_the_clock_on_the_wall(at: str, said: str) -> None:
    assert OSLO.said(parse_moment(at)) == said
