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
    OFFSET_INVALID,
    Consumer,
    KafkaError,
    KafkaException,
    TopicPartition,
)

from schemas.lead_packing import UnreadableState
from streams import memory
from streams.engine.broker_errors import passes
from streams.engine.changelog import Meta, UnfinishedRestore, UnreadableChangelog
from streams.engine.log_bounds import log_ends, log_starts
from streams.engine.recovered import Recovered, take_in
from streams.engine.refusals import Disagreement, Refusals, find_unreadable
from streams.engine.table import Table
from streams.kafka_tools import kafka_tool_at

log = structlog.get_logger(__name__)

REQUEST_SECONDS = 5.0
PATIENCE_SECONDS = 1.0
"""So long an earlier owner's transaction is waited for: who is alive ends it before giving anything up."""
RETRY_SECONDS = 0.1
READ_RECORDS = 10_000


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
    waited: float = 0.0
    """Those of the ``seconds`` in which something that others had open was in the way."""


TakeOver = Callable[[list[int], Callable[[], bool]], None]
"""Ends what others have open on these partitions, for as long as they are wanted; raises nothing."""


class Held:
    """Since when partitions have not been read on, as where an open transaction lies in the way."""

    def __init__(self) -> None:
        self._since: dict[int, tuple[int, float]] = {}
        self._asked_at = 0.0

    def overdue(self, recovering: Mapping[int, Recovered]) -> list[int]:
        """Those of which that is too long, each time that such a while has passed."""
        now = time.monotonic()
        for number, one in recovering.items():
            if number not in self._since or self._since[number][0] != one.position:
                self._since[number] = one.position, now
        found = [number for number in recovering if self.seconds(number) > 0]
        if not found or now - self._asked_at < PATIENCE_SECONDS:
            return []
        self._asked_at = now
        return found

    def seconds(self, number: int) -> float:
        """How long it has been so, until now; 0 where it is no long while."""
        since = self._since[number][1] if number in self._since else time.monotonic()
        stood = time.monotonic() - since
        return stood if stood > PATIENCE_SECONDS else 0.0


class Opener(Protocol):
    """Opens partitions; ``wanted`` is asked all along whether they still are."""

    def open(self, numbers: list[int], wanted: Callable[[], bool], opened: Callable[[Opened], None]) -> None:
        """Call ``opened`` for each partition as soon as it is. Raises Refused, UnreadableChangelog."""

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
    for_snapshot: bool = False
    """Whether to take what a worker must not go on from, but a snapshot can keep: records that are not ours
    are left out, and of an input topic that is gone the position is what the changelog says."""
    on_wait: Callable[[str | None], None] = lambda _: None
    take_over: TakeOver = lambda _numbers, _wanted: None

    def __post_init__(self) -> None:
        self._member = Consumer({**self.reader_config, "group.id": self.group})
        self._logs = Consumer({**self.reader_config, "isolation.level": "read_uncommitted"})
        where, how = self.reader_config["bootstrap.servers"], self.reader_config["security.protocol"]
        tool = kafka_tool_at("consumer-groups", where, how)
        self._refusals = Refusals(self.group, self.input_topic, self.changelog, tool)

    def starts(self, numbers: Iterable[int]) -> dict[int, int]:
        """Where the input's partitions begin. Raises KafkaException."""
        return log_starts(self._logs, self.input_topic, numbers, PATIENCE_SECONDS)

    def ends(self, numbers: Iterable[int]) -> dict[int, int]:
        """The log end of the input's partitions, uncommitted records included."""
        return log_ends(self._logs, self.input_topic, numbers, REQUEST_SECONDS)

    def readable_ends(self, numbers: Iterable[int]) -> dict[int, int]:
        """How far they can be read: to the end, or to where a transaction is still open."""
        return log_ends(self._member, self.input_topic, numbers, REQUEST_SECONDS)

    def open(self, numbers: list[int], wanted: Callable[[], bool], opened: Callable[[Opened], None]) -> None:
        """Call ``opened`` for each partition as soon as it is. Raises Refused, UnreadableChangelog."""
        started = time.perf_counter()
        while wanted():
            try:
                committed = self._committed(numbers)
                starts = log_starts(self._logs, self.changelog, numbers, REQUEST_SECONDS)
                ends = log_ends(self._logs, self.changelog, numbers, REQUEST_SECONDS)
                firsts = log_starts(self._logs, self.input_topic, numbers, REQUEST_SECONDS)
                break
            except KafkaException as error:
                said: KafkaError = error.args[0]
                if not passes(said):
                    raise
                if said.code() == KafkaError._TIMED_OUT:
                    self.take_over(numbers, wanted)
                if said.code() != KafkaError._TIMED_OUT or time.perf_counter() - started > REQUEST_SECONDS:
                    log.info("opening_waits", partitions=numbers, error=said.str())
                    self.on_wait(f"opening partitions: {said.str()}")
                time.sleep(RETRY_SECONDS)
        else:
            return
        self.on_wait(None)
        if cut := {number: start for number, start in starts.items() if start > 0}:
            raise self._refusals.cut(cut)
        waited = time.perf_counter() - started
        disagreeing: list[Disagreement] = []
        for number, recovered, held in self._read(starts, ends, wanted):
            table, meta = self._judge(number, recovered), recovered.meta
            position = self._position(committed[number], meta, recovered, firsts[number])
            if position is None:
                disagreeing.append(
                    Disagreement(number, committed[number], None if meta is None else meta.position)
                )
                continue
            clock = meta.clock if meta else 0
            seconds = time.perf_counter() - started
            opened(Opened(number, table, position, clock, recovered.records, seconds, meta, waited + held))
        if disagreeing:
            raise self._refusals.disagree(disagreeing)

    def _judge(self, number: int, recovered: Recovered) -> Table:
        """The table, where the changelog can be gone on from. Raises Refused."""
        if recovered.foreign and not self.for_snapshot:
            raise self._refusals.foreign(number, recovered.foreign)
        try:
            meta = recovered.meta
        except UnfinishedRestore:
            raise
        except UnreadableChangelog as error:
            raise self._refusals.unreadable_meta(number, error) from None
        if meta is not None and meta.topic_id != self.topic_id and not self.for_snapshot:
            raise self._refusals.another_topic()
        try:
            return Table(recovered.states, recovered.suppressed)
        except UnreadableState as error:
            lead, why = find_unreadable(recovered.states) or (b"", error)
            raise self._refusals.unreadable(number, lead, why) from error

    def _committed(self, numbers: list[int]) -> dict[int, int | None]:
        """The group's offsets; the broker answers only once no transaction is open on them."""
        wanted = [TopicPartition(self.input_topic, number) for number in numbers]
        committed: dict[int, int | None] = {}
        for partition in self._member.committed(wanted, PATIENCE_SECONDS):
            if partition.error is not None:
                raise KafkaException(partition.error)
            committed[partition.partition] = None if partition.offset == OFFSET_INVALID else partition.offset
        return committed

    def _read(
        self, starts: Mapping[int, int], ends: Mapping[int, int], wanted: Callable[[], bool]
    ) -> Iterable[tuple[int, Recovered, float]]:
        """The changelog of each partition, as soon as it has been read to its end.

        And how many seconds an open transaction kept it from being read on.
        """
        recovering = {number: Recovered(start, ends[number]) for number, start in starts.items()}
        for number in [number for number, one in recovering.items() if one.is_whole]:
            yield number, recovering.pop(number), 0.0
        if not recovering:
            return
        reader = Consumer(dict(self.reader_config))
        held = Held()
        try:
            reader.assign([TopicPartition(self.changelog, number, OFFSET_BEGINNING) for number in recovering])
            while recovering and wanted():
                take_in(reader.consume(READ_RECORDS, 0.1), recovering)
                for number in [number for number, one in recovering.items() if one.is_whole]:
                    yield number, recovering.pop(number), held.seconds(number)
                if overdue := held.overdue(recovering):
                    self.take_over(overdue, wanted)
        finally:
            reader.close()
            memory.give_back()

    def _position(
        self, committed: int | None, meta: Meta | None, recovered: Recovered, first: int
    ) -> int | None:
        """Where to go on; None where the offsets and the changelog, of the same transactions, do not agree.

        Where nothing has been kept, a group is at its beginning, or has been set back there.
        """
        if meta is None:
            return first if committed in (None, first) and not recovered.states else None
        if meta.topic_id != self.topic_id:
            return meta.position
        return committed if committed == meta.position else None
