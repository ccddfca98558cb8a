"""The contract of a native JSON activity: what may stand on the topic ``lead.activities``."""

from math import isfinite
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from schemas.activity import Activity, type_name
from schemas.moments import parse_moment


def _moment(value: object) -> int:
    if not isinstance(value, str):
        raise ValueError("a moment is written as RFC 3339 text, such as 2026-01-31T09:30:00Z")
    return parse_moment(value)


WireMoment = Annotated[
    int,
    BeforeValidator(_moment),
    WithJsonSchema({"type": "string", "format": "date-time"}, mode="validation"),
]
"""RFC 3339 with an offset on the wire, ms since the epoch in memory."""


DEEPEST = 32
"""How many levels an activity may be nested, itself included: far more than a rule's path asks."""


def _plain(value: dict[str, Any]) -> dict[str, Any]:
    # Level by level, not by recursion: what is too deep must not be what breaks this.
    level: list[Any] = [value]
    for _ in range(DEEPEST - 1):
        below: list[Any] = []
        for container in level:
            below.extend(container.values() if type(container) is dict else container)
        for item in below:
            if type(item) is int and not -(2**63) <= item < 2**63:
                raise ValueError("a whole number in it does not fit 64 bits (write it as text)")
            if type(item) is float and not isfinite(item):
                raise ValueError("a number in it is not finite")
        level = [item for item in below if type(item) in (dict, list)]
        if not level:
            return value
    raise PydanticCustomError("too_deep", f"is nested deeper than {DEEPEST} levels")


PlainObject = Annotated[dict[str, Any], AfterValidator(_plain)]
"""A JSON object that every store and program can hold: not too deep, 64-bit whole numbers, finite."""


def _named(value: str) -> str:
    if not type_name(value):
        raise ValueError("a type needs a letter or a digit")
    return value


class ActivityDocument(BaseModel):
    """A native JSON activity, as it stands on the topic ``lead.activities``."""

    model_config = ConfigDict(extra="ignore", strict=True, title="Activity")

    id: str = Field(min_length=1, description="Unique per activity; a repeat changes nothing.")
    lead_id: str = Field(min_length=1, description="Whose activity it is; also the record's key.")
    type: Annotated[str, AfterValidator(_named)] = Field(
        min_length=1, description="What was done; `Demo Requested` becomes `demo_requested`."
    )
    occurred_at: WireMoment = Field(description="When it happened: RFC 3339 with an offset.")
    properties: PlainObject = Field(default_factory=dict, description="What the activity was about.")
    traits: PlainObject = Field(default_factory=dict, description="What it tells about the lead.")
    source: str | None = Field(default=None, description="Where it came from: content, search, event …")

    def activity(self) -> Activity:
        """This activity as the rules see it."""
        return Activity(
            id=self.id,
            lead_id=self.lead_id,
            type=type_name(self.type),
            occurred_at=self.occurred_at,
            properties=self.properties,
            traits=self.traits,
            source=self.source,
        )
