"""A lead as a person reads it."""

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, PlainSerializer, WithJsonSchema

from schemas.moments import format_moment, parse_moment

Moment = Annotated[
    int,
    BeforeValidator(lambda value: parse_moment(value) if isinstance(value, str) else value),
    PlainSerializer(format_moment, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
"""ms since the epoch in memory; RFC 3339, UTC, with milliseconds in JSON."""


class LastTransition(BaseModel):
    """One of the last stage changes of a lead, newest last."""

    model_config = ConfigDict(frozen=True)

    rule: str
    to: str
    at: Moment


class LeadView(BaseModel):
    """A lead as a person reads it: `/leads/{id}`, and `leadgate qualify --leads`."""

    model_config = ConfigDict(frozen=True, title="Lead")

    lead_id: str
    funnel: str
    funnel_hash: str
    stage: str
    since: Moment
    created: Moment
    clock: Moment
    seq: int
    scores: dict[str, float]
    traits: dict[str, Any]
    source: str | None
    due: Moment | None
    last_transitions: list[LastTransition]


class MergedLead(BaseModel):
    """What is left of a lead that was merged: which one it is now."""

    model_config = ConfigDict(frozen=True)

    lead_id: str
    merged_into: str
