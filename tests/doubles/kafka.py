"""A Kafka in memory: topics with transactions, a group's offsets, and failures as a test orders them.

It keeps what the engine relies on, and nothing else: markers take offsets, a reader
of what is committed stops before the first open transaction, offsets in an open
transaction are withheld, a new producer of a transactional id fences the one before,
and offsets of an earlier generation are refused.
"""

import threading
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from confluent_kafka import TIMESTAMP_CREATE_TIME, TIMESTAMP_LOG_APPEND_TIME

from streams.engine.chunk import Chunk, Headers, Record
from streams.engine.homes import home
from streams.engine.opening import Opened
from streams.engine.recovered import Recovered
from streams.engine.table import Table
from streams.engine.transaction import Aborted, Fenced, Outgoing

Step = Literal["begin", "produce", "offsets", "commit", "abort"]


@dataclass(frozen=True, slots=True)
class FakeRecord:
    """A record as a consumer gets it; ``stamp`` in ms."""

    at: tuple[str, int, int]
    stamp: int
    its_key: bytes | None
    its_value: bytes | None
    its_headers: Headers | None = None
    kind: int = TIMESTAMP_LOG_APPEND_TIME

    def topic(self) -> str:
        return self.at[0]

    def partition(self) -> int:
        return self.at[1]

    def offset(self) -> int:
        return self.at[2]

    def timestamp(self) -> tuple[int, int]:
        return self.kind, self.stamp

    def key(self) -> bytes | None:
        return self.its_key

    def value(self) -> bytes | None:
        return self.its_value

    def headers(self) -> Headers | None:
        return self.its_headers


@dataclass(frozen=True, slots=True)
class FakeGroup:
    """The group's metadata as one generation knows it."""

    generation: int


@dataclass(eq=False)
class _Open:
    """A transaction as the broker sees it."""

    state: Literal["open", "committed", "aborted"] = "open"
    logs: set[tuple[str, int]] = field(default_factory=set)
    offsets: dict[int, int] = field(default_factory=dict)


class FakeKafka:
    """The broker. ``now`` (ms) stamps what is appended; a test moves it on."""

    def __init__(self, partitions: int, now: int = 0) -> None:
        self.partitions, self.now = partitions, now
        self.offsets: dict[int, int] = {}
        self.generation = 0
        self.sent = 0
        self.changed = threading.Condition(threading.RLock())
        self._logs: dict[tuple[str, int], list[tuple[FakeRecord | None, _Open | None]]] = defaultdict(list)
        self._epochs: Counter[str] = Counter()
        self._open: dict[str, _Open] = {}
        self._orders: dict[Step, deque[Callable[[], None]]] = defaultdict(deque)

    # Topics -------------------------------------------------------------------------

    def append(self, topic: str, record: Outgoing, stamp: int | None = None, by: _Open | None = None) -> int:
        """Append a record; its offset. With ``stamp`` (ms) the time is its producer's, not the broker's."""
        number = home(record.key or b"", self.partitions) if record.partition is None else record.partition
        log = self._logs[topic, number]
        kind = TIMESTAMP_LOG_APPEND_TIME if stamp is None else TIMESTAMP_CREATE_TIME
        at = (topic, number, len(log))
        moment = self.now if stamp is None else stamp
        log.append((FakeRecord(at, moment, record.key, record.value, record.headers, kind), by))
        if by is not None:
            by.logs.add((topic, number))
        return len(log) - 1

    def end(self, topic: str, number: int) -> int:
        """The log end, what is not committed included."""
        return len(self._logs[topic, number])

    def read(self, topic: str, number: int, start: int = 0) -> tuple[list[FakeRecord], int]:
        """What is committed from ``start`` on, and the position after it."""
        with self.changed:
            records: list[FakeRecord] = []
            position = start
            for record, by in self._logs[topic, number][start:]:
                if by is not None and by.state == "open":
                    break
                position += 1
                if record is not None and (by is None or by.state == "committed"):
                    records.append(record)
            return records, position

    def all(self, topic: str) -> list[FakeRecord]:
        """Every committed record of a topic, by partition and offset."""
        return [record for number in range(self.partitions) for record in self.read(topic, number)[0]]

    # The group -----------------------------------------------------------------------

    def rebalance(self) -> FakeGroup:
        """A new generation; offsets of earlier ones are refused from now on."""
        self.generation += 1
        return FakeGroup(self.generation)

    def committed(self, numbers: Iterable[int]) -> dict[int, int | None] | None:
        """The group's offsets; None while a transaction on one of them is open."""
        with self.changed:
            wanted = list(numbers)
            if any(number in open_.offsets for open_ in self._open.values() for number in wanted):
                return None
            return {number: self.offsets.get(number) for number in wanted}

    # Transactions ----------------------------------------------------------------------

    def order(self, step: Step, *actions: Callable[[], None]) -> None:
        """At the next ``step``s of transactions do these first, one a step; they may raise."""
        self._orders[step].extend(actions)

    def calm(self) -> None:
        """Forget what was ordered."""
        self._orders.clear()

    def ordered(self, step: Step) -> None:
        """A transaction is at ``step``."""
        if self._orders[step]:
            self._orders[step].popleft()()

    def initialise(self, name: str) -> int:
        """A producer's epoch; what the one before it left open is aborted."""
        with self.changed:
            self.end_transaction(name, "aborted")
            self._epochs[name] += 1
            return self._epochs[name]

    def transaction(self, name: str, epoch: int) -> _Open:
        """What the producer has open. Raises Fenced when it is not the newest of its name."""
        if epoch != self._epochs[name]:
            raise Fenced("there is a newer producer")
        return self._open.setdefault(name, _Open())

    def end_transaction(self, name: str, state: Literal["committed", "aborted"]) -> None:
        """Commit or abort what is open under a transactional id, if something is."""
        with self.changed:
            open_ = self._open.pop(name, None)
            if open_ is None:
                return
            open_.state = state
            for log in open_.logs:
                self._logs[log].append((None, None))
            if state == "committed":
                self.offsets |= open_.offsets
            self.changed.notify_all()

    def time_out(self) -> None:
        """Abort all that is open, and fence who had opened it."""
        for name in list(self._open):
            self.end_transaction(name, "aborted")
            self._epochs[name] += 1


@dataclass
class FakeTransaction:
    """Transaction on a FakeKafka. ``refuses`` are the records that can't be sent."""

    kafka: FakeKafka
    name: str
    refuses: Callable[[Outgoing], Exception | None] = lambda _record: None

    def __post_init__(self) -> None:
        self._epoch = self.kafka.initialise(self.name)
        self._begun = False

    def begin(self) -> None:
        self.kafka.ordered("begin")
        self.kafka.transaction(self.name, self._epoch)
        self._begun = True

    def produce(self, records: Iterable[Outgoing]) -> None:
        self.kafka.ordered("produce")
        for record in records:
            refused = self.refuses(record)
            if refused is not None:
                raise refused
            with self.kafka.changed:
                self.kafka.append(record.topic, record, by=self.kafka.transaction(self.name, self._epoch))

    def offsets(self, positions: Mapping[int, int], group: FakeGroup) -> None:
        self.kafka.ordered("offsets")
        with self.kafka.changed:
            open_ = self.kafka.transaction(self.name, self._epoch)
            if group.generation != self.kafka.generation:
                raise Aborted("an earlier generation")
            open_.offsets |= positions

    def commit(self) -> None:
        self.kafka.ordered("commit")
        self.kafka.transaction(self.name, self._epoch)
        self.kafka.end_transaction(self.name, "committed")
        self._begun = False

    def abort(self) -> None:
        if not self._begun:
            return
        self._begun = False
        self.kafka.ordered("abort")
        self.kafka.transaction(self.name, self._epoch)
        self.kafka.end_transaction(self.name, "aborted")

    def close(self) -> None:
        self._begun = False


@dataclass
class FakeOpener:
    """Opener on a FakeKafka. ``waits``: for open transactions, as the broker would; else they time out."""

    kafka: FakeKafka
    input_topic: str
    changelog: str
    waits: bool = False

    def open(self, numbers: list[int], wanted: Callable[[], bool], opened: Callable[[Opened], None]) -> None:
        while wanted():
            with self.kafka.changed:
                committed = self.kafka.committed(numbers)
                if committed is not None and all(map(self._readable, numbers)):
                    break
                if self.waits:
                    self.kafka.changed.wait(0.01)
                else:
                    self.kafka.time_out()
        else:
            return
        for number in numbers:
            recovered = Recovered()
            for record in self.kafka.read(self.changelog, number)[0]:
                recovered.apply(record.key(), record.value())
            clock = recovered.meta.clock if recovered.meta else 0
            assert committed[number] == (recovered.meta.position if recovered.meta else None)
            table, position = Table(recovered.states, recovered.suppressed), committed[number] or 0
            opened(Opened(number, table, position, clock, recovered.records, 0.0, recovered.meta))

    def _readable(self, number: int) -> bool:
        """Whether no open transaction keeps the changelog from being read to its end."""
        return self.kafka.read(self.changelog, number)[1] == self.kafka.end(self.changelog, number)

    def ends(self, numbers: Iterable[int]) -> dict[int, int]:
        return {number: self.kafka.end(self.input_topic, number) for number in numbers}

    def readable_ends(self, numbers: Iterable[int]) -> dict[int, int]:
        return {number: self.kafka.read(self.input_topic, number)[1] for number in numbers}


@dataclass
class FakeReading:
    """Reading of a FakeKafka; a test polls, and carries the chunks where it likes."""

    kafka: FakeKafka
    topic: str
    reading: dict[int, tuple[int, int]] = field(default_factory=dict)
    when_paused: Callable[[], None] = lambda: None

    def read_from(self, partition: int, epoch: int, position: int) -> None:
        self.reading[partition] = (epoch, position)

    def pause(self, partitions: list[int]) -> None:
        for partition in partitions:
            self.reading.pop(partition, None)
        self.when_paused()

    def poll(self, most: int = 1_000) -> list[Chunk]:
        """A chunk of each partition that is read and has something new, of ``most`` records."""
        chunks = []
        for partition, (epoch, follows) in self.reading.items():
            records, position = self.kafka.read(self.topic, partition, follows)
            if len(records) > most:
                records = records[:most]
                position = records[-1].offset() + 1
            if position > follows:
                taken: list[Record] = list(records)
                chunks.append(Chunk(partition, epoch, follows, position, taken))
                self.reading[partition] = (epoch, position)
        return chunks
