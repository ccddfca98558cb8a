"""Who is told of stage changes, and looks at the clock; and when the broker appended their causes."""

import time
from dataclasses import dataclass

import msgspec
from confluent_kafka import Consumer, TopicPartition

from tests.benchmarks.peers import Run

ASK_SECONDS = 0.01


class _Cause(msgspec.Struct):
    """What time alone has moved names no activity, and no offset of one."""

    activity_id: str | None = None
    partition: int = -1
    offset: int = -1


class _Change(msgspec.Struct):
    cause: _Cause


_decode = msgspec.json.Decoder(_Change).decode


@dataclass(frozen=True, slots=True)
class Heard:
    """A stage change came ``at`` that moment (ms since the epoch); the activity that lies there caused it."""

    activity_id: str
    partition: int
    offset: int
    at: float


class Subscriber:
    """Reads the stage changes as they are committed. Use as a context."""

    def __init__(self, run: Run) -> None:
        self._consumer = _consumer(run, "read_committed")
        self._consumer.assign(
            [TopicPartition(run.stage_changes, number, 0) for number in range(run.partitions)]
        )
        self.heard: list[Heard] = []

    def __enter__(self) -> "Subscriber":
        return self

    def __exit__(self, *_: object) -> None:
        self._consumer.close()

    def listen(self, seconds: float) -> int:
        """Take in what comes in that time; how many have been heard so far."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            message = self._consumer.poll(left)
            if message is None or message.error() is not None:
                continue
            at = time.time() * 1_000
            cause = _decode(message.value() or b"").cause
            if cause.activity_id is not None:
                self.heard.append(Heard(cause.activity_id, cause.partition, cause.offset, at))
        return len(self.heard)


Places = dict[int, int]
"""An offset in each partition."""


def ends(run: Run) -> Places:
    """Where the activities' topic ends now."""
    consumer = _consumer(run, "read_uncommitted")
    try:
        return {
            number: consumer.get_watermark_offsets(TopicPartition(run.activities, number), timeout=30)[1]
            for number in range(run.partitions)
        }
    finally:
        consumer.close()


def appended(run: Run, start: Places, end: Places) -> dict[tuple[int, int], int]:
    """When (ms) the broker has appended each activity from ``start`` to ``end``, by partition and offset."""
    consumer = _consumer(run, "read_uncommitted")
    found: dict[tuple[int, int], int] = {}
    try:
        consumer.assign([TopicPartition(run.activities, number, at) for number, at in start.items()])
        wanted = sum(end.values()) - sum(start.values())
        while len(found) < wanted:
            for message in consumer.consume(10_000, 1.0):
                partition, offset = message.partition(), message.offset()
                if message.error() is None and partition is not None and offset is not None:
                    found[partition, offset] = message.timestamp()[1]
    finally:
        consumer.close()
    return found


def _consumer(run: Run, isolation: str) -> Consumer:
    return Consumer(
        {
            "bootstrap.servers": run.bootstrap,
            "group.id": "benchmark-subscriber",
            "isolation.level": isolation,
            "enable.auto.commit": False,
        }
    )
