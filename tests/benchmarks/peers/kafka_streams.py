"""Kafka Streams, of the same minor version as the broker: one JVM with one thread, exactly once."""

import re
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from streams.local_kafka import jars
from tests.benchmarks.peers.code import CHECKOUT
from tests.benchmarks.peers.peer import Run, told
from tests.benchmarks.peers.venvs import NotInstalled
from tests.benchmarks.topics import make

PROJECT = CHECKOUT / "tests" / "benchmarks" / "workers" / "kafka_streams"
BUILT = CHECKOUT / "build" / "benchmarks" / "kafka_streams"
JVM = ("-Xms1g", "-Xmx1g", "-XX:+UseParallelGC")


@dataclass(frozen=True)
class KafkaStreams:
    """`leadgate.bench.Main`."""

    label: str = "Kafka Streams, one thread"
    guarantee: str = "exactly once"
    decides: bool = True

    @property
    def software(self) -> str:
        """Its version, and how Java is told to run it."""
        found = re.search(
            r">kafka-streams</artifactId>\s*<version>([^<]+)", (PROJECT / "pom.xml").read_text()
        )
        return f"kafka-streams {found[1] if found else '?'}, java {' '.join(JVM)}"

    def build(self) -> None:
        """Compile it. Raises NotInstalled."""
        command = ["mvn", "--quiet", "--batch-mode", "--file", str(PROJECT / "pom.xml"), "compile"]
        try:
            done = subprocess.run(command, capture_output=True, text=True)
        except FileNotFoundError:
            raise NotInstalled("Kafka Streams is built by Maven, and there is no mvn here") from None
        if done.returncode != 0:
            raise NotInstalled(f"Maven could not build the peer on Kafka Streams:\n{done.stdout[-2_000:]}")

    def prepare(self, run: Run) -> None:
        """The topic of stage changes; the store's changelog is made by Kafka Streams."""
        make(run.bootstrap, run.stage_changes, run.partitions)

    def command(self, run: Run) -> Sequence[str]:
        """Java on what Maven has made."""
        classpath = f"{BUILT / 'classes'}:{BUILT / 'dependency'}/*"
        return [jars.java(), *JVM, "-cp", classpath, "leadgate.bench.Main"]

    def environment(self, run: Run) -> Mapping[str, str]:
        """Where it reads and writes."""
        return told(run)
