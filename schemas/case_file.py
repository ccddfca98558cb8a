"""The file of cases that lies beside a funnel file, as a model: what may be written in it.

A case tells the story of a lead, and what the funnel must make of it. Short forms are made long
here (`never: sql` is `never: {stage: [sql]}`), so that whoever reads the tree sees one form only.
Names that the funnel must have (stages, rules, signals, scores) are checked by the loader
(`qualifiers.cases`), which knows the lines.
"""

from typing import Annotated, Any

from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError

from schemas.case_moments import MomentText, StartText
from schemas.scalars import ActivityType, Limits, Model, Name, Names, Number, listed

OneOrMore = Annotated[list[Name], Field(min_length=1), BeforeValidator(listed, json_schema_input_type=Names)]
LeadName = Annotated[str, Field(min_length=1, max_length=200)]
OWN_LEAD = "lead"
"""What the lead is called whose lines do not name it."""


class ScoreTest(Model):
    """What a score must be, with 4 decimals."""

    is_: Number | None = Field(default=None, alias="is", description="Just that.")
    at_least: Number | None = Field(default=None, description="So much, or more.")
    below: Number | None = Field(default=None, description="Less than that.")
    between: Limits | None = Field(default=None, description="Between these, both included.")


def _as_score_test(value: object) -> object:
    if type(value) in (int, float):
        return {"is": value}
    if isinstance(value, dict):
        return value
    said = "a number is needed here, or bounds such as {at_least: 40}"
    raise PydanticCustomError("wrong-type", "{said}", {"said": said})


class Line(Model):
    """A line of a story: a moment, what a lead does at it, and what is expected then."""

    at: MomentText | None = Field(
        default=None, description="When; when left out, at the moment of the line before."
    )
    lead: LeadName = Field(
        default=OWN_LEAD,
        description="Which lead, where a case has several.",
        json_schema_extra={"default": OWN_LEAD},
    )
    did: ActivityType | None = Field(default=None, description="The activity's type.")
    properties: dict[str, Any] = Field(default={}, description="What the activity was about.")
    traits: dict[str, Any] = Field(
        default={},
        description="What the activity tells about the lead; without `did`, all that is done is to learn it.",
    )
    source: str | None = Field(default=None, description="Where the activity came from.")
    id: str | None = Field(
        default=None, min_length=1, description="The activity's id: the same one again changes nothing."
    )
    moved_to: Name | None = Field(default=None, description="A person moves the lead to this stage.")
    merged_into: LeadName | None = Field(default=None, description="It turns out to be this lead.")
    becomes: Name | None = Field(
        default=None, description="The stage that it enters at just this moment, and is in then."
    )
    stage: Name | None = Field(
        default=None, description="The stage that it is in then, whenever it has entered it."
    )
    rule: Name | None = Field(default=None, description="The rule that moved it to the stage that it is in.")
    signal: OneOrMore = Field(
        default=[], description="The signal that is given at just this moment, or several."
    )
    score: dict[
        Name, Annotated[ScoreTest, BeforeValidator(_as_score_test, json_schema_input_type=ScoreTest | Number)]
    ] = Field(default={}, min_length=1, description="What scores are then, decayed: a number, or bounds.")


class Never(Model):
    """What must not happen to the lead from the start of the case to its last line."""

    stage: OneOrMore = Field(default=[], description="The stage that it is never in, or several.")
    rule: OneOrMore = Field(default=[], description="The rule that never moves it, or several.")
    signal: OneOrMore = Field(default=[], description="The signal that is never given, or several.")


class Case(Model):
    """A case: the story of a lead, and what is expected of the funnel."""

    name: str = Field(min_length=1, max_length=200, description="What the case shows, in a few words.")
    starts: StartText | None = Field(
        default=None,
        description="When it starts; when left out, Monday 2026-01-05 at 09:00, in the calendar's zone.",
    )
    traits: dict[str, Any] = Field(
        default={}, description="What is known of the lead from its first activity on."
    )
    story: list[Line] = Field(
        min_length=1, max_length=1000, description="What happens, line by line, and what is expected then."
    )
    moves: list[Name] | None = Field(
        default=None, description="All the stages that the lead enters, in order, and no others."
    )
    signals: list[Name] | None = Field(
        default=None, description="All the signals that are given of it, in order, and no others."
    )
    never: Annotated[
        Never | None,
        BeforeValidator(
            lambda value: value if isinstance(value, dict | None) else {"stage": value},
            json_schema_input_type=Never | Names,
        ),
    ] = Field(default=None, description="What must not happen: a stage or several, or a mapping.")


class CaseFile(Model):
    """A file of cases, whole."""

    cases: list[Case] = Field(min_length=1, max_length=1000, description="The cases, each by itself.")


DEEDS = ("did", "moved_to", "merged_into", "traits")
"""What a line can have done: the first of these keys that it has says what it is."""
EXPECTATIONS = ("becomes", "stage", "rule", "signal", "score")
"""What a line can expect."""
