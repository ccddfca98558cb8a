"""The unit of work: what one poll gave of one partition."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

Headers = Sequence[tuple[str, bytes | None]]


class Record(Protocol):
    """A confluent_kafka Message that is a record, and no error: these are never None then."""

    def topic(self) -> str:
        """The topic that it lies in."""

    def partition(self) -> int:
        """The partition of it."""

    def offset(self) -> int:
        """Its offset there."""

    def timestamp(self) -> tuple[int, int]:
        """The kind of timestamp (TIMESTAMP_LOG_APPEND_TIME …), and the moment (ms)."""

    def key(self) -> bytes | None:
        """Its key."""

    def value(self) -> bytes | None:
        """Its value."""

    def headers(self) -> Headers | None:
        """Its headers."""


@dataclass(slots=True, frozen=True)
class Chunk:
    """Consecutive records of one partition, as one poll gave them.

    ``follows`` is where the chunk before it ended and ``position`` where this one
    does (the offset that comes next), so that a chunk lost on the way is seen by
    whoever takes the next one: offsets alone have gaps of their own (transaction
    markers, compaction). ``epoch`` names the opening of the partition it was read
    for; it is stale once the partition has been opened again. A chunk without
    records says that the partition has been read to its end, at ``position``.
    """

    partition: int
    epoch: int
    follows: int
    position: int
    records: list[Record]
