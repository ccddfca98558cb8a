"""Warnings about valid funnels: each with its code, place, words and advice; and none where all is meant."""

import pytest

from qualifiers import FAULTS, WARNINGS, FunnelFaults, lint_funnel
from qualifiers.presets import PRESETS, preset_text
from tests.unit.fault_cases.case import Case
from tests.unit.fault_cases.of_warnings import CASES, MEANT


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_warning_is_told_alone_in_its_place_with_what_to_do(case: Case) -> None:
    assert lint_funnel(case.text) == [case.fault]


@pytest.mark.parametrize("meant", MEANT)
def test_what_is_meant_is_no_warning(meant: str) -> None:
    assert lint_funnel(MEANT[meant]) == []


def test_every_code_has_a_case_and_is_no_fault_s() -> None:
    assert {case.code for case in CASES} == set(WARNINGS)
    assert not set(WARNINGS) & set(FAULTS)


@pytest.mark.parametrize("preset", PRESETS)
def test_a_preset_has_no_warning(preset: str) -> None:
    assert lint_funnel(preset_text(preset), preset) == []


def test_what_has_faults_has_no_warnings() -> None:
    with pytest.raises(FunnelFaults):
        lint_funnel("funnel: f")
