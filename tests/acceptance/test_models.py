"""The models of qualification, by pair of stages and by kind of organisation.

Beside each funnel file lie its cases: activities at times after a beginning, and the
stages that the lead has been in, in order, once they are done (and time has gone on to
`until`). A case without what a model asks for shows that nothing fires then. The presets
have cases too.
"""

from pathlib import Path
from typing import Any

import pytest
import yaml

from qualifiers import Funnel, compile_funnel, load_funnel
from qualifiers.presets import PRESETS, preset_text
from schemas.activity import Activity, type_name
from schemas.decision import Decision, Place, Signal, moves
from schemas.durations import parse_elapsed
from schemas.lead import Lead

HERE = Path(__file__).parent
BEGINNING = 1_767_225_600_000  # 2026-01-01T00:00:00Z
CASE_FILES = sorted(HERE.glob("*/*.cases.yaml"))
PAIRS = ("sql-to-sqo", "mql-to-sql", "sal-to-sqo", "lead-to-opportunity")


def _at(text: str) -> int:
    return BEGINNING + (0 if text in ("0s", "0d") else parse_elapsed(text))


def _activity(number: int, said: dict[str, Any]) -> Activity:
    return Activity(
        id=said.get("id", str(number)),
        lead_id="anna",
        type=type_name(said["type"]),
        occurred_at=_at(said["at"]),
        properties=said.get("properties", {}),
        traits=said.get("traits", {}),
        source=said.get("source"),
    )


def live(funnel: Funnel, case: dict[str, Any]) -> list[Decision]:
    """All that is decided of a case, in order."""
    lead: Lead | None = None
    decisions: list[Decision] = []
    for number, said in enumerate(case["activities"], 1):
        applied = funnel.apply(lead, _activity(number, said), Place(line=number))
        lead = applied.lead
        decisions += applied.decisions
    if lead is not None and "until" in case:
        decisions += funnel.advance("anna", lead, _at(case["until"]), Place())
    return decisions


def _cases() -> list[Any]:
    return [
        pytest.param(path, case, id=f"{path.parent.name}/{path.name.split('.')[0]}: {case['case']}")
        for path in CASE_FILES
        for case in yaml.safe_load(path.read_text(encoding="utf-8"))
    ]


def _funnel(cases: Path) -> Funnel:
    name = cases.name.removesuffix(".cases.yaml")
    if cases.parent.name == "presets":
        return compile_funnel(load_funnel(preset_text(name), name))
    return compile_funnel(load_funnel(cases.with_name(f"{name}.yaml").read_bytes(), f"{name}.yaml"))


@pytest.mark.parametrize(("path", "case"), _cases())
def test_the_lead_goes_through_just_these_stages(path: Path, case: dict[str, Any]) -> None:
    decisions = live(_funnel(path), case)
    changes = moves(decisions)
    assert [change.to for change in changes] == case["stages"]
    assert [change.from_ for change in changes] == [None, *case["stages"][:-1]]
    assert [change.seq for change in changes] == list(range(1, len(changes) + 1))
    signals = [decision.signal for decision in decisions if isinstance(decision, Signal)]
    assert signals == case.get("signals", signals)


@pytest.mark.parametrize("context", PRESETS)
@pytest.mark.parametrize("pair", PAIRS)
def test_each_model_has_cases_that_fire_and_cases_that_do_not(context: str, pair: str) -> None:
    path = HERE / context / f"{pair}.cases.yaml"
    funnel = _funnel(path)
    ends = {case["stages"][-1] for case in yaml.safe_load(path.read_text(encoding="utf-8"))}
    assert set(funnel.stages[1:3]) <= ends
    assert ends - {funnel.stages[2]}


def test_each_preset_has_cases() -> None:
    assert {path.name.split(".")[0] for path in HERE.glob("presets/*.cases.yaml")} == set(PRESETS)
