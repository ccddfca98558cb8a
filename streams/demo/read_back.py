"""What came out, read by a client that shares nothing with the worker's own: kafka-python, read_committed."""

import threading
from collections import defaultdict, deque
from collections.abc import Iterator
from typing import Any, NamedTuple

import msgspec
from kafka import KafkaConsumer, TopicPartition

from streams import kafka_clients
from streams.settings import Settings

_KEPT = 200


class Change(msgspec.Struct):
    """A stage change, as far as the demo tells of it."""

    lead_id: str
    seq: int
    to: str
    direction: str
    rule: str
    occurred_at: str
    reason: str
    cause: dict[str, Any]
    from_: str | None = msgspec.field(default=None, name="from")

    @property
    def by_time(self) -> bool:
        """Whether no activity moved the lead, but time alone."""
        return "due" in self.cause


_decode = msgspec.json.Decoder(Change).decode


class Follower(threading.Thread):
    """Reads stage changes as they are committed; ``moves`` are the latest, oldest first, births left out."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(name="follower", daemon=True)
        self.moves: deque[Change] = deque(maxlen=_KEPT)
        self.told = 0
        """How many moves there have been."""
        self._settings = settings
        self._ending = threading.Event()
        self._failure: Exception | None = None

    def run(self) -> None:
        """Read."""
        try:
            consumer = _consumer(self._settings, self._settings.stage_changes_topic)
            try:
                while not self._ending.is_set():
                    for records in consumer.poll(timeout_ms=200).values():
                        self._take(records)
            finally:
                consumer.close()
        except Exception as error:
            self._failure = error

    def check(self) -> None:
        """Raises what went wrong, if something did."""
        if self._failure is not None:
            raise self._failure

    def end(self) -> None:
        """Read no more."""
        self._ending.set()
        self.join()

    def _take(self, records: list[Any]) -> None:
        for record in records:
            change = _decode(record.value)
            if change.from_ is not None:
                self.moves.append(change)
                self.told += 1


class StageChanges(NamedTuple):
    """The stage changes of a topic: how many, and by the `seq` of each lead what is amiss with them."""

    records: int
    repeated: int
    missing: int


def count(settings: Settings, topic: str) -> int:
    """How many committed records a topic has."""
    return sum(1 for _ in _committed(settings, topic))


def stage_changes(settings: Settings) -> StageChanges:
    """All committed stage changes."""
    said: dict[str, list[int]] = defaultdict(list)
    for record in _committed(settings, settings.stage_changes_topic):
        change = _decode(record.value)
        said[change.lead_id].append(change.seq)
    repeated = sum(len(numbers) - len(set(numbers)) for numbers in said.values())
    missing = sum(max(numbers) - len(set(numbers)) for numbers in said.values())
    return StageChanges(sum(map(len, said.values())), repeated, missing)


def _committed(settings: Settings, topic: str) -> Iterator[Any]:
    consumer = _consumer(settings, topic)
    try:
        partitions = consumer.assignment()
        ends = consumer.end_offsets(partitions)
        while any(consumer.position(partition) < ends[partition] for partition in partitions):
            for records in consumer.poll(timeout_ms=500).values():
                yield from records
    finally:
        consumer.close()


def _consumer(settings: Settings, topic: str) -> KafkaConsumer:
    consumer = KafkaConsumer(
        **kafka_clients.kafka_python(settings),
        isolation_level="read_committed",
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        max_poll_records=10_000,
    )
    consumer.assign([TopicPartition(topic, number) for number in consumer.partitions_for_topic(topic) or ()])
    return consumer
