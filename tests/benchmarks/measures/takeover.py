"""How soon another does the work of a worker that was killed, and what that time is made of."""

import random
import signal
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import Any

from kafka.admin import KafkaAdminClient

from schemas.moments import parse_moment
from streams.takeover import transactional_id
from tests.benchmarks.bench import Bench
from tests.benchmarks.harness import Process
from tests.benchmarks.load import Pace, send_in_a_process
from tests.benchmarks.measures.measure import Case, Column
from tests.benchmarks.measures.pages import ASK_SECONDS as LOG_SECONDS
from tests.benchmarks.measures.pages import events
from tests.benchmarks.peers import PEERS, Leadgate, Run
from tests.benchmarks.subscriber import ASK_SECONDS, Heard, Subscriber

PARTITIONS = 4
RATE = 1_000
LOAD_SECONDS = 60.0
"""Longer than any takeover."""
DRAIN_SECONDS = 1.0
"""In which what the dead worker had committed is seen; far less than the group takes to miss it."""


@dataclass(frozen=True)
class Takeover:
    """Seconds from a worker's death to the first stage change of its partitions: the sum, and its parts."""

    per_second: int
    total_seconds: float
    missed_seconds: float
    """Until the survivor heard that the group goes on without it."""
    rebalance_seconds: float
    """Until that partition was the survivor's."""
    transaction_seconds: float
    """Until what it had open was ended."""
    changelog_seconds: float
    """Until the partition's leads were read."""
    decided_seconds: float
    """Until a subscriber had the stage change."""


@dataclass(frozen=True)
class TakeoverMeasure:
    """One of two workers is killed."""

    name: str = "takeover"
    title: str = "Takeover"
    explained: str = f"""\
One of two workers that share {PARTITIONS} partitions under load is killed (SIGKILL) while the broker says
that its transaction is open. From then until a subscriber (read_committed) has the first stage change of the
dead one's partitions; what lies between is by the survivor's log. Time-outs are those by default."""
    columns: Sequence[Column] = (
        Column("per_second", "activities a second", is_case=True),
        Column("total_seconds", "**s**", ",.1f"),
        Column("missed_seconds", "until it is missed", ",.2f"),
        Column("rebalance_seconds", "rebalance", ",.2f"),
        Column("transaction_seconds", "its transaction", ",.2f"),
        Column("changelog_seconds", "changelog", ",.2f"),
        Column("decided_seconds", "to the stage change", ",.2f"),
    )

    def cases(self, bench: Bench, asked: Sequence[str]) -> Iterable[Case]:
        """Leadgate, whose log says what happens."""
        for name in asked or ("leadgate",):
            if isinstance(PEERS[name], Leadgate):
                yield Case(name, f"{RATE:,} activities a second", partial(self._measure, bench, name))

    def _measure(self, bench: Bench, name: str) -> Iterator[Takeover]:
        peer = PEERS[name]
        with bench.run(name, self.name, None, PARTITIONS, history=False) as run:
            peer.prepare(run)
            with Process(peer, run) as survivor, Process(peer, run) as victim, Subscriber(run) as subscriber:
                both = (survivor, victim)
                survivor.wait(lambda: all(map(_shares, both)), "the two shared the partitions", LOG_SECONDS)
                pace = Pace(1, RATE, LOAD_SECONDS, int(time.time() * 1_000))
                sender, _ = send_in_a_process(run.bootstrap, run.activities, pace, run.partitions)
                try:
                    subscriber.listen(bench.sizes.settle)
                    theirs = events(victim, _ASSIGNED)[-1]["partitions"]
                    killed = _kill_in_a_transaction(victim, run)
                    first = _first(survivor, subscriber, theirs)
                finally:
                    sender.kill()
            yield _made_of(survivor, killed, first)


def _first(survivor: Process, subscriber: Subscriber, partitions: Sequence[int]) -> Heard:
    """The first stage change of these partitions, which the survivor has taken over."""
    subscriber.listen(DRAIN_SECONDS)
    subscriber.heard.clear()
    found: list[Heard] = []

    def heard() -> bool:
        subscriber.listen(ASK_SECONDS)
        found.extend(one for one in subscriber.heard if one.partition in partitions)
        subscriber.heard.clear()
        return bool(found)

    survivor.wait(heard, "a stage change of the dead worker's partitions was seen", every=0)
    return found[0]


def _made_of(survivor: Process, killed: float, first: Heard) -> Takeover:
    """The way from ``killed`` (ms) to that stage change, as the survivor's log tells it."""

    def then(name: str, **wanted: Any) -> dict[str, Any]:
        return next(
            one for one in events(survivor, name) if _at(one) > killed and wanted.items() <= one.items()
        )

    gone, given, opened = then(_GONE), then(_ASSIGNED), then(_OPEN, partition=first.partition)
    waited = opened["waited"] * 1_000
    steps = (killed, _at(gone), _at(given), _at(given) + waited, _at(opened), first.at)
    parts = [(until - since) / 1_000 for since, until in pairwise(steps)]
    return Takeover(RATE, (first.at - killed) / 1_000, *parts)


def _kill_in_a_transaction(victim: Process, run: Run) -> float:
    """SIGKILL while the broker says that the worker's transaction is open; when (ms) it last lived.

    It is stopped in its tracks for the question, and let go where the answer is no.
    """
    mine = transactional_id(run.name, events(victim, "worker_starts")[0]["worker"])
    stopped = 0.0
    with closing(KafkaAdminClient(bootstrap_servers=run.bootstrap)) as admin:

        def stopped_in_one() -> bool:
            nonlocal stopped
            victim.send(signal.SIGSTOP)
            stopped = time.time() * 1_000
            listed = admin.list_transactions(state_filters=["Ongoing"]).values()
            if any(one.transactional_id == mine for of_broker in listed for one in of_broker):
                return True
            victim.send(signal.SIGCONT)
            return False

        victim.wait(stopped_in_one, "its transaction was open", every=random.uniform(0.02, 0.1))
    victim.send(signal.SIGKILL)
    return stopped


_ASSIGNED, _GONE, _OPEN = "partitions_assigned", "partitions_gone", "partition_open"


def _shares(worker: Process) -> bool:
    """Whether it has a part of the partitions, and they are open."""
    given = events(worker, _ASSIGNED)
    if not given or not 0 < len(given[-1]["partitions"]) < PARTITIONS:
        return False
    opened = {one["partition"] for one in events(worker, _OPEN) if _at(one) >= _at(given[-1])}
    return opened == set(given[-1]["partitions"])


def _at(event: dict[str, Any]) -> int:
    return parse_moment(event["at"])
