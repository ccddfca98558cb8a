"""Two workers in the middle of their work, and what must have become of them after whatever went wrong."""

import subprocess
from collections.abc import Iterator

from tests.faults.load import Pair, history
from tests.faults.waiting import begin, release
from tests.faults.workers import Group, GroupMaker

LEADS = 300

AtWork = tuple[Group, list[subprocess.Popen[bytes]]]
"""A group, and its two workers."""


def two_at_work(
    group: GroupMaker, bootstrap: str, seed: int, activities: int = 20_000, reached_at: str | None = None
) -> AtWork:
    """Two workers that have begun, and have enough to do for a while.

    ``reached_at`` is where they reach the broker, if not where the test does.
    """
    workers = group("history", bootstrap=bootstrap, hold_clock="true", max_pass_records="100")
    workers.environment["LEADGATE_BOOTSTRAP_SERVERS"] = reached_at or bootstrap
    workers.send(history(seed=seed, activities=activities, leads=LEADS))
    processes = [workers.start(), workers.start()]
    begin(workers)
    return workers, processes


def more(seed: int, activities: int = 1_000) -> Iterator[Pair]:
    """For the two to go on with: of whoever was not there before, something is said at once."""
    return history(seed, activities, leads=3 * LEADS)


def goes_on(workers: Group, processes: list[subprocess.Popen[bytes]]) -> None:
    """All is applied, said once, and every worker has lived through it."""
    release(workers)
    assert all(process.poll() is None for process in processes), workers.logs()
    workers.stop()
    workers.check()
