"""A worker killed at each marked point of a pass: nothing is lost, nothing is said twice."""

import time

import pytest

from tests.faults.killing import POINTS, TIME_POINTS
from tests.faults.load import Live, history
from tests.faults.waiting import begin, die, quiet, release
from tests.faults.workers import GroupMaker


@pytest.mark.parametrize("point", POINTS)
def test_killed_in_history(group: GroupMaker, point: str) -> None:
    workers = group("history", hold_clock="true", max_pass_records="300")
    workers.send(history(seed=POINTS.index(point), activities=8_000, leads=300))
    times = {"in_recovery": "2", "in_revoke": "1"}.get(point, "4")
    dying = workers.start(point=point, times=times)
    if point == "in_revoke":
        # Another one joins, and takes from the first what it has.
        begin(workers)
        workers.start()
    die(workers, dying)
    workers.start()
    release(workers)
    workers.stop()
    recomputed = workers.check()
    assert recomputed.merged
    assert any(one.get("rule") == "gone-quiet" for said in recomputed.decisions.values() for one in said)


@pytest.mark.parametrize("point", TIME_POINTS)
def test_killed_in_a_pass_that_time_alone_made(group: GroupMaker, point: str) -> None:
    workers = group("live", grace="2s")
    load = Live(workers, seed=7, leads=150, rate=150)
    dying = workers.start(point=point, times="3", only="moved")
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
    assert recomputed.decisions
