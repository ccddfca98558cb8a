"""Groups whose tables hold so many leads: filled once, and started again by whoever measures that."""

from dataclasses import dataclass

from confluent_kafka import OFFSET_BEGINNING, Consumer, TopicPartition
from kafka.admin import KafkaAdminClient

from streams.engine.recovered import Recovered
from tests.benchmarks import load
from tests.benchmarks.bench import Bench, say
from tests.benchmarks.measures.working import Worked, work_off
from tests.benchmarks.peers import PEERS, Run

PARTITIONS = 4
ACTIVITIES = 2
"""Of each lead: a young lead's state."""


@dataclass(frozen=True)
class Filled:
    """What a worker has left, and how it was when it had ``worked``."""

    run: Run
    worked: Worked
    leads: int
    state_bytes: float
    key_bytes: float
    """A lead's, on average."""
    changelog_records: int
    changelog_bytes: int
    """On the broker's disk, compressed."""


def filled(bench: Bench, name: str, leads: int) -> Filled:
    """The group of that peer with so many leads, made when it is first asked for."""

    def fill() -> Filled:
        topic = bench.input(f"leads-{leads}", PARTITIONS, lambda: load.each(leads, ACTIVITIES))
        run = bench.new_run(name, "tables", topic, PARTITIONS)
        say(f"  {name} works off activities of {leads:,} leads …")
        worked = work_off(PEERS[name], run, bench.broker, leads * ACTIVITIES)
        return _looked_at(run, worked)

    return bench.once(f"{name} with {leads} leads", fill)


def _looked_at(run: Run, worked: Worked) -> Filled:
    changelog = f"{run.name}-leads-changelog"
    recovered = _read(run, changelog)
    return Filled(
        run=run,
        worked=worked,
        leads=len(recovered.states),
        state_bytes=sum(map(len, recovered.states.values())) / len(recovered.states),
        key_bytes=sum(map(len, recovered.states)) / len(recovered.states),
        changelog_records=recovered.records,
        changelog_bytes=_bytes_on_disk(run, changelog),
    )


def _read(run: Run, changelog: str) -> Recovered:
    """What the changelog says."""
    consumer = Consumer(
        {
            "bootstrap.servers": run.bootstrap,
            "group.id": "benchmark-reader",
            "isolation.level": "read_committed",
            "enable.partition.eof": True,
        }
    )
    recovered, ended = Recovered(), 0
    try:
        consumer.assign(
            [TopicPartition(changelog, number, OFFSET_BEGINNING) for number in range(run.partitions)]
        )
        while ended < run.partitions:
            for message in consumer.consume(10_000, 1.0):
                if message.error() is not None:
                    ended += 1
                else:
                    recovered.apply(message.key(), message.value())
    finally:
        consumer.close()
    return recovered


def _bytes_on_disk(run: Run, topic: str) -> int:
    admin = KafkaAdminClient(bootstrap_servers=run.bootstrap)
    try:
        return sum(
            partition["partition_size"]
            for broker in admin.describe_log_dirs([topic])
            for directory in broker["log_dirs"]
            for one in directory["topics"]
            for partition in one["partitions"]
        )
    finally:
        admin.close()
