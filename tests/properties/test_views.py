"""What a view shows of a lead is what it is, and when time will next turn something for it."""

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.profiles import share
from tests.properties.brute_force import BruteForce
from tests.properties.driving import Driven, compiled, end_of, loaded
from tests.properties.strategies import Case, cases, departing_cases


@settings(max_examples=share(0.5))
@given(cases)
def test_a_view_shows_what_the_brute_force_reads(case: Case) -> None:
    driven = Driven(compiled(case)).apply_all(case.activities)
    brute = BruteForce(loaded(case))
    for activity in case.activities:
        brute.apply(activity)
    for lead_id, history in brute.leads.items():
        view = driven.funnel.view(lead_id, driven.leads[lead_id], history.clock)
        for name, score in view.scores.items():
            assert abs(score - brute.score_at(lead_id, name, history.clock)) <= 0.00005 + 1e-9


@settings(max_examples=share(0.5))
@given(st.one_of(cases, cases, departing_cases))
def test_nothing_happens_to_a_lead_before_the_moment_that_its_view_shows(case: Case) -> None:
    driven = Driven(compiled(case)).apply_all(case.activities)
    said, end = len(driven.said), end_of(case.activities)
    for lead_id, lead in driven.leads.items():
        due = driven.funnel.view(lead_id, lead).due
        driven.advance(lead_id, end if due is None else due - 1)
        assert len(driven.said) == said
