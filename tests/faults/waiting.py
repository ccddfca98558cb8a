"""What the tests wait for."""

import signal
import subprocess
import time
from collections.abc import Iterable
from functools import partial
from pathlib import Path

from streams import kafka_clients
from streams.engine.hold import say
from tests.faults import oracle
from tests.faults.load import Pair
from tests.faults.workers import Group

QUIET_SECONDS = 5.0


def die(group: Group, process: subprocess.Popen[bytes]) -> None:
    """Wait until the process's fuse has gone off."""
    group.wait(lambda: process.poll() is not None, "the fuse did not go off", seconds=60)
    assert process.returncode == -signal.SIGKILL, group.logs()


def opened(group: Group, process: subprocess.Popen[bytes]) -> None:
    """Wait until the worker has opened a partition: it has said by then whether clocks are to be held."""

    def has_opened() -> bool:
        has_ended, said = process.poll() is not None, group.said_by(process)
        assert not has_ended or '"partition_open"' in said, f"it has ended:\n{said}"
        return '"partition_open"' in said

    group.wait(has_opened, "it opens nothing")


def under(group: Group, process: subprocess.Popen[bytes], version: int) -> None:
    """Wait until all partitions of the worker are under that version of the funnel."""

    def all_are() -> bool:
        partitions = group.get(process, "/funnel").json()["partitions"]
        return {one["version"] for one in partitions} == {version}

    group.wait(all_are, f"it does not come under version {version}")


def stopped(process: subprocess.Popen[bytes]) -> bool:
    """Whether the process has been stopped in its tracks."""
    return Path(f"/proc/{process.pid}/stat").read_text().rsplit(") ", 1)[1].startswith("T")


def said(group: Group) -> int:
    """How many stage changes are committed. Raises KafkaError."""
    return len(oracle.read_all(group.bootstrap, group.settings.stage_changes_topic))


def go_on(group: Group, more: Iterable[Pair] = ()) -> None:
    """Wait until the group has said more; it is sent ``more`` where it may have done all that it had."""
    before = group.patiently(partial(said, group))
    group.send(more)
    group.wait(lambda: said(group) > before, "nothing more is said")


def begin(group: Group) -> None:
    """Wait until the group has said something."""
    group.wait(lambda: said(group) > 0, "the workers did not begin")


def quiet(group: Group) -> None:
    """Wait until all has been applied and time has moved no lead for a while."""
    group.settle()
    topics = group.settings.stage_changes_topic, group.settings.signals_topic
    seen, since = -1, time.monotonic()

    def still() -> bool:
        nonlocal seen, since
        now = oracle.ends(group.bootstrap, *topics)
        if now != seen:
            seen, since = now, time.monotonic()
        return time.monotonic() - since > QUIET_SECONDS

    group.wait(still, "time goes on moving leads")


def release(group: Group) -> None:
    """Let the clocks go, and wait until time has moved whom it moves."""
    group.settle()
    say(kafka_clients.producer(group.settings), group.settings.control, held=False)
    quiet(group)
