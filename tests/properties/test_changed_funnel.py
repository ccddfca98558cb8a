"""A changed funnel that asks the same: reading the leads again changes nothing."""

from typing import Any

import msgspec
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from qualifiers import compile_funnel
from schemas.decision import Place
from tests.profiles import share
from tests.properties.driving import Driven, by_engine, compiled, end_of, loaded
from tests.properties.strategies import Case, cases

NAMED_BY = ("id", "funnel", "funnel_hash")


@given(cases, st.data())
def test_reading_leads_again_under_a_funnel_that_asks_the_same_changes_nothing(
    case: Case, data: st.DataObject
) -> None:
    """It has another name, and so another hash. What a cascade has passed over, the change lets in."""
    other = compile_funnel(loaded(case).model_copy(update={"funnel": "another"}))
    driven = Driven(compiled(case))
    moment = data.draw(st.integers(0, len(case.activities)))
    driven.apply_all(case.activities[:moment])
    assume(not any(lead.passed_over or lead.let_in for lead in driven.leads.values()))
    for lead_id, lead in driven.leads.items():
        assert other.reread(lead_id, lead, lead.clock, Place()) == []
    driven.funnel = driven.replay.funnel = other
    driven.apply_all(case.activities[moment:]).fall_silent(case.activities)
    assert _told(driven) == _told(by_engine(case))


@settings(max_examples=share(0.5))
@given(cases, cases, st.data())
def test_leads_go_on_under_whatever_other_funnel(case: Case, other_case: Case, data: st.DataObject) -> None:
    """Whatever was kept, it can be read and written, and none is due too late."""
    driven = Driven(compiled(case))
    other = compile_funnel(loaded(other_case).model_copy(update={"funnel": "another"}))
    moment = data.draw(st.integers(0, len(case.activities)))
    driven.apply_all(case.activities[:moment])
    for lead_id, lead in driven.leads.items():
        other.reread(lead_id, lead, lead.clock, Place())
    driven.funnel = driven.replay.funnel = other
    for activity in case.activities[moment:]:
        driven.apply(activity)
        driven.store_and_load(activity.lead_id)
    end = end_of(case.activities)
    for lead_id, lead in driven.leads.items():
        while (due := lead.due) <= end:
            said = len(driven.said)
            driven.advance(lead_id, due - 1)
            assert len(driven.said) == said
            driven.advance(lead_id, due)


def _told(driven: Driven) -> list[dict[str, Any]]:
    said = [msgspec.to_builtins(one) for one in driven.said]
    return [{name: value for name, value in one.items() if name not in NAMED_BY} for one in said]
