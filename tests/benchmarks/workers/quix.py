"""The funnel on Quix Streams, exactly once, as its documentation has one write such a thing.

A streaming data frame applies the rules to each activity, with the lead in its state (RocksDB, with
a changelog), and sends the stage changes on. What can be chosen is chosen for speed: bytes in and
out, msgspec for activities, leads and stage changes, transactions of 100 ms as in Kafka Streams.

It does less than leadgate where Quix Streams has no ready answer, which is to its advantage here:
it has no timers, so that leads that fall silent are not moved before they stir again.
"""

import os

from quixstreams import Application, State, message_context
from quixstreams.state.rocksdb import RocksDBOptions

from tests.benchmarks.workers import rules

app = Application(
    broker_address=os.environ["BENCH_BOOTSTRAP"],
    consumer_group=os.environ["BENCH_NAME"],
    processing_guarantee="exactly-once",
    auto_offset_reset="earliest",
    commit_interval=0.1,
    state_dir=os.environ["BENCH_DATA"],
    rocksdb_options=RocksDBOptions(dumps=rules.encode_lead, loads=rules.decode_lead),
    producer_extra_config={"compression.type": "lz4", "partitioner": "murmur2_random"},
    loglevel="WARNING",
)
activities = app.topic(os.environ["BENCH_ACTIVITIES"], key_deserializer="bytes", value_deserializer="bytes")
stage_changes = app.topic(os.environ["BENCH_STAGE_CHANGES"], key_serializer="bytes", value_serializer="bytes")


def qualify(value: bytes, state: State) -> list[bytes]:
    """Apply an activity to its lead; the stage changes, as JSON."""
    place = message_context()
    known = state.get(b"lead")
    lead, changes = rules.apply(known, rules.decode_activity(value), place.partition, place.offset)
    state.set(b"lead", lead)
    return [rules.encode_change(change) for change in changes]


app.dataframe(activities).apply(qualify, stateful=True, expand=True).to_topic(stage_changes)

if __name__ == "__main__":
    app.run()
