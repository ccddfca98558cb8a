"""Whatever the bytes, cases or their faults come out; and whatever cases come out, they can be run."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qualifiers import FAULTS, Fault, compile_funnel, load_funnel
from qualifiers.case_fault_codes import CASE_FAULTS
from qualifiers.cases import CaseFaults, LoadedCase, load_cases, run_case
from qualifiers.presets import PRESETS, preset_cases, preset_text
from tests.profiles import share

FUNNELS = {preset: load_funnel(preset_text(preset)) for preset in PRESETS}
COMPILED = {preset: compile_funnel(file) for preset, file in FUNNELS.items()}

WORDS = st.sampled_from(
    [
        "day 3", "monday 10:00", "+2h", "+40bh", "2026-01-31", "1999-12-31 23:59", "+36525d",
        "lead", "mql", "recycled", "to-mql", "engagement", "demo_requested", "stage_assigned", "lead_erased",
        "becomes", "stage", "rule", "signal", "score", "did", "traits", "moved_to", "merged_into", "at", "id",
        "{", "}", "[", "]", ",", ":", "-", "null", "0", "1.5", "{is: 1}", "\n", "  ", "'", '"', "å", "&a",
    ]
)  # fmt: skip


def judge(text: str | bytes, preset: str) -> None:
    """Each fault has a code of the tables, and cases without faults have an outcome."""
    funnel = COMPILED[preset]
    faults: tuple[Fault, ...] = ()
    cases: list[LoadedCase] = []
    try:
        cases = load_cases(text, "cases.yaml", funnel, FUNNELS[preset].calendar)
    except CaseFaults as error:
        faults = error.faults
    assert bool(cases) != bool(faults)
    assert {fault.code for fault in faults} <= FAULTS.keys() | CASE_FAULTS.keys()
    assert [run_case(case, funnel).name for case in cases] == [case.case.name for case in cases]


@given(st.text(max_size=40) | st.binary(max_size=40) | st.lists(WORDS, max_size=20).map("".join))
@settings(max_examples=share(4))
def test_whatever_comes_is_cases_or_faults(text: str | bytes) -> None:
    judge(text, "startup")


@st.composite
def mutated(draw: st.DrawFn, preset: str) -> str:
    """A preset's cases, of which one or two are left, with words put in or put in the place of others."""
    cases = preset_cases(preset).split("  - name: ")[1:]
    some = draw(st.lists(st.sampled_from(cases), min_size=1, max_size=2))
    text = "  - name: ".join(["cases:\n", *some])
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(text)))
        text = text[:at] + draw(WORDS) + text[at + draw(st.integers(0, 8)) :]
    return text


@pytest.mark.parametrize("preset", PRESETS)
@given(data=st.data())
@settings(max_examples=share(4))
def test_what_becomes_of_a_preset_s_cases_is_cases_or_faults(data: st.DataObject, preset: str) -> None:
    judge(data.draw(mutated(preset)), preset)
