"""The funnel on Faust, as its documentation has one write such a thing.

An agent takes the activities one by one, a table with a changelog keeps the leads, a
topic takes the stage changes. What can be chosen is chosen for speed: activities, leads and
stage changes are read and written by msgspec, the table is in memory, Faust's Cython
streams are in use, the web server is off.

It does less than leadgate where Faust has no ready answer, which is to its advantage
here: leads that fall silent are not moved before they stir again, a stage change may be said twice
after a crash, and a record that cannot be read is logged and passed over.
"""

import os
from typing import Any

import faust
from faust.serializers import codecs

from tests.benchmarks.workers import rules


class ActivityCodec(codecs.Codec):
    """An activity as native JSON."""

    def _loads(self, s: bytes) -> rules.Activity:
        return rules.decode_activity(s)


codecs.register("activity", ActivityCodec())

app = faust.App(
    os.environ["BENCH_NAME"],
    broker=f"kafka://{os.environ['BENCH_BOOTSTRAP']}",
    store="memory://",
    datadir=os.environ["BENCH_DATA"],
    autodiscover=False,
    topic_disable_leader=True,
    web_enabled=False,
    broker_commit_interval=1.0,
)
activities = app.topic(os.environ["BENCH_ACTIVITIES"], key_serializer="raw", value_serializer="activity")
stage_changes = app.topic(os.environ["BENCH_STAGE_CHANGES"], key_serializer="raw", value_serializer="raw")
leads = app.Table("leads", partitions=int(os.environ["BENCH_PARTITIONS"]), key_type=bytes, value_type=bytes)


@app.agent(activities)
async def qualify(stream: Any) -> None:
    """Apply each activity to its lead, and say how that moves."""
    async for event in stream.events():
        kept = leads.get(event.key)
        known = None if kept is None else rules.decode_lead(kept)
        lead, changes = rules.apply(known, event.value, event.message.partition, event.message.offset)
        leads[event.key] = rules.encode_lead(lead)
        for change in changes:
            await stage_changes.send(key=event.key, value=rules.encode_change(change))


if __name__ == "__main__":
    app.main()
