"""The thread that polls Kafka: the one owner of the group consumer.

It turns what librdkafka has fetched into chunks, and carries the group's
rebalances to whoever is concerned, blocking until they are done: a partition is
given up only after its pass has ended. What others want of the consumer (start
reading a partition here, pause it, leave the group) is queued and done between
two polls, so that a chunk is always of one opening of its partition.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from typing import Any, Protocol, cast

import structlog
from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from streams.engine.broker_errors import passes
from streams.engine.chunk import Chunk, Record
from streams.engine.fencings import Fencings
from streams.errors import OutsideWorld

log = structlog.get_logger(__name__)

POLL_SECONDS = 0.05
CHUNK_RECORDS = 4999
PACE_SECONDS = 0.01
PUT_OFF_SECONDS = 10.0
LEAVE_SECONDS = 5.0
FULL_SECONDS = 1.0
FENCED_SECONDS = 1.0

_FENCED_BY_NAME = KafkaError(KafkaError.FENCED_INSTANCE_ID).str()
"""The text is all that the consumer's fatal error has of its cause."""


class PositionGone(OutsideWorld):
    """The input no longer has what comes next."""


class NameTaken(OutsideWorld):
    """The group goes on with another process of this worker's name."""


class GroupListener(Protocol):
    """Who is told, in the polling thread, what the group gives and takes."""

    def assigned(self, partitions: list[int], group: Any) -> None:
        """These partitions are ours, under this group metadata; none is read before `read_from`."""

    def revoked(self, partitions: list[int]) -> None:
        """These go to others once this returns."""

    def lost(self, partitions: list[int]) -> None:
        """These have gone already: the group went on without us."""

    def failed(self, error: Exception) -> None:
        """The consumer can't go on."""


class Poller(threading.Thread):
    """Polls ``topic`` as a member of the group until ``stop``.

    ``on_chunk`` is called after chunks have been queued; ``backlog`` tells how many
    records wait behind the queue, and polling pauses while that and the queue are
    above ``max_backlog``. ``leaves`` is whether it leaves the group when it ends, as a
    static member else does not (KIP-345). ``starts`` says where partitions begin, or raises KafkaException.
    """

    def __init__(
        self,
        config: Mapping[str, Any],
        topic: str,
        listener: GroupListener,
        on_chunk: Callable[[], None],
        *,
        leaves: bool,
        starts: Callable[[list[int]], Mapping[int, int]],
        backlog: Callable[[], int],
        max_backlog: int,
    ) -> None:
        super().__init__(name="poller", daemon=True)
        self.topic = topic
        self._listener = listener
        self._on_chunk = on_chunk
        self._leaves = leaves
        self._starts = starts
        self._backlog = backlog
        self._max_backlog = max_backlog
        self._commands: deque[Callable[[], None]] = deque()
        self._lock = threading.Lock()  # over the two that follow
        self._chunks: list[Chunk] = []
        self._queued = 0
        self._reading: dict[int, tuple[int, int]] = {}
        self._put_off_since: float | None = None
        self._doubted: dict[int, int] = {}
        """At which position a partition's end was told last, and not believed."""
        self._assigned: set[int] = set()
        self._room_at = time.monotonic()
        self._polled_at = 0.0
        self._halted = False
        self._stopping = threading.Event()
        self._fencings = Fencings()
        self._config = dict(config)
        self.consumer = Consumer(self._config)

    # What others ask for, from any thread ------------------------------------

    def read_from(self, partition: int, epoch: int, position: int) -> None:
        """Read ``partition`` from ``position`` on; its chunks bear ``epoch``."""
        self._commands.append(lambda: self._read_from(partition, epoch, position))

    def pause(self, partitions: list[int]) -> None:
        """Read these no more, until `read_from`."""
        self._commands.append(lambda: self._pause(partitions))

    def rejoin(self) -> None:
        """Leave the group and come back as a new member."""
        self._commands.append(self._rejoin)

    def take(self, wanted: Callable[[int], bool]) -> list[Chunk]:
        """The queued chunks of the partitions that are ``wanted``; others stay."""
        with self._lock:
            taken = [chunk for chunk in self._chunks if wanted(chunk.partition)]
            if taken:
                self._chunks = [chunk for chunk in self._chunks if not wanted(chunk.partition)]
                self._queued -= sum(len(chunk.records) for chunk in taken)
        return taken

    def stop(self, seconds: float) -> None:
        """Let go of the partitions, and end the thread."""
        self._stopping.set()
        self.join(seconds)

    # The thread ---------------------------------------------------------------

    def run(self) -> None:
        """Poll until stopped."""
        try:
            self._subscribe()
            while not self._stopping.is_set():
                self._poll()
        except Exception as error:
            if not isinstance(error, (OutsideWorld, KafkaException)):
                log.exception("poller_failed")
            self._listener.failed(error)
        finally:
            if self._leaves:
                self._leave()
            self.consumer.close()

    def _subscribe(self) -> None:
        self.consumer.subscribe(
            [self.topic], on_assign=self._on_assign, on_revoke=self._on_revoke, on_lost=self._on_lost
        )

    def _poll(self) -> None:
        self._obey()
        if self._is_full():
            self._stopping.wait(POLL_SECONDS / 10)
            return
        # What has been put off is tried again soon.
        first = self.consumer.poll(PACE_SECONDS if self._commands else POLL_SECONDS)
        if first is None:
            return
        # What follows at once is taken along: a chunk, and the transaction that it ends in, costs
        # the same for one record as for hundreds.
        gathering = max(0.0, self._polled_at + PACE_SECONDS - time.monotonic())
        rest = self.consumer.consume(CHUNK_RECORDS, gathering)
        self._polled_at = time.monotonic()
        waiting: dict[int, list[Record]] = {}
        ends: dict[int, int] = {}
        for message in (first, *rest):
            error, record = message.error(), cast(Record, message)
            if error is None:
                waiting.setdefault(record.partition(), []).append(record)
            elif error.code() == KafkaError._PARTITION_EOF:
                ends[record.partition()] = record.offset()
            elif error.code() == KafkaError._FATAL and _FENCED_BY_NAME in error.str():
                self._come_back()
                return
            else:
                self._heed(error, record.partition())
        for partition in waiting.keys() | ends.keys():
            self._queue(partition, waiting.get(partition, []), ends.get(partition))
        self._on_chunk()

    def _obey(self) -> None:
        """Do what others have asked for, in order.

        What the consumer's state does not allow is put off: right after an assignment the fetcher may not
        have been set up yet; and a consumer that is past use tells why only when it is polled.
        """
        while self._commands:
            try:
                self._commands[0]()
            except KafkaException as error:
                self._put_off_since = self._put_off_since or time.monotonic()
                if (
                    error.args[0].code() != KafkaError._STATE
                    or time.monotonic() > self._put_off_since + PUT_OFF_SECONDS
                ):
                    raise
                return
            self._put_off_since = None
            self._commands.popleft()

    def _is_full(self) -> bool:
        """Whether to leave the consumer alone for now, as enough waits.

        Not for long: it would hear of no rebalance. Then everything is paused instead,
        which costs what has been fetched, and polling goes on.
        """
        now = time.monotonic()
        if self._queued + self._backlog() <= self._max_backlog:
            self._room_at = now
            if self._halted:
                self._halted = False
                self.consumer.resume(self._places(self._reading))
        elif not self._halted:
            if now - self._room_at < FULL_SECONDS:
                return True
            self._halted = True
            self.consumer.pause(self._places(self._reading))
        return False

    def _places(self, partitions: Iterable[int]) -> list[TopicPartition]:
        return [TopicPartition(self.topic, partition) for partition in partitions]

    def _queue(self, partition: int, records: list[Record], end: int | None) -> None:
        reading = self._reading.get(partition)
        if reading is None:
            return
        epoch, follows = reading
        position = records[-1].offset() + 1 if records else follows
        if end is not None and end > position:
            # What lies between should be no records, but markers of transactions. To be sure of it, as
            # nothing would tell of records that were passed over, the end is believed only where it is
            # told again by who reads on from here.
            if self._doubted.get(partition) == position:
                position = end
            else:
                self._doubted[partition] = position
                log.debug("end_doubted", partition=partition, offset=position, end=end)
                # Before what others ask of this partition meanwhile; until then nothing of it counts.
                del self._reading[partition]
                self._commands.appendleft(lambda: self._read_from(partition, epoch, position))
        if partition in self._reading:
            self._reading[partition] = (epoch, position)
        elif not records:
            return
        with self._lock:
            self._chunks.append(Chunk(partition, epoch, follows, position, records))
            self._queued += len(records)

    def _heed(self, error: KafkaError, partition: int) -> None:
        """Errors that the consumer gives as messages: most pass by themselves."""
        if error.code() == KafkaError._AUTO_OFFSET_RESET and partition in self._reading:
            raise PositionGone(self._what_is_left(partition, error))
        if not passes(error):
            raise KafkaException(error)
        log.warning("consumer_error", code=error.name(), error=error.str())

    def _what_is_left(self, partition: int, error: KafkaError) -> str:
        """What has become of the partition, and how its group goes on without what is lost."""
        left = "is to be looked up"
        with suppress(KafkaException):
            left = f"is {self._starts([partition])[partition]}"
        return (
            f"{self.topic} no longer has the activities that come next in partition {partition} "
            f"({error.str()}): its retention has overtaken the group, or it has been created anew. "
            "To go on without them, and with all leads as they are, stop the workers and run: "
            "leadgate snapshot group.snapshot, and "
            "leadgate restore group.snapshot --replace --offsets FILE. "
            f"FILE says where to go on in each partition (the first that is left here {left})"
        )

    def _come_back(self) -> None:
        """The group has gone on with another member of our name, which may be ourselves.

        A broker that was halted takes for two members the one whose request to join was given up, and who
        asks again. Of two processes the one that is fenced first is so for the last time first, and ends.
        """
        # What we have is that member's already; librdkafka doesn't say so.
        self._on_lost(self.consumer, self._places(self._assigned))
        if self._fencings.again():
            raise NameTaken(
                "another process uses this worker's name, and the group has gone on with it; "
                "give each worker its own (LEADGATE_WORKER_ID)"
            )
        log.warning("name_taken", reason="the group has gone on with another member of this worker's name")
        self._stopping.wait(FENCED_SECONDS)
        # librdkafka 2.16 may wait for ever for an answer of its own, once in some thousand times.
        closing = threading.Thread(target=self.consumer.close, name="consumer-closing", daemon=True)
        closing.start()
        closing.join(LEAVE_SECONDS)
        self.consumer = Consumer(self._config)
        self._halted = False
        self._subscribe()

    def _read_from(self, partition: int, epoch: int, position: int) -> None:
        if partition not in self._assigned:
            return
        target = TopicPartition(self.topic, partition, position)
        self.consumer.seek(target)
        self._reading[partition] = (epoch, position)
        if not self._halted:
            self.consumer.resume([target])

    def _pause(self, partitions: list[int]) -> None:
        ours = [partition for partition in partitions if partition in self._assigned]
        self._read_no_more(ours)
        self.consumer.pause(self._places(ours))

    def _read_no_more(self, partitions: list[int]) -> None:
        for partition in partitions:
            self._reading.pop(partition, None)
            self._doubted.pop(partition, None)

    def _rejoin(self) -> None:
        self.consumer.unsubscribe()
        self._subscribe()

    def _leave(self) -> None:
        # To close would not do: a static member stays one then.
        deadline = time.monotonic() + LEAVE_SECONDS
        with suppress(KafkaException):  # it may have been fenced, and is no member any more
            self.consumer.unsubscribe()
            while self.consumer.memberid() and time.monotonic() < deadline:
                self.consumer.poll(POLL_SECONDS)

    # The group ------------------------------------------------------------------

    def _on_assign(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        # Taken here and kept: asked for at the time of a commit it would be that of
        # a generation which the commit's pass knows nothing about.
        group = consumer.consumer_group_metadata()
        numbers = sorted(partition.partition for partition in partitions)
        self._assigned = set(numbers)
        consumer.assign(self._somewhere(numbers))
        consumer.pause(self._places(numbers))
        self._listener.assigned(numbers, group)

    def _somewhere(self, numbers: list[int]) -> list[TopicPartition]:
        """Some offset of each, at which nothing is read: known, not named.

        An end or a beginning would be looked up, and the answer, where it comes late, moves the reading
        there, past what had been sought meanwhile (librdkafka 2.16). The consumer itself must not be asked:
        a call that blocks, within a callback of its own, ends the process at the next callback.
        """
        firsts = dict.fromkeys(numbers, 0)
        with suppress(KafkaException):
            firsts |= self._starts(numbers)
        return [TopicPartition(self.topic, number, first) for number, first in firsts.items()]

    def _on_revoke(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        if consumer is self.consumer:  # and not one that is still being closed
            self._listener.revoked(self._forget(partitions))

    def _on_lost(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        if consumer is self.consumer:
            self._listener.lost(self._forget(partitions))

    def _forget(self, partitions: list[TopicPartition]) -> list[int]:
        numbers = sorted(partition.partition for partition in partitions)
        self._assigned.difference_update(numbers)
        self._read_no_more(numbers)
        with self._lock:
            self._chunks = []
            self._queued = 0
        return numbers
