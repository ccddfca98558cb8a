"""The JSON Schema of a file of cases, by which editors check it, agrees with what is read."""

from pathlib import Path
from typing import Any

import jsonschema
import pytest

from qualifiers.loader_yaml import read_tree
from qualifiers.presets import PRESETS, preset_cases
from schemas.case_file import DEEDS, EXPECTATIONS, CaseFile, Line
from schemas.case_schema import json_schema
from tests.unit.test_case_moments import MOMENTS, NO_MOMENTS

VALIDATOR = jsonschema.Draft7Validator(json_schema())
MODELS = sorted((Path(__file__).parents[1] / "acceptance").glob("*/*.cases.yaml"))


def plain(text: str) -> Any:
    return read_tree(text, "cases.yaml")[0].plain()


@pytest.mark.parametrize("preset", PRESETS)
def test_the_cases_of_presets_fit_the_schema(preset: str) -> None:
    VALIDATOR.validate(plain(preset_cases(preset)))


@pytest.mark.parametrize("path", MODELS, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_the_cases_of_the_models_fit_the_schema(path: Path) -> None:
    VALIDATOR.validate(plain(path.read_text()))


def with_moment(text: str) -> dict[str, Any]:
    return {"cases": [{"name": "n", "story": [{"at": text, "did": "x"}], "moves": ["a"]}]}


@pytest.mark.parametrize("text", MOMENTS)
def test_a_moment_fits_the_schema(text: str) -> None:
    VALIDATOR.validate(with_moment(text))


@pytest.mark.parametrize("text", [text for text in NO_MOMENTS if text != "2026-02-30"])
def test_what_is_no_moment_does_not(text: str) -> None:
    assert not VALIDATOR.is_valid(with_moment(text))


@pytest.mark.parametrize(
    "case",
    [
        {},
        {"name": "n"},
        {"name": "n", "story": []},
        {"name": "n", "story": [{"did": "x", "unknown": 1}]},
        {"name": "n", "story": [{"did": 3}]},
        {"name": "n", "story": [{"did": "x", "score": {"s": "much"}}]},
        {"name": "n", "story": [{"did": "x"}], "never": {"stages": ["a"]}},
        {"name": "n", "story": [{"did": "x"}], "starts": "day 3"},
    ],
)
def test_what_is_no_case_does_not_fit(case: dict[str, Any]) -> None:
    assert not VALIDATOR.is_valid({"cases": [case]})
    with pytest.raises(ValueError, match="validation error"):
        CaseFile.model_validate({"cases": [case]})


def test_each_key_of_a_line_is_a_deed_an_expectation_or_belongs_to_one() -> None:
    apart = {"at", "lead", "properties", "source", "id"}
    assert set(Line.model_fields) - apart == {*DEEDS, *EXPECTATIONS}
