"""Partitions of a worker that is gone, and of one that comes back."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from functools import partial

import pytest

from tests.faults import oracle
from tests.faults.load import Live, history
from tests.faults.nightly import nightly, often
from tests.faults.waiting import begin, die, quiet, release, said, stopped
from tests.faults.workers import Group, GroupMaker

SESSION_SECONDS = 6
LONG = "10m"
"""What times out only then does not do so while a test runs."""


@pytest.mark.parametrize(
    "point", often(["while_producing", "after_produce", "after_offsets"], "after_offsets")
)
def test_killed_in_a_transaction_that_does_not_time_out(group: GroupMaker, point: str) -> None:
    workers = group("history", hold_clock="true", max_pass_records="300", transaction_timeout=LONG)
    workers.send(history(seed=41, activities=8_000, leads=300))
    dying = workers.start(point=point, times="4")
    die(workers, dying)
    # Another state directory: this one does not come back for what it has left.
    heir = workers.start(worker_id="heir")
    release(workers)
    assert "open_transaction_ended" in workers.said_by(heir)
    workers.stop()
    workers.check()


def test_a_zombie_whose_transaction_was_ended_lives_on(group: GroupMaker) -> None:
    workers = group("live", grace="2s", transaction_timeout=LONG)
    load = Live(workers, seed=42, leads=150, rate=150)
    zombie = workers.start(point="after_offsets", times="3", signal="STOP", only="moved")
    load.start()
    begin(workers)
    workers.wait(lambda: stopped(zombie), "the fuse did not go off", seconds=60)
    heir = workers.start()
    workers.wait(lambda: "open_transaction_ended" in workers.said_by(heir), "it was waited for")
    zombie.send_signal(signal.SIGCONT)
    time.sleep(SESSION_SECONDS)
    load.end()
    quiet(workers)
    assert zombie.poll() is None, workers.logs()
    assert _rebalances(workers, zombie) > 1, "it should have joined again"
    workers.stop()
    assert workers.check().decisions


@pytest.mark.parametrize("how", often([signal.SIGTERM, signal.SIGKILL], signal.SIGKILL))
def test_a_restart_moves_no_partition(group: GroupMaker, how: signal.Signals) -> None:
    workers = group("history", hold_clock="true", max_pass_records="100", session_timeout="30s")
    first, second = _two(workers)
    before = _rebalances(workers, first)
    second.send_signal(how)
    second.wait(20)
    again = workers.start(worker_id="second")
    workers.wait(lambda: _open(workers, again) == 2, "it does not have what it had")
    release(workers)
    assert _rebalances(workers, first) == before
    assert _rebalances(workers, again) == 1
    workers.stop()
    workers.check()


def test_scaled_down_by_the_command(group: GroupMaker) -> None:
    workers = group("history", hold_clock="true", max_pass_records="100")
    first, second = _two(workers, session_of_second=LONG)
    second.terminate()
    assert second.wait(20) == 0, workers.logs()
    assert _open(workers, first) == 2, "the other could still come back"
    removed = _leadgate(workers.environment, "group", "remove", "second")
    assert (removed.returncode, removed.stdout) == (0, f"second is out of {workers.name}\n")
    workers.wait(lambda: _open(workers, first) == 4, "what the other had is nobody's")
    again = _leadgate(workers.environment, "group", "remove", "second")
    assert (again.returncode, again.stdout) == (1, f"second is no member of {workers.name}\n")
    release(workers)
    workers.stop()
    workers.check()


@nightly
def test_who_comes_back_elsewhere_is_found_there(group: GroupMaker) -> None:
    workers = group("history", hold_clock="true", session_timeout="30s")
    first, second = _two(workers)
    second.kill()
    second.wait()
    workers.ports["second"] = "0"
    again = workers.start(worker_id="second")
    workers.wait(lambda: '"address_changed"' in workers.said_by(again), "nobody is told of the new address")
    release(workers)
    leads = sorted(oracle.final_states(workers.bootstrap, workers.settings.changelog))[:40]
    pages = [workers.patiently(partial(workers.get, first, f"/leads/{lead}")) for lead in leads]
    assert {page.status_code for page in pages} == {200}
    workers.stop()
    workers.check()


def _two(
    workers: Group, session_of_second: str | None = None
) -> tuple[subprocess.Popen[bytes], subprocess.Popen[bytes]]:
    """Two static members at work, with two partitions each."""
    workers.send(history(seed=43, activities=2_000, leads=300))
    first = workers.start(worker_id="first")
    workers.wait(lambda: _rebalances(workers, first) == 1, "it has no partitions")
    if session_of_second is not None:
        workers.environment["LEADGATE_SESSION_TIMEOUT"] = session_of_second
    second = workers.start(worker_id="second")
    workers.wait(lambda: _open(workers, first) == _open(workers, second) == 2, "they do not share")
    workers.settle()
    before = said(workers)
    workers.send(history(seed=44, activities=6_000, leads=300))
    workers.wait(lambda: said(workers) > before, "they do not go on")
    return first, second


def _rebalances(workers: Group, process: subprocess.Popen[bytes]) -> int:
    """How many assignments it has been given."""
    return workers.said_by(process).count('"partitions_assigned"')


def _open(workers: Group, process: subprocess.Popen[bytes]) -> int:
    """How many partitions of its last assignment have been opened."""
    since = workers.said_by(process).rpartition('"partitions_assigned"')[2]
    return len(set(re.findall(r'"partition": (\d+), .*"partition_open"', since)))


def _leadgate(settings: Mapping[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "streams", *arguments],
        env=os.environ | dict(settings),
        capture_output=True,
        text=True,
    )
