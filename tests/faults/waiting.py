"""What the tests wait for."""

import signal
import subprocess
import time
from pathlib import Path

from streams import kafka_clients
from streams.engine.hold import say
from tests.faults import oracle
from tests.faults.workers import Group

QUIET_SECONDS = 5.0


def die(group: Group, process: subprocess.Popen[bytes]) -> None:
    """Wait until the process's fuse has gone off."""
    group.wait(lambda: process.poll() is not None, "the fuse did not go off", seconds=60)
    assert process.returncode == -signal.SIGKILL, group.logs()


def opened(group: Group, process: subprocess.Popen[bytes]) -> None:
    """Wait until the worker has opened a partition: it has said by then whether clocks are to be held."""
    group.wait(lambda: '"partition_open"' in group.said_by(process), "it opens nothing")


def stopped(process: subprocess.Popen[bytes]) -> bool:
    """Whether the process has been stopped in its tracks."""
    return Path(f"/proc/{process.pid}/stat").read_text().rsplit(") ", 1)[1].startswith("T")


def said(group: Group) -> int:
    """How many stage changes are committed."""
    return len(oracle.read_all(group.bootstrap, group.settings.stage_changes_topic))


def go_on(group: Group) -> None:
    """Wait until the group has said more."""
    before = said(group)
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
