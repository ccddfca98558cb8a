"""What leadgate says: that a lead has moved, or something about it, why, and what proves it.

``StageChange`` and ``Signal`` are what the funnel decides and what is written, on the topics
``lead.stage-changes`` and ``lead.signals`` and in the lines that ``leadgate qualify`` prints;
in them, moments are RFC 3339 already. ``StageChangeDocument`` and ``SignalDocument`` are the
contract of the same things (JSON Schema, validation by whoever subscribes).
"""

from collections.abc import Callable, Iterable
from typing import Annotated, Any, Literal

import msgspec
from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema

from schemas.moments import format_moment

Direction = Literal["created", "forward", "back", "off_path", "return"]
DIRECTIONS: dict[Direction, str] = {
    "created": "A new lead comes into the first stage.",
    "forward": "From a stage of the path to a later one.",
    "back": "From a stage of the path to an earlier one.",
    "off_path": "To a stage beside the path, from anywhere.",
    "return": "From a stage beside the path to one of it.",
}
"""Which way each direction leads."""


class Evidence(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """One true leaf condition of the rule, with the value that made it true."""

    condition: str
    value: Any
    activity_id: str | None = None
    occurred_at: str | None = None


class ActivityCause(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """An activity did it; where that activity lies."""

    activity_id: str
    topic: str | None = None
    partition: int | None = None
    offset: int | None = None
    line: int | None = None


class DueCause(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """Time did it: the due moment, and the record before which that was decided."""

    due: str
    topic: str | None = None
    partition: int | None = None
    before_offset: int | None = None
    before_line: int | None = None


class FunnelCause(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """A changed funnel did it: the hash (its first 16 digits) of the one that read the lead before.

    It decides from the record ``before_offset`` on.
    """

    funnel_changed: str
    topic: str | None = None
    partition: int | None = None
    before_offset: int | None = None


Cause = ActivityCause | DueCause | FunnelCause
"""Why a decision was made when it was."""


class StageChange(msgspec.Struct, frozen=True, gc=False, rename={"from_": "from"}):
    """A lead has moved from one stage to another."""

    id: str
    lead_id: str
    seq: int
    funnel: str
    funnel_hash: str
    from_: str | None
    to: str
    direction: Direction
    rule: str
    late: bool
    occurred_at: str
    decided_at: str
    scores: dict[str, float]
    source: str | None
    reason: str
    evidence: list[Evidence]
    previous_stage_seconds: float | None
    cause: Cause


class Signal(msgspec.Struct, frozen=True, gc=False):
    """Something about a lead has turned true that does not move it; ``n`` counts it within the stay."""

    id: str
    lead_id: str
    seq: int
    n: int
    funnel: str
    funnel_hash: str
    signal: str
    stage: str
    late: bool
    occurred_at: str
    decided_at: str
    scores: dict[str, float]
    source: str | None
    reason: str
    evidence: list[Evidence]
    cause: Cause


Decision = StageChange | Signal

_encode: Callable[[Decision], bytes] = msgspec.json.Encoder().encode


def moves(decisions: Iterable[Decision]) -> list[StageChange]:
    """The stage changes among decisions."""
    return [decision for decision in decisions if isinstance(decision, StageChange)]


def encode_decision(decision: Decision) -> bytes:
    """A stage change, or a signal, as it stands on its topic."""
    return _encode(decision)


class Place(msgspec.Struct, gc=False):
    """Where in the input a decision is made: a record of a partition, or a line of a file.

    Decisions copy what they need of it, so that one may be moved along an input.

    ``offset`` (or ``line``) is that of the activity being applied; for what time
    alone moved, or a changed funnel, that of the record *before* which it was decided.
    """

    topic: str | None = None
    partition: int | None = None
    offset: int | None = None
    line: int | None = None

    def of_activity(self, activity_id: str) -> ActivityCause:
        """The cause of what the activity at this place moved."""
        return ActivityCause(activity_id, self.topic, self.partition, self.offset, self.line)

    def of_time(self, due: int) -> DueCause:
        """The cause of what was due at ``due`` (ms) and decided before this place."""
        return DueCause(format_moment(due), self.topic, self.partition, self.offset, self.line)

    def of_change(self, mark: bytes) -> FunnelCause:
        """The cause of what a changed funnel moved, where the one before it has this ``mark``."""
        return FunnelCause(mark.hex(), self.topic, self.partition, self.offset)


# The contract --------------------------------------------------------------------------------

_WrittenMoment = Annotated[str, WithJsonSchema({"type": "string", "format": "date-time"})]


def _absent(value: object) -> bool:
    return value is None


class _Document(BaseModel):
    model_config = ConfigDict(
        frozen=True, serialize_by_alias=True, validate_by_name=True, strict=True, extra="forbid"
    )


class EvidenceDocument(_Document):
    """One true leaf condition of the rule, with the value that made it true."""

    condition: str
    value: Any
    activity_id: str | None = Field(default=None, exclude_if=_absent)
    occurred_at: _WrittenMoment | None = Field(default=None, exclude_if=_absent)


class ActivityCauseDocument(_Document):
    """An activity did it; where that activity lies."""

    activity_id: str
    topic: str | None = Field(default=None, exclude_if=_absent)
    partition: int | None = Field(default=None, exclude_if=_absent)
    offset: int | None = Field(default=None, exclude_if=_absent)
    line: int | None = Field(default=None, exclude_if=_absent)


class DueCauseDocument(_Document):
    """Time did it: the due moment, and the record before which that was decided."""

    due: _WrittenMoment
    topic: str | None = Field(default=None, exclude_if=_absent)
    partition: int | None = Field(default=None, exclude_if=_absent)
    before_offset: int | None = Field(default=None, exclude_if=_absent)
    before_line: int | None = Field(default=None, exclude_if=_absent)


class FunnelCauseDocument(_Document):
    """A changed funnel did it: the hash (its first 16 digits) of the one that read the lead before."""

    funnel_changed: str
    topic: str | None = Field(default=None, exclude_if=_absent)
    partition: int | None = Field(default=None, exclude_if=_absent)
    before_offset: int | None = Field(default=None, exclude_if=_absent)


CauseDocument = ActivityCauseDocument | DueCauseDocument | FunnelCauseDocument


class StageChangeDocument(_Document):
    """A lead has moved from one stage to another."""

    model_config = ConfigDict(title="StageChange")

    id: str
    lead_id: str
    seq: int
    funnel: str
    funnel_hash: str
    from_: str | None = Field(alias="from")
    to: str
    direction: Direction
    rule: str
    late: bool
    occurred_at: _WrittenMoment
    decided_at: _WrittenMoment
    scores: dict[str, float]
    source: str | None
    reason: str
    evidence: list[EvidenceDocument]
    previous_stage_seconds: float | None
    cause: CauseDocument


class SignalDocument(_Document):
    """Something about a lead has turned true that does not move it."""

    model_config = ConfigDict(title="Signal")

    id: str
    lead_id: str
    seq: int = Field(description="That of the stage change that began the stay.")
    n: int = Field(description="How manieth of this signal in the stay.")
    funnel: str
    funnel_hash: str
    signal: str
    stage: str
    late: bool
    occurred_at: _WrittenMoment
    decided_at: _WrittenMoment
    scores: dict[str, float]
    source: str | None
    reason: str
    evidence: list[EvidenceDocument]
    cause: CauseDocument
