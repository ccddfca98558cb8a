"""A real Kafka on this machine: Apache Kafka's own jars in KRaft mode, one node or several.

A cluster lives in a directory: `cluster.json` says which nodes there are and on
which ports; each node has its data, log and pid file in `node-<id>`. So a
cluster can be stopped, or asked how it is, by another process than the one that
started it, and several clusters can run at once.

Whether a node runs is never read off its pid alone, which may be another
program's by now. The node's process inherits a lock on a file and holds it as
long as it lives, however it ends.
"""

import base64
import contextlib
import fcntl
import os
import random
import signal
import socket
import subprocess
import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient
from pydantic import BaseModel, ValidationError

from streams.local_jars import DEPLOY, LocalKafkaError, classpath, java

HOST = "127.0.0.1"

QUICK = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xms128m", "-Xmx384m")
"""Listens after 3 s, and is small: for tests and demonstrations."""
FULL = ("-Xms1g", "-Xmx1g")
"""The whole compiler, for measuring."""

_READY_SECONDS = 60
_STOP_SECONDS = 10
# Below where the system takes ports for outgoing connections, so that a node finds its port again.
_FREE_PORTS = range(15_000, 32_000)


class Node(BaseModel):
    """One broker (and controller) of the cluster."""

    id: int
    port: int
    controller_port: int


class _Cluster(BaseModel):
    """`cluster.json`."""

    cluster_id: str
    nodes: list[Node]


@dataclass(frozen=True)
class NodeStatus:
    """How a node is: its process's id (None: not running), and whether it answers as a broker."""

    node: Node
    pid: int | None
    answers: bool


class LocalKafka:
    """A cluster in `directory`. Every method may be called again: what is done already is left so.

    `port` is the first node's, the next ones follow; 0 keeps the ports that the
    directory knows, or takes free ones. `properties` are added to each node's
    server.properties at its next start. `home` keeps what clusters share.
    """

    def __init__(
        self,
        directory: Path,
        *,
        brokers: int | None = None,
        port: int = 0,
        properties: Mapping[str, str] | None = None,
        jvm: Sequence[str] = QUICK,
        home: Path | None = None,
    ) -> None:
        self.directory = directory.resolve()
        self._home = (home or directory).resolve()
        self._properties = dict(properties or {})
        self._jvm = tuple(jvm)
        self._children: dict[int, subprocess.Popen[bytes]] = {}
        self._cluster = self._find(brokers, port)

    @property
    def nodes(self) -> list[Node]:
        """The cluster's nodes, in the order of their ids (from 1)."""
        return self._cluster.nodes

    @property
    def bootstrap(self) -> str:
        """What clients take as `bootstrap.servers`."""
        return ",".join(f"{HOST}:{node.port}" for node in self.nodes)

    def start(self) -> None:
        """Starts the nodes that do not run, and waits until the whole cluster answers."""
        self._start(self.nodes)
        self.wait_until_ready()

    def stop(self) -> None:
        """Ends every node: asks first, then kills. The data stays."""
        self._end(self.nodes, signal.SIGTERM)

    def kill(self, node: int = 1) -> None:
        """Kills a node as a power cut would."""
        self._end([self._node(node)], signal.SIGKILL)

    def pause(self, node: int = 1) -> None:
        """Stops a node's process in its tracks, its connections open; `resume` lets it go on."""
        self._signal(self._node(node), signal.SIGSTOP)

    def resume(self, node: int = 1) -> None:
        """Lets a paused node go on."""
        self._signal(self._node(node), signal.SIGCONT)

    def restart(self, node: int = 1) -> None:
        """Ends a node if it runs, starts it, and waits until the whole cluster answers."""
        self._end([self._node(node)], signal.SIGTERM)
        self._start([self._node(node)])
        self.wait_until_ready()

    def status(self) -> list[NodeStatus]:
        """How each node is."""
        pids = {node.id: self._pid(node) for node in self.nodes}
        return [
            NodeStatus(node, pid, pid is not None and _brokers_known_to(node) > 0)
            for node, pid in ((node, pids[node.id]) for node in self.nodes)
        ]

    def wait_until_ready(self, seconds: float = _READY_SECONDS) -> None:
        """Waits until every running node, when asked, knows all running nodes as brokers."""
        deadline = time.monotonic() + seconds
        running = [node for node in self.nodes if self._pid(node) is not None]
        for node in running:
            while _brokers_known_to(node) < len(running):
                if self._pid(node) is None:
                    raise LocalKafkaError(
                        f"Kafka's node {node.id} has ended while starting. {self._log_of(node)}"
                    )
                if time.monotonic() > deadline:
                    raise LocalKafkaError(
                        f"Kafka's node {node.id} does not answer on port {node.port} after {seconds:.0f} s. "
                        + self._log_of(node)
                    )
                time.sleep(0.05)

    # --- the cluster's file ---------------------------------------------------

    def _find(self, brokers: int | None, port: int) -> _Cluster:
        file = self.directory / "cluster.json"
        if not file.exists():
            ports = _ports(brokers or 1, port)
            return _Cluster(cluster_id=_random_id(), nodes=_nodes(ports))
        try:
            cluster = _Cluster.model_validate_json(file.read_text())
        except ValidationError:
            raise LocalKafkaError(f"{file} cannot be read; delete {self.directory} to begin anew") from None
        if brokers is not None and brokers != len(cluster.nodes):
            raise LocalKafkaError(
                f"{self.directory} holds a cluster of {len(cluster.nodes)}, not of {brokers}: "
                "take another directory, or stop it and delete that one"
            )
        if port and port != cluster.nodes[0].port:
            if any(self._pid(node) is not None for node in cluster.nodes):
                raise LocalKafkaError(
                    f"the cluster in {self.directory} runs on port {cluster.nodes[0].port}: stop it first"
                )
            cluster.nodes = _nodes(_ports(len(cluster.nodes), port))
        return cluster

    def _node(self, node: int) -> Node:
        return next(known for known in self.nodes if known.id == node)

    def _folder(self, node: Node) -> Path:
        return self.directory / f"node-{node.id}"

    def _log_of(self, node: Node) -> str:
        lines: list[str] = []
        for name in ("output.log", "kafka.log"):
            log = self._folder(node) / name
            if log.exists():
                lines += log.read_text(errors="replace").splitlines()[-5:]
        return f"The end of its log ({self._folder(node)}):\n" + "\n".join(lines)

    # --- processes ------------------------------------------------------------

    def _start(self, nodes: Sequence[Node]) -> None:
        waiting = [node for node in nodes if self._pid(node) is None]
        if not waiting:
            return
        jars = classpath(self._home)
        self.directory.mkdir(parents=True, exist_ok=True)
        (self.directory / "cluster.json").write_text(self._cluster.model_dump_json(indent=2) + "\n")
        for node in waiting:
            for port in (node.port, node.controller_port):
                if not _is_free(port):
                    raise LocalKafkaError(
                        f"port {port} is taken by another program: choose another, or 0 for a free one"
                    )
            self._write_properties(node)
        self._format(waiting, jars)
        for node in waiting:
            self._run(node, jars)

    def _write_properties(self, node: Node) -> None:
        folder = self._folder(node)
        (folder / "tmp").mkdir(parents=True, exist_ok=True)
        voters = ",".join(f"{one.id}@{HOST}:{one.controller_port}" for one in self.nodes)
        copies = min(3, len(self.nodes))
        properties = {
            "process.roles": "broker,controller",
            "node.id": str(node.id),
            "controller.quorum.voters": voters,
            "listeners": f"BROKER://{HOST}:{node.port},CONTROLLER://{HOST}:{node.controller_port}",
            "advertised.listeners": f"BROKER://{HOST}:{node.port}",
            "listener.security.protocol.map": "BROKER:PLAINTEXT,CONTROLLER:PLAINTEXT",
            "inter.broker.listener.name": "BROKER",
            "controller.listener.names": "CONTROLLER",
            "log.dirs": str(folder / "data"),
            "default.replication.factor": str(copies),
            "min.insync.replicas": str(max(1, copies - 1)),
            "offsets.topic.replication.factor": str(copies),
            "transaction.state.log.replication.factor": str(copies),
            "transaction.state.log.min.isr": str(max(1, copies - 1)),
            "share.coordinator.state.topic.replication.factor": str(copies),
            "share.coordinator.state.topic.min.isr": str(max(1, copies - 1)),
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
        } | self._properties
        text = "".join(f"{key}={value}\n" for key, value in properties.items())
        (folder / "server.properties").write_text(text)

    def _format(self, nodes: Sequence[Node], jars: str) -> None:
        running = []
        for node in nodes:
            folder = self._folder(node)
            if not (folder / "data" / "meta.properties").exists():
                command = self._java(node, QUICK, jars, "kafka.tools.StorageTool", "format")
                command += ["--cluster-id", self._cluster.cluster_id]
                command += ["--config", str(folder / "server.properties")]
                running.append(
                    (folder, subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT))
                )
        for folder, process in running:
            said = process.communicate()[0].decode(errors="replace")
            if process.returncode != 0:
                raise LocalKafkaError(f"Kafka could not lay out {folder}:\n{said.strip()}")

    def _run(self, node: Node, jars: str) -> None:
        folder = self._folder(node)
        command = self._java(node, self._jvm, jars, "kafka.Kafka", str(folder / "server.properties"))
        with (folder / "lock").open("w") as lock, (folder / "output.log").open("wb") as output:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._children[node.id] = process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=folder,
                start_new_session=True,
                pass_fds=[lock.fileno()],
            )
            (folder / "pid").write_text(f"{process.pid}\n")

    def _java(self, node: Node, jvm: Sequence[str], jars: str, *arguments: str) -> list[str]:
        folder = self._folder(node)
        return [
            java(),
            *jvm,
            "-XX:-UsePerfData",
            "-XX:+ExitOnOutOfMemoryError",
            f"-Djava.io.tmpdir={folder / 'tmp'}",
            f"-Dlog4j2.configurationFile={DEPLOY / 'log4j2.xml'}",
            f"-Dleadgate.log={folder / 'kafka.log'}",
            "-cp",
            jars,
            *arguments,
        ]

    def _pid(self, node: Node) -> int | None:
        """The process that runs the node: the one that holds its lock."""
        try:
            with (self._folder(node) / "lock").open("r") as lock:
                try:
                    fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
                except BlockingIOError:
                    return int((self._folder(node) / "pid").read_text())
        except (FileNotFoundError, ValueError):
            pass
        return None

    def _signal(self, node: Node, what: signal.Signals) -> None:
        pid = self._pid(node)
        if pid is None:
            raise LocalKafkaError(f"Kafka's node {node.id} in {self.directory} does not run")
        os.killpg(pid, what)

    def _end(self, nodes: Sequence[Node], how: signal.Signals) -> None:
        """Signals all of them, waits, and kills those that stay: a quorum that is gone cannot say goodbye."""
        running = {node.id: pid for node in nodes if (pid := self._pid(node)) is not None}
        for what, patience in ((how, _STOP_SECONDS), (signal.SIGKILL, _STOP_SECONDS)):
            for pid in running.values():
                _send(pid, what)
                # A paused process takes no SIGTERM until it goes on.
                _send(pid, signal.SIGCONT)
            deadline = time.monotonic() + patience
            while running and time.monotonic() < deadline:
                running = {node.id: pid for node in nodes if (pid := self._pid(node)) is not None}
                time.sleep(0.02)
            if not running:
                break
        else:
            raise LocalKafkaError(f"Kafka's processes do not end: {', '.join(map(str, running.values()))}")
        for node in nodes:
            (self._folder(node) / "pid").unlink(missing_ok=True)
            child = self._children.pop(node.id, None)
            if child is not None:
                child.wait()


def _send(pid: int, what: signal.Signals) -> None:
    # It may have ended since it was looked up.
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, what)


def _brokers_known_to(node: Node) -> int:
    """How many brokers the node knows to be alive, asked as any client asks; 0 when it does not answer."""
    try:
        with socket.create_connection((HOST, node.port), timeout=1):
            pass
        # librdkafka tells every refused connection on stderr, unless it may not speak at all.
        client = AdminClient({"bootstrap.servers": f"{HOST}:{node.port}", "log_level": 0})
        return len(client.describe_cluster(request_timeout=2).result(timeout=3).nodes)
    except (OSError, KafkaException, TimeoutError):
        return 0


def _nodes(ports: Sequence[int]) -> list[Node]:
    taken = set(ports)
    nodes = []
    for number, port in enumerate(ports, start=1):
        controller = _free_port(taken)
        taken.add(controller)
        nodes.append(Node(id=number, port=port, controller_port=controller))
    return nodes


def _ports(count: int, first: int) -> list[int]:
    if first:
        return list(range(first, first + count))
    ports: list[int] = []
    for _ in range(count):
        ports.append(_free_port(set(ports)))
    return ports


def _free_port(taken: set[int]) -> int:
    for port in random.sample(_FREE_PORTS, 200):
        if port not in taken and _is_free(port):
            return port
    raise LocalKafkaError("no free port was found on this machine")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        # As Kafka does: a port whose last connections are still being closed is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def _random_id() -> str:
    """A cluster id as Kafka makes them: 16 bytes in base64, without a dash in front."""
    while (made := base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")).startswith("-"):
        pass
    return made
