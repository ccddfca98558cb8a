"""A changed funnel that asks the same: reading the leads again changes nothing."""

from typing import Any

import msgspec
from hypothesis import assume, given
from hypothesis import strategies as st

from qualifiers import compile_funnel
from schemas.decision import Place
from tests.properties.driving import Driven, by_engine, compiled, loaded
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


def _told(driven: Driven) -> list[dict[str, Any]]:
    said = [msgspec.to_builtins(one) for one in driven.said]
    return [{name: value for name, value in one.items() if name not in NAMED_BY} for one in said]
