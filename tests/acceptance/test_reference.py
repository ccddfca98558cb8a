"""The examples of the language's reference, run as they stand; `reference` says how they are read."""

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from pydantic import BaseModel, TypeAdapter

from docs import tables
from qualifiers import Funnel, FunnelFaults, compile_funnel, load_funnel
from qualifiers.loader_yaml import read_tree
from qualifiers.operators import OPERATORS, compile_test
from schemas.activity import Activity, type_name
from schemas.decision import Decision, Place, Signal, StageChange
from schemas.funnel_file import FunnelFile, PropertyTest, parse_duration
from schemas.lead import Lead
from schemas.moments import parse_moment
from tests.acceptance.reference import EXAMPLES, NAME, TESTS, TEXT, Row, whole

BEGINNING = 1_767_225_600_000  # 2026-01-01T00:00:00Z

# Lived --------------------------------------------------------------------------------------------


class Told(NamedTuple):
    """What is said of a decision: the stage that was entered or the signal, when, whether late."""

    what: str
    at: int
    late: bool


COLUMNS = {"at", "activity", "properties", "traits", "source", "id", "decided", "rule", "reason", "n"}
"""What a story's line may say; any other column is a score's name, and what it is then."""
CHANGE = "*the file changes*"
"""The activity of a story's first line that goes on where the last story of the example before it ended."""
_TOLD = re.compile(r"`(?P<what>[\w-]+)`(?: at `(?P<at>[^`]+)`)?(?P<late>, late)?")


def _at(text: str) -> int:
    """A moment: `2d 6h` after the beginning, or RFC 3339."""
    if text[:1].isdigit() and "T" in text:
        return parse_moment(text)
    return BEGINNING + sum(parse_duration(part) for part in text.split() if part != "0d")


def _value(row: Row, column: str) -> Any:
    text = row.get(column, "").strip("`")
    return read_tree(text, NAME)[0].plain() if text else None


def _activity(number: int, row: Row) -> Activity:
    return Activity(
        id=row.get("id") or f"{row['at']} {number}",
        lead_id="anna",
        type=type_name(row["activity"].strip("`")),
        occurred_at=_at(row["at"].strip("`")),
        properties=_value(row, "properties") or {},
        traits=_value(row, "traits") or {},
        source=_value(row, "source"),
    )


def live(funnel: Funnel, story: list[Row], lead: Lead | None = None) -> Lead | None:
    """Go through a story, and see that each line comes out as it says; the lead in the end."""
    for number, row in enumerate(story, 1):
        at = _at(row["at"].strip("`"))
        if row["activity"] == CHANGE:
            assert lead is not None
            decisions = funnel.reread("anna", lead, at, Place(), renamed=funnel.renamed)
        elif row["activity"]:
            applied = funnel.apply(lead, _activity(number, row), Place(line=number))
            lead, decisions = applied.lead, applied.decisions
        else:
            assert lead is not None
            decisions = funnel.advance("anna", lead, at, Place(line=number))
        expected = [
            Told(told["what"], _at(told["at"]) if told["at"] else at, bool(told["late"]))
            for told in _TOLD.finditer(row["decided"])
        ]
        assert [_told(one) for one in decisions] == expected, row
        if row.get("rule"):
            assert [one.rule for one in decisions if isinstance(one, StageChange)] == re.findall(
                r"`(.+?)`", row["rule"]
            ), row
        if row.get("reason"):
            assert decisions[-1].reason == row["reason"], row
        if row.get("n"):
            assert [one.n for one in decisions if isinstance(one, Signal)] == [int(row["n"])], row
        assert lead is not None
        scores = funnel.view("anna", lead, at).scores
        for column in row.keys() - COLUMNS:
            assert scores[column] == float(row[column]), row
    return lead


def _told(decision: Decision) -> Told:
    what = decision.signal if isinstance(decision, Signal) else decision.to
    return Told(what, parse_moment(decision.occurred_at), decision.late)


def _stories(number: int) -> Lead | None:
    """Live the stories of an example; the lead of the last in the end."""
    example = EXAMPLES[number]
    funnel = compile_funnel(load_funnel(whole(example.text), NAME))
    lead = None
    for story in example.stories:
        goes_on = story[0]["activity"] == CHANGE
        lead = live(funnel, story, _stories(number - 1) if goes_on else None)
    return lead


@pytest.mark.parametrize("number", range(len(EXAMPLES)), ids=lambda number: f"line {EXAMPLES[number].line}")
def test_the_example_is_as_it_says(number: int) -> None:
    example = EXAMPLES[number]
    assert example.language == "yaml", "an example is YAML; the faults of one are text"
    if example.faults:
        with pytest.raises(FunnelFaults) as refused:
            load_funnel(whole(example.text), NAME)
        assert [str(fault) for fault in refused.value.faults] == example.faults
        assert not example.stories
    else:
        _stories(number)


def _values(cell: str) -> list[Any]:
    written = [read_tree(text, NAME)[0].plain() for text in re.findall(r"`(.+?)`", cell)]
    return [*written, None] if "missing" in cell else written


@pytest.mark.parametrize("row", TESTS, ids=lambda row: row["test"])
def test_a_test_is_true_for_just_these(row: Row) -> None:
    (asked,) = _values(row["test"])
    holds = compile_test(TypeAdapter(PropertyTest).validate_python(asked))
    assert [value for value in _values(row["true for"]) if not holds(value)] == []
    assert [value for value in _values(row["false for"]) if holds(value)] == []


def test_each_operator_is_tried() -> None:
    tried = {
        name for row in TESTS for asked in _values(row["test"]) if isinstance(asked, dict) for name in asked
    }
    assert tried | {"in"} == set(OPERATORS)


# Complete -----------------------------------------------------------------------------------------


def _used(node: Any) -> Iterator[str]:
    """The keys that a part of a funnel uses, as `Did.within`."""
    if isinstance(node, BaseModel):
        for field in node.model_fields_set:
            yield f"{type(node).__name__}.{type(node).model_fields[field].alias or field}"
            yield from _used(getattr(node, field))
    elif isinstance(node, list | tuple | dict):
        for inner in node.values() if isinstance(node, dict) else node:
            yield from _used(inner)


def test_every_key_has_an_example() -> None:
    used: set[str] = set()
    for example in EXAMPLES:
        if not example.faults:
            used.update(_used(load_funnel(whole(example.text), NAME)))
    operators = {key.partition(".")[2] for key in used if key.startswith("Test.")}
    used |= {f"TraitIs.{operator}" for operator in operators}
    used |= {f"Test.{key.partition('.')[2]}" for key in used if key.startswith("TraitIs.")}
    missing = {f"{name}.{key}" for name, model in tables.MODELS.items() for key in model["properties"]} - used
    assert missing == set()


def test_no_example_without_the_whole_that_it_is_a_part_of() -> None:
    assert isinstance(load_funnel(EXAMPLES[0].text, NAME), FunnelFile)


def test_no_fence_is_left_out() -> None:
    refused = [example for example in EXAMPLES if example.faults]
    assert TEXT.count("```") == 2 * (len(EXAMPLES) + len(refused))
