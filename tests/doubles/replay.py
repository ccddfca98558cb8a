"""What must have been said, by a plain replay of the input, lead by lead.

Which activities a lead had is taken from the input; when time moved it, from what
was said itself: a stage change by time names its due moment and the record before
which it was decided. Replayed at the same places, the funnel must say the same, and
nothing may be left over that the partition's clock has passed.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from qualifiers import Funnel
from schemas.dead_letter import Unreadable
from schemas.decision import Place, encode_stage_change
from schemas.lead import Lead
from schemas.moments import parse_moment
from streams.engine.homes import home
from streams.engine.processing import FUTURE_TOLERANCE
from streams.intake.native import decode_native
from tests.doubles.kafka import FakeRecord


def differences(
    records: Iterable[FakeRecord],
    said: Iterable[Any],
    funnel: Funnel,
    partitions: int,
    clocks: Mapping[int, int],
) -> list[str]:
    """Leads of which something else was said than the replay says; empty when all is well.

    ``said`` are the stage changes, decoded; ``clocks`` the partitions' last ones (ms).
    """
    happened: dict[str, set[tuple[int, int, int]]] = defaultdict(set)
    activities: dict[tuple[str, int], Any] = {}
    found: list[str] = []
    for record in records:
        try:
            activity = decode_native(record.value())
        except Unreadable:
            continue
        key = activity.lead_id.encode()
        at_home = record.key() == key and home(key, partitions) == record.partition()
        if at_home and activity.occurred_at <= record.stamp + FUTURE_TOLERANCE:
            happened[activity.lead_id].add((record.offset(), 1, 0))
            activities[activity.lead_id, record.offset()] = activity
    actual: dict[str, list[Any]] = defaultdict(list)
    for change in said:
        lead_id, cause = change["lead_id"], change["cause"]
        actual[lead_id].append(change)
        if "due" in cause:
            due = parse_moment(cause["due"])
            happened[lead_id].add((cause["before_offset"], 0, due))
            if due > parse_moment(change["decided_at"]):
                found.append(f"{lead_id}: moved by time before it was time: {change}")
    for lead_id, events in happened.items():
        number = home(lead_id.encode(), partitions)
        lead: Lead | None = None
        wanted = []
        for offset, is_activity, due in sorted(events):
            place = Place(topic="in", partition=number, offset=offset)
            if is_activity:
                applied = funnel.apply(lead, activities[lead_id, offset], place)
                lead, decisions = applied.lead, applied.decisions
            else:
                decisions = funnel.advance(lead_id, lead, due, place) if lead else []
            wanted += [json.loads(encode_stage_change(change)) for change in decisions]
        if lead and funnel.advance(lead_id, lead, clocks.get(number, 0), Place()):
            found.append(f"{lead_id}: time should have moved it")
        got = [_compared(change) for change in actual[lead_id]]
        if got != [_compared(change) for change in wanted]:
            found.append(f"{lead_id}: said {got}, replayed {wanted}")
    return found


def _compared(change: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in change.items() if name != "decided_at"}
