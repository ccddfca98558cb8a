"""What the demo runs on: a real Kafka of its own, its topics, a worker; and how all that ends."""

import fcntl
import os
import shutil
import signal
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from streams import topics
from streams.demo.interrupts import EndAtOnce, Interrupts
from streams.demo.worker import WorkerProcess, kill_leftover
from streams.errors import Misuse, OutsideWorld
from streams.local_kafka import ComposeKafka, LocalKafka, jars, source
from streams.local_kafka.compose import COMPOSE_FILE
from streams.ports import free_ports
from streams.settings import PREFIX, Settings, load_settings

FUNNEL = Path(__file__).with_name("funnel.yaml")

_READY_SECONDS = 60.0


class Stack:
    """Kafka and a worker in ``directory``. However it is left, no process of theirs is."""

    def __init__(self, directory: Path, interrupts: Interrupts) -> None:
        _forget_settings()
        self._interrupts = interrupts
        self._home = directory.parent
        in_docker = COMPOSE_FILE.exists() and source() == "docker"
        kill_leftover(directory)
        if in_docker:
            self.broker: ComposeKafka | LocalKafka = ComposeKafka(
                free_ports(1)[0], project=_project(directory)
            )
            self.broker.stop()  # what a demo that was killed has left
        elif (directory / "kafka" / "cluster.json").exists():
            LocalKafka(directory / "kafka").stop()
        shutil.rmtree(directory, ignore_errors=True)
        directory.mkdir(parents=True)
        if not in_docker:
            self.broker = LocalKafka(directory / "kafka", home=self._home)
        name = f"demo-{time.strftime('%Y%m%d-%H%M%S')}"
        given = {
            "bootstrap_servers": self.broker.bootstrap,
            "group": name,
            "activities_topic": f"{name}.activities",
            "stage_changes_topic": f"{name}.stage-changes",
            "signals_topic": f"{name}.signals",
            "dead_letters_topic": f"{name}.dead-letters",
            "funnels_topic": f"{name}.funnels",
            "funnel": str(FUNNEL),
            "state_directory": str(directory / "state"),
            "session_timeout": "6s",
            # Deadlines are of seconds: time must not lag behind by more than one.
            "grace": "1s",
            "web_port": str(free_ports(1)[0]),
            "log_format": "console",
        }
        self.settings: Settings = load_settings(None, **given)
        environment = {PREFIX + setting.upper(): value for setting, value in given.items()}
        self.worker = WorkerProcess(directory, environment, self.settings.web_port)

    @property
    def kafka_from(self) -> str:
        """Where the broker comes from, for a person."""
        return "from Docker" if isinstance(self.broker, ComposeKafka) else "from its own jars"

    def start_kafka(self) -> None:
        """Start the broker, and wait until it answers."""
        if isinstance(self.broker, ComposeKafka):
            with self._interrupts.at_any_point():  # an image may have to come first
                self.broker.start()
            return
        with self._interrupts.at_any_point():  # Maven may have to bring the jars first
            jars.classpath(self._home)
        # Not to be cut short: a process that has just begun must become known.
        self.broker.start()
        self._interrupts.check()

    def make_topics(self) -> None:
        """Make the topics."""
        topics.create(self.settings)
        self._interrupts.check()

    def start_worker(self) -> None:
        """Start the worker with its clock held, and wait until it is ready."""
        self.worker.start()
        deadline = time.monotonic() + _READY_SECONDS
        while not self.worker.ready():
            if time.monotonic() > deadline:
                raise OutsideWorld(
                    f"the worker is not ready after {_READY_SECONDS:.0f} s: its log is {self.worker.log}"
                )
            self._interrupts.check()
            time.sleep(0.1)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        if isinstance(error, EndAtOnce):
            self._kill()
            return
        try:
            try:
                self.worker.end()
            finally:
                self.broker.stop()
        except EndAtOnce:
            self._kill()
            raise

    def _kill(self) -> None:
        self.worker.kill()
        with suppress(OutsideWorld):  # it may not have come to be
            self.broker.kill()
        with suppress(OutsideWorld):
            self.broker.stop()
        for pid in _children():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def _project(directory: Path) -> str:
    """A Docker engine serves the whole machine: the demo of another checkout is another project."""
    return f"leadgate-demo-{zlib.crc32(str(directory.resolve()).encode()):08x}"


def _children() -> list[int]:
    """Our own child processes, also those whose start was cut short; none where the system does not tell."""
    return [
        int(pid) for task in Path("/proc/self/task").glob("*/children") for pid in task.read_text().split()
    ]


def _forget_settings() -> None:
    """The demo is the same everywhere: what is set for other workers is not for it."""
    for name in [name for name in os.environ if name.upper().startswith(PREFIX)]:
        del os.environ[name]


@contextmanager
def alone(directory: Path) -> Iterator[None]:
    """Hold the lock that keeps a second demo out of ``directory``. Raises Misuse when there is one."""
    directory.parent.mkdir(parents=True, exist_ok=True)
    with directory.with_suffix(".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Misuse(f"another demo runs in {directory}: end it first") from None
        yield
