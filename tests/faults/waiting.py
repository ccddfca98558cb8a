"""What the tests wait for."""

import signal
import subprocess
import time

from streams import kafka_clients
from streams.engine.hold import say
from tests.faults import oracle
from tests.faults.workers import Group

QUIET_SECONDS = 5.0


def die(group: Group, process: subprocess.Popen[bytes]) -> None:
    """Wait until the process's fuse has gone off."""
    group.wait(lambda: process.poll() is not None, "the fuse did not go off", seconds=60)
    assert process.returncode == -signal.SIGKILL, group.logs()


def said(group: Group) -> int:
    """How many stage changes are committed."""
    return len(oracle.read_all(group.bootstrap, group.settings.stage_changes_topic))


def begin(group: Group) -> None:
    """Wait until the group has said something."""
    group.wait(lambda: said(group) > 0, "the workers did not begin")


def quiet(group: Group) -> None:
    """Wait until all has been applied and time has moved no lead for a while."""
    group.settle()
    seen, since = -1, time.monotonic()

    def still() -> bool:
        nonlocal seen, since
        now = said(group)
        if now != seen:
            seen, since = now, time.monotonic()
        return time.monotonic() - since > QUIET_SECONDS

    group.wait(still, "time goes on moving leads")


def release(group: Group) -> None:
    """Let the clocks go, and wait until time has moved whom it moves."""
    group.settle()
    say(kafka_clients.producer(group.settings), group.settings.control, held=False)
    quiet(group)
