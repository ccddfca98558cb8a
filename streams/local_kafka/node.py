"""One node of a local cluster: its folder, its server.properties, its process.

Whether a node runs is never read off its pid alone, which may be another
program's by now. The node's process inherits a lock on a file and holds it as
long as it lives, however it ends.
"""

import contextlib
import fcntl
import os
import signal
import socket
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient
from pydantic import BaseModel

from streams.local_kafka.jars import DEPLOY, LocalKafkaError, java
from streams.ports import HOST, is_free

QUICK = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xms128m", "-Xmx384m")
"""Listens after 2 or 3 s, and is small: for tests and demonstrations."""
FULL = ("-Xms1g", "-Xmx1g")
"""The whole compiler, for measuring."""


# What this process has started, it must also see off; that the rest may outlive it is meant.
_children: dict[int, subprocess.Popen[bytes]] = {}


class Address(BaseModel):
    """Which node it is, and where: as `cluster.json` keeps it."""

    id: int
    port: int
    controller_port: int


@dataclass(frozen=True)
class NodeStatus:
    """How a node is: its process (None: it does not run), and whether it answers as a broker."""

    id: int
    port: int
    pid: int | None
    answers: bool


class Node:
    """A broker and controller in `folder`; `peers` are all of the cluster, this one included.

    `archive` is where loaded classes are kept from one start to the next: with
    them, Java is up in half the time. The first node to end well leaves them.
    """

    def __init__(self, folder: Path, address: Address, peers: Sequence[Address], archive: Path) -> None:
        self.folder = folder
        self.address = address
        self._peers = peers
        self._archive = archive

    def __str__(self) -> str:
        return f"Kafka's node {self.address.id}"

    def pid(self) -> int | None:
        """The process that runs the node: the one that holds its lock."""
        with contextlib.suppress(FileNotFoundError, ValueError), (self.folder / "lock").open() as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return int((self.folder / "pid").read_text())
        return None

    def status(self) -> NodeStatus:
        """How the node is now."""
        pid = self.pid()
        answers = pid is not None and self.brokers_known() > 0
        return NodeStatus(self.address.id, self.address.port, pid, answers)

    def brokers_known(self) -> int:
        """How many brokers the node knows to be alive, asked as a client asks; 0: it does not answer."""
        try:
            with socket.create_connection((HOST, self.address.port), timeout=1):
                pass
            # librdkafka tells every refused connection on stderr, unless it may not speak at all.
            client = AdminClient({"bootstrap.servers": f"{HOST}:{self.address.port}", "log_level": 0})
            return len(client.describe_cluster(request_timeout=2).result(timeout=3).nodes)
        except (OSError, KafkaException, TimeoutError):
            return 0

    def prepare(self, properties: Mapping[str, str]) -> None:
        """Writes server.properties. Raises LocalKafkaError when another program has a port."""
        for port in (self.address.port, self.address.controller_port):
            if not is_free(port):
                raise LocalKafkaError(
                    f"port {port} is taken by another program: give another --port, or 0 for a free one"
                )
        (self.folder / "tmp").mkdir(parents=True, exist_ok=True)
        written = self._properties() | dict(properties)
        text = "".join(f"{key}={value}\n" for key, value in written.items())
        (self.folder / "server.properties").write_text(text)

    def format(self, cluster_id: str, jars: str) -> "subprocess.Popen[bytes] | None":
        """Begins to lay the data folder out; None when it is."""
        if (self.folder / "data" / "meta.properties").exists():
            return None
        command = self._java(QUICK, jars, "kafka.tools.StorageTool", "format", "--cluster-id", cluster_id)
        command += ["--config", str(self.folder / "server.properties")]
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    def run(self, jvm: Sequence[str], jars: str) -> None:
        """Starts the process, in a session of its own: a Ctrl-C here is not one there."""
        if self.address.id == 1 and not self._archive.exists():
            jvm = [*jvm, f"-XX:ArchiveClassesAtExit={self._archive_made}"]
        command = self._java(jvm, jars, "kafka.Kafka", str(self.folder / "server.properties"))
        with (self.folder / "lock").open("w") as lock, (self.folder / "output.log").open("wb") as output:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            child = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=self.folder,
                start_new_session=True,
                pass_fds=[lock.fileno()],
            )
            _children[child.pid] = child
            (self.folder / "pid").write_text(f"{child.pid}\n")

    def send(self, what: signal.Signals) -> bool:
        """Sends a signal to the node's process group; False when it does not run."""
        pid = self.pid()
        if pid is None:
            return False
        try:
            os.killpg(pid, what)
        except ProcessLookupError:  # it ended since it was looked up
            return False
        return True

    def ended(self, *, well: bool) -> None:
        """Tidies up after the process; `well`: it was not killed, so what it wrote is whole."""
        if well and self._archive_made.exists():
            self._archive_made.replace(self._archive)
        (self.folder / "pid").unlink(missing_ok=True)
        for child in [child for child in _children.values() if child.poll() is not None]:
            del _children[child.pid]

    def end_of_log(self) -> str:
        """Where the node's log is, and its last lines."""
        lines: list[str] = []
        for name in ("output.log", "kafka.log"):
            log = self.folder / name
            if log.exists():
                lines += log.read_text(errors="replace").splitlines()[-5:]
        return "\n".join([f"The end of its log ({self.folder}):", *lines])

    @property
    def _archive_made(self) -> Path:
        return self.folder / "tmp" / self._archive.name

    def _properties(self) -> dict[str, str]:
        voters = ",".join(f"{peer.id}@{HOST}:{peer.controller_port}" for peer in self._peers)
        copies = str(min(3, len(self._peers)))
        in_sync = str(max(1, int(copies) - 1))
        here = f"BROKER://{HOST}:{self.address.port}"
        return {
            "process.roles": "broker,controller",
            "node.id": str(self.address.id),
            "controller.quorum.voters": voters,
            "listeners": f"{here},CONTROLLER://{HOST}:{self.address.controller_port}",
            "advertised.listeners": here,
            "listener.security.protocol.map": "BROKER:PLAINTEXT,CONTROLLER:PLAINTEXT",
            "inter.broker.listener.name": "BROKER",
            "controller.listener.names": "CONTROLLER",
            "log.dirs": str(self.folder / "data"),
            "default.replication.factor": copies,
            "min.insync.replicas": in_sync,
            "offsets.topic.replication.factor": copies,
            "transaction.state.log.replication.factor": copies,
            "transaction.state.log.min.isr": in_sync,
            "share.coordinator.state.topic.replication.factor": copies,
            "share.coordinator.state.topic.min.isr": in_sync,
            # Fifty partitions each, as on a real cluster, would only take time here.
            "offsets.topic.num.partitions": "8",
            "transaction.state.log.num.partitions": "8",
            "auto.create.topics.enable": "false",
            # A killed node comes back as soon as the controller has given it up.
            "broker.heartbeat.interval.ms": "500",
            "broker.session.timeout.ms": "4000",
            "group.initial.rebalance.delay.ms": "0",
            "group.min.session.timeout.ms": "1000",
            "transaction.abort.timed.out.transaction.cleanup.interval.ms": "1000",
            "log.cleaner.dedupe.buffer.size": str(32 * 1024 * 1024),
        }

    def _java(self, jvm: Sequence[str], jars: str, *arguments: str) -> list[str]:
        return [
            java(),
            *jvm,
            *([f"-XX:SharedArchiveFile={self._archive}"] if self._archive.exists() else []),
            # No file in the system's folder for temporary ones.
            "-XX:-UsePerfData",
            f"-Djava.io.tmpdir={self.folder / 'tmp'}",
            "-XX:+ExitOnOutOfMemoryError",
            f"-Dlog4j2.configurationFile={DEPLOY / 'log4j2.xml'}",
            f"-Dleadgate.log={self.folder / 'kafka.log'}",
            "-cp",
            jars,
            *arguments,
        ]
