"""Opening partitions: from what Kafka has committed to tables that are ready for a pass.

The order is what makes it exact: first the committed offsets, which the broker
holds back while a transaction on them is open; then the changelog's end, the
uncommitted one, as a committed one would stop before records that lie behind an
open transaction; then the changelog is read, committed records only, up to there.
"""

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import structlog
from confluent_kafka import (
    OFFSET_BEGINNING,
    OFFSET_END,
    OFFSET_INVALID,
    Consumer,
    KafkaError,
    KafkaException,
    TopicPartition,
)

from streams.engine.broker_errors import passes
from streams.engine.changelog import Meta
from streams.engine.recovered import Recovered, take_in
from streams.engine.table import Table
from streams.errors import OutsideWorld

log = structlog.get_logger(__name__)

REQUEST_SECONDS = 5.0
RETRY_SECONDS = 0.1
READ_RECORDS = 10_000


class Refused(OutsideWorld):
    """What Kafka holds does not fit together, and going on would lose or repeat something."""


@dataclass(slots=True, frozen=True)
class Opened:
    """A partition ready for its first pass: ``position`` is the next input offset."""

    number: int
    table: Table
    position: int
    clock: int
    records: int
    seconds: float
    meta: Meta | None = None
    """What the last transaction has left about it."""


class Opener(Protocol):
    """Opens partitions; ``wanted`` is asked all along whether they still are."""

    def open(self, numbers: list[int], wanted: Callable[[], bool], opened: Callable[[Opened], None]) -> None:
        """Call ``opened`` for each partition as soon as it is. Raises Refused."""

    def ends(self, numbers: Iterable[int]) -> dict[int, int]:
        """The log end of the input's partitions, uncommitted records included."""

    def readable_ends(self, numbers: Iterable[int]) -> dict[int, int]:
        """How far they can be read: to the end, or to where a transaction is still open."""


@dataclass
class KafkaOpener:
    """Opener on the group's offsets, the input topic and the changelog.

    Asks consumers, never an AdminClient: that ends the process when it asks for offsets while a
    coordinator moves, and after a broker's return insists on the leader's epoch of before
    (librdkafka 2.16).
    """

    group: str
    input_topic: str
    changelog: str
    topic_id: str
    reader_config: Mapping[str, Any]
    on_wait: Callable[[str | None], None] = lambda _: None

    def __post_init__(self) -> None:
        self._member = Consumer({**self.reader_config, "group.id": self.group})
        self._logs = Consumer({**self.reader_config, "isolation.level": "read_uncommitted"})

    def ends(self, numbers: Iterable[int]) -> dict[int, int]:
        """The log end of the input's partitions, uncommitted records included."""
        return self._ends(self._logs, numbers)

    def readable_ends(self, numbers: Iterable[int]) -> dict[int, int]:
        """How far they can be read: to the end, or to where a transaction is still open."""
        return self._ends(self._member, numbers)

    def _ends(self, asking: Consumer, numbers: Iterable[int]) -> dict[int, int]:
        """As ``asking`` may see them; all in one request a broker, which watermarks are not."""
        wanted = [TopicPartition(self.input_topic, number, OFFSET_END) for number in numbers]
        found: dict[int, int] = {}
        for partition in asking.offsets_for_times(wanted, REQUEST_SECONDS) if wanted else []:
            if partition.error is not None:
                raise KafkaException(partition.error)
            found[partition.partition] = partition.offset
        return found

    def open(self, numbers: list[int], wanted: Callable[[], bool], opened: Callable[[Opened], None]) -> None:
        """Call ``opened`` for each partition as soon as it is. Raises Refused."""
        started = time.perf_counter()
        while wanted():
            try:
                committed = self._committed(numbers)
                bounds = {number: self._bounds(self.changelog, number) for number in numbers}
                firsts = {number: self._bounds(self.input_topic, number)[0] for number in numbers}
                break
            except KafkaException as error:
                said: KafkaError = error.args[0]
                if not passes(said):
                    raise
                log.info("opening_waits", partitions=numbers, error=said.str())
                self.on_wait(f"opening partitions: {said.str()}")
                time.sleep(RETRY_SECONDS)
        else:
            return
        self.on_wait(None)
        for number, recovered in self._read(numbers, bounds, wanted):
            position = self._position(number, committed[number], recovered, firsts[number])
            table = Table(recovered.states, recovered.suppressed)
            clock = recovered.meta.clock if recovered.meta else 0
            seconds = time.perf_counter() - started
            opened(Opened(number, table, position, clock, recovered.records, seconds, recovered.meta))

    def _committed(self, numbers: list[int]) -> dict[int, int | None]:
        """The group's offsets; the broker answers only once no transaction is open on them."""
        wanted = [TopicPartition(self.input_topic, number) for number in numbers]
        committed: dict[int, int | None] = {}
        for partition in self._member.committed(wanted, REQUEST_SECONDS):
            if partition.error is not None:
                raise KafkaException(partition.error)
            committed[partition.partition] = None if partition.offset == OFFSET_INVALID else partition.offset
        return committed

    def _bounds(self, topic: str, number: int) -> tuple[int, int]:
        """A log's first offset, and its end, uncommitted records included."""
        bounds = self._logs.get_watermark_offsets(TopicPartition(topic, number), REQUEST_SECONDS)
        if bounds is None:
            raise KafkaException(KafkaError(KafkaError._TIMED_OUT, f"{topic}: no answer"))
        return bounds

    def _read(
        self, numbers: list[int], bounds: Mapping[int, tuple[int, int]], wanted: Callable[[], bool]
    ) -> Iterable[tuple[int, Recovered]]:
        """The changelog of each partition, as soon as it has been read to its end."""
        recovering = {number: Recovered(end) for number, (start, end) in bounds.items() if start < end}
        for number in numbers:
            if number not in recovering:
                yield number, Recovered()
        if not recovering:
            return
        reader = Consumer(dict(self.reader_config))
        try:
            reader.assign([TopicPartition(self.changelog, number, OFFSET_BEGINNING) for number in recovering])
            while recovering and wanted():
                take_in(reader.consume(READ_RECORDS, 0.1), recovering)
                for number in [number for number, one in recovering.items() if one.is_whole]:
                    yield number, recovering.pop(number)
        finally:
            reader.close()

    def _position(self, number: int, committed: int | None, recovered: Recovered, first: int) -> int:
        """Where to go on; the offsets and the changelog come from the same transactions, so they agree."""
        meta = recovered.meta
        if meta is None and committed is None and not recovered.states:
            return first
        if meta is not None and meta.topic_id != self.topic_id:
            raise Refused(
                f"the topic {self.input_topic} is not the one that {self.changelog} was made from: "
                f"it has been created anew. Give the worker another group (LEADGATE_GROUP), or restore "
                f"the old topic"
            )
        if meta is not None and committed == meta.position:
            return committed
        target = "--to-earliest" if meta is None else f"--to-offset {meta.position}"
        raise Refused(
            f"partition {number}: the group's committed offset is {committed}, but the changelog "
            f"{self.changelog} says {None if meta is None else meta.position}; somebody has changed one of "
            f"them. To go on where the changelog stands, stop all workers and run: "
            f"kafka-consumer-groups.sh --bootstrap-server {self.reader_config['bootstrap.servers']} "
            f"--group {self.group} --topic {self.input_topic}:{number} "
            f"--reset-offsets {target} --execute"
        )
