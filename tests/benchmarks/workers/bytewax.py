"""The funnel on Bytewax: a stateful step, keyed by lead, with Bytewax's own snapshots for recovery.

At least once: its sink for Kafka has no transactions, and after a crash it goes on from its last
snapshot, here of each second. Bytewax keeps leads decoded, and wakes a step when time moves its lead.

It keeps its place in its snapshots, and not in a consumer group. What the group's offsets
say here is how far it has come, for whoever measures it: so many stage changes are out.
"""

import os
import time
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple, TypeAlias

import bytewax.operators as op
from bytewax.connectors.kafka import KafkaSource, KafkaSourceMessage
from bytewax.dataflow import Dataflow
from bytewax.operators import StatefulBatchLogic
from bytewax.outputs import DynamicSink, StatelessSinkPartition
from bytewax.recovery import RecoveryConfig, init_db_dir
from bytewax.run import cli_main
from confluent_kafka import Consumer, Producer, TopicPartition

from tests.benchmarks.workers import rules

BOOTSTRAP, ACTIVITIES = os.environ["BENCH_BOOTSTRAP"], os.environ["BENCH_ACTIVITIES"]
CLOCK_RUNS = not os.environ["BENCH_HISTORY"]
GRACE = 10 * rules.SECOND
SNAPSHOTS = timedelta(seconds=1)

Message: TypeAlias = KafkaSourceMessage[bytes, bytes]


class Said(NamedTuple):
    """What has come of a lead's records, of which there were so many."""

    partition: int
    records: int
    changes: list[bytes]


class Qualifier(StatefulBatchLogic[Message, Said, bytes]):
    """One lead."""

    def __init__(self, kept: bytes | None) -> None:
        self._lead = None if kept is None else rules.decode_lead(kept)
        self._id = ""
        self._partition = self._next_offset = 0

    def on_batch(self, values: list[Message]) -> tuple[Iterable[Said], bool]:
        """Apply its next activities."""
        said: list[bytes] = []
        for message in values:
            activity = rules.decode_activity(message.value)
            self._id, self._partition, self._next_offset = (
                activity.lead_id,
                message.partition,
                message.offset + 1,
            )
            self._lead, changes = rules.apply(self._lead, activity, message.partition, message.offset)
            said += map(rules.encode_change, changes)
        return [Said(self._partition, len(values), said)], self.RETAIN

    def on_notify(self) -> tuple[Iterable[Said], bool]:
        """Let time move it."""
        if self._lead is None:
            return [], self.RETAIN
        now = int(time.time() * 1_000) - GRACE
        changes = rules.advance(self._id, self._lead, now, self._partition, self._next_offset)
        return [Said(self._partition, 0, [*map(rules.encode_change, changes)])], self.RETAIN

    def notify_at(self) -> datetime | None:
        """When time moves it next."""
        if not CLOCK_RUNS or self._lead is None or self._lead.due == rules.NEVER:
            return None
        return datetime.fromtimestamp((self._lead.due + GRACE) / 1_000, UTC)

    def snapshot(self) -> bytes:
        """What is kept of it."""
        assert self._lead is not None
        return rules.encode_lead(self._lead)


class Topic(DynamicSink[tuple[str, Said]]):
    """The topic of stage changes, and the group's offsets."""

    def build(self, step_id: str, worker_index: int, worker_count: int) -> "TopicPart":
        """The one worker's."""
        return TopicPart()


class TopicPart(StatelessSinkPartition[tuple[str, Said]]):
    """Sends stage changes, and says how many records are done."""

    def __init__(self) -> None:
        self._producer = Producer(
            {"bootstrap.servers": BOOTSTRAP, "partitioner": "murmur2_random", "compression.type": "lz4"}
        )
        self._group = Consumer({"bootstrap.servers": BOOTSTRAP, "group.id": os.environ["BENCH_NAME"]})
        self._done: Counter[int] = Counter()

    def write_batch(self, items: list[tuple[str, Said]]) -> None:
        """Send them, and wait until the broker has them."""
        for lead_id, said in items:
            self._done[said.partition] += said.records
            for change in said.changes:
                self._producer.produce(os.environ["BENCH_STAGE_CHANGES"], change, lead_id)
        self._producer.flush()
        done = [TopicPartition(ACTIVITIES, partition, count) for partition, count in self._done.items()]
        self._group.commit(offsets=done, asynchronous=True)


def lead_of(message: Message) -> str:
    """The lead whose activity that is."""
    return str(message.key, "utf-8")


flow = Dataflow("qualify")
activities = op.input("activities", flow, KafkaSource([BOOTSTRAP], [ACTIVITIES], batch_size=1_000))
by_lead = op.key_on("by-lead", activities, lead_of)
changes = op.stateful_batch("qualify", by_lead, Qualifier)
op.output("stage-changes", changes, Topic())

if __name__ == "__main__":
    snapshots = Path(os.environ["BENCH_DATA"])
    if not snapshots.exists():
        snapshots.mkdir(parents=True)
        init_db_dir(snapshots, 1)
    cli_main(flow, epoch_interval=SNAPSHOTS, recovery_config=RecoveryConfig(snapshots))
