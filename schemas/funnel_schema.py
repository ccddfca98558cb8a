"""The JSON Schema of a funnel file, for editors: what to complete, to explain and to mark as wrong.

pydantic makes it from the models; here it is put as editors show it best. It is draft-07, which
they all know, with the words that VS Code's editors add to it: `markdownDescription`,
`patternErrorMessage`, `enumDescriptions`. Validators pass over those.
"""

from collections.abc import Callable
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from schemas.conditions import CONDITIONS
from schemas.durations import DURATION_PATTERN, HALF_LIFE_PATTERN
from schemas.funnel_file import POINTS_LINES, RULE_PATTERN, STAGE_PATTERN, FunnelFile
from schemas.opening_hours import HOLIDAY_PATTERN, HOURS_PATTERN
from schemas.scalars import NAME_PATTERN, PATH_PATTERN

Schema = dict[str, Any]

DRAFT = "http://json-schema.org/draft-07/schema#"

PATTERNS: dict[str, str] = {
    NAME_PATTERN: "A name has a-z, 0-9, `_` and `-`, a letter first.",
    STAGE_PATTERN: "A stage's name has a-z, 0-9, `_` and `-`, a letter first; it is not `any` or `earlier`.",
    RULE_PATTERN: "A rule's name has a-z, 0-9, `_` and `-`, a letter first; decisions use `created`, `manual`"
    " and `merged` themselves.",
    PATH_PATTERN: "A path has names with one dot between them, such as company.employees.",
    DURATION_PATTERN: "A duration is a whole number and a unit: 90s, 15m, 4h, 30d, 2w, or 4bh.",
    HALF_LIFE_PATTERN: "A half-life is a whole number and a unit: 4h, 30d, 2w. Business hours can't be one.",
    HOURS_PATTERN: "Hours are days and times, such as mon-fri 09:00-17:00, sat 10:00-14:00.",
    HOLIDAY_PATTERN: "A holiday is a date, such as 2026-12-25.",
    r"\S": "A blank text fits everything or nothing: write the text to look for.",
}
"""What to say of a text that does not fit a pattern of the file."""

_GROUPS = ("All", "Any_", "None_", "AtLeast")
_ON_TRAITS = ("TraitIs", "Has", "Use")


class _WithoutNull(GenerateJsonSchema):
    """A key of a funnel file is left out, never null."""

    def nullable_schema(self, schema: core_schema.NullableSchema) -> JsonSchemaValue:
        return self.generate_inner(schema["schema"])

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        inner = super().default_schema(schema)
        return {key: value for key, value in inner.items() if (key, value) != ("default", None)}

    def dict_schema(self, schema: core_schema.DictSchema) -> JsonSchemaValue:
        inner = super().dict_schema(schema)  # says nothing of the keys that do not fit the pattern
        return inner | {"additionalProperties": False} if "patternProperties" in inner else inner


def schema_of(model: type[BaseModel]) -> Schema:
    """A model as editors show it best; of a file that people write, whatever it is about."""
    made = model.model_json_schema(by_alias=True, schema_generator=_WithoutNull)
    schema: Schema = _walked(made, _as_shown)
    return schema


def json_schema() -> Schema:
    """The JSON Schema of a funnel file."""
    schema = schema_of(FunnelFile)
    defs = schema["$defs"]
    forms = {name: model.__name__ for name, model in CONDITIONS.items()}
    defs["Condition"] = _one_of(forms.values(), f"A condition: one of {', '.join(forms)}.")
    defs["PointsLine"] = _one_of(
        [model.__name__ for model in POINTS_LINES.values()], "A points line: `on`, or `if`."
    )
    # What an `if` line may ask is a part of the language; editors offer no more there.
    for group in _GROUPS:
        defs[f"{group}OnTraits"] = _walked(
            defs[group], lambda part: _ref("ConditionOnTraits") if part == _ref("Condition") else part
        )
    on_traits = [*_ON_TRAITS, *(f"{group}OnTraits" for group in _GROUPS)]
    defs["ConditionOnTraits"] = _one_of(on_traits, "A condition that asks about traits alone.")
    for form, name in (forms | {form: model.__name__ for form, model in POINTS_LINES.items()}).items():
        for each in defs.keys() & {name, f"{name}OnTraits"}:
            defs[each]["title"] = form  # what editors call it, where they offer it whole
    asked = defs["IfLine"]["properties"]["if"]
    defs["IfLine"]["properties"]["if"] = {**asked, **_ref("ConditionOnTraits")}
    return {"$schema": DRAFT, **schema}


def _walked(part: Any, change: Callable[[Schema], Schema]) -> Any:
    """A part of a schema with all that is in it changed, the innermost first."""
    if isinstance(part, list):
        return [_walked(one, change) for one in part]
    if not isinstance(part, dict):
        return part
    return change({key: _walked(inner, change) for key, inner in part.items()})


def _as_shown(part: Schema) -> Schema:
    """One schema of the file's, as editors show it best; a mapping of names to schemas is left as it is."""
    if isinstance(part.get("title"), str):
        del part["title"]  # only the key once more
    part.pop("gt", None)  # said by `exclusiveMinimum`
    if isinstance(part.get("description"), str):
        part["markdownDescription"] = part["description"]
    if part.get("pattern") in PATTERNS:
        part["patternErrorMessage"] = PATTERNS[part["pattern"]]
    if "prefixItems" in part:
        part["items"] = part.pop("prefixItems")[0]  # of all pairs, both are of one kind
    if "oneOf" in part:
        forms = {one["$ref"].rpartition("/")[2] for one in part.pop("oneOf")}
        part |= _ref("PointsLine" if "OnLine" in forms else "Condition")
    types = [one.get("type") if one.keys() == {"type"} else None for one in part.get("anyOf", [])]
    if types and None not in types:
        del part["anyOf"]
        kinds = [kind for kind in types if kind != "integer" or "number" not in types]
        part["type"] = kinds if len(kinds) > 1 else kinds[0]
    return part


def _ref(name: str) -> Schema:
    return {"$ref": f"#/$defs/{name}"}


def _one_of(names: Any, description: str) -> Schema:
    return {
        "description": description,
        "markdownDescription": description,
        "oneOf": [_ref(name) for name in names],
    }
