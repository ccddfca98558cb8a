"""Every fault that a funnel file can have: its code, its place, what is said and what to do."""

import pytest

from qualifiers import FAULTS, FunnelFaults, load_funnel
from tests.unit.fault_cases import of_calendar, of_meaning, of_names, of_shape, of_text
from tests.unit.fault_cases.case import Case

CASES = [*of_text.CASES, *of_shape.CASES, *of_names.CASES, *of_meaning.CASES, *of_calendar.CASES]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_fault_is_told_alone_in_its_place_with_what_to_do(case: Case) -> None:
    with pytest.raises(FunnelFaults) as caught:
        load_funnel(case.text)
    assert caught.value.faults == (case.fault,)


def test_every_code_has_a_case() -> None:
    assert {case.code for case in CASES} == set(FAULTS)
