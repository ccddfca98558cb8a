"""Several workers, killed, joined, stopped and let go again, while activities come in."""

import signal
import subprocess
import time

import pytest

from tests.faults.load import Live, history
from tests.faults.waiting import begin, quiet, release
from tests.faults.workers import Group, GroupMaker

SESSION_SECONDS = 6
ZOMBIE_SECONDS = 2 * SESSION_SECONDS + 2


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
    assert load.slowest < 2, "the broker was too slow for this test's grace"
    quiet(workers)
    workers.stop()
    recomputed = workers.check()
    rules = {one.get("rule") for said in recomputed.decisions.values() for one in said}
    assert {"gone-quiet", "not-accepted-in-time"} <= rules


@pytest.mark.parametrize("point", ["after_produce", "after_offsets"])
def test_a_zombie_that_holds_a_pass_of_time_alone(group: GroupMaker, point: str) -> None:
    """Stopped with an open transaction, past its session and the transaction's time-out, and let go."""
    workers = group("live", grace="2s")
    load = Live(workers, seed=5, leads=150, rate=150)
    zombie = workers.start(point=point, times="3", signal="STOP", only="moved")
    load.start()
    begin(workers)
    workers.wait(lambda: _stopped(zombie.pid), "the fuse did not go off", seconds=60)
    workers.start()
    time.sleep(ZOMBIE_SECONDS)
    zombie.send_signal(signal.SIGCONT)
    time.sleep(SESSION_SECONDS)
    load.end()
    assert load.slowest < 2, "the broker was too slow for this test's grace"
    quiet(workers)
    assert zombie.poll() is None, "the zombie should have joined again\n" + workers.logs()
    workers.stop()
    assert workers.check().decisions


def test_a_worker_that_is_told_to_end_leaves_the_group(group: GroupMaker) -> None:
    workers = group("history", max_pass_records="200", hold_clock="true")
    workers.send(history(seed=6, activities=5_000, leads=200))
    first = workers.start()
    begin(workers)
    first.terminate()
    assert first.wait(20) == 0, workers.logs()
    workers.start()
    # Well within a session: the second one did not have to wait for the first to be missed.
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


def _kill_two_and_stop_one(workers: Group, three: list[subprocess.Popen[bytes]]) -> subprocess.Popen[bytes]:
    """Each of the killed is replaced; the one that is stopped in its tracks is returned."""
    *killed, zombie = three
    for process in killed:
        process.kill()
        workers.start()
        time.sleep(SESSION_SECONDS / 2)
    zombie.send_signal(signal.SIGSTOP)
    return zombie


def _stopped(pid: int) -> bool:
    with open(f"/proc/{pid}/stat") as stat:  # noqa: PTH123
        return stat.read().rsplit(") ", 1)[1].startswith("T")
