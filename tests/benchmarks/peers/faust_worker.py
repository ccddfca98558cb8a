"""The funnel on Faust, as its documentation has one write such a thing, with the same rules as leadgate's.

An agent takes the activities one by one, a table with a changelog keeps the leads, a
topic takes the stage changes. What can be chosen is chosen for speed: `qualifiers`
runs the rules, compiled by mypyc as leadgate's are, activities and leads are read and
written by msgspec, the table is in memory, Faust's Cython streams are in use, the web
server is off.

It does less than leadgate where Faust has no ready answer, which is to its advantage
here: leads that fall silent are not moved, a record that lies elsewhere than at its lead's
home is not sent there, a stage change may be said twice after a crash, and a record
that cannot be read is logged and passed over.
"""

import os
from typing import Any

import faust
from faust.serializers import codecs

from qualifiers import compile_funnel, load_funnel
from qualifiers.presets import preset_text
from schemas.activity import Activity
from schemas.decision import Place, encode_decision
from schemas.lead import decode_lead, encode_lead
from streams.engine.envelopes import event_headers
from streams.intake.native import decode_native


class ActivityCodec(codecs.Codec):  # type: ignore[misc]  # Faust has no types
    """An activity as native JSON."""

    def _loads(self, s: bytes) -> Activity:
        return decode_native(s)


codecs.register("activity", ActivityCodec())

funnel = compile_funnel(load_funnel(preset_text(os.environ["BENCH_FUNNEL"])))

app = faust.App(
    os.environ["BENCH_NAME"],
    broker=os.environ["BENCH_BROKER"],
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


@app.agent(activities)  # type: ignore[untyped-decorator]
async def qualify(stream: Any) -> None:
    """Apply each activity to its lead, and say how that moves."""
    async for event in stream.events():
        activity, message = event.value, event.message
        place = Place(topic=message.topic, partition=message.partition, offset=message.offset)
        state = leads.get(event.key)
        applied = funnel.apply(None if state is None else decode_lead(state), activity, place)
        if applied.outcome == "applied" and applied.lead is not None:
            leads[event.key] = encode_lead(applied.lead)
        for change in applied.decisions:
            await stage_changes.send(
                key=event.key, value=encode_decision(change), headers=event_headers(change)
            )


if __name__ == "__main__":
    app.main()
