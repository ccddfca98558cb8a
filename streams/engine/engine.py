"""The engine: opens the partitions that the group gives, runs passes over what waits, gives them up.

    poller's thread   assigned, revoked, lost
    opener's thread   reads changelogs, so that passes over open partitions go on
    agent's thread    puts chunks into inboxes
    engine's thread   passes, one at a time

``_pass_lock`` is held through a pass. A partition is in ``_open`` only while it may
be touched by a pass, and it is never opened while it is there: opening reads what
is committed, and a pass in between would go unseen. ``_tickets`` says which opening
of a partition is the one still waited for; ``_lock`` is over both, and over the group
that they belong to.
"""

import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

import structlog
from confluent_kafka import KafkaException

from schemas.dead_letter import Unreadable
from streams.engine.chunk import Chunk
from streams.engine.failed_evaluations import FailedEvaluations
from streams.engine.inbox import Inbox, LostChunk, fair_shares
from streams.engine.opening import Opened, Opener
from streams.engine.partition import Partition
from streams.engine.processing import EvaluationFailed, Pass, Processor, Work
from streams.engine.transaction import Aborted, Fenced, Interrupted, TooLarge, Transaction
from streams.errors import OutsideWorld

log = structlog.get_logger(__name__)

FENCED_LIMIT = 3
FENCED_SECONDS = 60.0
IDLE_SECONDS = 1.0


class EngineFailed(OutsideWorld):
    """The worker must end; the message says why and what to do."""


class Reading(Protocol):
    """What the engine asks of whoever reads the input; each returns at once."""

    def read_from(self, partition: int, epoch: int, position: int) -> None:
        """Read ``partition`` from ``position`` on; its chunks bear ``epoch``."""

    def pause(self, partitions: list[int]) -> None:
        """Read these no more, until `read_from`."""

    def rejoin(self, after: float) -> None:
        """Leave the group and come back ``after`` seconds."""


class Observer(Protocol):
    """Who watches the engine: the metrics, and readiness."""

    def committed(self, made: Pass, seconds: float) -> None:
        """A pass has been committed, ``seconds`` after it began."""

    def aborted(self, fenced: bool) -> None:
        """A pass was thrown away."""

    def opened(self, opened: Opened) -> None:
        """A partition takes records again."""

    def closed(self, numbers: list[int]) -> None:
        """Partitions are ours no more, or not open for now."""

    def rebalanced(self) -> None:
        """The group has given us an assignment."""

    def waiting(self, why: str | None) -> None:
        """The broker does not answer (or, None, does again)."""


@dataclass(slots=True, frozen=True)
class Limits:
    """How much at once, and how long: records, seconds."""

    pass_records: int
    revoke_seconds: float
    failures_in_a_row: int
    failures_ratio: float


@dataclass
class Engine:
    """Runs the passes of one worker; see the module's head for its threads."""

    processor: Processor
    opener: Opener
    new_transaction: Callable[[Callable[[], bool], Callable[[str | None], None]], Transaction]
    limits: Limits
    wall_clock: Callable[[], int]
    held: Callable[[], bool]
    observer: Observer
    on_failure: Callable[[Exception], None]

    def __post_init__(self) -> None:
        self._pass_lock = threading.Lock()
        self._lock = threading.Lock()
        self._ready = threading.Event()
        self._stopping = threading.Event()
        self._to_open: queue.SimpleQueue[tuple[list[int], int] | None] = queue.SimpleQueue()
        self._tickets: dict[int, int] = {}
        self._ticket = 0
        self._open: dict[int, Partition] = {}
        self._ends: Mapping[int, int] = {}
        self._group: Any = None
        self._assigned: frozenset[int] = frozenset()
        self._epoch = 0
        self._reading: Reading
        self._transaction: Transaction | None = None
        self._poison: dict[tuple[int, int], Unreadable] = {}
        self._failures = 0
        self._turn = 0
        self._limit = self.limits.pass_records
        self._fenced: deque[float] = deque(maxlen=FENCED_LIMIT)
        self._failed_evaluations = FailedEvaluations(
            self.limits.failures_in_a_row, self.limits.failures_ratio
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

    def stop(self) -> None:
        """Finish the pass and end. Call it after the reading has been stopped."""
        self._stopping.set()
        self._ready.set()
        self._to_open.put(None)
        for thread in self._threads:
            if thread.is_alive():
                thread.join()
        if self._transaction is not None:
            self._transaction.close()

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
        self.observer.rebalanced()
        with self._lock:
            self._belong(group, numbers)
            self._ask_to_open(numbers)

    def revoke(self, numbers: list[int]) -> None:
        """Let the running pass end, then give the partitions up.

        A pass that does not end in time is orphaned: it may only abort, or find
        that the broker refuses its generation.
        """
        in_time = self._pass_lock.acquire(timeout=self.limits.revoke_seconds)
        try:
            self.lose(numbers)
        finally:
            if in_time:
                self._pass_lock.release()
            else:
                log.warning("revoked_during_pass", partitions=numbers)

    def lose(self, numbers: list[int]) -> None:
        """The partitions are another's already."""
        with self._lock:
            self._belong(None, [])
        self.observer.closed(numbers)

    def _belong(self, group: Any, numbers: list[int]) -> None:
        """Assignments are whole: whatever was ours before, or was being opened, is so no more."""
        self._group, self._assigned = group, frozenset(numbers)
        self._tickets.clear()
        self._open.clear()

    # Chunks and the clock: the app's threads --------------------------------------------

    def accept(self, chunk: Chunk) -> None:
        """Put a chunk into its partition's inbox; one of an earlier opening is dropped."""
        partition = self._open.get(chunk.partition)
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
        partitions = list(self._open.values())
        self._ends = ends = self.opener.ends(partition.number for partition in partitions)
        for partition in partitions:
            if not partition.inbox and partition.position == ends.get(partition.number):
                partition.wall = now
        self._ready.set()

    # Questions, from any thread -----------------------------------------------------------

    def backlog(self) -> int:
        """How many records wait in inboxes."""
        return sum(partition.inbox.waiting for partition in list(self._open.values()))

    @property
    def assigned(self) -> frozenset[int]:
        """The partitions that the group has given us."""
        return self._assigned

    @property
    def open_partitions(self) -> dict[int, Partition]:
        """Those of them that take records."""
        return dict(self._open)

    @property
    def ends(self) -> Mapping[int, int]:
        """The log ends of the open partitions, as of the last sample."""
        return self._ends

    @property
    def dead_threads(self) -> list[str]:
        """The engine's threads that have begun and ended, though the worker goes on."""
        if self._stopping.is_set():
            return []
        return [thread.name for thread in self._threads if thread.ident is not None and not thread.is_alive()]

    # Opening: the opener's thread ---------------------------------------------------------

    def _run_openings(self) -> None:
        while self.open_next():
            pass

    def open_next(self) -> bool:
        """Open what was asked for next, waiting for it; False when the engine stops."""
        asked = self._to_open.get()
        if asked is None:
            return False
        numbers, ticket = asked

        def wanted() -> bool:
            return ticket in self._tickets.values() and not self._stopping.is_set()

        self.opener.open(numbers, wanted, partial(self._opened, ticket))
        return True

    @property
    def openings(self) -> int:
        """How many requests to open partitions wait."""
        return self._to_open.qsize()

    def _opened(self, ticket: int, result: Opened) -> None:
        number = result.number
        self._check_stages(result)
        with self._lock:
            if self._tickets.get(number) != ticket:
                return
            del self._tickets[number]
            self._epoch += 1
            inbox = Inbox(self._epoch, result.position)
            self._open[number] = Partition(
                number, self._group, result.table, inbox, result.position, result.clock
            )
            self._reading.read_from(number, self._epoch, result.position)
        self.observer.opened(result)

    def _check_stages(self, result: Opened) -> None:
        """What the file is at fault for is said before a record is blamed for it."""
        funnel = self.processor.funnel
        for stage, leads in result.table.stages.items():
            if stage not in funnel.stages:
                raise EngineFailed(
                    f"partition {result.number}: {leads} leads are in stage {stage}, which funnel "
                    f"{funnel.slug} does not have: keep it in the file"
                )

    def _ask_to_open(self, numbers: list[int]) -> None:
        self._ticket += 1
        self._tickets.update(dict.fromkeys(numbers, self._ticket))
        for number in numbers:
            self._open.pop(number, None)
        self._to_open.put((numbers, self._ticket))

    def _reopen(self, partitions: list[Partition]) -> None:
        """Throw the tables away and build them again from what is committed. Between passes only.

        Those that the group has taken meanwhile, and may have given again, are left alone.
        """
        with self._lock:
            ours = [one.number for one in partitions if self._open.get(one.number) is one]
            if ours:
                self._reading.pause(ours)
                self._ask_to_open(ours)
        self.observer.closed(ours)

    # Passes: the engine's thread ------------------------------------------------------------

    def _run_passes(self) -> None:
        self._renew_transaction()
        while not self._stopping.is_set():
            if not self.run_pass():
                self._ready.wait(IDLE_SECONDS)
                self._ready.clear()

    def _renew_transaction(self) -> None:
        if self._transaction is None:
            self._transaction = self.new_transaction(self._stopping.is_set, self.observer.waiting)

    def run_pass(self) -> bool:
        """One pass; False when there was nothing to do."""
        self._renew_transaction()
        with self._pass_lock:
            broken = [partition for partition in self.open_partitions.values() if partition.broken]
            if broken:
                self._reopen(broken)
            works = self._gather()
            if not works:
                return False
            started = time.perf_counter()
            made: Pass | None = None
            try:
                made = self._commit(works)
            except EvaluationFailed as failed:
                self._blame(failed)
                return True
            except (Aborted, Fenced) as failed:
                self._throw_away(works, failed)
            else:
                for touched in made.touched:
                    touched.merge()
        if made is None:
            return True
        self._failures = 0
        self._poison = {
            (partition, offset): why
            for (partition, offset), why in self._poison.items()
            if offset >= made.positions.get(partition, 0)
        }
        self._limit = min(self._limit * 2, self.limits.pass_records)
        self._failed_evaluations.applied(made.records)
        self.observer.committed(made, time.perf_counter() - started)
        return True

    def _gather(self) -> list[Work]:
        """What waits, fairly over the partitions, and the partitions that time may move."""
        partitions = [p for p in self.open_partitions.values() if p.group is self._group]
        for partition in partitions:
            if partition.inbox and not partition.inbox.waiting:
                # Read to the end, past records that are none (transaction markers).
                _, position = partition.inbox.peek(0)
                if position is not None:
                    partition.position = position
                    partition.inbox.drop_until(position)
        waiting = {
            partition.number: partition.inbox.waiting for partition in partitions if partition.inbox.waiting
        }
        by_number = {partition.number: partition for partition in partitions}
        works = []
        for number, share in fair_shares(waiting, self._limit).items():
            partition = by_number[number]
            records, position = partition.inbox.peek(share)
            if position is not None:
                works.append(Work(partition, records, position))
        if not self.held():
            works += [Work(p, [], p.position) for p in partitions if p.number not in waiting and p.due]
        if self._limit == 1 and works:
            # Looking for the one record that can't be sent: take them one by one.
            works = [works[self._turn % len(works)]]
            self._turn += 1
        return works

    def _commit(self, works: list[Work]) -> Pass:
        """Run a pass over ``works`` and commit it. Nothing shared has changed when this raises."""
        transaction = self._transaction
        assert transaction is not None
        group = works[0].partition.group
        made = self.processor.run(works, self.wall_clock(), self.held(), self._poison)
        try:
            transaction.begin()
            transaction.produce(made.outgoing)
            transaction.offsets(made.positions, group)
            if self._group is not group:
                raise Aborted("the partitions were revoked during the pass")
            transaction.commit()
        except (Aborted, Fenced) as failed:
            if isinstance(failed, Aborted):
                transaction.abort()
            raise
        return made

    def _blame(self, failed: EvaluationFailed) -> None:
        """A record on which the rules fail is a dead letter, unless they fail on too many."""
        log.error("evaluation_failed", reason=str(failed), exc_info=failed.__cause__)
        if failed.by_time:
            raise EngineFailed(
                f"leadgate's rules failed on a lead that time moves ({failed}): a fault of its own"
            )
        if self._failed_evaluations.too_many(failed.partition, failed.offset, failed.after):
            raise EngineFailed(
                f"the rules fail on too many activities (the last: {failed}); the worker stops, so that they "
                f"do not all become dead letters. It goes on where it stood once the fault is mended"
            )
        self._poison[failed.partition, failed.offset] = Unreadable(
            "failed_evaluation", "the rules failed on this activity: a fault of leadgate's own"
        )

    def _throw_away(self, works: list[Work], failed: Exception) -> None:
        """What became of the transaction is unknown: only what the broker says counts."""
        log.warning("pass_thrown_away", reason=str(failed))
        self.observer.aborted(isinstance(failed, Fenced))
        self._failures += 1
        if isinstance(failed, TooLarge):
            self._narrow(works, failed)
        elif self._failures % 3 == 0:
            self._limit = max(1, self._limit // 2)
        if isinstance(failed, Fenced):
            self._start_again()
        else:
            self._reopen([work.partition for work in works])

    def _narrow(self, works: list[Work], failed: TooLarge) -> None:
        """Half as many records the next time; a single one is found, and becomes a dead letter."""
        places = [(work.partition.number, record.offset()) for work in works for record in work.records]
        if not places:
            raise EngineFailed(f"what comes of leads that time moves can't be sent: {failed}")
        if len(places) == 1:
            self._poison[places[0]] = Unreadable("too_large", f"what comes of it can't be sent: {failed}")
        self._limit = max(1, min(self._limit, len(places)) // 2)

    def _start_again(self) -> None:
        """This producer is dead: leave the group and come back with another."""
        assert self._transaction is not None
        now = time.monotonic()
        self._fenced.append(now)
        if len(self._fenced) == FENCED_LIMIT and now - self._fenced[0] < FENCED_SECONDS:
            raise EngineFailed(
                "fenced three times within a minute: another process uses this worker's transactional id; "
                "give each worker its own (LEADGATE_WORKER_ID)"
            )
        self.lose(sorted(self._assigned))
        self._reading.rejoin(after=float(len(self._fenced)))
        self._transaction.close()
        self._transaction = None
