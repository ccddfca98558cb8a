"""What is measured of a peer: how fast, how soon, how quickly back."""

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from statistics import quantiles

import httpx
from confluent_kafka import Consumer, TopicPartition
from prometheus_client.parser import text_string_to_metric_families

from tests.benchmarks import reference, topics
from tests.benchmarks.harness import Process
from tests.benchmarks.load import Pace, send_in_a_process
from tests.benchmarks.peers import Peer, Run

LEAD_IN_SECONDS = 8.0
"""For the sender to be ready before the first activity is meant to be sent."""
WARM_UP_SECONDS = 5.0
"""What is meant for these first seconds is sent, and not counted."""
DRAIN_SECONDS = 30.0
"""How long after the last activity a stage change may still come."""
ASK_SECONDS = 0.01


@dataclass(frozen=True)
class Throughput:
    """A backlog worked off, from the first commit that was seen to the last."""

    activities: int
    per_second: float
    cpu_seconds_per_million: float
    peak_rss_bytes: int
    stage_changes: int | None
    differing_leads: int | None
    """None, both, of a peer that decides nothing."""


@dataclass(frozen=True)
class Latency:
    """ms from the moment an activity was meant to be sent to its stage change, seen read_committed."""

    per_second: int
    stage_changes: int
    unseen: int
    p50_ms: float
    p99_ms: float
    worst_ms: float
    cpu_seconds_per_million: float


@dataclass(frozen=True)
class Recovery:
    """Seconds until a worker that starts on what another has left takes records."""

    leads: int
    changelog_length: int
    start_to_ready_seconds: float
    assigned_to_ready_seconds: float
    own_metric_seconds: float
    peak_rss_bytes: int


Result = Throughput | Latency | Recovery


def throughput(peer: Peer, run: Run, activities: int, expected: reference.Said) -> Throughput:
    """Let ``peer`` work off ``run.activities``, which holds so many, and compare what it says."""
    peer.prepare(run)
    with Process(peer, run) as process:
        samples = [_progress(process, 0)]
        while samples[-1].committed < activities:
            samples.append(_progress(process, samples[-1].committed))
        peak = process.used().peak_rss_bytes
    first, last = samples[0], samples[-1]
    said = reference.read(run.bootstrap, run.stage_changes, topics.PARTITIONS) if peer.decides else None
    worked = last.committed - first.committed
    return Throughput(
        activities=activities,
        per_second=worked / (last.at - first.at),
        cpu_seconds_per_million=(last.cpu_seconds - first.cpu_seconds) / worked * 1e6,
        peak_rss_bytes=peak,
        stage_changes=said.count if said else None,
        differing_leads=said.differing(expected) if said else None,
    )


@dataclass(frozen=True)
class _Sample:
    at: float
    committed: int
    cpu_seconds: float


def _progress(process: Process, before: int) -> _Sample:
    """The first that is seen of more than ``before`` committed."""
    committed = before

    def more() -> bool:
        nonlocal committed
        committed = process.committed()
        return committed > before

    process.wait(more, f"more than {before:,} activities were committed")
    return _Sample(time.monotonic(), committed, process.used().cpu_seconds)


def latency(peer: Peer, run: Run, rate: int, seconds: float) -> Latency:
    """Send ``rate`` activities a second to ``peer``, and see when their stage changes can be read."""
    topics.make(run.bootstrap, run.activities)
    peer.prepare(run)
    with Process(peer, run) as process, _Subscriber(run) as subscriber:
        # One activity, so that the worker is known to have its partitions.
        topics.fill(run.bootstrap, run.activities, Pace(1, 1, time.time()).records())
        process.wait(lambda: subscriber.listen(ASK_SECONDS) > 0, "the first stage change was seen", every=0)
        before = process.used().cpu_seconds
        pace = Pace(rate, WARM_UP_SECONDS + seconds, time.time() + LEAD_IN_SECONDS)
        sender = send_in_a_process(run.bootstrap, run.activities, pace)
        try:
            end = pace.start + pace.activities / pace.rate
            while process.committed() < pace.activities + 1 and time.time() < end + DRAIN_SECONDS:
                subscriber.listen(max(ASK_SECONDS, end - time.time()))
            subscriber.listen(1.0)
            sender.join()
        finally:
            sender.kill()
        if sender.exitcode != 0:
            raise process.failed("the sender failed: this figure would mean nothing")
        cpu = process.used().cpu_seconds - before
        done = process.committed() - 1
    waited = [
        (at - meant) * 1_000
        for activity_id, at in reference.causes(subscriber.heard).items()
        if (meant := pace.meant(activity_id)) >= pace.start + WARM_UP_SECONDS
    ]
    percentiles = quantiles(waited, n=100)
    return Latency(
        per_second=rate,
        stage_changes=len(waited),
        unseen=pace.activities - done,
        p50_ms=percentiles[49],
        p99_ms=percentiles[98],
        worst_ms=max(waited),
        cpu_seconds_per_million=cpu / done * 1e6,
    )


class _Subscriber:
    """Reads the stage changes as they are committed; ``heard``: each value, and when (seconds) it came."""

    def __init__(self, run: Run) -> None:
        self._consumer = Consumer(
            {
                "bootstrap.servers": run.bootstrap,
                "group.id": "benchmark-subscriber",
                "isolation.level": "read_committed",
                "enable.auto.commit": False,
            }
        )
        self._consumer.assign(
            [TopicPartition(run.stage_changes, number, 0) for number in range(topics.PARTITIONS)]
        )
        self.heard: list[tuple[bytes, float]] = []

    def __enter__(self) -> "_Subscriber":
        return self

    def __exit__(self, *_: object) -> None:
        self._consumer.close()

    def listen(self, seconds: float) -> int:
        """Take in what comes in that time; how many have been heard so far."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            message = self._consumer.poll(left)
            if message is not None and message.error() is None:
                self.heard.append((message.value() or b"", time.time()))
        return len(self.heard)


def recovery(peer: Peer, run: Run, activities: int) -> Recovery:
    """Let a worker work off ``run.activities``, end it, and see how soon another goes on where it stood.

    When that is so the worker says itself, at /readyz: of leadgate only.
    """
    peer.prepare(run)
    with Process(peer, run) as process:
        process.wait(lambda: process.committed() >= activities, "all activities were committed")
    with Process(peer, run) as process, httpx.Client(timeout=10) as client:
        process.wait(lambda: process.said(_LISTENS) is not None, "it said where it listens", ASK_SECONDS)
        address = f"http://{process.said(_LISTENS)[1]}"  # type: ignore[index]
        process.wait(_without(client, address, "no_assignment"), "it had an assignment", ASK_SECONDS)
        assigned = time.monotonic()
        process.wait(_without(client, address, "no_assignment", "recovering"), "it was ready", ASK_SECONDS)
        ready = time.monotonic()
        told = Counter[str]()
        for family in text_string_to_metric_families(client.get(f"{address}/metrics").text):
            for sample in family.samples:
                told[sample.name] += sample.value  # type: ignore[assignment]
        metric = "leadgate_table_recovery_seconds"
        return Recovery(
            leads=int(told["leadgate_table_leads"]),
            changelog_length=_changelog_length(run),
            start_to_ready_seconds=ready - process.started,
            assigned_to_ready_seconds=ready - assigned,
            own_metric_seconds=told[f"{metric}_sum"] / told[f"{metric}_count"],
            peak_rss_bytes=process.used().peak_rss_bytes,
        )


_LISTENS = r'"address": ?"([^"]+)"'


def _without(client: httpx.Client, address: str, *reasons: str) -> Callable[[], bool]:
    """Asks whether the worker has none of these reasons for not being ready."""

    def asked() -> bool:
        try:
            answer = client.get(f"{address}/readyz").json()
        except httpx.TransportError:
            return False
        return not {one["reason"] for one in answer["reasons"]} & set(reasons)

    return asked


def _changelog_length(run: Run) -> int:
    """From the changelog's first offset to its last, all partitions together; with transaction markers."""
    consumer = Consumer({"bootstrap.servers": run.bootstrap, "group.id": "benchmark-reader"})
    try:
        ends = [
            consumer.get_watermark_offsets(TopicPartition(f"{run.name}-leads-changelog", number), timeout=10)
            for number in range(topics.PARTITIONS)
        ]
    finally:
        consumer.close()
    return sum(high - low for low, high in ends)
