"""The demo's worker: a `leadgate worker` as anyone starts it, in a process of its own."""

import fcntl
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from http.client import HTTPException
from pathlib import Path
from urllib.request import ProxyHandler, build_opener

from streams.demo.readings import Reading, parse
from streams.errors import OutsideWorld

_LAST_LINES = 12
_ANSWER_SECONDS = 2.0
_END_SECONDS = 30.0

_direct = build_opener(ProxyHandler({}))  # a proxy has no business between two processes of one machine


class WorkerDied(OutsideWorld):
    """The worker has ended though nobody asked it to."""


class WorkerProcess:
    """A worker process; its log is `worker.log` in ``directory``.

    Like a local broker, it holds a lock on a file as long as it lives, so that the next
    demo finds it if this one is killed.
    """

    def __init__(self, directory: Path, environment: Mapping[str, str], web_port: int) -> None:
        self.log = directory / "worker.log"
        self._lock = directory / "worker.pid"
        self._environment = environment
        self._address = f"http://127.0.0.1:{web_port}"
        self._process: subprocess.Popen[bytes] | None = None
        # Before it listens to signals, SIGTERM simply ends it.
        self._ends_well = {0, -signal.SIGTERM}

    def start(self) -> None:
        """Start it, in a session of its own: a Ctrl-C here is not one there."""
        with self._lock.open("w") as lock, self.log.open("wb") as log:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._process = subprocess.Popen(
                [sys.executable, "-m", "streams", "worker", "--hold-clock"],
                env=os.environ | self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                pass_fds=[lock.fileno()],
            )
            lock.write(f"{self._process.pid}\n")

    def ready(self) -> bool:
        """Whether it says that it does all of its work. Raises WorkerDied."""
        self.check()
        if self._get("/readyz") is None:
            return False
        self._ends_well = {0}
        return True

    def reading(self) -> Reading | None:
        """What it says of itself; None when it does not answer in time. Raises WorkerDied."""
        self.check()
        text = self._get("/metrics")
        return None if text is None else parse(text)

    def check(self) -> None:
        """Raises WorkerDied, with the end of its log, when it has ended."""
        code = self._process.poll() if self._process else None
        if code is not None:
            self._process = None
            raise WorkerDied(f"the worker has ended by itself ({_how(code)}). {self._end_of_log()}")

    def end(self) -> None:
        """Ask it to finish its pass and leave the group. Raises WorkerDied when it does not end well."""
        process = self._process
        if process is None:
            return
        process.terminate()
        try:
            code = process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
            raise WorkerDied(
                f"the worker did not end within {_END_SECONDS:.0f} s and was killed. {self._end_of_log()}"
            ) from None
        self._process = None
        if code not in self._ends_well:
            raise WorkerDied(f"the worker did not end well ({_how(code)}). {self._end_of_log()}")

    def kill(self) -> None:
        """End it as a power cut would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def _get(self, path: str) -> str | None:
        with (
            suppress(OSError, HTTPException),
            _direct.open(self._address + path, timeout=_ANSWER_SECONDS) as page,
        ):
            text: str = page.read().decode()
            return text
        return None

    def _end_of_log(self) -> str:
        lines = self.log.read_text(errors="replace").splitlines()[-_LAST_LINES:]
        return "\n".join([f"The end of its log ({self.log}):", *(f"  {line}" for line in lines)])


def _how(code: int) -> str:
    return f"by {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"


def kill_leftover(directory: Path) -> None:
    """End the worker of a demo that was killed before it could."""
    with (
        suppress(FileNotFoundError, ProcessLookupError, ValueError),
        (directory / "worker.pid").open() as lock,
    ):
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:  # so the process of this number is that worker
            os.kill(int(lock.read()), signal.SIGKILL)
            while not _free(lock.fileno()):
                time.sleep(0.05)


def _free(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
