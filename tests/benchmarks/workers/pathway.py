"""The funnel on Pathway: a stateful reducer over each lead's activities, persisted by Pathway.

At least once: that is what Pathway gives without a licence. What it keeps without one, to recover
by, is not the leads but its whole input, which it then applies again.

What comes in one step of its time it hands over in any order, so that a lead's activities are
sorted by offset before they are applied. No timers are made of it here: leads that
fall silent are not moved before they stir again.

What the group's offsets say is how far it has come, for whoever measures it; Pathway keeps its
place in what it persists.
"""

import os
from operator import itemgetter
from typing import Any

import pathway as pw
from confluent_kafka import Consumer, Producer, TopicPartition

from tests.benchmarks.workers import rules

BOOTSTRAP, ACTIVITIES = os.environ["BENCH_BOOTSTRAP"], os.environ["BENCH_ACTIVITIES"]
STEP_MS = 100
BACKLOG = 50_000
"""Without a bound it reads the whole topic into memory first."""

Kept = tuple[bytes, tuple[bytes, ...], int, int]
"""The lead, what was said of it in the last step; its partition, and the offset after its last record."""


@pw.reducers.stateful_many
def qualify(kept: Kept | None, rows: list[tuple[list, int]]) -> Kept:  # type: ignore[type-arg]  # Pathway reads it
    """Apply a step's activities of one lead."""
    lead = None if kept is None else rules.decode_lead(kept[0])
    said: list[bytes] = []
    partition = offset = 0
    for value, partition, offset in sorted((row for row, _ in rows), key=itemgetter(2)):
        lead, changes = rules.apply(lead, rules.decode_activity(value), partition, offset)
        said += map(rules.encode_change, changes)
    assert lead is not None
    return rules.encode_lead(lead), tuple(said), partition, offset + 1


class Output:
    """Sends a step's stage changes, and says how far that was."""

    def __init__(self) -> None:
        self._producer = Producer(
            {"bootstrap.servers": BOOTSTRAP, "partitioner": "murmur2_random", "compression.type": "lz4"}
        )
        self._group = Consumer({"bootstrap.servers": BOOTSTRAP, "group.id": os.environ["BENCH_NAME"]})
        self._done: dict[int, int] = {}

    def on_change(self, key: pw.Pointer, row: dict[str, Any], time: int, is_addition: bool) -> None:
        """Take a lead as it is now; as it was before is of no interest."""
        if not is_addition:
            return
        kept: Kept = row["kept"]
        _, said, partition, done = kept
        for change in said:
            self._producer.produce(os.environ["BENCH_STAGE_CHANGES"], change, row["lead"])
        self._done[partition] = max(done, self._done.get(partition, 0))

    def on_time_end(self, time: int) -> None:
        """Wait until the broker has them."""
        self._producer.flush()
        done = [TopicPartition(ACTIVITIES, partition, offset) for partition, offset in self._done.items()]
        if done:
            self._group.commit(offsets=done, asynchronous=True)


activities = pw.io.kafka.read(
    {
        "bootstrap.servers": BOOTSTRAP,
        "group.id": f"{os.environ['BENCH_NAME']}-reader",
        "auto.offset.reset": "earliest",
        "enable.auto.commit": "false",
    },
    topic=ACTIVITIES,
    format="raw",
    autogenerate_key=True,
    with_metadata=True,
    autocommit_duration_ms=STEP_MS,
    max_backlog_size=BACKLOG,
    name="activities",
)
placed = activities.select(
    lead=pw.this.key,
    value=pw.this.data,
    partition=pw.this._metadata["partition"].as_int(unwrap=True),
    offset=pw.this._metadata["offset"].as_int(unwrap=True),
)
leads = placed.groupby(pw.this.lead).reduce(
    pw.this.lead, kept=qualify(pw.this.value, pw.this.partition, pw.this.offset)
)
output = Output()
pw.io.subscribe(leads, on_change=output.on_change, on_time_end=output.on_time_end)

if __name__ == "__main__":
    pw.run(
        monitoring_level=pw.MonitoringLevel.NONE,
        persistence_config=pw.persistence.Config(
            pw.persistence.Backend.filesystem(os.environ["BENCH_DATA"]),
            snapshot_interval_ms=1_000,
        ),
    )
