"""How the workers of a group are, sampled: memory, descriptors, threads, and how far behind they are."""

import threading
import time
from pathlib import Path
from typing import NamedTuple

from confluent_kafka import Consumer, KafkaException, TopicPartition

from streams import kafka_clients
from streams.engine.log_bounds import log_bounds
from tests.faults.workers import Group

EVERY_SECONDS = 2.0
ANSWER_SECONDS = 2.0
MIB = 2**20


class Sample(NamedTuple):
    """A process at a moment (s): resident memory (MiB), open descriptors, threads."""

    at: float
    memory: float
    descriptors: int
    threads: int


def look(pid: int, at: float) -> Sample | None:
    """How a process is; None where there is none any more."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
        descriptors = len(list(Path(f"/proc/{pid}/fd").iterdir()))
        threads = len(list(Path(f"/proc/{pid}/task").iterdir()))
    except (FileNotFoundError, ProcessLookupError, IndexError):
        return None
    return Sample(at, pages * 4096 / MIB, descriptors, threads)


def slope(samples: list[Sample]) -> float:
    """By how much memory grows, in MiB a minute: the line that lies nearest to the samples."""
    if len(samples) < 2:
        return 0.0
    mean_at = sum(one.at for one in samples) / len(samples)
    mean = sum(one.memory for one in samples) / len(samples)
    spread = sum((one.at - mean_at) ** 2 for one in samples)
    return 60 * sum((one.at - mean_at) * (one.memory - mean) for one in samples) / spread


class Vitals(threading.Thread):
    """Samples until `end`: ``processes`` by number, and ``lags`` (moment, records) while a broker answers."""

    def __init__(self, group: Group) -> None:
        super().__init__(daemon=True)
        self._group, self._ending, self._begun = group, threading.Event(), time.monotonic()
        self.processes: dict[int, list[Sample]] = {}
        self.lags: list[tuple[float, int]] = []
        group.on_stop.append(self.end)

    def run(self) -> None:
        """Sample."""
        settings = self._group.settings
        reader = Consumer(kafka_clients.reader(settings) | {"group.id": settings.group})
        while not self._ending.wait(EVERY_SECONDS):
            at = time.monotonic() - self._begun
            for process in list(self._group.processes):
                sample = look(process.pid, at) if process.poll() is None else None
                if sample is not None:
                    self.processes.setdefault(process.pid, []).append(sample)
            try:
                self.lags.append((at, self._lag(reader)))
            except KafkaException:
                continue  # the broker is away, or has a transaction open on the offsets
        reader.close()

    def _lag(self, reader: Consumer) -> int:
        topic = self._group.settings.activities_topic
        numbers = [TopicPartition(topic, number) for number in range(self._group.partitions)]
        behind = 0
        for one in reader.committed(numbers, ANSWER_SECONDS):
            low, high = log_bounds(reader, topic, one.partition, ANSWER_SECONDS)
            behind += high - max(low, one.offset)
        return behind

    def end(self) -> None:
        """Sample no more."""
        self._ending.set()
        if self.is_alive():
            self.join()
