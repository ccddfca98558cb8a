"""Business hours, moment by moment: what a span of them means, with zones, holidays and changed clocks."""

import pytest

from qualifiers.calendars import compile_calendar
from qualifiers.spans import Span
from qualifiers.zones import UnknownZone, offsets
from schemas.funnel_file import Calendar
from schemas.moments import DAY, HOUR, LAST_MOMENT, LONG_AGO, MINUTE, NEVER, format_moment, parse_moment

OFFICE = "mon-fri 09:00-17:00"
HALF = "sun 02:30-03:00, mon 09:00-17:00"
NIGHT = "sun 22:00-24:00, mon 00:00-02:00"
LUNCH = "mon-fri 09:00-12:00, mon-thu 13:00-17:00, sat 10:00-14:00"


def span(length: int, hours: str = OFFICE, zone: str = "Europe/Oslo", holidays: tuple[str, ...] = ()) -> Span:
    calendar = {"zone": zone, "hours": hours, "holidays": list(holidays)}
    return Span(length, compile_calendar(Calendar.model_validate(calendar)))


def this_year(text: str) -> int:
    """A moment such as `11-25 10:00 +1`."""
    day, time, offset = text.split()
    return parse_moment(f"2026-{day}T{time}{'' if len(time) > 5 else ':00'}+0{offset[1]}:00")


CASES = [
    # what it shows, hours, length, from, to
    ("inside a day", OFFICE, 4 * HOUR, "11-25 10:00 +1", "11-25 14:00 +1"),
    ("to the millisecond", OFFICE, HOUR, "11-25 10:00:00.123 +1", "11-25 11:00:00.123 +1"),
    ("it ends at closing", OFFICE, HOUR, "11-27 16:00 +1", "11-27 17:00 +1"),
    ("a ms over closing", OFFICE, HOUR, "11-27 16:00:00.001 +1", "11-30 09:00:00.001 +1"),
    ("over a night", OFFICE, 4 * HOUR, "11-25 15:00 +1", "11-26 11:00 +1"),
    ("over a weekend", OFFICE, 4 * HOUR, "11-27 15:00 +1", "11-30 11:00 +1"),
    ("from the evening", OFFICE, HOUR, "11-25 20:00 +1", "11-26 10:00 +1"),
    ("from early morning", OFFICE, HOUR, "11-25 03:00 +1", "11-25 10:00 +1"),
    ("from closing", OFFICE, HOUR, "11-25 17:00 +1", "11-26 10:00 +1"),
    ("from opening", OFFICE, 8 * HOUR, "11-25 09:00 +1", "11-25 17:00 +1"),
    ("from a Sunday", OFFICE, 8 * HOUR, "11-29 12:00 +1", "11-30 17:00 +1"),
    ("a week", OFFICE, 40 * HOUR, "11-25 10:00 +1", "12-02 10:00 +1"),
    ("over lunch", LUNCH, 2 * HOUR, "11-25 11:00 +1", "11-25 14:00 +1"),
    ("to lunch", LUNCH, HOUR, "11-25 11:00 +1", "11-25 12:00 +1"),
    ("from lunch", LUNCH, HOUR, "11-25 12:30 +1", "11-25 14:00 +1"),
    ("Friday to Saturday", LUNCH, 2 * HOUR, "11-27 11:00 +1", "11-28 11:00 +1"),
    ("ranges that meet", "mon 09:00-12:00, mon 12:00-13:00", 2 * HOUR, "11-30 11:00 +1", "11-30 13:00 +1"),
    ("a week from Sunday", "sun-thu 09:00-17:00", 2 * HOUR, "11-26 16:00 +1", "11-29 10:00 +1"),
    ("Sunday night to Monday", NIGHT, 3 * HOUR, "11-29 22:00 +1", "11-30 01:00 +1"),
    # 29 March: at 02:00 the clock is set to 03:00. 25 October: at 03:00 it is set to 02:00.
    ("what is skipped does not pass", "sun 01:00-05:00", 3 * HOUR, "03-29 01:00 +1", "03-29 05:00 +2"),
    ("what is repeated passes twice", "sun 01:00-05:00", 5 * HOUR, "10-25 01:00 +2", "10-25 05:00 +1"),
    ("skipped, an opening is at the jump", "sun 02:30-05:00", HOUR, "03-29 00:00 +1", "03-29 04:00 +2"),
    ("and so is a closing", "sun 01:00-02:30, mon 09:00-17:00", HOUR, "03-29 01:00 +1", "03-29 03:00 +2"),
    ("and out when whole", "sun 02:00-03:00, mon 09:00-17:00", HOUR, "03-29 00:00 +1", "03-30 10:00 +2"),
    ("what opens twice is open twice", HALF, HOUR, "10-25 00:00 +2", "10-25 03:00 +1"),
    ("and closed between", HALF, 30 * MINUTE + 1, "10-25 00:00 +2", "10-25 02:30:00.001 +1"),
    ("over the change, from Friday", OFFICE, 2 * HOUR, "03-27 16:00 +1", "03-30 10:00 +2"),
    ("and back", OFFICE, 2 * HOUR, "10-23 16:00 +2", "10-26 10:00 +1"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("hours", "length", "start", "end"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_a_span_of_open_time(hours: str, length: int, start: str, end: str) -> None:
    asked = span(length, hours)
    since, until = this_year(start), this_year(end)
    assert format_moment(asked.after(since)) == format_moment(until)
    assert asked.passed(since, until) == length
    assert asked.before(until) >= since > asked.before(until - 1)


HOLIDAYS = ("2026-12-25", "2026-12-26", "2027-01-01")


@pytest.mark.parametrize(
    ("holidays", "start", "end"),
    [
        (HOLIDAYS, "2026-12-24T16:00:00+01:00", "2026-12-28T10:00:00+01:00"),
        (HOLIDAYS, "2026-12-25T10:00:00+01:00", "2026-12-28T11:00:00+01:00"),
        (HOLIDAYS[::-1], "2026-12-31T16:00:00+01:00", "2027-01-04T10:00:00+01:00"),
        # Its night too is the calendar's: in UTC the 25th is still the 24th.
        (HOLIDAYS, "2026-12-25T00:30:00+01:00", "2026-12-28T11:00:00+01:00"),
        (("2026-12-28", "2026-12-29"), "2026-12-25T16:00:00+01:00", "2026-12-30T10:00:00+01:00"),
    ],
)
def test_holidays_are_days_of_the_zone(holidays: tuple[str, ...], start: str, end: str) -> None:
    asked = span(2 * HOUR, holidays=holidays)
    assert format_moment(asked.after(parse_moment(start))) == format_moment(parse_moment(end))


def test_a_holiday_on_which_the_clock_is_changed() -> None:
    asked = span(HOUR, "sat-mon 00:00-24:00", holidays=("2026-03-29",))
    start = parse_moment("2026-03-28T23:30:00+01:00")
    assert asked.after(start) == parse_moment("2026-03-30T00:30:00+02:00")


def test_other_zones() -> None:
    start = parse_moment("2026-07-10T12:00:00Z")
    assert span(HOUR, zone="UTC").after(start) == parse_moment("2026-07-10T13:00:00Z")
    assert span(HOUR, zone="America/New_York").after(start) == parse_moment("2026-07-10T14:00:00Z")
    assert span(HOUR, zone="Asia/Kolkata").after(start) == parse_moment("2026-07-13T04:30:00Z")


def test_without_a_calendar_time_passes_always() -> None:
    assert Span(DAY).after(5) == 5 + DAY
    assert Span(DAY).before(5) == 5 - DAY
    assert Span(DAY).passed(5, 7) == 2


def test_far_moments() -> None:
    start = parse_moment("2026-11-25T10:00:00+01:00")
    # 8,760 hours are 219 weeks of 40: not counted day by day.
    assert span(8_760 * HOUR).after(start) == parse_moment("2031-02-05T10:00:00+01:00")
    assert span(HOUR).after(LAST_MOMENT) == NEVER
    assert span(876_600 * HOUR, "mon 09:00-10:00").after(start) == NEVER
    assert LONG_AGO < span(876_600 * HOUR, "mon 09:00-10:00").before(start) < start
    assert span(HOUR, zone="UTC").after(LAST_MOMENT - 10 * DAY) < LAST_MOMENT
    early = parse_moment("0001-01-01T00:00:00Z")
    assert early < span(HOUR).after(early) < early + 2 * DAY


def test_a_zone_that_changes_its_clocks_for_a_month_is_known_to_do_so() -> None:
    changes = [one.moment for one in offsets("Africa/Casablanca")]
    assert parse_moment("2026-02-15T02:00:00Z") in changes
    assert parse_moment("2026-03-22T02:00:00Z") in changes


def test_utc_needs_no_zone_data() -> None:
    assert offsets("UTC") == ((LONG_AGO, 0),)


@pytest.mark.parametrize(
    "name",
    ["Europe/Olso", "", "Europe", "../UTC", "/etc/localtime", "a\0b", "Europe" + 400 * "/Oslo"],
    ids=len,
)
def test_an_unknown_zone(name: str) -> None:
    with pytest.raises(UnknownZone):
        offsets(name)
