"""The funnel file as a model: what may be written in it, and the JSON Schema for editors.

``FunnelFile`` is the syntax tree that `qualifiers` compiles. Short forms are
made long here (`did: T` is `did: [T]`, a bare value is `is`), so that whoever
reads the tree sees one form only. Names that must exist elsewhere in the file
(stages, scores, definitions) are checked by the loader, which knows the lines.
"""

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
)
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import PydanticCustomError, core_schema

from schemas.activity import type_name
from schemas.durations import Duration, HalfLife
from schemas.opening_hours import Holiday, Hours

NAME_PATTERN = r"^[a-z][a-z0-9_-]*$"
PATH_PATTERN = r"^[^.\s][^.]*(\.[^.]+)*$"


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
Positive = Annotated[Number, Field(gt=0, json_schema_extra={"exclusiveMinimum": 0})]
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
Where = Annotated[
    dict[Path, PropertyTest],
    Field(description="Only those whose properties fit: a property's path, and operators or a value."),
]
Source = Annotated[PropertyTest | None, Field(description="Only those whose `source` fits.")]
Within = Annotated[Duration | None, Field(description="Only those of this last while.")]
Since = Annotated[
    Literal["entry"] | None,
    Field(description="`entry`: only those of the lead's present stay in its stage."),
]


class Did(_Model):
    """`did`: there were so many such activities, in all, in a window, or in this stay."""

    did: ActivityTypes = Field(description="The type of activity, or several.")
    where: Where = {}
    source: Source = None
    times: int = Field(default=1, ge=1, le=64, description="How many it takes.")
    distinct: Path | None = Field(
        default=None, description="Count the different values of this property, not the activities."
    )
    within: Within = None
    since: Since = None


class Sum(_Model):
    """`sum`: a property of such activities adds up to so much, in all, in a window, or in this stay."""

    sum: Path = Field(description="The property that is added up.")
    of: ActivityTypes = Field(description="The type of activity, or several.")
    at_least: Positive = Field(description="What it must add up to.")
    where: Where = {}
    source: Source = None
    within: Within = None
    since: Since = None


class Step(_Model):
    """One step of a `sequence`: such an activity. A bare type, or a list of them, is its `did`."""

    did: ActivityTypes = Field(description="The type of activity, or several.")
    where: Where = {}
    source: Source = None


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
        Field(min_length=2, max_length=8, description="The steps: types, or mappings with `did`."),
    ]
    span: Duration | None = Field(default=None, description="The last comes less than this after the first.")
    within: Duration | None = Field(
        default=None, description="Only those that were completed in this last while."
    )
    since: Since = None


class ScoreIs(_Model):
    """`score`: the score, decayed to now, is within the bounds."""

    score: Name = Field(description="The score.")
    at_least: Number | None = Field(default=None, description="So much, or more.")
    below: Number | None = Field(default=None, description="Less than that.")
    between: Limits | None = Field(default=None, description="Between these, both included.")


class TraitIs(Test):
    """`trait`: the trait compares so."""

    trait: Path = Field(description="The trait's path, such as `company.employees`.")


class Has(_Model):
    """`has`: each of these traits is there and neither null nor empty."""

    has: Annotated[
        list[Path],
        Field(min_length=1, description="The trait, or several."),
        BeforeValidator(_listed, json_schema_input_type=Path | list[Path]),
    ]


class InStage(_Model):
    """`in_stage`: the lead has been in its present stage that long."""

    in_stage: Duration = Field(description="How long.")


class QuietFor(_Model):
    """How long, and (when said) which types end the quiet."""

    for_: Duration = Field(alias="for", description="How long.")
    of: ActivityTypes | None = Field(
        default=None, description="Only these types end the quiet; when left out, whatever the lead does."
    )


class Quiet(_Model):
    """`quiet`: there has been no activity for that long."""

    quiet: Annotated[
        QuietFor,
        BeforeValidator(
            lambda value: value if isinstance(value, dict) else {"for": value},
            json_schema_input_type=Duration | QuietFor,
        ),
    ] = Field(description="How long; or a mapping with `for` and `of`.")


class Visited(_Model):
    """`visited`: the lead has ever been in that stage."""

    visited: Name = Field(description="The stage.")


class Use(_Model):
    """`use`: the condition that has this name under `define` is true."""

    use: Name = Field(description="The condition's name.")


class All(_Model):
    """`all`: every one is true."""

    all: list["Condition"] = Field(min_length=1, description="The conditions.")


class Any_(_Model):
    """`any`: one is true."""

    any: list["Condition"] = Field(min_length=1, description="The conditions.")


class None_(_Model):
    """`none`: not one is true."""

    none: list["Condition"] = Field(min_length=1, description="The conditions.")


class AtLeast(_Model):
    """`at_least`: so many of those under `of` are true."""

    at_least: int = Field(ge=1, description="How many of them.")
    of: list["Condition"] = Field(min_length=1, description="The conditions.")


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

    on: ActivityTypes = Field(description="The type of activity that gives points, or several.")
    where: Where = {}
    source: Source = None
    add: Number = Field(description="The points of one such activity; below zero takes points.")
    at_most: Positive | None = Field(
        default=None, description="What the line's points together are worth at most, of either sign."
    )
    per: Duration | None = Field(
        default=None, description="`at_most` bounds what was given in any time of this length instead."
    )


class IfLine(_Model):
    """A points line for who the lead is: held while its condition (on traits alone) holds."""

    if_: Condition = Field(alias="if", description="A condition that asks about traits alone.")
    add: Number = Field(description="The points while it holds; below zero takes points.")


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

    half_life: HalfLife | None = Field(
        default=None, description="After this time, half of the points of `on` lines are left."
    )
    limits: Limits | None = Field(default=None, description="The least and the most that the score can be.")
    points: list[PointsLine] = Field(min_length=1, description="The lines that give points.")


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

    name: Name | None = Field(
        default=None, description="The rule's name in its decisions; when left out, `to-` and the stage."
    )
    from_: From | None = Field(
        default=None,
        alias="from",
        description="The stages that it leads out of; when left out, the stage before `to` on the path.",
    )
    to: Name = Field(description="The stage that it leads to.")
    when: Condition = Field(description="The condition that fires it.")
    again_after: Duration | None = Field(default=None, description="It does not fire again sooner.")
    resets: Annotated[
        list[Name],
        Field(min_length=1, description="The score whose `on` points start from zero, or several."),
        BeforeValidator(_listed, json_schema_input_type=Name | list[Name]),
    ] = []


class Hold(_Model):
    """While `when` is true, no rule moves a lead forward, and no signal is given."""

    when: Condition = Field(description="The condition that holds leads back.")


class Signal(_Model):
    """Said aloud when `when` turns true in one of these stages, without moving the lead."""

    name: Name = Field(description="The signal's name.")
    in_: Annotated[
        list[Name],
        Field(min_length=1, alias="in", description="The stage in which it is given, or several."),
        BeforeValidator(_listed, json_schema_input_type=Name | list[Name]),
    ]
    when: Condition = Field(description="The condition: the signal is given when it turns true.")


class Calendar(_Model):
    """When it is open: the hours that `bh` counts."""

    zone: str = Field(
        default="UTC", max_length=64, description="The time zone whose clock they are, by its IANA name."
    )
    hours: Hours = Field(
        description="Days and times, several with commas: `mon-fri 09:00-12:00, mon-thu 13:00-17:00`."
    )
    holidays: list[Holiday] = Field(
        default=[], max_length=1000, description="Dates of that zone on which it is closed all day."
    )


class FunnelFile(_Model):
    """One funnel file, whole."""

    funnel: Name = Field(description="The funnel's name; it stands on every decision.")
    stages: list[Name] = Field(
        min_length=1, max_length=100, description="The path, in order; every lead starts in the first."
    )
    off_path: list[Name] = Field(default=[], max_length=100, description="Stages beside the path.")
    final: list[Name] = Field(default=[], description="Stages that no rule leads out of.")
    renamed: dict[Name, Name] = Field(
        default={}, description="Stages that have another name now: what they were called, and are."
    )
    define: dict[Name, Condition] = Field(default={}, description="Conditions with a name, for `use`.")
    scores: dict[Name, Score] = Field(default={}, description="Scores, by name.")
    hold: Hold | None = Field(default=None, description="What keeps leads from moving forward.")
    transitions: list[Transition] = Field(
        min_length=1, max_length=1000, description="The rules that move leads; the first that is true fires."
    )
    signals: list[Signal] = Field(
        default=[], max_length=1000, description="What is said of a lead without moving it."
    )
    calendar: Calendar | None = Field(default=None, description="When it is open: what `bh` counts.")


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


def json_schema() -> dict[str, Any]:
    """The JSON Schema of a funnel file, for editors."""
    return FunnelFile.model_json_schema(by_alias=True, schema_generator=_WithoutNull)
