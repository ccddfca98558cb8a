"""A group of worker processes on topics of its own, and the load that they work on."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import httpx
from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource
from kafka.errors import KafkaError

from schemas.lead_state import decode_lead
from streams import kafka_clients, topics
from streams.engine.log_bounds import log_bounds
from streams.errors import OutsideWorld
from streams.ports import free_ports
from streams.settings import Settings, load_settings
from tests.faults import oracle
from tests.faults.clocks import Clocks
from tests.faults.recomputing import Recomputed, Recomputing
from tests.faults.versions import Versions

PARTITIONS = 4
SETTLED_SECONDS = 120.0

Answer = TypeVar("Answer")


@dataclass
class Group:
    """Workers of one group, their topics, and what the oracle says of them."""

    bootstrap: str
    name: str
    directory: Path
    funnel_path: Path
    extra: dict[str, str] = field(default_factory=dict)
    partitions: int = PARTITIONS
    patience: float = SETTLED_SECONDS
    """How long anything is waited for, unless something else is said."""

    def __post_init__(self) -> None:
        # The group's own, to be changed.
        self.funnel_path = Path(shutil.copy(self.funnel_path, self.directory / "funnel.yaml"))
        self.processes: list[subprocess.Popen[bytes]] = []
        self.on_stop: list[Callable[[], None]] = []
        self.ports: dict[str, str] = {}
        self.environment = {
            "LEADGATE_BOOTSTRAP_SERVERS": self.bootstrap,
            "LEADGATE_GROUP": self.name,
            "LEADGATE_ACTIVITIES_TOPIC": f"{self.name}.activities",
            "LEADGATE_STAGE_CHANGES_TOPIC": f"{self.name}.stage-changes",
            "LEADGATE_SIGNALS_TOPIC": f"{self.name}.signals",
            "LEADGATE_DEAD_LETTERS_TOPIC": f"{self.name}.dead-letters",
            "LEADGATE_FUNNELS_TOPIC": f"{self.name}.funnels",
            "LEADGATE_STATE_DIRECTORY": str(self.directory / "state"),
            "LEADGATE_SESSION_TIMEOUT": "6s",
            "LEADGATE_WEB_PORT": "0",
            "LEADGATE_FUNNEL": str(self.funnel_path),
            **self.extra,
        }
        self.settings = self._settings()
        self._create_topics()

    def _create_topics(self) -> None:
        """Those that are missing."""
        self.patiently(partial(topics.create, self.settings, partitions=self.partitions))

    def _settings(self) -> Settings:
        file = self.directory / "settings.env"
        file.write_text("\n".join(f"{name}={value}" for name, value in self.environment.items()))
        return load_settings(file)

    def move_to(self, name: str, partitions: int = PARTITIONS) -> None:
        """Let another group, with topics of its own but the input, be the one from now on."""
        own = ("STAGE_CHANGES", "SIGNALS", "DEAD_LETTERS", "FUNNELS")
        self.environment |= {f"LEADGATE_{topic}_TOPIC": f"{name}.{topic.lower()}" for topic in own}
        self.environment["LEADGATE_GROUP"] = name
        self.name, self.partitions = name, partitions
        self.settings = self._settings()
        self._create_topics()

    # Workers ------------------------------------------------------------------------

    def start(
        self, funnel: str | None = None, worker_id: str | None = None, **faults: str
    ) -> subprocess.Popen[bytes]:
        """One more worker; its ``faults`` are those of `tests.faults.worker`.

        ``funnel`` is another file than the group's. With a ``worker_id`` it stays a member when it is told
        to end, and has a port of its own, which is the same when it is started again.
        """
        more = {"LEADGATE_FUNNEL": funnel} if funnel else {}
        if worker_id is not None:
            port = self.ports.setdefault(worker_id, str(free_ports(1)[0]))
            more |= {"LEADGATE_WORKER_ID": worker_id, "LEADGATE_WEB_PORT": port}
        more |= {f"FAULT_{name.upper()}": value for name, value in faults.items()}
        return self._start("tests.faults.worker", more)

    def supervise(self, processes: int) -> subprocess.Popen[bytes]:
        """So many more workers, under a supervisor."""
        return self._start("streams", {}, "worker", f"--processes={processes}")

    def _start(self, module: str, more: dict[str, str], *arguments: str) -> subprocess.Popen[bytes]:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("LEADGATE_")}
        with self.log(len(self.processes)).open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", module, *arguments],
                env=environment | self.environment | more,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        self.processes.append(process)
        return process

    def stop(self) -> None:
        """SIGTERM for all that live, SIGKILL for those that do not heed it."""
        try:
            for end in self.on_stop:
                end()
        finally:
            self._stop_processes()

    def _stop_processes(self) -> None:
        living = [process for process in self.processes if process.poll() is None]
        for process in living:
            process.send_signal(signal.SIGCONT)
            process.terminate()
        for process in living:
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def log(self, number: int) -> Path:
        """Where the process that was started as that one, counted from 0, writes."""
        return self.directory / f"worker-{number}.log"

    def logs(self) -> str:
        """What the workers said last, for a failure's report."""
        logs = sorted(self.directory.glob("worker-*.log"))
        return "\n".join(f"--- {log.name}\n{log.read_text(errors='replace')[-3000:]}" for log in logs)

    def said_by(self, process: subprocess.Popen[bytes]) -> str:
        """All that a process has logged."""
        return self.log(self.processes.index(process)).read_text(errors="replace")

    def lines_of(self, process: subprocess.Popen[bytes]) -> list[str]:
        """The same, without a last line that is half written."""
        return self.said_by(process).rpartition("\n")[0].splitlines()

    def _kept(self) -> list[str]:
        """What workers that were told to end say that they had never freed."""
        said = [line for process in self.processes for line in self.said_by(process).splitlines()]
        return [line for line in said if '"worker_kept"' in line and '"errors": 0' not in line]

    def get(self, process: subprocess.Popen[bytes], path: str) -> httpx.Response:
        """What a worker answers over HTTP. Its log says where it listens. Raises httpx.TransportError."""
        listens = next((line for line in self.lines_of(process) if '"web_listens"' in line), None)
        if listens is None:
            raise httpx.ConnectError("it does not listen yet")
        return httpx.get(f"http://{json.loads(listens)['address']}{path}", timeout=5)

    def metric(self, process: subprocess.Popen[bytes], name: str) -> float:
        """A worker's metric without labels. Raises httpx.TransportError, also where the page lacks it yet."""
        text = self.get(process, "/metrics").text
        found = re.search(rf"^leadgate_{name} (\S+)$", text, re.MULTILINE)
        if found is None:
            raise httpx.ReadError(f"{name} is not among the metrics: {text[:200]}")
        return float(found.group(1))

    def in_force(self, process: subprocess.Popen[bytes]) -> int:
        """The version of the funnel that a worker says is in force. Raises httpx.TransportError."""
        version: int = self.get(process, "/funnel").json()["version"]
        return version

    # The funnel -----------------------------------------------------------------------

    def change(self, *changes: tuple[str, str]) -> None:
        """Replace some text of the funnel file, all at once."""
        text = self.funnel_path.read_text()
        for old, new in changes:
            assert old in text
            text = text.replace(old, new)
        self.rewrite(text)

    def rewrite(self, text: str) -> None:
        """Let the funnel file be this: whoever reads it meanwhile finds the one or the other as a whole."""
        new_file = self.directory / "new.yaml"
        new_file.write_text(text)
        new_file.replace(self.funnel_path)

    def versions(self) -> int:
        """How many versions of the funnel have been published."""
        return len(oracle.read_all(self.bootstrap, self.settings.funnels_topic))

    # Input ----------------------------------------------------------------------------

    def widen(self, largest: int) -> None:
        """Let the input take records of ``largest`` bytes, and the topics that follow it more."""
        self.configure(self.settings.activities_topic, {"max.message.bytes": str(largest)})
        for topic in (self.settings.dead_letters_topic, self.settings.changelog):
            self.configure(topic, {"max.message.bytes": str(largest + topics.OVERHEAD)})

    def configure(self, topic: str, configs: Mapping[str, str]) -> None:
        """Let a topic be otherwise."""
        entries = [
            ConfigEntry(name, value, incremental_operation=AlterConfigOpType.SET)
            for name, value in configs.items()
        ]
        resource = ConfigResource(ConfigResource.Type.TOPIC, topic, incremental_configs=entries)
        admin = AdminClient(kafka_clients.admin(self.settings))
        self.have_done(partial(admin.incremental_alter_configs, [resource]))

    def have_done(self, order: Callable[[], Mapping[Any, Future[Any]]]) -> None:
        """Have the brokers do what an admin client asks of them, and wait until they have: see `wait`."""

        def is_done() -> bool:
            for one in order().values():
                one.result()
            return True

        self.wait(is_done, "the brokers do not do it")

    def producer(self, **config: Any) -> Producer:
        """A producer with Java's partitioner, or as ``config`` says."""
        return Producer(kafka_clients.producer(self.settings) | config)

    def send(
        self, records: Iterable[tuple[bytes | None, bytes | None]], producer: Producer | None = None
    ) -> None:
        """Send (key, value) pairs, and wait until the broker has them."""
        producer = producer or self.producer()
        for key, value in records:
            producer.produce(self.settings.activities_topic, key=key, value=value)
            producer.poll(0)
        assert producer.flush(60) == 0

    # Waiting --------------------------------------------------------------------------

    def settle(self) -> None:
        """Wait until all that was sent has been applied, by the group's committed offsets."""
        numbers = [
            TopicPartition(self.settings.activities_topic, number) for number in range(self.partitions)
        ]
        reader = Consumer(kafka_clients.reader(self.settings) | {"group.id": self.name})
        logs = Consumer(kafka_clients.reader(self.settings) | {"isolation.level": "read_uncommitted"})
        try:

            def applied() -> bool:
                answer = reader.committed(numbers, 5)  # refused while a transaction on them is open
                committed = {one.partition: max(0, one.offset) for one in answer}
                return all(
                    self._nothing_after(reader, logs, number, committed[number])
                    for number in range(self.partitions)
                )

            self.wait(applied, "the input was not applied to its end")
        finally:
            reader.close()
            logs.close()

    def _nothing_after(self, reader: Consumer, logs: Consumer, number: int, position: int) -> bool:
        """Whether no record lies at or after ``position``: a transaction's marker is none.

        One of a transaction that is still open may become one.
        """
        low, high = log_bounds(logs, self.settings.activities_topic, number, 10)
        if max(low, position) >= high:
            return True
        reader.assign([TopicPartition(self.settings.activities_topic, number, max(low, position))])
        message = reader.poll(2.0)
        return message is not None and message.error() is not None and (message.offset() or 0) >= high

    def wait(self, until: Callable[[], bool], failure: str, seconds: float | None = None) -> None:
        """Poll ``until``; AssertionError with the workers' logs when it does not come true.

        A broker that has just come back may refuse to answer for a while, and a worker that is busy may
        take too long to: they are asked again.
        """
        deadline, refused = time.monotonic() + (seconds or self.patience), ""
        while True:
            try:
                if until():
                    return
            except (KafkaException, KafkaError, OutsideWorld, httpx.TransportError) as error:
                refused = f"; what was asked last: {error!r}"
            assert time.monotonic() < deadline, f"{failure}{refused}\n{self.logs()}"
            time.sleep(0.2)

    def patiently(self, ask: Callable[[], Answer]) -> Answer:
        """What ``ask`` returns, once whom it asks does answer: see `wait`."""
        answers: list[Answer] = []

        def answered() -> bool:
            answers.append(ask())
            return True

        self.wait(answered, "there is no answer")
        return answers[0]

    # The oracle -----------------------------------------------------------------------

    def check(
        self,
        until: dict[int, int] | None = None,
        failed: Collection[tuple[int, int]] = (),
        evidence: oracle.Evidence | None = None,
    ) -> Recomputed:
        """Recompute everything, and compare. ``until``: each partition's last moment, else its clock's.

        ``failed`` are the places of activities on which the rules raised. The ``evidence``, else all that
        there is, is of whoever may be merged into each other together.
        """
        evidence = evidence or self.patiently(partial(oracle.gather, self.settings))
        changelog = evidence.changelog
        versions = Versions(evidence.funnels, changelog)
        grace = None if self.settings.hold_clock else self.settings.grace
        recomputing = Recomputing(versions, self.partitions, grace, failed, Clocks(changelog))
        until = oracle.clocks_of(changelog) if until is None else until
        recomputed = recomputing.run(evidence.activities, until)
        assert evidence.stage_changes, "nothing was said"
        assert evidence.signals, "no signal was given"
        assert not (kept := self._kept()), kept
        found = oracle.differences([*evidence.stage_changes, *evidence.signals], recomputed)
        assert not found, f"{len(found)} leads differ, such as\n" + "\n".join(found[:5]) + "\n" + self.logs()
        letters = [record for record in evidence.dead_letters if "leadgate-mark" not in dict(record.headers)]
        assert len(letters) == recomputed.dead_letters.total()
        states = oracle.states_of(changelog)
        assert states.keys() == recomputed.leads.keys()
        for lead_id, lead in recomputed.leads.items():
            stands = decode_lead(states[lead_id])
            assert (stands.stage, stands.since, stands.seq) == (lead.stage, lead.since, lead.seq), lead_id
        return recomputed


GroupMaker = Callable[..., Group]
"""The fixture `group`: ``group("history")`` runs history.yaml; more settings as keyword arguments."""
