"""Marked points of a worker's life at which it can be made to die, as by `kill -9`.

The worker under test is the real one; these parts stand in for its own at the
composition root and do what they do, until the point has been passed often enough.
"""

import os
import random
import signal
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any, ClassVar, Literal

from confluent_kafka import Producer

from streams.app import Parts
from streams.engine.changelog import META_KEY, decode_meta
from streams.engine.engine import Engine
from streams.engine.forwarding import INTERNAL
from streams.engine.kafka_transaction import KafkaTransaction
from streams.engine.opening import KafkaOpener, Opened
from streams.engine.transaction import Outgoing
from streams.funnels import Published
from streams.funnels.publishing import Candidate, Publisher

TIME_POINTS = (
    "while_producing",
    "after_produce",
    "after_offsets",
    "in_commit",
    "after_commit",
)
POINTS = ("after_begin", *TIME_POINTS, "in_recovery", "in_revoke")
PUBLISH_POINTS = ("before_publish", "while_publishing", "after_publish")


class Fuse:
    """Ends this process, or stops it in its tracks, when ``point`` is passed for the ``times``-th time."""

    def __init__(self, point: str, times: int, with_signal: signal.Signals = signal.SIGKILL) -> None:
        self.point = point
        self._left = times
        self._signal = with_signal
        self._counting = threading.Lock()  # some of it passes by timers

    def passes(self, point: str) -> None:
        """The worker is at ``point``."""
        if point != self.point:
            return
        with self._counting:
            self._left -= 1
            goes_off = self._left == 0
        if goes_off:
            os.kill(os.getpid(), self._signal)
            time.sleep(0.5)  # the signal arrives here


Only = Literal["", "moved", "timed", "changed", "reread", "departed", "merged"]
"""Which passes count: all, those that moved a lead, those in which nothing but time moved one of a
partition's, which has not gone on in its log, those in which a partition comes under another funnel,
those that moved a lead by reading it again, those that sent the state of one that is merged on its
way, those in which one arrived that was further than whom it was merged into."""


class KillingTransaction(KafkaTransaction):
    """A transaction with a fuse."""

    fuse: ClassVar[Fuse]
    only: ClassVar[Only] = ""
    _versions: ClassVar[dict[int | None, int]] = {}
    _positions: ClassVar[dict[int | None, int]] = {}
    counts = True
    is_halfway = False

    def begin(self) -> None:
        super().begin()
        self.counts = not self.only
        self.is_halfway = False
        self.fuse.passes("after_begin")

    def produce(self, records: Iterable[Outgoing]) -> None:
        records = list(records)
        self.counts = self._is_one_of_these(records) or self.counts
        middle = len(records) // 2
        super().produce(records[:middle])
        # A pass sends what comes of each of its partitions: it dies once, with the first that counts.
        if self.counts and not self.is_halfway:
            self.is_halfway = True
            self._passes("while_producing", flush=True)
        super().produce(records[middle:])

    def offsets(self, positions: Mapping[int, int], group: Any) -> None:
        self._passes("after_produce", flush=True)
        super().offsets(positions, group)
        self._passes("after_offsets")

    def commit(self) -> None:
        if self.fuse.point == "in_commit" and self.counts:
            # The request is on its way, the answer is not here yet.
            delay = random.uniform(0.0, 0.004)
            threading.Timer(delay, self.fuse.passes, ("in_commit",)).start()
        super().commit()
        self._passes("after_commit")

    def _is_one_of_these(self, records: list[Outgoing]) -> bool:
        """Whether what comes of a partition makes a pass count."""
        moves = [record for record in records if "stage-changes" in record.topic]
        changed = stands = False
        for record in records:
            if record.key == META_KEY:
                meta, number = decode_meta(record.value or b""), record.partition
                changed = self._versions.get(number, meta.version) != meta.version
                self._versions[number] = meta.version
                stands = self._positions.get(number) == meta.position
                self._positions[number] = meta.position
        return {
            "": True,
            "moved": bool(moves),
            "timed": bool(moves) and stands,
            "changed": changed,
            "reread": any(b'"funnel_changed"' in (record.value or b"") for record in moves),
            "departed": any(INTERNAL in dict(record.headers or ()) for record in records),
            "merged": any(b'"rule":"merged"' in (record.value or b"") for record in moves),
        }[self.only]

    def _passes(self, point: str, flush: bool = False) -> None:
        if self.counts and self.fuse.point == point:
            if flush:
                self._producer.flush(5)
            self.fuse.passes(point)


class KillingOpener(KafkaOpener):
    """An opener with a fuse, which may be slow (s)."""

    fuse: ClassVar[Fuse]
    slow: ClassVar[float] = 0.0

    def open(self, numbers: list[int], wanted: Callable[[], bool], opened: Callable[[Opened], None]) -> None:
        def opened_and_passes(result: Opened) -> None:
            time.sleep(self.slow)
            opened(result)
            self.fuse.passes("in_recovery")

        super().open(numbers, wanted, opened_and_passes)


class KillingEngine(Engine):
    """An engine with a fuse."""

    fuse: ClassVar[Fuse]

    def revoke(self, numbers: list[int]) -> None:
        self.fuse.passes("in_revoke")
        super().revoke(numbers)


class KillingPublisher(Publisher):
    """A publisher with a fuse."""

    fuse: ClassVar[Fuse]

    def _publish(self, candidate: Candidate, newest: Published | None) -> None:
        self.fuse.passes("before_publish")
        super()._publish(candidate, newest)
        self.fuse.passes("after_publish")

    def _write(self, producer: Producer, published: Published) -> None:
        super()._write(producer, published)
        producer.flush(5)
        self.fuse.passes("while_publishing")


def parts(fuse: Fuse, only: Only = "", slow: float = 0.0) -> Parts:
    """A worker's parts with ``fuse`` in them, which opens a partition in ``slow`` s more than it takes."""
    KillingTransaction.fuse = KillingOpener.fuse = KillingEngine.fuse = KillingPublisher.fuse = fuse
    KillingTransaction.only = only
    KillingOpener.slow = slow
    return Parts(
        transaction=KillingTransaction,
        opener=KillingOpener,
        engine=KillingEngine,
        publisher=KillingPublisher,
    )
