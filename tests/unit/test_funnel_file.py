"""The funnel file's JSON Schema, for editors, says the same as the model."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from pydantic import BaseModel

from qualifiers import load_funnel
from qualifiers.loader_yaml import NotATree, read_tree
from qualifiers.presets import PRESETS, preset_text
from schemas.conditions import CONDITIONS
from schemas.funnel_file import POINTS_LINES
from schemas.funnel_schema import PATTERNS, json_schema
from tests.acceptance.reference import EXAMPLES, Example, whole
from tests.unit.fault_cases import of_calendar, of_meaning, of_names, of_shape, of_text
from tests.unit.fault_cases.case import Case
from tests.unit.fault_cases.of_warnings import CASES as WARNED
from tests.unit.fault_cases.of_warnings import MEANT

ROOT = Path(__file__).parents[2]
SCHEMA = json_schema()
VALIDATOR = jsonschema.Draft7Validator(SCHEMA)


def document(condition: Any, **more: Any) -> dict[str, Any]:
    transition = {"to": "b", "when": condition, **more}
    calendar = {"zone": "Europe/Oslo", "hours": "mon-fri 09:00-17:00", "holidays": ["2026-12-25"]}
    return {"funnel": "f", "stages": ["a", "b"], "transitions": [transition], "calendar": calendar}


def parts(schema: Any) -> Iterator[dict[str, Any]]:
    """Every mapping in the schema."""
    if isinstance(schema, dict):
        yield schema
    for inner in schema.values() if isinstance(schema, dict) else schema if isinstance(schema, list) else ():
        yield from parts(inner)


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


ELSEWHERE = "it depends on what stands elsewhere in the file"
COMPARED = "a schema does not compare two values"
YAML = "it is about how the file is written, and an editor's YAML says it"
BEYOND_SCHEMA = {
    **dict.fromkeys(("unknown-tag", "duplicate-key", "bad-key", "number-out-of-range", "too-large"), YAML),
    **dict.fromkeys(
        (
            "unknown-stage",
            "unknown-score",
            "unknown-definition",
            "renamed-stage",
            "duplicate-transition",
            "duplicate-signal",
            "define-circle",
            "calendar-needed",
            "from-needed",
            "from-nowhere",
            "from-final",
            "time-circle",
        ),
        ELSEWHERE,
    ),
    **dict.fromkeys(("reversed-bounds", "unlike-bounds", "too-many-needed", "bound-too-wide"), COMPARED),
    "bad-pattern": "its patterns are not RE2's",
    "unknown-zone": "which zones there are is not of the language",
}
"""Codes of which no JSON Schema can see a fault, and why; of other codes, a case says so itself."""
CASES = [*of_text.CASES, *of_shape.CASES, *of_names.CASES, *of_meaning.CASES, *of_calendar.CASES]


def readable(case: Case) -> bool:
    """Whether an editor has something to show to the schema: it is YAML, and not out of all bounds."""
    try:
        plain(case.text)
    except NotATree:
        return False
    return True


@pytest.mark.parametrize("case", [case for case in CASES if readable(case)], ids=str)
def test_the_schema_refuses_what_the_loader_refuses_unless_it_cannot_know(case: Case) -> None:
    cannot_know = BEYOND_SCHEMA.get(case.code) or case.beyond_schema
    assert VALIDATOR.is_valid(plain(case.text)) is bool(cannot_know)


def test_a_reason_is_given_once() -> None:
    assert [case for case in CASES if case.beyond_schema and case.code in BEYOND_SCHEMA] == []


@pytest.mark.parametrize("text", [case.text for case in WARNED] + list(MEANT.values()))
def test_the_schema_refuses_nothing_that_the_loader_takes(text: str) -> None:
    VALIDATOR.validate(plain(text))


@pytest.mark.parametrize("file", ["streams/demo/funnel.yaml", "tests/benchmarks/reference.yaml"])
def test_the_funnels_of_this_repository_fit_it(file: str) -> None:
    VALIDATOR.validate(plain((ROOT / file).read_bytes()))


@pytest.mark.parametrize("example", [one for one in EXAMPLES if one.language == "yaml" and not one.faults])
def test_the_examples_of_the_reference_fit_it(example: Example) -> None:
    VALIDATOR.validate(plain(whole(example.text)))


def test_every_pattern_is_said_in_words() -> None:
    patterned = [part for part in parts(SCHEMA) if isinstance(part.get("pattern"), str)]
    assert {part["pattern"] for part in patterned} == set(PATTERNS)
    assert all(part["patternErrorMessage"] == PATTERNS[part["pattern"]] for part in patterned)


@pytest.mark.parametrize("origin", ["a", "any", "earlier", ["a"]])
def test_every_form_of_from_fits(origin: Any) -> None:
    VALIDATOR.validate(document({"did": "x"}, **{"from": origin}))


def test_nothing_in_the_schema_may_be_null() -> None:
    assert [part for part in parts(SCHEMA) if "null" in str(part.get("type"))] == []


def test_an_editor_of_any_draft_reads_it_alike() -> None:
    later = {"prefixItems", "dependentRequired", "dependentSchemas", "unevaluatedProperties", "minContains"}
    assert [part for part in parts(SCHEMA) if later & part.keys()] == []
    # Before draft 2019-09, what stands beside a `$ref` constrains nothing.
    beside = {key for part in parts(SCHEMA) if isinstance(part.get("$ref"), str) for key in part}
    assert beside <= {"$ref", "description", "markdownDescription", "default"}


@pytest.mark.parametrize(("form", "model"), [*CONDITIONS.items(), *POINTS_LINES.items()])
def test_a_form_is_offered_under_its_own_name(form: str, model: type[BaseModel]) -> None:
    assert SCHEMA["$defs"][model.__name__]["title"] == form


def test_an_if_line_is_offered_conditions_on_traits_alone() -> None:
    [line] = [SCHEMA["$defs"]["IfLine"]["properties"]["if"]]
    offered = SCHEMA["$defs"][line["$ref"].rpartition("/")[2]]["oneOf"]
    keys = {key for one in offered for key in SCHEMA["$defs"][one["$ref"].rpartition("/")[2]]["required"]}
    assert keys == {"trait", "has", "use", "all", "any", "none", "at_least", "of"}


def test_every_key_says_what_it_means() -> None:
    models = {"FunnelFile": SCHEMA, **SCHEMA["$defs"]}
    silent = [
        f"{name}.{key}"
        for name, model in models.items()
        for key, about in model.get("properties", {}).items()
        if not about.get("description")
    ]
    assert silent == []
