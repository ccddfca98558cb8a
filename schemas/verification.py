"""What `leadgate verify` says of decisions: which are proven, and of the others, what is wrong."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from schemas.lead_view import Moment

VerdictName = Literal[
    "proven", "differs", "unfounded", "missing", "repeated", "out_of_order", "unreadable", "unprovable"
]
VERDICTS: dict[VerdictName, str] = {
    "proven": "the input gives just this, under the funnel with its hash",
    "differs": "the input gives another: the members that differ are named",
    "unfounded": "nothing in the input gives it",
    "missing": "the input gives it, and nobody has said it",
    "repeated": "it has been said before",
    "out_of_order": "it was said behind what comes after it in the lead's life",
    "unreadable": "it is neither a stage change nor a signal",
    "unprovable": "what would prove it is not there: the input begins later, or its funnel is unknown",
}
"""What each verdict means."""

FAILED: frozenset[VerdictName] = frozenset(VERDICTS) - {"proven", "unprovable"}
"""Those by which something is wrong."""


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True)


class Difference(_Model):
    """A member of a decision that is not what the input gives."""

    member: str = Field(description="Its name; of a member of a member, with a point between.")
    said: Any
    recomputed: Any


class Verdict(_Model):
    """What verification says of one decision."""

    verdict: VerdictName
    lead_id: str | None = None
    seq: int | None = None
    signal: str | None = Field(default=None, description="Its name, where the decision is a signal.")
    n: int | None = Field(default=None, description="How manieth of this signal in the stay.")
    id: str | None = None
    where: str | None = Field(
        default=None, description="Topic, partition and offset (or line) where it is said; null: nowhere."
    )
    why: str
    differences: list[Difference] = []


class VerifiedPartition(_Model):
    """What was replayed of a partition of the input."""

    partition: int
    begins_at: int = Field(description="The offset at which the input begins by now.")
    up_to: int = Field(
        description="The offset up to which the group has committed; what lies behind is not judged."
    )
    clock: Moment | None = Field(description="Where the partition's clock stood then.")


class Verification(_Model):
    """What `leadgate verify --format json` prints."""

    group: str
    partitions: list[VerifiedPartition]
    counts: dict[VerdictName, int]
    verdicts: list[Verdict] = Field(description="Those not proven; all, of one lead or of a file.")
