"""A backlog worked off: what it took, from the first commit that was seen to the last."""

import time
from dataclasses import dataclass

from tests.benchmarks.harness import Broker, Process
from tests.benchmarks.peers import Peer, Run


@dataclass(frozen=True)
class Worked:
    """What so many ``activities`` took; CPU is µs an activity."""

    activities: int
    per_second: float
    cpu_us: float
    broker_cpu_us: float | None
    rss_bytes: int
    peak_rss_bytes: int


def work_off(peer: Peer, run: Run, broker: Broker, activities: int, start: int = 0) -> Worked:
    """Let ``peer`` work off ``run.activities``, which holds so many; those after ``start`` count."""
    peer.prepare(run)
    with Process(peer, run) as process:
        first = last = _progress(process, broker, start)
        while last.committed < activities:
            last = _progress(process, broker, last.committed)
        used = process.used()
    worked = last.committed - first.committed
    assert worked, "all was committed at once: there must be more activities"
    broker_cpu = None
    if last.broker_cpu_seconds is not None and first.broker_cpu_seconds is not None:
        broker_cpu = (last.broker_cpu_seconds - first.broker_cpu_seconds) / worked * 1e6
    return Worked(
        activities=worked,
        per_second=worked / (last.at - first.at),
        cpu_us=(last.cpu_seconds - first.cpu_seconds) / worked * 1e6,
        broker_cpu_us=broker_cpu,
        rss_bytes=used.rss_bytes,
        peak_rss_bytes=used.peak_rss_bytes,
    )


@dataclass(frozen=True)
class _Sample:
    at: float
    committed: int
    cpu_seconds: float
    broker_cpu_seconds: float | None


def _progress(process: Process, broker: Broker, before: int) -> _Sample:
    """The first that is seen of more than ``before`` committed."""
    committed = before

    def more() -> bool:
        nonlocal committed
        committed = process.committed()
        return committed > before

    process.wait(more, f"more than {before:,} activities were committed")
    return _Sample(time.monotonic(), committed, process.used().cpu_seconds, broker.cpu_seconds())
