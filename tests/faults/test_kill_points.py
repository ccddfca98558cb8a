"""A worker killed at each marked point of a pass: nothing is lost, nothing is said twice."""

import signal
import subprocess
import time
from collections.abc import Callable

import pytest

from streams import kafka_clients
from streams.engine.hold import say
from tests.faults.killing import POINTS, TRANSACTION_POINTS
from tests.faults.load import Live, history
from tests.faults.workers import Group

GroupMaker = Callable[..., Group]


def die(group: Group, process: subprocess.Popen[bytes]) -> None:
    group.wait(lambda: process.poll() is not None, "the fuse did not go off", seconds=60)
    assert process.returncode == -signal.SIGKILL, group.logs()


@pytest.mark.parametrize("point", POINTS)
def test_killed_in_history(group: GroupMaker, point: str) -> None:
    workers = group("history", hold_clock="true", max_pass_records="300", worker_id="")
    workers.send(history(seed=hash(point) % 1000, activities=8_000, leads=300))
    times = {"in_recovery": "2", "in_revoke": "1"}.get(point, "4")
    dying = workers.start(point=point, times=times)
    if point == "in_revoke":
        # Another one joins, and takes from the first what it has.
        workers.wait(lambda: said_anything(workers), "the first worker did not begin")
        workers.start()
    die(workers, dying)
    workers.start()
    workers.settle()
    release(workers)
    workers.stop()
    recomputed = workers.check()
    assert any(change["rule"] == "gone-quiet" for said in recomputed.stage_changes.values() for change in said)


@pytest.mark.parametrize("point", TRANSACTION_POINTS)
def test_killed_in_a_pass_that_time_alone_made(group: GroupMaker, point: str) -> None:
    workers = group("live", grace="2s")
    load = Live(workers, seed=7, leads=150, rate=150)
    dying = workers.start(point=point, times="3", only_time="1")
    workers.start()
    load.start()
    die(workers, dying)
    workers.start()
    time.sleep(2)
    load.end()
    assert load.slowest < 2, "the broker was too slow for this test's grace"
    quiet(workers)
    workers.stop()
    recomputed = workers.check()
    assert recomputed.stage_changes


def said_anything(workers: Group) -> bool:
    from tests.faults import oracle

    return bool(oracle.read_all(workers.bootstrap, workers.settings.stage_changes_topic))


def release(workers: Group) -> None:
    """Let the clocks go, and wait until time has moved whom it moves."""
    say(kafka_clients.producer(workers.settings), workers.settings.control, held=False)
    quiet(workers)


def quiet(workers: Group) -> None:
    """Wait until all has been applied and no lead has been moved by time for a while."""
    from tests.faults import oracle

    workers.settle()
    seen, since = -1, time.monotonic()

    def still() -> bool:
        nonlocal seen, since
        now = len(oracle.read_all(workers.bootstrap, workers.settings.stage_changes_topic))
        if now != seen:
            seen, since = now, time.monotonic()
        return time.monotonic() - since > 6

    workers.wait(still, "time goes on moving leads")
