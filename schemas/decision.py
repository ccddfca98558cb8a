"""What leadgate says: that a lead has moved, why, and what proves it.

The models are the contract of the topic ``lead.stage-changes`` and of the lines
that ``leadgate qualify`` prints.
"""

from typing import Annotated, Any, ClassVar, Literal, Self

import msgspec
from pydantic import BaseModel, ConfigDict, Field, PlainSerializer, WithJsonSchema

from schemas.moments import format_moment

Moment = Annotated[
    int,
    PlainSerializer(format_moment, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
"""ms since the epoch in memory; RFC 3339, UTC, with milliseconds in JSON."""

Direction = Literal["created", "forward", "back", "off_path", "return"]


_new = object.__new__
_put = object.__setattr__  # the models are frozen


class _Said(BaseModel):
    model_config = ConfigDict(frozen=True, serialize_by_alias=True, validate_by_name=True)

    _every: ClassVar[set[str]] = set()
    """The names of all fields; one set for all that are made, which a copy of one copies."""

    @classmethod
    def __pydantic_init_subclass__(cls, **_: Any) -> None:
        cls._every = set(cls.model_fields)

    @classmethod
    def of(cls, **values: Any) -> Self:
        """Made of all its fields, of values that are known to be right, without looking at them again.

        For what leadgate itself decides: validation takes several times longer.
        """
        made = _new(cls)
        _put(made, "__dict__", values)
        _put(made, "__pydantic_fields_set__", cls._every)
        _put(made, "__pydantic_extra__", None)
        _put(made, "__pydantic_private__", None)
        return made


def _absent(value: object) -> bool:
    return value is None


class Evidence(_Said):
    """One true leaf condition of the rule, with the value that made it true."""

    condition: str
    value: Any
    activity_id: str | None = Field(default=None, exclude_if=_absent)
    occurred_at: Moment | None = Field(default=None, exclude_if=_absent)


def proven(
    condition: str, value: Any, activity_id: str | None = None, occurred_at: int | None = None
) -> Evidence:
    """Evidence of what has been found true."""
    return Evidence.of(condition=condition, value=value, activity_id=activity_id, occurred_at=occurred_at)


class ActivityCause(_Said):
    """An activity did it; where that activity lies."""

    activity_id: str
    topic: str | None = Field(default=None, exclude_if=_absent)
    partition: int | None = Field(default=None, exclude_if=_absent)
    offset: int | None = Field(default=None, exclude_if=_absent)
    line: int | None = Field(default=None, exclude_if=_absent)


class DueCause(_Said):
    """Time did it: the due moment, and the record before which that was decided."""

    due: Moment
    topic: str | None = Field(default=None, exclude_if=_absent)
    partition: int | None = Field(default=None, exclude_if=_absent)
    before_offset: int | None = Field(default=None, exclude_if=_absent)
    before_line: int | None = Field(default=None, exclude_if=_absent)


class StageChange(_Said):
    """A lead has moved from one stage to another."""

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
    occurred_at: Moment
    decided_at: Moment
    scores: dict[str, float]
    source: str | None
    reason: str
    evidence: list[Evidence]
    previous_stage_seconds: float | None
    cause: ActivityCause | DueCause


class Place(msgspec.Struct, frozen=True, gc=False):
    """Where in the input a decision is made: a record of a partition, or a line of a file.

    ``offset`` (or ``line``) is that of the activity being applied; for what time
    alone moved, that of the record *before* which it was decided. One is made for every
    activity, so it is no pydantic model.
    """

    topic: str | None = None
    partition: int | None = None
    offset: int | None = None
    line: int | None = None

    def of_activity(self, activity_id: str) -> ActivityCause:
        """The cause of what the activity at this place moved."""
        return ActivityCause.of(
            activity_id=activity_id,
            topic=self.topic,
            partition=self.partition,
            offset=self.offset,
            line=self.line,
        )

    def of_time(self, due: int) -> DueCause:
        """The cause of what was due at ``due`` (ms) and decided before this place."""
        return DueCause.of(
            due=due,
            topic=self.topic,
            partition=self.partition,
            before_offset=self.offset,
            before_line=self.line,
        )


_encode = msgspec.json.Encoder().encode


def encode_stage_change(change: StageChange) -> bytes:
    """A stage change as it stands on the topic: the JSON of ``model_dump_json``, made faster."""
    occurred, decided = change.occurred_at, change.decided_at
    occurred_at = format_moment(occurred)
    return _encode(
        {
            "id": change.id,
            "lead_id": change.lead_id,
            "seq": change.seq,
            "funnel": change.funnel,
            "funnel_hash": change.funnel_hash,
            "from": change.from_,
            "to": change.to,
            "direction": change.direction,
            "rule": change.rule,
            "late": change.late,
            "occurred_at": occurred_at,
            "decided_at": occurred_at if decided == occurred else format_moment(decided),
            "scores": change.scores,
            "source": change.source,
            "reason": change.reason,
            "evidence": [_evidence(one) for one in change.evidence],
            "previous_stage_seconds": change.previous_stage_seconds,
            "cause": _cause(change.cause),
        }
    )


def _evidence(one: Evidence) -> dict[str, Any]:
    evidence = {"condition": one.condition, "value": one.value}
    if one.activity_id is not None:
        evidence["activity_id"] = one.activity_id
    if one.occurred_at is not None:
        evidence["occurred_at"] = format_moment(one.occurred_at)
    return evidence


def _cause(cause: ActivityCause | DueCause) -> dict[str, Any]:
    given = {name: value for name, value in cause.__dict__.items() if value is not None}
    if type(cause) is DueCause:
        given["due"] = format_moment(cause.due)
    return given
