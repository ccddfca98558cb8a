"""Why a lead is where it is, and what it would take to move on, as a person (or a program) reads it.

`leadgate explain LEAD`, and `/leads/{id}/explain`. What is worded here is worded as in the
reasons and the evidence of decisions.
"""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from schemas.lead_view import Moment

Block = Literal["again_after", "hold", "moved_by_hand", "passed_over"]
BLOCKS: dict[Block, str] = {
    "again_after": "It has fired, and does not fire again so soon.",
    "hold": "The funnel's `hold` is true: nothing moves forward, and no signal is given.",
    "moved_by_hand": "It was true when a person moved the lead, and waits until it has been false.",
    "passed_over": "It would lead back to where the lead has just been; the next activity lets it in.",
}
"""What can keep a rule from firing though its condition is true."""

End = Literal["nothing_more", "steps", "horizon"]
ENDS: dict[End, str] = {
    "nothing_more": "Time alone does nothing more.",
    "steps": "More steps follow, and are not told.",
    "horizon": "What comes later than that is not told.",
}
"""Why a forecast ends where it does."""


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, serialize_by_alias=True, validate_by_name=True)


class ExplainedCondition(_Model):
    """A condition, wanted and actual: one fact, or a combination of `parts`."""

    form: str = Field(
        description="Its form in the funnel file: `did`, `score`, …, `all`, `any`, `none`, `at_least`."
    )
    name: str | None = Field(description="What it is called under `define`, where it has a name.")
    wanted: str = Field(description="What it asks, in words.")
    actual: str = Field(description="What there is instead, or of it, in words.")
    value: Any = Field(
        description="The same as a value, such as evidence has; of a combination, the true parts."
    )
    holds: bool = Field(description="Whether it is true.")
    until: Moment | None = Field(description="When time alone turns that; null: time alone never does.")
    since: Moment | None = Field(
        description="Of what it asks about, the moment: the newest such activity, the entry; null: none."
    )
    share: float = Field(description="How much there is of what is wanted, from 0 to 1; 1 where it is true.")
    needs: int | None = Field(description="Of a combination, how many parts must be true; of `none`, 0.")
    parts: list["ExplainedCondition"] = Field(description="Of a combination, what it is made of.")


class Lacking(_Model):
    """A fact that would have to turn for a rule to fire."""

    must_be: bool = Field(description="What it must be: true, or (under `none`) false.")
    fact: ExplainedCondition


class Blocked(_Model):
    """What keeps a rule from firing, were its condition true."""

    by: Block
    why: str
    until: Moment | None = Field(
        description="When that ends, if nothing is done; null: time alone ends it not."
    )
    condition: ExplainedCondition | None = Field(description="Of `hold`, its condition.")


class ExplainedRule(_Model):
    """A rule of the lead's stage: what it asks, what lacks, what keeps it."""

    condition: ExplainedCondition
    blocked: list[Blocked]
    lacking: list[Lacking] = Field(
        description="The fewest facts that would have to turn to make its condition true, the nearest first."
    )


class ExplainedTransition(ExplainedRule):
    """A transition that leads out of the lead's stage."""

    rule: str
    to: str


class ExplainedSignal(ExplainedRule):
    """A signal of the lead's stage."""

    signal: str
    given: int = Field(description="How often it has been given in this stay.")
    said: bool = Field(description="Whether it has been given and is true since: it must turn false first.")


class ExplainedLine(_Model):
    """One points line of a score. Points are rounded to 4 decimals."""

    line: int = Field(description="How manieth of the score's lines it is, from 1.")
    words: str = Field(description="What it is for, what it gives, and its bound.")
    holds: bool | None = Field(description="Of an `if` line: whether it gives its points.")
    worth: float | None = Field(
        description="What its points are worth now; null where the lead's state has no account of it."
    )
    at_most: float | None = Field(description="Its bound.")
    room: float | None = Field(description="What it can still give now; null: there is no bound.")


class ExplainedScore(_Model):
    """What a score is made of. Points are rounded to 4 decimals."""

    score: str
    value: float = Field(description="The score: what is done and what is known, within the limits.")
    done: float = Field(description="What all `on` lines together have given, and is left of it now.")
    unaccounted: float = Field(
        description="What is left of `done` without the `worth` of lines: by those without, and by limits."
    )
    known: float = Field(description="What all `if` lines together give.")
    half_life_seconds: float | None = Field(
        description="After so long, half of `done` is left; null: it stays."
    )
    limits: tuple[float, float] | None
    lines: list[ExplainedLine]


class Forecast(_Model):
    """What will happen, and when, if nothing is done or learnt any more."""

    until: Moment = Field(description="How far ahead it looks.")
    steps: list["Step"]
    ends: End = Field(description="Why it tells no more.")


class Step(_Model):
    """A stage change, or a signal, to come."""

    at: Moment
    rule: str | None = Field(description="The rule that will fire; null of a signal.")
    signal: str | None = Field(description="The signal that will be given; null of a stage change.")
    stage: str = Field(description="The stage that is entered, or in which the signal is given.")
    reason: str


class Entry(_Model):
    """How a lead came into its stage."""

    rule: str
    from_: str | None = Field(alias="from", description="Null where it is not remembered.")
    at: Moment
    why: str | None = Field(
        description="The decision's reason where that is known, else what the rule asks; null: it is gone."
    )


class Explanation(_Model):
    """A lead, explained: where it is, since when and why, what would move it, what will."""

    lead_id: str
    funnel: str
    funnel_hash: str
    at: Moment = Field(description="The moment of which all this is told.")
    stage: str
    since: Moment
    seq: int
    to_reread: bool = Field(
        description="Whether the funnel has changed and has still to read it: the forecast begins with that."
    )
    entry: Entry
    transitions: list[ExplainedTransition] = Field(
        description="Those that lead out of its stage, as in the file."
    )
    signals: list[ExplainedSignal] = Field(description="Those of its stage, as in the file.")
    scores: list[ExplainedScore]
    forecast: Forecast
