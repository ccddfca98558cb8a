"""Every key of every model: misspelt, left out, without a value or with a wrong one, it is told once.

The keys are the models' own, so a new one is tried too; ``FULL`` has to write it first.
"""

import json
from collections.abc import Iterator
from typing import Any, NamedTuple
from unittest.mock import ANY

import jsonschema
import pytest
from pydantic import BaseModel

from qualifiers import FunnelFaults, load_funnel
from qualifiers.loader_tree import known_keys
from schemas.conditions import CONDITIONS
from schemas.funnel_file import POINTS_LINES, FunnelFile
from schemas.funnel_schema import json_schema

VALIDATOR = jsonschema.Draft7Validator(json_schema())

WHERE: dict[str, Any] = {"p": {"is": 1}}
TEST = {
    "is": "a",
    "is_not": "b",
    "in": ["a"],
    "not_in": ["b"],
    "above": 1,
    "at_least": 1,
    "below": 9,
    "at_most": 9,
    "between": [1, 9],
    "matches": "a",
    "has_word": ["a"],
    "starts_with": "a",
    "ends_with": "a",
    "contains": "a",
    "exists": True,
}
ASKED: list[dict[str, Any]] = [
    {"did": ["x"], "where": {"p": TEST}, "source": {"is": "s"}, "times": 2, "distinct": "p", "within": "3d"},
    {"did": ["x"], "since": "entry"},
    {"sum": "p", "of": ["x"], "at_least": 9, "where": WHERE, "source": {"is": "s"}, "within": "3d"},
    {"sum": "p", "of": ["x"], "at_least": 9, "since": "entry"},
    {"sequence": [{"did": ["x"]}, {"did": ["y"], "where": WHERE, "source": {"is": "s"}}], "span": "1d"},
    {"sequence": [{"did": ["x"]}, {"did": ["y"]}], "within": "1d", "since": "entry"},
    {"score": "s", "at_least": 1, "below": 9, "between": [1, 9]},
    {"trait": "t", **TEST},
    {"has": ["t"]},
    {"in_stage": "1bh"},
    {"quiet": {"for": "1d", "of": ["x"]}},
    {"visited": "b"},
    {"use": "d"},
    {"all": [{"has": ["t"]}]},
    {"any": [{"has": ["t"]}]},
    {"none": [{"has": ["t"]}]},
    {"at_least": 1, "of": [{"has": ["t"]}]},
]
ON_LINE = {"on": ["x"], "where": WHERE, "source": {"is": "s"}, "add": 1, "at_most": 9, "per": "7d"}
FULL: dict[str, Any] = {
    "funnel": "f",
    "stages": ["a", "b", "c"],
    "off_path": ["o"],
    "final": ["c"],
    "renamed": {"z": "a"},
    "define": {"d": {"has": ["t"]}},
    "scores": {
        "s": {"half_life": "3d", "limits": [0, 9], "points": [ON_LINE, {"if": {"has": ["t"]}, "add": 1}]}
    },
    "hold": {"when": {"has": ["t"]}},
    "transitions": [
        {
            "name": "n",
            "from": ["a"],
            "to": "b",
            "when": {"all": ASKED},
            "again_after": "1d",
            "resets": ["s"],
        }
    ],
    "signals": [{"name": "n", "in": ["a"], "when": {"has": ["t"]}}],
    "calendar": {"zone": "Europe/Oslo", "hours": "mon-fri 09:00-17:00", "holidays": ["2026-12-25"]},
}
"""Each key of each model, in its long form."""


class Key(NamedTuple):
    """A key of ``FULL``: the model that has it, and the way to it."""

    model: type[BaseModel]
    path: tuple[str | int, ...]

    def __str__(self) -> str:
        return ".".join(map(str, self.path))

    @property
    def key(self) -> str:
        return str(self.path[-1])

    @property
    def is_form(self) -> bool:
        """Whether it says which form of condition or points line its mapping is."""
        return (CONDITIONS | POINTS_LINES).get(self.key) is self.model

    @property
    def is_needed(self) -> bool:
        fields = self.model.model_fields.items()
        return next(field.is_required() for name, field in fields if (field.alias or name) == self.key)

    def document(self) -> tuple[dict[str, Any], Any]:
        """A copy of ``FULL``, and the mapping in it that has this key."""
        document = json.loads(json.dumps(FULL))
        inside: Any = document
        for step in self.path[:-1]:
            inside = inside[step]
        return document, inside


def keys_of(value: Any, written: Any, path: tuple[str | int, ...] = ()) -> Iterator[Key]:
    """Every key that a part of ``FULL`` writes, with its model."""
    if isinstance(value, BaseModel):
        for name, field in type(value).model_fields.items():
            key = field.alias or name
            if key in written:
                yield Key(type(value), (*path, key))
                yield from keys_of(getattr(value, name), written[key], (*path, key))
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from keys_of(inner, written[key], (*path, key))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from keys_of(inner, written[number], (*path, number))


KEYS = list(keys_of(load_funnel(json.dumps(FULL)), FULL))
every_key = pytest.mark.parametrize("key", KEYS, ids=str)


def models_in(schema_of: type[BaseModel]) -> set[str]:
    return {schema_of.__name__, *schema_of.model_json_schema(by_alias=True)["$defs"]}


def told(document: Any, mark: str, instead: str) -> list[tuple[str, int, int, str]]:
    """The faults of a document, whose one ``mark`` becomes what it stands for.

    A place is counted from the mark: 0:0 is there.
    """
    text = json.dumps(document, indent=1)
    assert text.count(mark) == 1
    before = text[: text.index(mark)].split("\n")
    text = text.replace(mark, instead)
    assert not VALIDATOR.is_valid(json.loads(text))
    with pytest.raises(FunnelFaults) as caught:
        load_funnel(text)
    line, column = len(before), len(before[-1]) + 1
    return [
        (fault.code, fault.line - line, fault.column - column, str(fault)) for fault in caught.value.faults
    ]


def test_every_key_of_every_model_is_tried() -> None:
    models = {key.model for key in KEYS}
    assert {model.__name__ for model in models} == models_in(FunnelFile)
    assert {(key.model, key.key) for key in KEYS} == {
        (model, key) for model in models for key in known_keys(model)
    }


@every_key
def test_a_misspelt_key_is_told_with_the_one_that_was_meant(key: Key) -> None:
    document, inside = key.document()
    written = [("@" if one == key.key else one, value) for one, value in inside.items()]
    inside.clear()
    inside.update(written)
    [(code, line, column, said)] = told(document, '"@"', f'"{key.key}q"')
    assert (line, column) == (0, 0)
    assert code == "unknown-key" or (key.is_form and code == "unknown-condition")
    assert f"did you mean `{key.key}`?" in said


@every_key
def test_a_key_without_a_value_is_told(key: Key) -> None:
    document, inside = key.document()
    inside[key.key] = "@"
    [(code, line, column, _)] = told(document, f'"{key.key}": "@"', f'"{key.key}": null')
    assert (code, line, column) == ("no-value", 0, 0)


@every_key
def test_a_value_of_no_kind_that_fits_is_told_in_it(key: Key) -> None:
    document, inside = key.document()
    inside[key.key] = "@"
    for code, line, column, said in told(document, '"@"', "[[[true]]]"):
        assert code in ("wrong-type", "not-a-condition", "bad-count", "bad-duration", "bad-value"), said
        assert (line, column) in ((0, 0), (0, 1), (0, 2)), said


@pytest.mark.parametrize("key", [key for key in KEYS if key.is_needed and not key.is_form], ids=str)
def test_a_key_that_is_needed_is_missed_at_its_mapping(key: Key) -> None:
    document, inside = key.document()
    del inside[key.key]
    if len(key.path) > 1:
        around: Any = document
        for step in key.path[:-2]:
            around = around[step]
        around[key.path[-2]] = "@"
    assert told(document if len(key.path) > 1 else "@", '"@"', json.dumps(inside)) == [
        ("missing-key", 0, 0, ANY)
    ]
