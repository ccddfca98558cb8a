"""A cluster of local nodes, from Apache Kafka's own jars in KRaft mode.

It lives in a directory: `cluster.json` says which nodes there are and on which
ports; each node has its data, log and pid file in `node-<id>`. So a cluster can
be stopped, or asked how it is, by another process than the one that started it,
and several can run at once.
"""

import base64
import signal
import time
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path

from pydantic import BaseModel, ValidationError

from streams.local_kafka.jars import LocalKafkaError, classpath
from streams.local_kafka.node import QUICK, Address, Node, NodeStatus
from streams.ports import HOST, free_ports

_READY_SECONDS = 60
_END_SECONDS = 20


class _File(BaseModel):
    """`cluster.json`."""

    cluster_id: str
    nodes: list[Address]


class LocalKafka:
    """A cluster in `directory`. Each method may be called again: what is so already is left so.

    `brokers` None: as many as the directory has, or one. `port` is the first
    node's, the next follow; 0: the ports that the directory has, or free ones.
    `properties` go over each node's server.properties when it starts. `home` is
    where clusters keep what they share; None: `directory`.
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
        self._file = self._read(brokers, port)
        classes = self._home / "kafka.jsa"
        self._nodes = [
            Node(self.directory / f"node-{address.id}", address, self._file.nodes, classes)
            for address in self._file.nodes
        ]
        if port and port != self._nodes[0].address.port:
            self._move(port)

    @property
    def bootstrap(self) -> str:
        """What clients take as `bootstrap.servers`."""
        return ",".join(f"{HOST}:{node.address.port}" for node in self._nodes)

    def start(self) -> None:
        """Starts the nodes that do not run, and waits until the whole cluster answers."""
        self._start(self._nodes)
        self.wait_until_ready()

    def stop(self) -> None:
        """Ends every node: asks first, then kills. The data stays."""
        self._end(self._nodes, signal.SIGTERM)

    def kill(self, node: int = 1) -> None:
        """Ends a node (from 1) as a power cut would."""
        self._end([self._node(node)], signal.SIGKILL)

    def pause(self, node: int = 1) -> None:
        """Halts a node's process, its connections open, until `resume`."""
        self._send(node, signal.SIGSTOP)

    def resume(self, node: int = 1) -> None:
        """Lets a paused node go on."""
        self._send(node, signal.SIGCONT)

    def restart(self, node: int = 1) -> None:
        """Ends a node if it runs, starts it, and waits until the whole cluster answers."""
        self._end([self._node(node)], signal.SIGTERM)
        self._start([self._node(node)])
        self.wait_until_ready()

    def status(self) -> list[NodeStatus]:
        """How each node is."""
        return [node.status() for node in self._nodes]

    def wait_until_ready(self, seconds: float = _READY_SECONDS) -> None:
        """Waits until each node that runs, when asked, knows as many brokers as run."""
        deadline = time.monotonic() + seconds
        running = [node for node in self._nodes if node.pid() is not None]
        for node in running:
            while node.brokers_known() < len(running):
                if node.pid() is None:
                    raise LocalKafkaError(f"{node} has ended while starting. {node.end_of_log()}")
                if time.monotonic() > deadline:
                    raise LocalKafkaError(
                        f"{node} does not answer on port {node.address.port} after {seconds:.0f} s. "
                        + node.end_of_log()
                    )
                time.sleep(0.05)

    def _read(self, brokers: int | None, port: int) -> _File:
        path = self.directory / "cluster.json"
        if not path.exists():
            return _File(cluster_id=_random_id(), nodes=_addresses(brokers or 1, port))
        try:
            file = _File.model_validate_json(path.read_text())
        except ValidationError:
            raise LocalKafkaError(f"{path} cannot be read: delete {self.directory} to begin anew") from None
        if brokers is not None and brokers != len(file.nodes):
            raise LocalKafkaError(
                f"{self.directory} holds a cluster of {len(file.nodes)}, not of {brokers}: "
                "give another --directory, or stop that cluster and delete it"
            )
        return file

    def _move(self, port: int) -> None:
        if any(node.pid() is not None for node in self._nodes):
            raise LocalKafkaError(
                f"the cluster in {self.directory} runs on port {self._nodes[0].address.port}: stop it first"
            )
        for node, address in zip(self._nodes, _addresses(len(self._nodes), port), strict=True):
            node.address.port = address.port

    def _node(self, number: int) -> Node:
        return next(node for node in self._nodes if node.address.id == number)

    def _send(self, number: int, what: signal.Signals) -> None:
        node = self._node(number)
        if not node.send(what):
            raise LocalKafkaError(f"{node} in {self.directory} does not run")

    def _start(self, nodes: Sequence[Node]) -> None:
        waiting = [node for node in nodes if node.pid() is None]
        if not waiting:
            return
        jars = classpath(self._home)
        self.directory.mkdir(parents=True, exist_ok=True)
        (self.directory / "cluster.json").write_text(self._file.model_dump_json(indent=2) + "\n")
        for node in waiting:
            node.prepare(self._properties)
        formats = [(node, node.format(self._file.cluster_id, jars)) for node in waiting]
        for node, process in formats:
            if process is not None and (said := process.communicate()[0]) and process.returncode != 0:
                raise LocalKafkaError(
                    f"{node} could not lay out {node.folder}:\n{said.decode(errors='replace').strip()}"
                )
        for node in waiting:
            node.run(self._jvm, jars)

    def _end(self, nodes: Sequence[Node], how: signal.Signals) -> None:
        """Signals them all, waits, and kills those that stay: without a quorum they wait for one."""
        well = set()
        for what in (how, signal.SIGKILL):
            for node in nodes:
                node.send(what)
                # A paused process takes no SIGTERM until it goes on.
                node.send(signal.SIGCONT)
            deadline = time.monotonic() + _END_SECONDS
            while any(node.pid() is not None for node in nodes) and time.monotonic() < deadline:
                time.sleep(0.02)
            if what == signal.SIGTERM:
                well = {node for node in nodes if node.pid() is None}
        for node in nodes:
            if (pid := node.pid()) is not None:
                raise LocalKafkaError(f"{node} does not end: kill its process {pid}")
            node.ended(well=node in well)


def _addresses(count: int, first: int) -> list[Address]:
    free = free_ports(2 * count)
    ports = list(range(first, first + count)) if first else free[:count]
    return [
        Address(id=number, port=port, controller_port=controller)
        for number, (port, controller) in enumerate(zip(ports, free[count:], strict=True), start=1)
    ]


def _random_id() -> str:
    """A cluster id as Kafka makes them: 16 bytes in base64, without a dash in front."""
    while (made := base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")).startswith("-"):
        pass
    return made
