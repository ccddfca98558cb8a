"""The examples of the language's reference, run as they stand; `reference` says how they are read."""

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from pydantic import BaseModel, TypeAdapter

from docs import tables
from qualifiers import FunnelFaults, compile_funnel, load_funnel
from qualifiers.loader_yaml import read_tree
from qualifiers.operators import OPERATORS, compile_test
from qualifiers.replay import Replay
from schemas.activity import Activity, type_name
from schemas.conditions import PropertyTest
from schemas.dead_letter import Unreadable
from schemas.decision import Decision, Place, Signal, moves
from schemas.durations import parse_elapsed
from schemas.funnel_file import FunnelFile
from schemas.moments import parse_moment
from tests.acceptance.reference import EXAMPLES, NAME, TESTS, TEXT, Row, whole

BEGINNING = 1_767_225_600_000  # 2026-01-01T00:00:00Z

# Lived --------------------------------------------------------------------------------------------


class Told(NamedTuple):
    """What is said of a decision: the stage that was entered or the signal, whose, when, whether late."""

    what: str
    lead: str
    at: int
    late: bool


ANNA = "anna"
COLUMNS = {"at", "lead", "activity", "properties", "traits", "source", "id", "decided", "rule", "reason", "n"}
"""What a story's line may say; any other column is a score's name, and what it is then."""
CHANGE = "*the file changes*"
"""The activity of a story's first line that goes on where the last story of the example before it ended."""
DEAD_LETTER = "a dead letter"
_TOLD = re.compile(r"`(?P<what>[\w-]+)`(?: of `(?P<lead>\w+)`)?(?: at `(?P<at>[^`]+)`)?(?P<late>, late)?")


def _at(text: str) -> int:
    """A moment: `2d 6h` after the beginning, or RFC 3339."""
    if "T" in text:
        return parse_moment(text)
    return BEGINNING + sum(parse_elapsed(part) for part in text.split() if part != "0d")


def _value(row: Row, column: str) -> Any:
    text = row.get(column, "").strip("`")
    return read_tree(text, NAME)[0].plain() if text else None


def _activity(number: int, row: Row) -> Activity:
    return Activity(
        id=row.get("id") or f"{row['at']} {number}",
        lead_id=_value(row, "lead") or ANNA,
        type=type_name(row["activity"].strip("`")),
        occurred_at=_at(row["at"].strip("`")),
        properties=_value(row, "properties") or {},
        traits=_value(row, "traits") or {},
        source=_value(row, "source"),
    )


def _happens(replay: Replay, number: int, row: Row) -> list[Decision]:
    """What is decided at a line of a story."""
    at, place = _at(row["at"].strip("`")), Place(line=number)
    funnel, leads = replay.funnel, replay.leads.items()
    if row["decided"] == DEAD_LETTER:
        with pytest.raises(Unreadable):
            replay.apply(_activity(number, row), place)
        return []
    if row["activity"] == CHANGE:
        reread = [funnel.reread(name, lead, at, place, renamed=funnel.renamed) for name, lead in leads]
        return [decision for decisions in reread for decision in decisions]
    if row["activity"]:
        return replay.apply(_activity(number, row), place)
    return [decision for name, lead in leads for decision in funnel.advance(name, lead, at, place)]


def live(replay: Replay, story: list[Row]) -> None:
    """Go through a story, and see that each line comes out as it says."""
    for number, row in enumerate(story, 1):
        decisions = _happens(replay, number, row)
        at, whose = _at(row["at"].strip("`")), _value(row, "lead") or ANNA
        expected = [
            Told(one["what"], one["lead"] or whose, _at(one["at"]) if one["at"] else at, bool(one["late"]))
            for one in _TOLD.finditer(row["decided"])
        ]
        assert [_told(one) for one in decisions] == expected, row
        if row.get("rule"):
            assert [one.rule for one in moves(decisions)] == re.findall(r"`(.+?)`", row["rule"]), row
        if row.get("reason"):
            assert decisions[-1].reason == row["reason"], row
        if row.get("n"):
            assert [one.n for one in decisions if isinstance(one, Signal)] == [int(row["n"])], row
        for score in row.keys() - COLUMNS:
            if row[score]:
                view = replay.funnel.view(whose, replay.leads[whose], at)
                assert view.scores[score] == float(row[score]), row


def _told(decision: Decision) -> Told:
    what = decision.signal if isinstance(decision, Signal) else decision.to
    return Told(what, decision.lead_id, parse_moment(decision.occurred_at), decision.late)


def _stories(number: int) -> Replay:
    """Live the stories of an example; the leads of the last in the end."""
    example = EXAMPLES[number]
    funnel = compile_funnel(load_funnel(whole(example.text), NAME))
    replay = Replay(funnel)
    for story in example.stories:
        replay = Replay(funnel)
        if story[0]["activity"] == CHANGE:
            replay.leads = _stories(number - 1).leads
        live(replay, story)
    return replay


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
