"""The passes of a worker, one at a time: what waits is gathered, run, sent, and committed.

A pass is committed while the next one is run, where enough waits for that; the tables are
those of the pass before already, and whatever becomes of its commit becomes of both.
``lock`` is held through a pass: what a pass works on is given up between passes.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

import structlog
from confluent_kafka import KafkaException

from streams.engine.assignment import Assignment
from streams.engine.committer import Committer, NotCommitted
from streams.engine.failures import EngineFailed, Failures
from streams.engine.in_force import check_stages, come_into_force
from streams.engine.inbox import fair_shares
from streams.engine.partition import Partition
from streams.engine.passes import EvaluationFailed, Pass, Work
from streams.engine.processing import Processor
from streams.engine.transaction import Aborted, Fenced, Lost, Outgoing, Transaction, TransactionError
from streams.funnels import Funnels

log = structlog.get_logger(__name__)

OVERLAP_RECORDS = 1_000
"""So many must wait for a pass to be run while the one before is being committed.

Fewer are run in less time than a commit takes. They wait for its end, and the pass takes along what comes
until then: that waited for a pass more otherwise.
"""
LOOK_SECONDS = 0.01


class PassObserver(Protocol):
    """Who is told what becomes of passes."""

    def committed(self, made: Pass, seconds: float) -> None:
        """A pass has been committed, ``seconds`` after it began."""

    def aborted(self, fenced: bool) -> None:
        """A pass was thrown away."""


@dataclass
class PassRunner:
    """Runs passes over the open partitions of ``assignment``.

    ``reopen`` has partitions opened anew from what is committed; ``rest`` waits so many seconds, unless
    the worker ends. ``new_transaction`` raises TransactionError where Kafka does not allow one.
    """

    processor: Processor
    funnels: Funnels
    assignment: Assignment
    failures: Failures
    new_transaction: Callable[[], Transaction]
    reopen: Callable[[list[Partition]], None]
    rest: Callable[[float], Any]
    wall_clock: Callable[[], int]
    held: Callable[[], bool]
    observer: PassObserver
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self._committer = Committer()
        self._transaction: Transaction | None = None
        self._back_off = 0.0

    def prepare(self) -> None:
        """Have a transaction to use. Raises EngineFailed."""
        while self._transaction is None:
            self.rest(self._back_off)
            try:
                self._transaction = self.new_transaction()
            except Lost as lost:
                # Such as by a broker that went while the coordinator was looked up.
                self._back_off = self.failures.fenced(lost)
            except TransactionError as error:
                raise EngineFailed(
                    f"Kafka does not let the worker use its transactional id ({error}); "
                    "allow it (or give it another: LEADGATE_WORKER_ID), and start the worker again"
                ) from error

    def close(self) -> None:
        """Let the producer go; what is open, the broker aborts."""
        if self._transaction is not None:
            self._transaction.close()

    def settle(self) -> None:
        """Wait until the last pass has been committed, or has been thrown away."""
        with self.lock:
            try:
                self._settle()
            except NotCommitted as failed:
                self._throw_away(failed.works, failed.why)

    def commits_within(self, seconds: float) -> bool:
        """Wait that long for the commit of the last pass to end, for better or worse."""
        return self._committer.ends_within(seconds)

    def run(self) -> bool:
        """One pass, which may still be being committed; False when nothing is left to do, or to commit."""
        self.prepare()
        with self.lock:
            try:
                broken = [partition for partition in self.assignment.open.values() if partition.broken]
                if broken:
                    self._settle()
                    self.reopen(broken)
                self._let_more_come()
                self._change_funnels()
                works = self._gather()
                if works:
                    self._run_over(works)
                else:
                    self._settle()
            except NotCommitted as failed:
                self._throw_away(failed.works, failed.why)
                return True
            except EvaluationFailed as failed:
                self.failures.evaluation(failed)
        return bool(works)

    def _let_more_come(self) -> None:
        """Wait for the commit of the pass before, until enough waits for the next one."""
        while self.backlog < OVERLAP_RECORDS and not self.commits_within(LOOK_SECONDS):
            pass

    @property
    def backlog(self) -> int:
        """How many records wait in inboxes."""
        return sum(partition.inbox.waiting for partition in self.assignment.open.values())

    def _change_funnels(self) -> None:
        """Let the newest funnel decide where the one before is done. Raises NotCommitted, NotKnown."""
        partitions, held = self.assignment.open, self.held()
        try:
            self.funnels.learn_of(max((partition.awaits for partition in partitions.values()), default=0))
        except KafkaException as error:
            log.warning("funnels_not_read", reason=error.args[0].str())
        newest = self.funnels.in_force
        for number, partition in partitions.items():
            before = partition.in_force.version
            if before >= newest.number or not partition.is_done_with(held):
                continue
            self._settle()
            since = 0 if held else partition.clock
            in_force = come_into_force(self.funnels, newest, partition.position, since, before)
            check_stages(number, partition.table, in_force)
            partition.come_under(in_force)
            log.info(
                "funnel_comes_into_force",
                partition=number,
                version=newest.number,
                funnel_hash=newest.funnel.hash,
                offset=partition.position,
                leads_to_reread=partition.table.left_unread,
            )

    def _gather(self) -> list[Work]:
        """What waits, fairly over the partitions, and the partitions that time may move."""
        partitions = self.assignment.open
        for partition in partitions.values():
            if partition.inbox and not partition.inbox.waiting:
                # Read to the end, past records that are none (transaction markers).
                _, position = partition.inbox.peek(0)
                if position is not None:
                    partition.position = position
                    partition.inbox.drop_until(position)
        waiting = {
            number: partition.inbox.waiting
            for number, partition in partitions.items()
            if partition.inbox.waiting
        }
        works = []
        for number, share in fair_shares(waiting, self.failures.limit).items():
            partition = partitions[number]
            records, position = partition.inbox.peek(share)
            if position is not None:
                works.append(Work(partition, records, position))
        held = self.held()
        works += [
            Work(partition, [], partition.position)
            for number, partition in partitions.items()
            if number not in waiting and (partition.table.unread(1) or (partition.due and not held))
        ]
        return self.failures.pick(works)

    def _run_over(self, works: list[Work]) -> None:
        """Run a pass over ``works``, send what comes of it, and have it committed.

        Raises EvaluationFailed, or NotCommitted, of this pass or of the one before; nothing
        shared has been changed by this one then.
        """
        transaction = self._transaction
        assert transaction is not None
        started = time.perf_counter()
        begun = False
        made_already: list[Outgoing] = []

        def send(outgoing: list[Outgoing]) -> None:
            """Send it now if the last pass has been committed; else once it has, at the latest at the end."""
            nonlocal begun
            made_already.extend(outgoing)
            if begun or self.commits_within(0):
                send_all()

        def send_all() -> None:
            nonlocal begun
            if not begun:
                self._settle()
                transaction.begin()
                begun = True
            transaction.produce(made_already)
            made_already.clear()

        try:
            made = self.processor.run(works, send, self.wall_clock(), self.held(), self.failures.poison)
            send_all()
        except EvaluationFailed:
            if begun:
                self._abort(transaction, works)
            raise
        except (Aborted, Fenced) as failed:
            if isinstance(failed, Aborted):
                self._abort(transaction, works)
            raise NotCommitted(works, failed) from failed
        for touched in made.touched:
            touched.merge()
        self._committer.begin(
            transaction,
            made,
            works,
            still_ours=lambda group: self.assignment.group is group,
            committed=lambda: self.observer.committed(made, time.perf_counter() - started),
        )

    def _abort(self, transaction: Transaction, works: list[Work]) -> None:
        try:
            transaction.abort()
        except Fenced as failed:
            raise NotCommitted(works, failed) from failed

    def _settle(self) -> None:
        """Wait until the pass before has been committed. Raises NotCommitted."""
        made = self._committer.settle()
        if made is not None:
            self.failures.committed(made)

    def _throw_away(self, works: list[Work], failed: Exception) -> None:
        """What became of the transaction is unknown: only what the broker says counts."""
        log.warning("pass_thrown_away", reason=str(failed))
        self.observer.aborted(isinstance(failed, Fenced))
        self.failures.transaction(works, failed)
        self.reopen([work.partition for work in works])
        if isinstance(failed, Fenced):
            self._let_the_producer_go(failed)

    def _let_the_producer_go(self, failed: Fenced) -> None:
        """It is dead: the next pass takes another, unless the group says meanwhile that we are, too."""
        assert self._transaction is not None
        self._back_off = self.failures.fenced(failed)
        self._transaction.close()
        self._transaction = None
