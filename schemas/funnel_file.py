"""The funnel file as a model: what may be written in it.

``FunnelFile`` is the syntax tree that `qualifiers` compiles. Short forms are
made long here (`did: T` is `did: [T]`, a bare value is `is`), so that whoever
reads the tree sees one form only. Names that must exist elsewhere in the file
(stages, scores, definitions) are checked by the loader, which knows the lines.
"""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, ConfigDict, Discriminator, Field, Tag

from schemas.conditions import Condition, Source, Where, tag
from schemas.durations import Duration, HalfLife
from schemas.opening_hours import Holiday, Hours
from schemas.scalars import NAME_PATTERN, ActivityTypes, Limits, Model, Name, Names, Number, Positive, listed

STAGE_PATTERN = NAME_PATTERN.replace("^", "^(?!(any|earlier)$)")
RULE_PATTERN = NAME_PATTERN.replace("^", "^(?!(created|manual|merged)$)")
"""For editors; the loader says in words of its own which names are taken."""
_NOT_ZERO: dict[str, Any] = {"not": {"const": 0}}


class OnLine(Model):
    """A points line for what the lead does."""

    model_config = ConfigDict(json_schema_extra={"dependencies": {"per": ["at_most"]}})

    on: ActivityTypes = Field(description="The type of activity that gives points, or several.")
    where: Where = {}
    source: Source = None
    add: Number = Field(
        description="The points of one such activity; below zero takes points.", json_schema_extra=_NOT_ZERO
    )
    at_most: Positive | None = Field(
        default=None, description="What the line's points together are worth at most, of either sign."
    )
    per: Duration | None = Field(
        default=None, description="`at_most` bounds what was given in any time of this length instead."
    )


class IfLine(Model):
    """A points line for who the lead is: held while its condition (on traits alone) holds."""

    if_: Condition = Field(alias="if", description="A condition that asks about traits alone.")
    add: Number = Field(
        description="The points while it holds; below zero takes points.", json_schema_extra=_NOT_ZERO
    )


POINTS_LINES: dict[str, type[OnLine] | type[IfLine]] = {"on": OnLine, "if": IfLine}
"""The two kinds of points lines, by the key that says which it is."""


def line_form(value: object) -> str | None:
    """Which kind of points line a mapping (or a model) is; None when it is none."""
    if isinstance(value, dict):
        return next((key for key in POINTS_LINES if key in value), None)
    return next((key for key, model in POINTS_LINES.items() if type(value) is model), None)


PointsLine = Annotated[Annotated[OnLine, Tag("*on")] | Annotated[IfLine, Tag("*if")], tag(line_form)]


class Score(Model):
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
        lambda value: value if value in ("earlier", "any") else listed(value),
        json_schema_input_type=Annotated[
            Literal["earlier", "any"],
            Field(
                json_schema_extra={
                    "enumDescriptions": [
                        "Each stage of the path before `to`.",
                        "Each stage that is not final.",
                    ]
                }
            ),
        ]
        | Names,
    ),
]


class Transition(Model):
    """A rule that moves a lead to a stage."""

    name: Name | None = Field(
        default=None,
        description="The rule's name in its decisions; when left out, `to-` and the stage.",
        json_schema_extra={"pattern": RULE_PATTERN},
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
        BeforeValidator(listed, json_schema_input_type=Names),
    ] = []


class Hold(Model):
    """While `when` is true, no rule moves a lead forward, and no signal is given."""

    when: Condition = Field(description="The condition that holds leads back.")


class Signal(Model):
    """Said aloud when `when` turns true in one of these stages, without moving the lead."""

    name: Name = Field(description="The signal's name.")
    in_: Annotated[
        list[Name],
        Field(min_length=1, alias="in", description="The stage in which it is given, or several."),
        BeforeValidator(listed, json_schema_input_type=Names),
    ]
    when: Condition = Field(description="The condition: the signal is given when it turns true.")


class Calendar(Model):
    """When it is open: the hours that `bh` counts."""

    zone: str = Field(
        default="UTC",
        max_length=64,
        description="The time zone whose clock they are, by its IANA name.",
        examples=["Europe/Oslo", "America/New_York", "UTC"],
    )
    hours: Hours = Field(
        description="Days and times, several with commas: `mon-fri 09:00-12:00, mon-thu 13:00-17:00`."
    )
    holidays: list[Holiday] = Field(
        default=[],
        max_length=1000,
        description="Dates of that zone on which it is closed all day.",
        json_schema_extra={"uniqueItems": True},
    )


StageName = Annotated[Name, Field(json_schema_extra={"pattern": STAGE_PATTERN})]


class FunnelFile(Model):
    """One funnel file, whole."""

    funnel: Name = Field(description="The funnel's name; it stands on every decision.")
    stages: list[StageName] = Field(
        min_length=1,
        max_length=100,
        description="The path, in order; every lead starts in the first.",
        json_schema_extra={"uniqueItems": True},
    )
    off_path: list[StageName] = Field(
        default=[],
        max_length=100,
        description="Stages beside the path.",
        json_schema_extra={"uniqueItems": True},
    )
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
