"""The unit of work: what one poll gave of one partition."""

from dataclasses import dataclass

from confluent_kafka import Message


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
    messages: list[Message]
