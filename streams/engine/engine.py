"""The engine: opens the partitions that the group gives, runs passes over what waits, gives them up.

    poller's thread   assigned, revoked, lost
    opener's thread   reads changelogs, so that passes over open partitions go on
    agent's thread    puts chunks into inboxes
    engine's thread   passes, one at a time

    committer         ends a pass's transaction while the next pass is run

What a pass works on is given up between passes, and not before the last one's transaction has ended.
"""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

import structlog
from confluent_kafka import KafkaError, KafkaException

from streams.engine.assignment import Assignment
from streams.engine.broker_errors import passes
from streams.engine.chunk import Chunk
from streams.engine.failures import EngineFailed, Failures, Limits
from streams.engine.in_force import InForce, as_left, check_stages
from streams.engine.inbox import LostChunk
from streams.engine.opening import Opened, Opener
from streams.engine.partition import Partition
from streams.engine.pass_runner import PassObserver, PassRunner
from streams.engine.processing import Processor
from streams.engine.transaction import Interrupted, Transaction
from streams.funnels import Funnels

log = structlog.get_logger(__name__)

IDLE_SECONDS = 1.0
STANDING_SAMPLES = 10
"""So many samples of the clock, a second apart, and a partition that gets nothing is looked after."""


class Reading(Protocol):
    """What the engine asks of whoever reads the input; each returns at once."""

    def read_from(self, partition: int, epoch: int, position: int) -> None:
        """Read ``partition`` from ``position`` on; its chunks bear ``epoch``."""

    def pause(self, partitions: list[int]) -> None:
        """Read these no more, until `read_from`."""


class Observer(PassObserver, Protocol):
    """Who watches the engine: the metrics, and readiness."""

    def opened(self, opened: Opened) -> None:
        """A partition takes records again."""

    def closed(self, numbers: list[int]) -> None:
        """Partitions are ours no more, or not open for now."""

    def rebalanced(self) -> None:
        """The group has given us an assignment."""

    def waiting(self, why: str | None) -> None:
        """The broker does not answer (or, None, does again)."""


@dataclass
class Engine:
    """Runs the passes of one worker; see the module's head for its threads."""

    processor: Processor
    funnels: Funnels
    opener: Opener
    new_transaction: Callable[[Callable[[], bool], Callable[[str | None], None]], Transaction]
    limits: Limits
    wall_clock: Callable[[], int]
    held: Callable[[], bool]
    observer: Observer
    on_failure: Callable[[Exception], None]

    def __post_init__(self) -> None:
        self._ready = threading.Event()
        self._stopping = threading.Event()
        self._hurrying = threading.Event()
        self._assignment = Assignment()
        self._failures = Failures(self.limits)
        self._ends: Mapping[int, int] = {}
        self._reading: Reading
        self._passes = PassRunner(
            processor=self.processor,
            funnels=self.funnels,
            assignment=self._assignment,
            failures=self._failures,
            new_transaction=lambda: self.new_transaction(self._hurrying.is_set, self.observer.waiting),
            reopen=self._reopen,
            rest=self._stopping.wait,
            wall_clock=self.wall_clock,
            held=self.held,
            observer=self.observer,
        )
        self._threads = [
            threading.Thread(target=self._guarded, args=(loop,), name=name, daemon=True)
            for name, loop in (("engine", self._run_passes), ("opener", self._run_openings))
        ]

    # Life -------------------------------------------------------------------------

    def direct(self, reading: Reading) -> None:
        """Name whom the engine tells what to read."""
        self._reading = reading

    def start(self, reading: Reading) -> None:
        """Begin, directing ``reading``."""
        self.direct(reading)
        for thread in self._threads:
            thread.start()

    def hurry(self) -> None:
        """The worker is about to stop: wait for an absent broker no more. A pass under way is finished."""
        self._hurrying.set()

    def stop(self) -> None:
        """Finish the pass and end. Call it after the reading has been stopped."""
        self.hurry()
        self._stopping.set()
        self._ready.set()
        self._assignment.stop()
        for thread in self._threads:
            if thread.is_alive():
                thread.join()
        self.commits_within(self.limits.revoke_seconds)
        self._passes.close()

    def fail(self, error: Exception) -> None:
        """The worker can't go on."""
        if isinstance(error, KafkaException):
            said = error.args[0]
            error = EngineFailed(f"Kafka does not let the worker go on: {said.name()}: {said.str()}")
        if not self._stopping.is_set():
            self.on_failure(error)

    def _guarded(self, loop: Callable[[], None]) -> None:
        try:
            loop()
        except Interrupted as interrupted:
            log.warning("gave_up_waiting", reason=str(interrupted))
        except Exception as error:
            self.fail(error)

    # What the group gives and takes: the poller's thread --------------------------------

    def assign(self, numbers: list[int], group: Any) -> None:
        """These partitions are ours, for as long as ``group`` (the group's metadata) holds."""
        log.info("partitions_assigned", partitions=numbers)
        self.observer.rebalanced()
        self._failures.rebalanced()
        self._assignment.begin(numbers, group)

    def revoke(self, numbers: list[int]) -> None:
        """Let the running pass end, then give the partitions up.

        A pass that does not end in time is orphaned: it may only abort, or find
        that the broker refuses its generation.
        """
        deadline = time.monotonic() + self.limits.revoke_seconds
        between_passes = self._passes.lock.acquire(timeout=self.limits.revoke_seconds)
        try:
            in_time = between_passes and self.commits_within(max(0.0, deadline - time.monotonic()))
            if not in_time:
                log.warning("revoked_during_pass", partitions=numbers)
            self.lose(numbers)
        finally:
            if between_passes:
                self._passes.lock.release()

    def lose(self, numbers: list[int]) -> None:
        """The partitions are another's already."""
        log.info("partitions_gone", partitions=numbers)
        self._assignment.end()
        self.observer.closed(numbers)

    # Chunks and the clock: the app's threads --------------------------------------------

    def accept(self, chunk: Chunk) -> None:
        """Put a chunk into its partition's inbox; one of an earlier opening is dropped."""
        partition = self._assignment.get(chunk.partition)
        if partition is None:
            return
        try:
            partition.inbox.put(chunk)
        except LostChunk as lost:
            log.error("chunk_lost", reason=str(lost))
            partition.broken = True
        self._ready.set()

    def sample_clock(self) -> None:
        """Let the wall clock move the partitions that have been applied to their end.

        The moment is read before the ends: whatever was appended before it has
        then been applied.
        """
        now = self.wall_clock() - self.processor.grace
        partitions = list(self.open_partitions.values())
        # Also a worker that has none asks, of any: that is how it learns whether the brokers answer.
        numbers = [partition.number for partition in partitions] or [0]
        self._ends = ends = self.opener.ends(numbers)
        for partition in partitions:
            partition.sample(ends.get(partition.number), now)
        self._look_after([partition for partition in partitions if partition.standing >= STANDING_SAMPLES])
        self._ready.set()

    def _look_after(self, standing: list[Partition]) -> None:
        """Have those read anew that get nothing though there is something, and room for it.

        Whatever has gone wrong on its way, in the client or in the shell, nothing else would tell.
        """
        if not standing or self.backlog():
            return
        readable = self.opener.readable_ends([partition.number for partition in standing])
        for partition in standing:
            if partition.position < readable[partition.number]:
                log.error(
                    "partition_stands_still",
                    partition=partition.number,
                    offset=partition.position,
                    readable=readable[partition.number],
                )
                partition.broken = True

    # Questions, from any thread -----------------------------------------------------------

    def backlog(self) -> int:
        """How many records wait in inboxes."""
        return self._passes.backlog

    @property
    def assigned(self) -> frozenset[int]:
        """The partitions that the group has given us."""
        return self._assignment.numbers

    @property
    def open_partitions(self) -> dict[int, Partition]:
        """Those of them that take records."""
        return self._assignment.open

    @property
    def ends(self) -> Mapping[int, int]:
        """The log ends of the open partitions, as of the last sample."""
        return self._ends

    @property
    def dead_threads(self) -> list[str]:
        """The engine's threads that have begun and ended, though the worker goes on."""
        if self._hurrying.is_set():
            return []
        return [thread.name for thread in self._threads if thread.ident is not None and not thread.is_alive()]

    # Opening: the opener's thread ---------------------------------------------------------

    def _run_openings(self) -> None:
        while self.open_next():
            pass

    def open_next(self) -> bool:
        """Open what was asked for next, waiting for it; False when the engine stops."""
        asked = self._assignment.next_opening()
        if asked is None:
            return False

        def wanted() -> bool:
            return self._assignment.waits_for(asked.ticket) and not self._stopping.is_set()

        self.opener.open(asked.numbers, wanted, partial(self._opened, asked.ticket, wanted))
        return True

    @property
    def openings(self) -> int:
        """How many requests to open partitions wait."""
        return self._assignment.openings

    def _opened(self, ticket: int, wanted: Callable[[], bool], result: Opened) -> None:
        in_force = self._as_left(result, wanted)
        if in_force is None:
            return
        check_stages(result.number, result.table, in_force)
        result.table.come_under(in_force.funnel.mark)
        if self._assignment.opened(ticket, result, in_force, self._reading.read_from):
            log.info(
                "partition_open",
                partition=result.number,
                leads=len(result.table),
                offset=result.position,
                funnel_version=in_force.version,
                seconds=round(result.seconds, 3),
                waited=round(result.waited, 3),
            )
            self.observer.opened(result)

    def _as_left(self, result: Opened, wanted: Callable[[], bool]) -> InForce | None:
        """What was in force, once the brokers tell of it; None where it is not wanted any more."""
        while wanted():
            try:
                return as_left(result.meta, result.position, self.funnels)
            except KafkaException as error:
                said: KafkaError = error.args[0]
                if not passes(said):
                    raise
                log.warning("funnels_not_read", partition=result.number, reason=said.str())
            self._stopping.wait(IDLE_SECONDS)
        return None

    def _reopen(self, partitions: list[Partition]) -> None:
        """Throw the tables away and build them again from what is committed. Between passes only."""
        self.observer.closed(self._assignment.reopen(partitions, self._reading.pause))

    # Passes: the engine's thread ------------------------------------------------------------

    def _run_passes(self) -> None:
        self._passes.prepare()
        while not self._stopping.is_set():
            if not self.run_pass():
                self._ready.wait(IDLE_SECONDS)
                self._ready.clear()
        self.settle()

    def run_pass(self) -> bool:
        """One pass, which may still be being committed; False when nothing is left to do, or to commit."""
        return self._passes.run()

    def settle(self) -> None:
        """Wait until the last pass has been committed, or has been thrown away."""
        self._passes.settle()

    def commits_within(self, seconds: float) -> bool:
        """Wait that long for the commit of the last pass to end, for better or worse."""
        return self._passes.commits_within(seconds)
