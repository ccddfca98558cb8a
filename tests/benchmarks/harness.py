"""What a measurement stands on: a broker of its own, and processes that are looked at from outside."""

import os
import re
import shutil
import signal
import subprocess
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from confluent_kafka import Consumer, KafkaException, TopicPartition

from streams.local_kafka import FULL, ComposeKafka, LocalKafka, source
from streams.ports import free_ports
from tests.benchmarks.peers import Peer, Run
from tests.benchmarks.peers.peer import environment

HOME = Path(__file__).resolve().parents[2] / ".kafka"
AS_KAFKA_HAS_IT = {"transaction.abort.timed.out.transaction.cleanup.interval.ms": "10000"}
"""What local brokers otherwise have shorter, and a measure would gain by."""
SAMPLE_SECONDS = 0.05
ANSWER_SECONDS = 30.0
STUCK_SECONDS = 120.0
END_SECONDS = 30.0
_TICKS = os.sysconf("SC_CLK_TCK")


class Failed(Exception):
    """A peer did not do what was asked of it; the message holds the end of its log."""


@dataclass(frozen=True)
class Broker:
    """A broker that is measured on: where it is, and its process (None: it runs in Docker)."""

    bootstrap: str
    pid: int | None

    def cpu_seconds(self) -> float | None:
        """What it has used so far."""
        return None if self.pid is None else cpu_seconds(self.pid)


@contextmanager
def broker() -> Iterator[Broker]:
    """A broker with nothing on it, which ends here."""
    directory = HOME / "benchmarks" / uuid.uuid4().hex[:12]
    if source() == "docker":
        kafka: ComposeKafka | LocalKafka = ComposeKafka(
            free_ports(1)[0], project=f"leadgate-{directory.name}"
        )
    else:
        kafka = LocalKafka(directory, jvm=FULL, home=HOME, properties=AS_KAFKA_HAS_IT)
    try:
        kafka.start()
        pid = None if isinstance(kafka, ComposeKafka) else kafka.status()[0].pid
        yield Broker(kafka.bootstrap, pid)
    finally:
        kafka.stop()
        shutil.rmtree(directory, ignore_errors=True)


@dataclass(frozen=True)
class Used:
    """What a process has used: CPU seconds of all its threads so far, its memory now and at its most."""

    cpu_seconds: float
    rss_bytes: int
    peak_rss_bytes: int


def cpu_seconds(pid: int) -> float:
    """Of all threads of a process so far, as the kernel has it."""
    stat = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(stat[11]) + int(stat[12])) / _TICKS


class Process:
    """A running peer. Use as a context: it is ended, come what may."""

    def __init__(self, peer: Peer, run: Run) -> None:
        self._run = run
        self._log = run.directory / f"{run.name}-{uuid.uuid4().hex[:6]}.log"
        run.directory.mkdir(parents=True, exist_ok=True)
        self._started = time.monotonic()
        with self._log.open("wb") as log:
            self._popen = subprocess.Popen(
                peer.command(run),
                env=environment(peer.environment(run)),
                cwd=Path(__file__).resolve().parents[2],
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        # It asks for the group's offsets, and joins no group. (librdkafka's admin client, asked
        # the same while a coordinator is being found, takes the whole process down.)
        self._offsets = Consumer(
            {"bootstrap.servers": run.bootstrap, "group.id": run.name, "isolation.level": "read_uncommitted"}
        )
        self._committed = 0

    def __enter__(self) -> "Process":
        return self

    def __exit__(self, *_: object) -> None:
        self.end()
        self._offsets.close()

    def end(self) -> None:
        """SIGTERM, and SIGKILL where that is not heeded."""
        if self._popen.poll() is None:
            self._popen.terminate()
        try:
            self._popen.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            self._popen.kill()
            self._popen.wait()

    def send(self, what: signal.Signals) -> None:
        """Send it a signal."""
        self._popen.send_signal(what)

    def age(self) -> float:
        """Seconds since it was started."""
        return time.monotonic() - self._started

    def used(self) -> Used:
        """What it has used so far, as the kernel has it."""
        status = Path(f"/proc/{self._popen.pid}/status").read_text()
        held = {name: int(kb) * 1024 for name, kb in re.findall(r"(Vm\w+):\s+(\d+) kB", status)}
        return Used(cpu_seconds(self._popen.pid), held.get("VmRSS", 0), held.get("VmHWM", 0))

    def committed(self) -> int:
        """How many records its group has committed as done, as far as is known."""
        asked = [TopicPartition(self._run.activities, number) for number in range(self._run.partitions)]
        # While a new group's coordinator is being found there is no answer.
        with suppress(KafkaException):
            answer = self._offsets.committed(asked, ANSWER_SECONDS)
            self._committed = sum(max(0, one.offset) for one in answer)
        return self._committed

    @property
    def log(self) -> str:
        """All that it has logged."""
        return self._log.read_text(errors="replace")

    def wait(self, until: Callable[[], bool], what: str, every: float = SAMPLE_SECONDS) -> None:
        """Ask ``until`` again and again. Raises Failed when the process ends, or it never comes true."""
        deadline = time.monotonic() + STUCK_SECONDS
        while not until():
            if self._popen.poll() is not None:
                raise self.failed(f"it ended (exit code {self._popen.returncode}) before {what}")
            if time.monotonic() > deadline:
                raise self.failed(f"{what}: not within {STUCK_SECONDS:.0f} s")
            time.sleep(every)

    def failed(self, why: str) -> Failed:
        """The error that tells this, with the end of the log."""
        return Failed(f"{self._run.name}: {why}\n{self.log[-4_000:]}")
