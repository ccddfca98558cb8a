"""The oracle: everything recomputed from the input topic as it stands, and compared with what went out.

Reads with kafka-python, committed records only: a client that shares nothing with
the worker's own. Recomputes with the engine of `leadgate qualify`. Of what the workers
say of themselves it takes their clocks, and where a partition came under another funnel.
"""

import json
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from kafka import KafkaConsumer, TopicPartition
from kafka.errors import KafkaTimeoutError, UnknownTopicOrPartitionError

from schemas.lead_state import marked
from streams.engine.changelog import META_KEY, RESTORING, Kind, decode_meta
from streams.settings import Settings
from tests.faults.recomputing import Recomputed

UNCOMPARED = {"decided_at", "cause"}
"""When and before which record a decision was made depends on when workers ran; its content does not.

Where a changed funnel is the cause, that does not either.
"""

STANDSTILL_SECONDS = 60.0
"""So long a reader may get no further before it gives up."""

Keep = Callable[[Any], bool]
"""Which records of a topic count."""


def _any(_record: Any) -> bool:
    return True


def read_all(bootstrap: str, topic: str, keep: Keep = _any) -> list[Any]:
    """Every committed record of ``topic`` (kafka-python's ConsumerRecord), by partition and offset."""
    return sorted(filter(keep, read(bootstrap, topic)), key=lambda record: (record.partition, record.offset))


def read(bootstrap: str, topic: str) -> Iterator[Any]:
    """Every committed record of ``topic``, each partition's in order.

    Raises KafkaError: where the broker does not know the topic, or says nothing more before its end.
    """
    consumer = KafkaConsumer(
        bootstrap_servers=bootstrap,
        isolation_level="read_committed",
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        max_poll_records=10_000,
    )
    try:
        partitions = _partitions(consumer, topic)
        consumer.assign(partitions)
        ends = consumer.end_offsets(partitions)
        stood: dict[TopicPartition, int] = {}
        since = time.monotonic()
        while True:
            stands = {one: consumer.position(one, timeout_ms=10_000) or 0 for one in partitions}
            if all(stands[one] >= ends[one] for one in partitions):
                return
            if stands != stood:
                stood, since = stands, time.monotonic()
            if time.monotonic() - since > STANDSTILL_SECONDS:
                raise KafkaTimeoutError(f"{topic} is read no further: {stands} of {ends}")
            for batch in consumer.poll(timeout_ms=500).values():
                yield from batch
    finally:
        consumer.close()


def _partitions(consumer: KafkaConsumer, topic: str) -> list[TopicPartition]:
    """Raises KafkaError where there are none: a broker that has just come back may not know yet."""
    numbers = consumer.partitions_for_topic(topic)
    if not numbers:
        raise UnknownTopicOrPartitionError(f"{topic} has no partitions")
    return [TopicPartition(topic, number) for number in sorted(numbers)]


@dataclass(frozen=True)
class Evidence:
    """What lies in the topics of a group, each as `read_all` gives it."""

    activities: list[Any]
    stage_changes: list[Any]
    signals: list[Any]
    dead_letters: list[Any]
    changelog: list[Any]
    funnels: list[Any]


def gather(settings: Settings, keep: Keep = _any, each: Callable[..., Iterator[list[Any]]] = map) -> Evidence:
    """Read each topic of the group once; what is said of all leads together is kept in any case.

    ``each`` reads them: one after the other, or, as the map of an executor, side by side.
    """
    wanted = {
        settings.activities_topic: keep,
        settings.stage_changes_topic: keep,
        settings.signals_topic: keep,
        settings.dead_letters_topic: keep,
        settings.changelog: partial(_meta_or, keep),
        settings.funnels_topic: _any,
    }
    return Evidence(*each(partial(read_all, settings.bootstrap_servers), wanted, wanted.values()))


def _meta_or(keep: Keep, record: Any) -> bool:
    return record.key == META_KEY or keep(record)


def ends(bootstrap: str, *topics: str) -> int:
    """Where the logs of these topics end, all partitions together; what is not committed counts.

    Raises KafkaError, as `read`.
    """
    consumer = KafkaConsumer(bootstrap_servers=bootstrap)
    try:
        places = [place for topic in topics for place in _partitions(consumer, topic)]
        return sum(consumer.end_offsets(places).values())
    finally:
        consumer.close()


def final_clocks(bootstrap: str, changelog: str) -> dict[int, int]:
    """The clock (ms) that each partition stood at in its last transaction."""
    return clocks_of(read_all(bootstrap, changelog))


def clocks_of(changelog: list[Any]) -> dict[int, int]:
    """The same, of the records."""
    clocks: dict[int, int] = {}
    for record in changelog:
        if record.key == META_KEY and record.value != RESTORING:
            clocks[record.partition] = decode_meta(record.value).clock
    return clocks


def final_states(bootstrap: str, changelog: str) -> dict[str, bytes]:
    """The last state in the changelog, encoded, of each lead that there is."""
    return states_of(read_all(bootstrap, changelog))


def states_of(changelog: list[Any]) -> dict[str, bytes]:
    """The same, of the records."""
    states: dict[str, bytes | None] = {}
    for record in changelog:
        if record.key and record.key[0] == Kind.LEAD:
            states[record.key[1:].decode()] = record.value
    return {lead: state for lead, state in states.items() if state is not None and marked(state) is None}


def differences(said: list[Any], recomputed: Recomputed) -> list[str]:
    """How the stage changes and signals that were read back differ from those recomputed; empty when not.

    The two are on topics of their own: each lead's are compared in order, the ones and the others.
    """
    found: list[str] = []
    actual: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for record in said:
        change = json.loads(record.value)
        if record.key.decode() != change["lead_id"]:
            found.append(f"{change['lead_id']}: keyed {record.key!r}")
        actual[change["lead_id"]].append(change)
    for lead in sorted(actual.keys() | recomputed.decisions.keys()):
        got, wanted = _sorted_out(actual.get(lead, [])), _sorted_out(recomputed.decisions.get(lead, []))
        seqs = [change["seq"] for change in got[0]]
        # A lead that was erased and comes again begins anew.
        begins = [change["rule"] == "created" for change in got[0]]
        if any(
            seq != (1 if new else before + 1)
            for before, seq, new in zip([0, *seqs], seqs, begins, strict=False)
        ):
            found.append(f"{lead}: seq {seqs}")
        for ours, theirs in zip(got, wanted, strict=True):
            if [_compared(one) for one in ours] != [_compared(one) for one in theirs]:
                found.append(f"{lead}: said {_brief(ours)}, recomputed {_brief(theirs)}")
    return found


def _sorted_out(decisions: list[dict[str, Any]]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The stage changes, and the signals."""
    return [one for one in decisions if "to" in one], [one for one in decisions if "signal" in one]


def _compared(change: dict[str, Any]) -> dict[str, Any]:
    compared = {name: value for name, value in change.items() if name not in UNCOMPARED}
    return compared | ({"cause": change["cause"]} if "funnel_changed" in change["cause"] else {})


def _brief(changes: list[dict[str, Any]]) -> str:
    return ", ".join(
        f"{one['seq']} {one.get('signal') or one['rule'] + '→' + one['to']} at {one['occurred_at']}"
        for one in changes
    )
