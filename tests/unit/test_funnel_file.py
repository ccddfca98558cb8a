"""The funnel file's JSON Schema, for editors, says the same as the model."""

from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest
import yaml

from qualifiers import load_funnel
from qualifiers.loader_yaml import read_tree
from qualifiers.presets import PRESETS, preset_text
from schemas.funnel_file import json_schema
from tests.unit.fault_cases import of_calendar, of_shape
from tests.unit.fault_cases.case import Case

SCHEMA = json_schema()
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)


def document(condition: Any, **more: Any) -> dict[str, Any]:
    transition = {"to": "b", "when": condition, **more}
    calendar = {"zone": "Europe/Oslo", "hours": "mon-fri 09:00-17:00", "holidays": ["2026-12-25"]}
    return {"funnel": "f", "stages": ["a", "b"], "transitions": [transition], "calendar": calendar}


def plain(text: str | bytes) -> Any:
    """A file's values, as YAML 1.2 reads them: what an editor shows to the schema."""
    return read_tree(text, "funnel.yaml")[0].plain()


@pytest.mark.parametrize("preset", PRESETS)
def test_presets_fit_the_schema(preset: str) -> None:
    VALIDATOR.validate(plain(preset_text(preset)))


SHORT_AND_LONG = [
    {"did": "x"},
    {
        "did": ["x", "y"],
        "where": {"p": 3, "q": ["a", True], "r.s": {"above": 1}},
        "source": "search",
        "times": 2,
    },
    {"quiet": "30d"},
    {"quiet": {"for": "30d", "of": "x"}},
    {"has": "t"},
    {"trait": "t", "has_word": "a", "between": [1, 2]},
    {"at_least": 1, "of": [{"in_stage": "2d"}, {"visited": "a"}, {"quiet": "4bh"}]},
]


@pytest.mark.parametrize("condition", SHORT_AND_LONG, ids=str)
def test_short_and_long_forms_fit_both(condition: Any) -> None:
    VALIDATOR.validate(document(condition))
    load_funnel(yaml.safe_dump(document(condition)))


@pytest.mark.parametrize("case", [*of_shape.CASES, *of_calendar.CASES], ids=str)
def test_what_the_loader_refuses_for_its_shape_the_schema_refuses(case: Case) -> None:
    assert VALIDATOR.is_valid(plain(case.text)) is bool(case.beyond_schema)


@pytest.mark.parametrize("origin", ["a", "any", "earlier", ["a"]])
def test_every_form_of_from_fits(origin: Any) -> None:
    VALIDATOR.validate(document({"did": "x"}, **{"from": origin}))


def test_nothing_in_the_schema_may_be_null() -> None:
    def types(part: Any) -> Iterator[Any]:
        if isinstance(part, dict):
            yield part.get("type")
        for inner in part.values() if isinstance(part, dict) else part if isinstance(part, list) else ():
            yield from types(inner)

    assert "null" not in list(types(SCHEMA))


def test_every_key_says_what_it_means() -> None:
    models = {"FunnelFile": SCHEMA, **SCHEMA["$defs"]}
    silent = [
        f"{name}.{key}"
        for name, model in models.items()
        for key, about in model.get("properties", {}).items()
        if not about.get("description")
    ]
    assert silent == []
