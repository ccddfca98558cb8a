"""Open time, counted by weeks, is what going through the quarters of an hour one by one finds."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from qualifiers.calendars import compile_calendar
from qualifiers.spans import Span
from schemas.durations import BusinessHours
from schemas.funnel_file import Calendar
from schemas.moments import DAY, HOUR, parse_moment
from tests.profiles import share
from tests.properties.brute_force_calendar import QUARTER, later
from tests.properties.strategies_conditions import CALENDARS, calendars

START = parse_moment("2025-12-30T00:00:00Z")
YEAR = 366 * DAY
CHANGES = [parse_moment(f"2026-{day}T00:00:00Z") for day in ("02-15", "03-08", "03-29", "04-05", "10-25")]
COMPILED = [compile_calendar(Calendar.model_validate(one)) for one in CALENDARS]

_moments = st.one_of(
    st.integers(START, START + YEAR),
    st.builds(
        lambda day, quarter, off: day + quarter * QUARTER + off,
        st.one_of(st.sampled_from(CHANGES), st.integers(0, 366).map(lambda day: START + day * DAY)),
        st.integers(-100, 200),
        st.sampled_from([0, 0, 1, -1]),
    ),
)
_lengths = st.one_of(
    st.integers(1, 100 * HOUR),
    st.builds(
        lambda quarters, off: quarters * QUARTER + off, st.integers(1, 200), st.sampled_from([0, 0, 1, -1])
    ),
)


@settings(max_examples=share(10))
@given(calendars, _moments, _lengths)
def test_spans(described: dict[str, Any], moment: int, length: int) -> None:
    calendar = Calendar.model_validate(described)
    span = Span(length, COMPILED[CALENDARS.index(described)])
    wanted = BusinessHours(length)
    after = span.after(moment)
    assert after == later(calendar, moment, wanted)
    # What a span counts of itself is itself, and a millisecond before it is not there yet.
    assert span.passed(moment, after) == length
    assert span.passed(moment, after - 1) < length
    # The window that ends at a moment begins just after this one.
    moment += 60 * DAY
    before = span.before(moment)
    assert later(calendar, before, wanted) <= moment < later(calendar, before + 1, wanted)
