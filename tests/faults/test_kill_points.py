"""A worker killed at each marked point of a pass: nothing is lost, nothing is said twice."""

import time
from itertools import product

import pytest

from streams import kafka_clients
from streams.engine.hold import say
from tests.faults.keeping import end
from tests.faults.killing import POINTS, TIME_POINTS
from tests.faults.load import Live, history
from tests.faults.nightly import nightly, often
from tests.faults.waiting import begin, die, opened, quiet, release
from tests.faults.workers import GroupMaker


@pytest.mark.parametrize("point", often(POINTS, "while_producing", "in_commit", "in_recovery"))
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


@pytest.mark.parametrize(
    ("point", "only"),
    often(product(TIME_POINTS, ("departed", "merged")), ("in_commit", "merged")),
)
def test_killed_in_the_middle_of_a_merge(group: GroupMaker, point: str, only: str) -> None:
    """Its state leaves one partition in a transaction, and comes to another in a later one."""
    workers = group("history", hold_clock="true", max_pass_records="100")
    workers.send(history(seed=61, activities=6_000, leads=300))
    die(workers, workers.start(point=point, times="3", only=only))
    workers.start()
    release(workers)
    workers.stop()
    assert workers.check().merged > 20


@nightly
@pytest.mark.parametrize("point", TIME_POINTS)
def test_killed_while_all_that_fell_silent_is_moved(group: GroupMaker, point: str) -> None:
    """The clocks were held for a year of history, and are let go: passes full of leads that are due."""
    workers = group("history", hold_clock="true")
    workers.send(history(seed=62, activities=4_000, leads=300))
    loading = workers.start()
    workers.settle()
    end(workers, loading)
    workers.environment["LEADGATE_MAX_PASS_RECORDS"] = "5"
    dying = workers.start(point=point, times="3", only="moved")
    opened(workers, dying)
    say(kafka_clients.producer(workers.settings), workers.settings.control, held=False)
    die(workers, dying)
    workers.start()
    release(workers)
    workers.stop()
    recomputed = workers.check()
    assert any(one.get("rule") == "gone-quiet" for said in recomputed.decisions.values() for one in said)


@pytest.mark.parametrize("point", often(TIME_POINTS, "after_offsets"))
def test_killed_in_a_pass_that_time_alone_made(group: GroupMaker, point: str) -> None:
    workers = group("live", grace="2s")
    # So few a second that a partition has often nothing but time to go by.
    load = Live(workers, seed=7, leads=300, rate=10)
    dying = workers.start(point=point, times="3", only="timed")
    workers.start()
    load.start()
    die(workers, dying)
    workers.start()
    time.sleep(2)
    load.end()
    quiet(workers)
    workers.stop()
    recomputed = workers.check()
    assert recomputed.decisions
