"""The oracle: everything recomputed from the input topic as it stands, and compared with what went out.

Reads with kafka-python, committed records only: a client that shares nothing with
the worker's own. Recomputes with the engine of `leadgate qualify`.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kafka import KafkaConsumer, TopicPartition

from qualifiers import Funnel
from schemas.dead_letter import Unreadable
from schemas.decision import Place, encode_decision
from schemas.lead import Lead
from streams.engine.changelog import META_KEY, Kind, decode_meta
from streams.engine.homes import home
from streams.engine.partition_pass import FUTURE_TOLERANCE
from streams.intake.native import decode_native

UNCOMPARED = {"decided_at", "cause"}
"""When and before which record a decision was made depends on when workers ran; its content does not."""


def read_all(bootstrap: str, topic: str) -> list[Any]:
    """Every committed record of ``topic`` (kafka-python's ConsumerRecord), by partition and offset."""
    consumer = KafkaConsumer(
        bootstrap_servers=bootstrap,
        isolation_level="read_committed",
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        max_poll_records=10_000,
    )
    try:
        partitions = [
            TopicPartition(topic, number) for number in sorted(consumer.partitions_for_topic(topic) or ())
        ]
        consumer.assign(partitions)
        ends = consumer.end_offsets(partitions)
        records: list[Any] = []
        while any(consumer.position(partition) < ends[partition] for partition in partitions):
            for batch in consumer.poll(timeout_ms=500).values():
                records += batch
    finally:
        consumer.close()
    return sorted(records, key=lambda record: (record.partition, record.offset))


@dataclass(frozen=True)
class Recomputed:
    """What must have come of an input."""

    decisions: dict[str, list[dict[str, Any]]]
    """By lead, its stage changes and signals, in order."""
    dead_letters: Counter[tuple[int, int]]
    rekeyed: int
    leads: dict[str, Lead]


def recompute(records: list[Any], funnel: Funnel, partitions: int, until: Mapping[int, int]) -> Recomputed:
    """Run ``funnel`` over the input; partition p's leads are advanced to ``until[p]`` (ms) at the end."""
    leads: dict[str, Lead] = {}
    said: dict[str, list[dict[str, Any]]] = defaultdict(list)
    dead: Counter[tuple[int, int]] = Counter()
    rekeyed = 0
    for record in records:
        try:
            activity = decode_native(record.value)
            if activity.occurred_at > record.timestamp + FUTURE_TOLERANCE:
                raise Unreadable("future", "dated in the future")
        except Unreadable:
            dead[record.partition, record.offset] += 1
            continue
        key = activity.lead_id.encode()
        if record.key != key or home(key, partitions) != record.partition:
            rekeyed += 1
            continue
        place = Place(topic=record.topic, partition=record.partition, offset=record.offset)
        applied = funnel.apply(leads.get(activity.lead_id), activity, place)
        assert applied.lead is not None
        leads[activity.lead_id] = applied.lead
        said[activity.lead_id] += [json.loads(encode_decision(change)) for change in applied.decisions]
    for lead_id, lead in leads.items():
        moment = until.get(home(lead_id.encode(), partitions), 0)
        for change in funnel.advance(lead_id, lead, moment, Place()):
            said[lead_id].append(json.loads(encode_decision(change)))
    return Recomputed({lead: changes for lead, changes in said.items() if changes}, dead, rekeyed, leads)


def final_clocks(bootstrap: str, changelog: str) -> dict[int, int]:
    """The clock (ms) that each partition stood at in its last transaction."""
    clocks: dict[int, int] = {}
    for record in read_all(bootstrap, changelog):
        if record.key == META_KEY:
            clocks[record.partition] = decode_meta(record.value).clock
    return clocks


def final_states(bootstrap: str, changelog: str) -> dict[str, bytes]:
    """Each lead's last state in the changelog, encoded."""
    states: dict[str, bytes] = {}
    for record in read_all(bootstrap, changelog):
        if record.key and record.key[0] == Kind.LEAD:
            states[record.key[1:].decode()] = record.value
    return states


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
        if [change["seq"] for change in got[0]] != list(range(1, len(got[0]) + 1)):
            found.append(f"{lead}: seq {[change['seq'] for change in got[0]]}")
        for ours, theirs in zip(got, wanted, strict=True):
            if [_compared(one) for one in ours] != [_compared(one) for one in theirs]:
                found.append(f"{lead}: said {_brief(ours)}, recomputed {_brief(theirs)}")
    return found


def _sorted_out(decisions: list[dict[str, Any]]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The stage changes, and the signals."""
    return [one for one in decisions if "to" in one], [one for one in decisions if "signal" in one]


def _compared(change: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in change.items() if name not in UNCOMPARED}


def _brief(changes: list[dict[str, Any]]) -> str:
    return ", ".join(
        f"{one['seq']} {one.get('signal') or one['rule'] + '→' + one['to']} at {one['occurred_at']}"
        for one in changes
    )
