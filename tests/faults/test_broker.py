"""The broker goes and comes back: the workers wait, say so, and go on."""

import subprocess
import time
from collections.abc import Callable
from typing import Any

from tests.faults.at_work import goes_on, more, two_at_work
from tests.faults.nightly import nightly
from tests.faults.waiting import go_on
from tests.faults.workers import Group, GroupMaker

AWAY_SECONDS = 12
HALTED_SECONDS = 30
LONG_AWAY_SECONDS = 70


def test_terminated_and_started_again(group: GroupMaker, make_kafka: Callable[[], Any]) -> None:
    broker = make_kafka()
    workers, processes = two_at_work(group, broker.bootstrap, seed=11)
    broker.stop()
    workers.wait(lambda: not any(ready(workers, one) for one in processes), "still ready without a broker")
    assert all(lives(workers, one) for one in processes), "to wait is not to be dead"
    workers.wait(
        lambda: any(workers.metric(one, "broker_waiting_seconds") > 0 for one in processes), "nobody waits"
    )
    time.sleep(AWAY_SECONDS)
    broker.start()
    go_on(workers, more(seed=15))
    workers.wait(lambda: all(ready(workers, one) for one in processes), "not ready again")
    goes_on(workers, processes)


@nightly
def test_away_for_longer_than_a_minute(group: GroupMaker, make_kafka: Callable[[], Any]) -> None:
    """Longer than any time-out by default: sessions, transactions, requests, what clients know of topics."""
    broker = make_kafka()
    workers, processes = two_at_work(group, broker.bootstrap, seed=14)
    broker.kill()
    time.sleep(LONG_AWAY_SECONDS)
    assert all(lives(workers, one) for one in processes)
    broker.start()
    go_on(workers, more(seed=16))
    goes_on(workers, processes)


@nightly
def test_killed_in_mid_stream_and_started_again(group: GroupMaker, make_kafka: Callable[[], Any]) -> None:
    broker = make_kafka()
    workers, processes = two_at_work(group, broker.bootstrap, seed=12)
    broker.kill()
    time.sleep(AWAY_SECONDS)
    broker.start()
    goes_on(workers, processes)


def test_halted_for_longer_than_anyone_waits(group: GroupMaker, make_kafka: Callable[[], Any]) -> None:
    """Sessions and transactions have timed out when it goes on; connections are as they were."""
    broker = make_kafka()
    workers, processes = two_at_work(group, broker.bootstrap, seed=13)
    broker.pause()
    time.sleep(HALTED_SECONDS)
    broker.resume()
    go_on(workers, more(seed=17))
    goes_on(workers, processes)


def test_not_there_at_the_start(group: GroupMaker, make_kafka: Callable[[], Any]) -> None:
    """A worker that finds no broker ends with one line that says so, for its supervisor to try again."""
    broker = make_kafka()
    workers = group("history", bootstrap=broker.bootstrap)
    broker.stop()
    process = workers.start()
    assert process.wait(60) == 3, workers.logs()
    last = workers.said_by(process).strip().splitlines()[-1]
    assert last.startswith("leadgate: Kafka at"), last
    assert "LEADGATE_BOOTSTRAP_SERVERS" in last


def lives(workers: Group, process: subprocess.Popen[bytes]) -> bool:
    """Whether the worker says that it does, once it answers."""
    return workers.patiently(lambda: workers.get(process, "/livez")).status_code == 200


def ready(workers: Group, process: subprocess.Popen[bytes]) -> bool:
    """Whether the worker says that it is."""
    return workers.get(process, "/readyz").status_code == 200
