"""The conditions of a funnel file, and the tests of properties and traits in them.

Short forms are made long here (`did: T` is `did: [T]`, a bare value is `is`), so that whoever
reads the tree sees one form only.
"""

from collections.abc import Callable
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, ConfigDict, Discriminator, Field, Strict, Tag

from schemas.durations import Duration
from schemas.scalars import (
    ActivityType,
    ActivityTypes,
    Bound,
    Limits,
    Model,
    Name,
    Number,
    Path,
    Positive,
    Scalar,
    listed,
)


def _as_test(value: object) -> object:
    if isinstance(value, dict):
        return value
    return {"in": value} if isinstance(value, list) else {"is": value}


_NOT_BLANK: dict[str, Any] = {"pattern": r"\S"}
"""For editors; the loader says it in words of its own."""
_Text = Annotated[str, Field(json_schema_extra=_NOT_BLANK)]
_Texts = _Text | Annotated[list[_Text], Field(min_length=1)]


class Test(Model):
    """Operators and their arguments; all that are given must hold."""

    model_config = ConfigDict(json_schema_extra={"minProperties": 1})

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
        Annotated[list[str], Field(min_length=1), BeforeValidator(listed, json_schema_input_type=_Texts)]
        | None
    ) = Field(default=None, description="Has one of these as a whole word.")
    starts_with: str | None = Field(
        default=None, description="Text that starts so.", json_schema_extra=_NOT_BLANK
    )
    ends_with: str | None = Field(
        default=None, description="Text that ends so.", json_schema_extra=_NOT_BLANK
    )
    contains: Scalar | None = Field(
        default=None, description="Text with this in it, or a list that has it.", json_schema_extra=_NOT_BLANK
    )
    exists: bool | None = Field(default=None, description="Is there and not null (or, false, is not).")


PropertyTest = Annotated[
    Test,
    BeforeValidator(
        _as_test, json_schema_input_type=Test | Scalar | Annotated[list[Scalar], Field(min_length=1)]
    ),
]
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


class Did(Model):
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


class Sum(Model):
    """`sum`: a property of such activities adds up to so much, in all, in a window, or in this stay."""

    sum: Path = Field(description="The property that is added up.")
    of: ActivityTypes = Field(description="The type of activity, or several.")
    at_least: Positive = Field(description="What it must add up to.")
    where: Where = {}
    source: Source = None
    within: Within = None
    since: Since = None


class Step(Model):
    """One step of a `sequence`: such an activity. A bare type, or a list of them, is its `did`."""

    did: ActivityTypes = Field(description="The type of activity, or several.")
    where: Where = {}
    source: Source = None


class Sequence(Model):
    """`sequence`: such activities happened in this order; others may come between."""

    sequence: Annotated[
        list[
            Annotated[
                Step,
                BeforeValidator(
                    lambda value: value if isinstance(value, dict) else {"did": value},
                    json_schema_input_type=Step
                    | ActivityType
                    | Annotated[list[ActivityType], Field(min_length=1)],
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


class ScoreIs(Model):
    """`score`: the score, decayed to now, is within the bounds."""

    model_config = ConfigDict(json_schema_extra={"minProperties": 2})

    score: Name = Field(description="The score.")
    at_least: Number | None = Field(default=None, description="So much, or more.")
    below: Number | None = Field(default=None, description="Less than that.")
    between: Limits | None = Field(default=None, description="Between these, both included.")


class TraitIs(Test):
    """`trait`: the trait compares so."""

    model_config = ConfigDict(json_schema_extra={"minProperties": 2})

    trait: Path = Field(description="The trait's path, such as `company.employees`.")


class Has(Model):
    """`has`: each of these traits is there and neither null nor empty."""

    has: Annotated[
        list[Path],
        Field(min_length=1, description="The trait, or several."),
        BeforeValidator(listed, json_schema_input_type=Path | Annotated[list[Path], Field(min_length=1)]),
    ]


class InStage(Model):
    """`in_stage`: the lead has been in its present stage that long."""

    in_stage: Duration = Field(description="How long.")


class QuietFor(Model):
    """How long, and (when said) which types end the quiet."""

    for_: Duration = Field(alias="for", description="How long.")
    of: ActivityTypes | None = Field(
        default=None, description="Only these types end the quiet; when left out, whatever the lead does."
    )


class Quiet(Model):
    """`quiet`: there has been no activity for that long."""

    quiet: Annotated[
        QuietFor,
        BeforeValidator(
            lambda value: value if isinstance(value, dict) else {"for": value},
            json_schema_input_type=Duration | QuietFor,
        ),
    ] = Field(description="How long; or a mapping with `for` and `of`.")


class Visited(Model):
    """`visited`: the lead has ever been in that stage."""

    visited: Name = Field(description="The stage.")


class Use(Model):
    """`use`: the condition that has this name under `define` is true."""

    use: Name = Field(description="The condition's name.")


class All(Model):
    """`all`: every one is true."""

    all: list["Condition"] = Field(min_length=1, description="The conditions.")


class Any_(Model):
    """`any`: one is true."""

    any: list["Condition"] = Field(min_length=1, description="The conditions.")


class None_(Model):
    """`none`: not one is true."""

    none: list["Condition"] = Field(min_length=1, description="The conditions.")


class AtLeast(Model):
    """`at_least`: so many of those under `of` are true."""

    at_least: int = Field(ge=1, description="How many of them.")
    of: list["Condition"] = Field(min_length=1, description="The conditions.")


CONDITIONS: dict[str, type[Model]] = {
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


def tag(form: Callable[[object], str | None]) -> Discriminator:
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
    tag(condition_form),
]
