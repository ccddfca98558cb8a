"""A worker that is sent activities at a steady pace, and who listens to what it says."""

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from tests.benchmarks import topics
from tests.benchmarks.harness import Broker, Process
from tests.benchmarks.load import Pace, send_in_a_process
from tests.benchmarks.measures.pages import Pages, pages
from tests.benchmarks.peers import Leadgate, Peer, Run
from tests.benchmarks.subscriber import ASK_SECONDS, Heard, Places, Subscriber, ends

DRAIN_SECONDS = 30.0
"""How long after the last activity a stage change may still come."""


@dataclass(frozen=True)
class Went:
    """How a pace went; ``start`` and ``end`` are where the activities' topic was before and after."""

    pace: Pace
    heard: list[Heard]
    unseen: int
    behind_seconds: float
    start: Places
    end: Places
    cpu_us: float
    broker_cpu_us: float | None
    transactions_per_second: float | None


class Paced:
    """The worker of one run."""

    def __init__(
        self, run: Run, broker: Broker, process: Process, subscriber: Subscriber, its_pages: Pages | None
    ) -> None:
        self._run, self._broker = run, broker
        self._process, self._subscriber, self._pages = process, subscriber, its_pages
        self._seed = self._sent = 0

    def begin(self) -> None:
        """Send one activity, so that the worker is known to have its partitions. Raises Failed."""
        pace = self._pace(1, 1.0)
        self._sent += topics.fill(self._run.bootstrap, self._run.activities, pace.records())
        listen = self._subscriber.listen
        self._process.wait(lambda: listen(ASK_SECONDS) > 0, "the first stage change was seen", every=0)

    def go(self, rate: int, seconds: float) -> Went:
        """Send so many activities a second for so long, and wait until they are done. Raises Failed."""
        start, before = ends(self._run), self._used()
        self._subscriber.heard.clear()
        bootstrap, topic = self._run.bootstrap, self._run.activities
        try:
            made = self._pace(rate, seconds)
            sender, pace = send_in_a_process(bootstrap, topic, made, self._run.partitions)
        except EOFError:
            raise self._process.failed("the sender ended before it began: it says why above") from None
        self._sent += pace.activities
        end = pace.end / 1_000
        try:
            while (now := time.time()) < end + DRAIN_SECONDS and self._process.committed() < self._sent:
                self._subscriber.listen(min(1.0, max(ASK_SECONDS, end - now)))
            behind = max(0.0, time.time() - end)
            self._subscriber.listen(1.0)
            sender.join(DRAIN_SECONDS)
        finally:
            sender.kill()
        if sender.exitcode != 0:
            raise self._process.failed("the sender failed: this figure would mean nothing")
        used = [after - was for after, was in zip(self._used(), before, strict=True)]
        cpu, broker_cpu, transactions = used
        return Went(
            pace=pace,
            heard=[*self._subscriber.heard],
            unseen=self._sent - self._process.committed(),
            behind_seconds=behind,
            start=start,
            end=ends(self._run),
            cpu_us=cpu / pace.activities * 1e6,
            broker_cpu_us=broker_cpu / pace.activities * 1e6 if self._broker.pid else None,
            transactions_per_second=transactions / seconds if self._pages else None,
        )

    def _pace(self, rate: int, seconds: float) -> Pace:
        self._seed += 1
        return Pace(self._seed, rate, seconds, int(time.time() * 1_000))

    def _used(self) -> tuple[float, float, float]:
        """The worker's CPU seconds, the broker's, and how many transactions there have been; 0 of unknown."""
        transactions = self._pages.metrics()["leadgate_transactions_total"] if self._pages else 0.0
        return self._process.used().cpu_seconds, self._broker.cpu_seconds() or 0.0, transactions


@contextmanager
def paced(peer: Peer, run: Run, broker: Broker) -> Iterator[Paced]:
    """Start the worker, and wait until it works. Raises Failed."""
    peer.prepare(run)
    with ExitStack() as stack:
        process = stack.enter_context(Process(peer, run))
        subscriber = stack.enter_context(Subscriber(run))
        its_pages = stack.enter_context(pages(process)) if isinstance(peer, Leadgate) else None
        worker = Paced(run, broker, process, subscriber, its_pages)
        worker.begin()
        yield worker
