"""A lead with a thousand activities costs what one with a hundred costs."""

from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.funnel_file import FunnelFile, OnLine
from schemas.lead_state import encode_lead
from tests.profiles import share
from tests.properties.driving import Driven, compiled, loaded
from tests.properties.strategies import Case, cases

FIXED = 1_000
"""Bytes for ids, traits as drawn here, last transitions, names and moments."""
A_CONDITION = 60
"""Bytes for what is counted for one `did` or `quiet`: here 3 at most, each with a value."""
A_LINE = 20
"""Bytes for a points line with a bound."""
A_LINE_WITH_PER = 128 * 20
"""Bytes for what a line gave in its window, and in what a late activity may look back to."""


def _bound(file: FunnelFile, text: str) -> int:
    lines = [line for score in file.scores.values() for line in score.points if isinstance(line, OnLine)]
    with_per = sum(line.per is not None for line in lines)
    counted = text.count("did:") + text.count("quiet:")
    return FIXED + counted * A_CONDITION + (len(lines) + 2) * A_LINE + with_per * A_LINE_WITH_PER


@settings(max_examples=share(0.3))
@given(cases, st.sampled_from([1, 1_000, 86_400_000]))
def test_a_state_stays_within_what_the_funnel_asks(case: Case, step: int) -> None:
    driven = Driven(compiled(case))
    bound = _bound(loaded(case), case.text)
    start = case.activities[0].occurred_at
    for number in range(1_000):
        model = case.activities[number % len(case.activities)]
        at = start + number * step
        driven.apply(model.but(id=str(number), lead_id="lead-0", occurred_at=at))
        if number % 100 == 99:
            assert len(encode_lead(driven.leads["lead-0"])) <= bound
