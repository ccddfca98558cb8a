"""What a changelog says of its partitions, kept as it comes: compaction leaves only the newest of it."""

import threading
from functools import partial
from typing import NamedTuple

from confluent_kafka import Consumer, KafkaError, TopicPartition

from streams import kafka_clients
from streams.engine.changelog import META_KEY
from streams.engine.log_bounds import log_ends
from tests.faults.workers import Group

RECORDS = 10_000
ANSWER_SECONDS = 30.0


class Said(NamedTuple):
    """A record of a partition's own, as far as it is asked for."""

    partition: int
    offset: int
    key: bytes
    value: bytes


class Following(threading.Thread):
    """Reads what is committed until `end`, which takes to the logs' ends as they are then."""

    def __init__(self, group: Group) -> None:
        super().__init__(daemon=True)
        self._group = group
        self._topic, self._partitions = group.settings.changelog, range(group.partitions)
        self._reader = Consumer(kafka_clients.reader(group.settings))
        self._reached = dict.fromkeys(self._partitions, 0)
        self._ends: dict[int, int] | None = None
        self._said: list[Said] = []

    def run(self) -> None:
        """Follow."""
        self._reader.assign([TopicPartition(self._topic, number, 0) for number in self._partitions])
        while not self._is_done():
            for message in self._reader.consume(RECORDS, 0.5):
                error, number, offset = message.error(), message.partition() or 0, message.offset() or 0
                if error is None:
                    self._reached[number] = offset + 1
                    if message.key() == META_KEY:
                        self._said.append(Said(number, offset, META_KEY, message.value() or b""))
                elif error.code() == KafkaError._PARTITION_EOF:
                    self._reached[number] = offset
        self._reader.close()

    def _is_done(self) -> bool:
        ends = self._ends
        return ends is not None and all(self._reached[number] >= end for number, end in ends.items())

    def end(self) -> list[Said]:
        """All that was said, by partition and offset. No worker writes any more."""
        asking = Consumer(kafka_clients.reader(self._group.settings))
        self._ends = self._group.patiently(
            partial(log_ends, asking, self._topic, self._partitions, ANSWER_SECONDS)
        )
        asking.close()
        self.join(self._group.patience)
        assert self._is_done(), f"{self._topic} was read to {self._reached} of {self._ends}"
        return sorted(self._said)
