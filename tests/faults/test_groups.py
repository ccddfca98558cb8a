"""Several workers, killed, joined, stopped and let go again, while activities come in."""

import signal
import subprocess
import time
from functools import partial

import pytest
from confluent_kafka import Producer

from streams import kafka_clients
from streams.takeover import transactional_id
from tests.faults.killing import POINTS
from tests.faults.load import Live, history
from tests.faults.nightly import nightly, often
from tests.faults.waiting import begin, go_on, quiet, release, stopped
from tests.faults.workers import Group, GroupMaker

SESSION_SECONDS = 6
ZOMBIE_SECONDS = 2 * SESSION_SECONDS + 2
LONG = "10m"
"""A session that is not over before a test gives up."""


@nightly
def test_history_through_kills_a_joiner_and_a_zombie(group: GroupMaker) -> None:
    workers = group("history", hold_clock="true", max_pass_records="200")
    workers.send(history(seed=1, activities=10_000, leads=400))
    first = [workers.start() for _ in range(3)]
    begin(workers)
    workers.send(history(seed=2, activities=10_000, leads=400))
    zombie = _kill_two_and_stop_one(workers, first)
    workers.send(history(seed=3, activities=10_000, leads=400))
    time.sleep(ZOMBIE_SECONDS)
    zombie.send_signal(signal.SIGCONT)
    workers.processes[3].kill()
    workers.start()
    release(workers)
    workers.stop()
    recomputed = workers.check()
    assert len(recomputed.leads) > 150
    assert recomputed.merged > 100


def test_live_through_kills_a_joiner_and_a_zombie(group: GroupMaker) -> None:
    workers = group("live", grace="2s")
    load = Live(workers, seed=4, leads=300, rate=200)
    first = [workers.start() for _ in range(3)]
    load.start()
    begin(workers)
    zombie = _kill_two_and_stop_one(workers, first)
    time.sleep(ZOMBIE_SECONDS)
    zombie.send_signal(signal.SIGCONT)
    workers.processes[3].kill()
    time.sleep(SESSION_SECONDS)
    load.end()
    quiet(workers)
    workers.stop()
    recomputed = workers.check()
    rules = {one.get("rule") for said in recomputed.decisions.values() for one in said}
    assert {"gone-quiet", "not-accepted-in-time"} <= rules


@pytest.mark.parametrize("point", often(["after_produce", "after_offsets"], "after_offsets"))
def test_a_zombie_that_holds_a_pass_of_time_alone(group: GroupMaker, point: str) -> None:
    """Stopped with an open transaction, past its session and the transaction's time-out, and let go."""
    workers = group("live", grace="2s")
    # So few a second that a partition has often nothing but time to go by.
    load = Live(workers, seed=5, leads=300, rate=10)
    zombie = workers.start(point=point, times="3", signal="STOP", only="timed")
    load.start()
    begin(workers)
    workers.wait(lambda: stopped(zombie), "the fuse did not go off", seconds=60)
    workers.start()
    time.sleep(ZOMBIE_SECONDS)
    zombie.send_signal(signal.SIGCONT)
    time.sleep(SESSION_SECONDS)
    load.end()
    quiet(workers)
    assert zombie.poll() is None, "the zombie should have joined again\n" + workers.logs()
    workers.stop()
    assert workers.check().decisions


@pytest.mark.parametrize("point", often(POINTS, "in_commit"))
def test_a_zombie_at_any_point_of_its_life(group: GroupMaker, point: str) -> None:
    """Stopped there past its session, while another takes over all that it had, and let go."""
    workers = group("history", hold_clock="true", max_pass_records="300")
    workers.send(history(seed=POINTS.index(point), activities=8_000, leads=300))
    times = {"in_recovery": "2", "in_revoke": "1"}.get(point, "4")
    zombie = workers.start(point=point, times=times, signal="STOP")
    if point == "in_revoke":
        begin(workers)
        workers.start()
    workers.wait(lambda: stopped(zombie), "the fuse did not go off", seconds=60)
    workers.start()
    time.sleep(ZOMBIE_SECONDS)
    zombie.send_signal(signal.SIGCONT)
    release(workers)
    assert zombie.poll() is None, "the zombie should have joined again\n" + workers.logs()
    workers.stop()
    workers.check()


def test_a_worker_that_is_told_to_end_leaves_the_group(group: GroupMaker) -> None:
    workers = group("history", max_pass_records="200", hold_clock="true", session_timeout=LONG)
    workers.send(history(seed=6, activities=5_000, leads=200))
    first = workers.start()
    begin(workers)
    first.terminate()
    assert first.wait(20) == 0, workers.logs()
    workers.start()
    # Long before the session is over: the second one does not have to wait for the first to be missed.
    workers.settle()
    release(workers)
    workers.stop()
    assert all(process.returncode == 0 for process in workers.processes), workers.logs()
    workers.check()


def test_two_processes_of_one_identity_do_not_both_go_on(group: GroupMaker) -> None:
    """The older ends, though the newer one takes its transactional id, and has another address."""
    workers = group("live", grace="2s", worker_id="the-same")
    load = Live(workers, seed=8, leads=100, rate=100)
    load.start()
    older = workers.start()
    begin(workers)
    newer = workers.start()
    workers.wait(lambda: older.poll() is not None, "both go on")
    assert older.returncode == 3, workers.logs()
    last = workers.said_by(older).strip().splitlines()[-1]
    assert last.startswith("leadgate: another process uses this worker's name"), last
    time.sleep(SESSION_SECONDS)
    load.end()
    quiet(workers)
    assert newer.poll() is None, workers.logs()
    workers.stop()
    workers.check()


@pytest.mark.parametrize("times", often([1, 3], 3))
def test_another_process_takes_its_transactional_id(group: GroupMaker, times: int) -> None:
    """Once, as a new owner may: it takes another producer. Again and again: it ends, and says why."""
    workers = group("live", grace="2s", worker_id="taken")
    load = Live(workers, seed=9, leads=100, rate=100)
    load.start()
    worker = workers.start()
    begin(workers)
    config = kafka_clients.transactional_producer(
        workers.settings, transactional_id=transactional_id(workers.name, "taken")
    )
    for _ in range(times):
        go_on(workers)
        before = _fencings(workers, worker)
        Producer(config).init_transactions(30)
        workers.wait(partial(_fenced_since, workers, worker, before), "it is not fenced")
    if times == 3:
        assert worker.wait(30) == 3, workers.logs()
        told = workers.said_by(worker).strip().splitlines()[-1]
        assert told.startswith("leadgate: fenced three times within a minute: another process uses"), told
        assert "LEADGATE_WORKER_ID" in told
        worker = workers.start()
    load.end()
    quiet(workers)
    assert worker.poll() is None, workers.logs()
    workers.stop()
    workers.check()


def _fenced_since(workers: Group, process: subprocess.Popen[bytes], before: int) -> bool:
    return _fencings(workers, process) > before


def _fencings(workers: Group, process: subprocess.Popen[bytes]) -> int:
    """How often it has thrown a pass away because its producer was fenced.

    Whoever produces once the client has learnt of it is told of a fatal error, and no more.
    """
    passes = [line for line in workers.said_by(process).splitlines() if '"pass_thrown_away"' in line]
    return sum(any(code in line for code in ("FENCED", "PRODUCER_EPOCH", "_FATAL")) for line in passes)


def _kill_two_and_stop_one(workers: Group, three: list[subprocess.Popen[bytes]]) -> subprocess.Popen[bytes]:
    """Each of the killed is replaced; the one that is stopped in its tracks is returned."""
    *killed, zombie = three
    for process in killed:
        process.kill()
        workers.start()
        time.sleep(SESSION_SECONDS / 2)
    zombie.send_signal(signal.SIGSTOP)
    return zombie
