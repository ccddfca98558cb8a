"""The models of qualification, by pair of stages and by kind of organisation; and the presets.

Beside each model's funnel file lie its cases, which `leadgate test` runs; the presets bring their
own along. A case without what a model asks for shows that nothing fires then.
"""

from pathlib import Path

import pytest

from qualifiers import Funnel, compile_funnel, load_funnel
from qualifiers.cases import LoadedCase, load_cases, run_case
from qualifiers.cases.living import Life
from qualifiers.presets import PRESETS, preset_cases, preset_text
from schemas.case_file import OWN_LEAD
from schemas.decision import Decision, Signal, moves

HERE = Path(__file__).parent
PAIRS = ("sql-to-sqo", "mql-to-sql", "sal-to-sqo", "lead-to-opportunity")
MODELS = [f"{context}/{pair}" for context in PRESETS for pair in PAIRS]


def _loaded(funnel: str, cases: str, name: str) -> tuple[Funnel, list[LoadedCase]]:
    file = load_funnel(funnel, f"{name}.yaml")
    compiled = compile_funnel(file)
    return compiled, load_cases(cases, f"{name}.cases.yaml", compiled, file.calendar)


def _of_model(name: str) -> tuple[Funnel, list[LoadedCase]]:
    path = HERE / f"{name}.yaml"
    return _loaded(path.read_text(), path.with_suffix(".cases.yaml").read_text(), name)


def _of_preset(name: str) -> tuple[Funnel, list[LoadedCase]]:
    return _loaded(preset_text(name), preset_cases(name), name)


EVERY = [
    pytest.param(funnel, case, id=f"{name}: {case.case.name}")
    for name in (*MODELS, *PRESETS)
    for funnel, cases in [_of_preset(name) if name in PRESETS else _of_model(name)]
    for case in cases
]


@pytest.mark.parametrize(("funnel", "case"), EVERY)
def test_the_case_is_as_it_should_be(funnel: Funnel, case: LoadedCase) -> None:
    assert run_case(case, funnel).failures == ()


@pytest.mark.parametrize("name", MODELS)
def test_each_model_has_cases_that_fire_and_cases_that_do_not(name: str) -> None:
    funnel, cases = _of_model(name)
    ends = {case.case.moves[-1] for case in cases if case.case.moves}
    assert set(funnel.stages[1:3]) <= ends
    assert ends - {funnel.stages[2]}


@pytest.mark.parametrize("name", PRESETS)
def test_the_cases_of_a_preset_try_all_its_rules_and_signals(name: str) -> None:
    funnel, cases = _of_preset(name)
    decided = [decision for case in cases for decision in _decided(case, funnel)]
    fired = {change.rule for change in moves(decided)}
    assert set(funnel.rules) - fired - {"created", "manual", "merged"} == set()
    assert {one.signal for one in decided if isinstance(one, Signal)} == set(funnel.signals)


def _decided(loaded: LoadedCase, funnel: Funnel) -> list[Decision]:
    life = Life(loaded.case, funnel, loaded.moments[0])
    for number, (line, at) in enumerate(zip(loaded.case.story, loaded.moments, strict=True), 1):
        life.goes_on(number, line, at)
    return life.decided(OWN_LEAD)
