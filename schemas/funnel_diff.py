"""What `leadgate diff` finds: what changes with another funnel file, and for which leads."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from schemas.backtest_report import BacktestReport
from schemas.lead_view import Moment


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, serialize_by_alias=True, validate_by_name=True)


class FunnelVersion(_Model):
    """One of the two files."""

    file: str
    funnel: str
    funnel_hash: str


ChangeKind = Literal["added", "removed", "changed", "moved"]


class Change(_Model):
    """One thing that the new file means otherwise."""

    part: str = Field(
        description="stage, off path, final, renamed, define, score, points of …, hold, rule, …"
    )
    name: str
    change: ChangeKind = Field(description="moved: it stands elsewhere in the order, which has a meaning.")
    aspect: str | None = Field(description="Of something changed: what of it (from, to, when, …).")
    old: str | None
    new: str | None


class StartsEmpty(_Model):
    """Something that the new file asks, and that the old one did not keep, or not so much of it."""

    what: str = Field(description="What is kept, in words.")
    known: str | None = Field(description="What is known, where the old file kept less of it; null: nothing.")
    asked_by: list[str] = Field(description="The rules, signals, scores and definitions that ask it.")


class Said(_Model):
    """A decision, as far as two funnels can differ in it: a move, or a signal."""

    at: str
    rule: str | None = Field(description="The move's rule; null: it is a signal.")
    signal: str | None
    from_: str | None = Field(alias="from")
    to: str = Field(description="Where the move led to, or the stage in which the signal was given.")


class PartedLead(_Model):
    """A lead of which the two funnels do not say the same; ``…_said`` is the first that is not the same."""

    lead_id: str
    old_stage: str | None = Field(description="null: it is no lead any more, merged or erased.")
    new_stage: str | None
    elsewhere: bool
    old_said: Said | None = Field(description="null: nothing, where the new one says something.")
    new_said: Said | None


class MoveAtOnce(_Model):
    """Moves that the change itself would make, were it put in force when time ends."""

    from_: str = Field(alias="from")
    to: str
    rule: str
    count: int


class LeadsDiff(_Model):
    """Both funnels over the same history."""

    ends: Moment
    elsewhere: int = Field(description="How many leads would be in another stage.")
    parted: list[PartedLead]
    at_once: list[MoveAtOnce]
    stranded: dict[str, int] = Field(
        description="Leads in stages that the new file lacks, and does not say `renamed` of."
    )
    renamed: dict[str, str] = Field(
        description="What the new file calls stages of the old one; `old` alone has them by their old names."
    )
    old: BacktestReport
    new: BacktestReport


class FunnelDiff(_Model):
    """What changes with another funnel file: what `leadgate diff --format json` writes."""

    model_config = ConfigDict(title="Diff")

    old: FunnelVersion
    new: FunnelVersion
    changes: list[Change]
    starts_empty: list[StartsEmpty]
    leads: LeadsDiff | None = Field(description="null: no history was given.")
