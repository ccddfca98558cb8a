"""Workers come and go while activities come in, and while they are still opening what they were given."""

import subprocess
import time
from itertools import chain

from tests.faults.load import Live, history
from tests.faults.waiting import begin, opened, quiet, release
from tests.faults.workers import PARTITIONS, Group, GroupMaker

A_WHILE_SECONDS = 3


def test_from_one_to_three_and_back_under_load(group: GroupMaker) -> None:
    workers = group("live", grace="2s")
    load = Live(workers, seed=91, leads=200, rate=150)
    load.start()
    working = [workers.start()]
    begin(workers)
    for _ in range(2):
        working.append(workers.start())
        workers.wait(lambda: _all_have_some(workers, working), "the partitions are not shared")
        time.sleep(A_WHILE_SECONDS)
    for _ in range(2):
        gone = working.pop(0)
        gone.terminate()
        assert gone.wait(30) == 0, workers.logs()
        workers.wait(lambda: _all_have_some(workers, working), "what it had is nobody's")
        time.sleep(A_WHILE_SECONDS)
    load.end()
    quiet(workers)
    workers.stop()
    assert workers.check().decisions


def test_others_come_while_one_is_still_opening_its_partitions(group: GroupMaker) -> None:
    """What is being opened is given up, and what has been opened too, in any order."""
    workers = group("history", hold_clock="true", max_pass_records="200")
    workers.send(history(seed=92, activities=6_000, leads=300))
    first = workers.start()
    workers.settle()
    first.kill()
    first.wait()
    workers.send(history(seed=93, activities=3_000, leads=300))
    slow = workers.start(slow="2")
    opened(workers, slow)
    workers.start(slow="1")
    workers.start()
    workers.wait(lambda: workers.said_by(slow).count('"partitions_assigned"') > 1, "nothing is taken from it")
    release(workers)
    workers.stop()
    workers.check()


def _all_have_some(workers: Group, working: list[subprocess.Popen[bytes]]) -> bool:
    """Whether those at work have all partitions open among them, and each has one."""
    pages = [workers.get(one, "/funnel") for one in working if '"web_listens"' in workers.said_by(one)]
    numbers = [
        [partition["partition"] for partition in page.json()["partitions"]]
        for page in pages
        if page.status_code == 200
    ]
    shared = sorted(chain.from_iterable(numbers))
    return len(numbers) == len(working) and all(numbers) and shared == [*range(PARTITIONS)]
