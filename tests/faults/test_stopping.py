"""A worker that is told to end while the broker is away ends, and leaves nothing undone for the next one."""

import time
from collections.abc import Callable
from typing import Any

from tests.faults.load import history
from tests.faults.waiting import begin, opened, release
from tests.faults.workers import GroupMaker


def test_told_to_end_while_the_broker_is_away(group: GroupMaker, make_kafka: Callable[[], Any]) -> None:
    """An orchestrator gives it 30 seconds; a long session must not use them up."""
    broker = make_kafka()
    workers = group(
        "history",
        bootstrap=broker.bootstrap,
        hold_clock="true",
        max_pass_records="100",
        session_timeout="60s",
    )
    workers.send(history(seed=31, activities=20_000, leads=300))
    process = workers.start()
    begin(workers)
    broker.kill()
    workers.wait(lambda: workers.metric(process, "broker_waiting_seconds") > 0, "it does not wait")
    told = time.monotonic()
    process.terminate()
    assert process.wait(30) == 0, workers.logs()
    print(f"ended {time.monotonic() - told:.1f} s after it was told")
    broker.start()
    opened(workers, workers.start())
    release(workers)
    workers.stop()
    workers.check()
