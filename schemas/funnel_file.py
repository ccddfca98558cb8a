"""The funnel file as a model: what may be written in it, and the JSON Schema for editors.

``FunnelFile`` is the syntax tree that `qualifiers` compiles. Short forms are
made long here (`did: T` is `did: [T]`, a bare value is `is`), so that whoever
reads the tree sees one form only. Names that must exist elsewhere in the file
(stages, scores, definitions) are checked by the loader, which knows the lines.
"""

import re
from collections.abc import Callable
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    Strict,
    Tag,
    WithJsonSchema,
)
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import PydanticCustomError, core_schema

from schemas.activity import type_name
from schemas.moments import DAY, HOUR, MINUTE, SECOND

_UNITS = {"s": SECOND, "m": MINUTE, "h": HOUR, "d": DAY, "w": 7 * DAY}
_DURATION = re.compile(r"([1-9][0-9]{0,11})([smhdw])")
_LONGEST = 36_525 * DAY
NAME_PATTERN = r"^[a-z][a-z0-9_-]*$"
PATH_PATTERN = r"^[^.\s][^.]*(\.[^.]+)*$"


def parse_duration(value: object) -> int:
    """Milliseconds of a duration such as ``90s 15m 4h 30d 2w``. Raises ValueError."""
    match = _DURATION.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise ValueError("a duration is a whole number above zero with a unit: 90s, 15m, 4h, 30d, 2w")
    duration = int(match[1]) * _UNITS[match[2]]
    if duration > _LONGEST:
        raise ValueError("a duration is at most 36525d, a hundred years")
    return duration


def _duration(value: object) -> int:
    try:
        return parse_duration(value)
    except ValueError as error:
        raise PydanticCustomError("bad-duration", "{said}", {"said": str(error)}) from None


def _only(wanted: str, *types: type) -> BeforeValidator:
    """Values of just these types, with one message where pydantic would give one for each."""

    def check(value: object) -> object:
        if type(value) in types:
            return value
        if isinstance(value, list) and str in types:
            raise PydanticCustomError("wrong-type", "one value is needed here; a list is written with `in`")
        raise PydanticCustomError("wrong-type", "{wanted} is needed here", {"wanted": wanted})

    return BeforeValidator(check)


def _listed(value: object) -> object:
    return value if isinstance(value, list) else [value]


def _as_test(value: object) -> object:
    if isinstance(value, dict):
        return value
    return {"in": value} if isinstance(value, list) else {"is": value}


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, validate_by_name=False)


Duration = Annotated[
    int,
    BeforeValidator(_duration),
    WithJsonSchema({"type": "string", "pattern": "^[1-9][0-9]*[smhdw]$", "examples": ["48h", "30d"]}),
]
"""Milliseconds; written as `30d`."""
Name = Annotated[str, Field(pattern=NAME_PATTERN, max_length=64)]
Path = Annotated[str, Field(pattern=PATH_PATTERN, max_length=256)]
ActivityType = Annotated[
    str,
    Field(min_length=1, max_length=128),
    BeforeValidator(lambda value: type_name(value) if isinstance(value, str) else value),
]
ActivityTypes = Annotated[
    list[ActivityType],
    Field(min_length=1),
    BeforeValidator(_listed, json_schema_input_type=ActivityType | list[ActivityType]),
]
Number = Annotated[int | float, _only("a number", int, float)]
Limits = Annotated[tuple[Number, Number], Strict(False)]
Scalar = Annotated[bool | int | float | str, _only("text, a number, true or false", bool, int, float, str)]
Bound = Annotated[int | float | str, _only("a number or text", int, float, str)]


class Test(_Model):
    """Operators and their arguments; all that are given must hold. One field an operator."""

    is_: Scalar | None = Field(default=None, alias="is", description="Equal; text without regard to case.")
    is_not: Scalar | None = Field(default=None, description="Not equal, or missing.")
    in_: Annotated[list[Scalar], Field(min_length=1)] | None = Field(
        default=None, alias="in", description="Equal to one of these."
    )
    not_in: Annotated[list[Scalar], Field(min_length=1)] | None = Field(
        default=None, description="Equal to none of these, or missing."
    )
    above: Bound | None = Field(default=None, description="Greater than.")
    at_least: Bound | None = Field(default=None, description="Greater or equal.")
    below: Bound | None = Field(default=None, description="Less than.")
    at_most: Bound | None = Field(default=None, description="Less or equal.")
    between: Annotated[tuple[Bound, Bound], Strict(False)] | None = Field(
        default=None, description="Between these, both included."
    )
    matches: str | None = Field(default=None, description="An unanchored RE2 pattern; case counts.")
    has_word: (
        Annotated[
            list[str], Field(min_length=1), BeforeValidator(_listed, json_schema_input_type=str | list[str])
        ]
        | None
    ) = Field(default=None, description="Has one of these as a whole word.")
    starts_with: str | None = Field(default=None, description="Text that starts so.")
    ends_with: str | None = Field(default=None, description="Text that ends so.")
    contains: Scalar | None = Field(default=None, description="Text with this in it, or a list that has it.")
    exists: bool | None = Field(default=None, description="Is there and not null (or, false, is not).")


PropertyTest = Annotated[Test, BeforeValidator(_as_test, json_schema_input_type=Test | Scalar | list[Scalar])]
"""A test; a bare value is `is`, a bare list is `in`."""
Where = dict[Path, PropertyTest]


class Did(_Model):
    """`did`: so many such activities, in all, in a window, or in this stay."""

    did: ActivityTypes
    where: Where = {}
    source: PropertyTest | None = None
    times: int = Field(default=1, ge=1, le=64)
    distinct: Path | None = None
    within: Duration | None = None
    since: Literal["entry"] | None = None


class Sum(_Model):
    """`sum`: what a property of such activities adds up to, in all, in a window, or in this stay."""

    sum: Path
    of: ActivityTypes
    at_least: Annotated[Number, Field(gt=0)]
    where: Where = {}
    source: PropertyTest | None = None
    within: Duration | None = None
    since: Literal["entry"] | None = None


class Step(_Model):
    """One step of a `sequence`: such an activity. A bare type, or a list of them, is its `did`."""

    did: ActivityTypes
    where: Where = {}
    source: PropertyTest | None = None


class Sequence(_Model):
    """`sequence`: such activities happened in this order; others may come between."""

    sequence: Annotated[
        list[
            Annotated[
                Step,
                BeforeValidator(
                    lambda value: value if isinstance(value, dict) else {"did": value},
                    json_schema_input_type=Step | ActivityType | list[ActivityType],
                ),
            ]
        ],
        Field(min_length=2, max_length=8),
    ]
    span: Duration | None = Field(default=None, description="From the first to the last, at most.")
    within: Duration | None = None
    since: Literal["entry"] | None = None


class ScoreIs(_Model):
    """`score`: a score, decayed to now, against bounds (all that are given hold)."""

    score: Name
    at_least: Number | None = None
    below: Number | None = None
    between: Limits | None = None


class TraitIs(Test):
    """`trait`: a trait of the lead against operators."""

    trait: Path


class Has(_Model):
    """`has`: each of these traits is there and neither null nor empty."""

    has: Annotated[
        list[Path],
        Field(min_length=1),
        BeforeValidator(_listed, json_schema_input_type=Path | list[Path]),
    ]


class InStage(_Model):
    """`in_stage`: the lead has been in its present stage that long."""

    in_stage: Duration


class QuietFor(_Model):
    """How long, and (when said) which types end the quiet."""

    for_: Duration = Field(alias="for")
    of: ActivityTypes | None = None


class Quiet(_Model):
    """`quiet`: no activity for that long."""

    quiet: Annotated[
        QuietFor,
        BeforeValidator(
            lambda value: value if isinstance(value, dict) else {"for": value},
            json_schema_input_type=Duration | QuietFor,
        ),
    ]


class Visited(_Model):
    """`visited`: the lead has ever been in that stage."""

    visited: Name


class Use(_Model):
    """`use`: a condition named under `define`."""

    use: Name


class All(_Model):
    """`all`: every one is true."""

    all: list["Condition"] = Field(min_length=1)


class Any_(_Model):
    """`any`: one is true."""

    any: list["Condition"] = Field(min_length=1)


class None_(_Model):
    """`none`: not one is true."""

    none: list["Condition"] = Field(min_length=1)


class AtLeast(_Model):
    """`at_least: k, of: […]`: k of them are true."""

    at_least: int = Field(ge=1)
    of: list["Condition"] = Field(min_length=1)


CONDITIONS: dict[str, type[_Model]] = {
    "did": Did,
    "sum": Sum,
    "sequence": Sequence,
    "score": ScoreIs,
    "trait": TraitIs,
    "has": Has,
    "in_stage": InStage,
    "quiet": Quiet,
    "visited": Visited,
    "use": Use,
    "all": All,
    "any": Any_,
    "none": None_,
    "at_least": AtLeast,
}
"""The one catalogue of conditions: the key that says which it is, and its model.

The order matters: the first of these keys that a mapping has decides (a `score`
and a `sum` have an `at_least` of their own)."""


def condition_form(value: object) -> str | None:
    """Which form of condition a mapping (or a model) is, by its keys; None when it is none."""
    if isinstance(value, dict):
        return next((key for key in CONDITIONS if key in value), None)
    return next((key for key, model in CONDITIONS.items() if type(value) is model), None)


def _tag(form: Callable[[object], str | None]) -> Discriminator:
    """A discriminator whose tags no key can be taken for: the places of errors hold both."""

    def tag(value: object) -> str | None:
        found = form(value)
        return None if found is None else TAG + found

    return Discriminator(tag, custom_error_type=form.__name__, custom_error_message="none of the forms")


TAG = "*"
"""What the tag of a condition or points line begins with, in the places of pydantic's errors."""

Condition = Annotated[
    Annotated[Did, Tag("*did")]
    | Annotated[Sum, Tag("*sum")]
    | Annotated[Sequence, Tag("*sequence")]
    | Annotated[ScoreIs, Tag("*score")]
    | Annotated[TraitIs, Tag("*trait")]
    | Annotated[Has, Tag("*has")]
    | Annotated[InStage, Tag("*in_stage")]
    | Annotated[Quiet, Tag("*quiet")]
    | Annotated[Visited, Tag("*visited")]
    | Annotated[Use, Tag("*use")]
    | Annotated[All, Tag("*all")]
    | Annotated[Any_, Tag("*any")]
    | Annotated[None_, Tag("*none")]
    | Annotated[AtLeast, Tag("*at_least")],
    _tag(condition_form),
]


class OnLine(_Model):
    """A points line for what the lead does."""

    on: ActivityTypes
    where: Where = {}
    source: PropertyTest | None = None
    add: Number
    at_most: Number | None = Field(default=None, gt=0)
    per: Duration | None = None


class IfLine(_Model):
    """A points line for who the lead is: held while its condition (on traits alone) holds."""

    if_: Condition = Field(alias="if")
    add: Number


POINTS_LINES: dict[str, type[OnLine] | type[IfLine]] = {"on": OnLine, "if": IfLine}
"""The two kinds of points lines, by the key that says which it is."""


def line_form(value: object) -> str | None:
    """Which kind of points line a mapping (or a model) is; None when it is none."""
    if isinstance(value, dict):
        return next((key for key in POINTS_LINES if key in value), None)
    return next((key for key, model in POINTS_LINES.items() if type(value) is model), None)


PointsLine = Annotated[Annotated[OnLine, Tag("*on")] | Annotated[IfLine, Tag("*if")], _tag(line_form)]


class Score(_Model):
    """A score: points lines, a half-life, limits."""

    half_life: Duration | None = None
    limits: Limits | None = None
    points: list[PointsLine] = Field(min_length=1)


def _from_form(value: object) -> str:
    return "*stages" if isinstance(value, list) else "*word"


From = Annotated[
    Annotated[Literal["earlier", "any"], Tag("*word")]
    | Annotated[list[Name], Field(min_length=1), Tag("*stages")],
    Discriminator(_from_form),
    BeforeValidator(
        lambda value: value if value in ("earlier", "any") else _listed(value),
        json_schema_input_type=Literal["earlier", "any"] | Name | list[Name],
    ),
]


class Transition(_Model):
    """A rule that moves a lead `to` a stage. `from_` is as written; None is the stage before."""

    name: Name | None = None
    from_: From | None = Field(default=None, alias="from")
    to: Name
    when: Condition
    again_after: Duration | None = Field(default=None, description="It does not fire again sooner.")
    resets: Annotated[
        list[Name],
        Field(min_length=1, description="Scores whose `on` points start from zero."),
        BeforeValidator(_listed, json_schema_input_type=Name | list[Name]),
    ] = []


class Hold(_Model):
    """While `when` is true, no rule moves a lead forward, and no signal is given."""

    when: Condition


class Signal(_Model):
    """Said aloud when `when` turns true in one of these stages, without moving the lead."""

    name: Name
    in_: Annotated[
        list[Name],
        Field(min_length=1, alias="in", description="The stages in which it is given."),
        BeforeValidator(_listed, json_schema_input_type=Name | list[Name]),
    ]
    when: Condition


class FunnelFile(_Model):
    """One funnel file, whole."""

    funnel: Name
    stages: list[Name] = Field(min_length=1, max_length=100)
    off_path: Annotated[list[Name], Field(max_length=100)] = []
    final: list[Name] = []
    define: dict[Name, Condition] = {}
    scores: dict[Name, Score] = {}
    hold: Hold | None = None
    transitions: list[Transition] = Field(min_length=1, max_length=1000)
    signals: Annotated[list[Signal], Field(max_length=1000)] = []


class _WithoutNull(GenerateJsonSchema):
    """A key of a funnel file is left out, never null."""

    def nullable_schema(self, schema: core_schema.NullableSchema) -> JsonSchemaValue:
        return self.generate_inner(schema["schema"])

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        inner = super().default_schema(schema)
        return {key: value for key, value in inner.items() if (key, value) != ("default", None)}


def json_schema() -> dict[str, Any]:
    """The JSON Schema of a funnel file, for editors."""
    return FunnelFile.model_json_schema(by_alias=True, schema_generator=_WithoutNull)
