"""A changed funnel that asks the same: reading the leads again changes nothing."""

from typing import Any

import msgspec
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from qualifiers import compile_funnel
from schemas.decision import Decision, Place
from schemas.lead_state import decode_lead, encode_lead
from tests.profiles import share
from tests.properties.driving import Driven, by_engine, compiled, end_of, loaded
from tests.properties.strategies import Case, cases, scored_cases

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
    assert _told(driven.said) == _told(by_engine(case).said)


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


@settings(max_examples=share(0.5))
@given(st.one_of(cases, scored_cases), st.one_of(cases, scored_cases), st.data())
def test_whatever_other_funnel_was_before_a_lead_read_afresh_goes_on_the_same(
    case: Case, other_case: Case, data: st.DataObject
) -> None:
    """What it does makes the engine look only where something may have turned: nowhere else has anything."""
    driven = Driven(compiled(case))
    other, afresh = (
        compile_funnel(loaded(other_case).model_copy(update={"funnel": name}))
        for name in ("another", "third")
    )
    moment = data.draw(st.integers(0, len(case.activities)))
    driven.apply_all(case.activities[:moment])
    for lead_id, lead in driven.leads.items():
        other.reread(lead_id, lead, lead.clock, Place())
    driven.funnel = driven.replay.funnel = other
    end = end_of(case.activities)
    for activity in case.activities[moment:]:
        driven.apply(activity)
        for lead_id, lead in driven.leads.items():
            if lead.passed_over or lead.let_in:
                continue
            left, read = (decode_lead(encode_lead(lead)) for _ in range(2))
            assert afresh.reread(lead_id, read, read.clock, Place()) == []
            by_time = other.advance(lead_id, left, end, Place())
            assert _told(by_time) == _told(afresh.advance(lead_id, read, end, Place()))


def _told(decisions: list[Decision]) -> list[dict[str, Any]]:
    said = [msgspec.to_builtins(one) for one in decisions]
    return [{name: value for name, value in one.items() if name not in NAMED_BY} for one in said]
