"""What must have been said, by a plain replay of the input, lead by lead.

Which activities a lead had is taken from the input; when time moved it, from what
was said itself: a stage change by time names its due moment and the record before
which it was decided. That place must be the right one: before the first record that
lets the partition's clock reach the moment, and behind the records that do not.
Replayed at the same places, the funnel must say the same, and nothing may be left
over that the partition's clock has passed.
"""

import json
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from qualifiers import Funnel
from schemas.activity import Activity
from schemas.dead_letter import Unreadable
from schemas.decision import Place, encode_decision
from schemas.lead import Lead
from schemas.moments import parse_moment
from streams.engine.homes import home
from streams.engine.partition_pass import FUTURE_TOLERANCE
from streams.intake.native import decode_native
from tests.doubles.kafka import FakeRecord

Events = dict[tuple[int, int], Activity | None]
"""What happened to a lead: (offset, 1) its activity, or (offset before which, due moment - 2**63) time."""

_AN_ACTIVITY = 1


class Replay:
    """The replay of ``records``, the committed input; ``grace`` in ms."""

    def __init__(self, records: Iterable[FakeRecord], funnel: Funnel, partitions: int, grace: int) -> None:
        self._funnel, self._partitions, self._grace = funnel, partitions, grace
        self._events: dict[str, Events] = defaultdict(dict)
        self._offsets: dict[int, list[int]] = defaultdict(list)
        self._clocks: dict[int, list[int]] = defaultdict(list)
        for record in records:
            number = record.partition()
            before = self._clocks[number][-1] if self._clocks[number] else 0
            self._offsets[number].append(record.offset())
            self._clocks[number].append(max(before, record.stamp - grace))
            activity = self._read(record)
            if activity is not None:
                self._events[activity.lead_id][record.offset(), _AN_ACTIVITY] = activity

    def _read(self, record: FakeRecord) -> Activity | None:
        """The activity that is applied where it lies; None when the record ends otherwise."""
        try:
            activity = decode_native(record.value())
        except Unreadable:
            return None
        key = activity.lead_id.encode()
        at_home = record.key() == key and home(key, self._partitions) == record.partition()
        return activity if at_home and activity.occurred_at <= record.stamp + FUTURE_TOLERANCE else None

    def differences(self, said: Iterable[Any], clocks: Mapping[int, int]) -> list[str]:
        """Where ``said`` (decoded) is something else; ``clocks`` are the partitions' last ones (ms)."""
        actual: dict[str, list[Any]] = defaultdict(list)
        found: list[str] = []
        for change in said:
            lead_id, cause = change["lead_id"], change["cause"]
            actual[lead_id].append(change)
            if "due" in cause:
                due = parse_moment(cause["due"])
                if due > parse_moment(change["decided_at"]) - self._grace:
                    found += self._unless_by_its_activity(lead_id, cause["before_offset"], due)
                found += self._misplaced(lead_id, cause["before_offset"], due)
                self._events[lead_id][cause["before_offset"], due - 2**63] = None
        for lead_id, events in self._events.items():
            wanted = self._replayed(lead_id, events, clocks)
            got = [_compared(change) for change in actual[lead_id]]
            if got != wanted:
                found.append(f"{lead_id}: said {got}, replayed {wanted}")
        return found

    def _unless_by_its_activity(self, lead_id: str, offset: int, due: int) -> list[str]:
        """A lead's own activity moves it up to its moment, which may be ahead of the clock."""
        activity = self._events[lead_id].get((offset, _AN_ACTIVITY))
        if activity is not None and activity.occurred_at >= due:
            return []
        return [f"{lead_id}: moved before offset {offset} by what is due at {due}, too early"]

    def _misplaced(self, lead_id: str, offset: int, due: int) -> list[str]:
        number = home(lead_id.encode(), self._partitions)
        offsets, clocks = self._offsets[number], self._clocks[number]
        # Since its last event, that is when it became due.
        since = max((at + (kind > 0) for at, kind in self._events[lead_id] if at + (kind > 0) <= offset))
        first = max(bisect_left(clocks, due), bisect_left(offsets, since))
        place = bisect_left(offsets, offset)
        if place > first:
            return [f"{lead_id}: due at {due}, moved before offset {offset}, not {offsets[first]}"]
        return self._unless_by_its_activity(lead_id, offset, due) if place < first else []

    def _replayed(self, lead_id: str, events: Events, clocks: Mapping[int, int]) -> list[Any]:
        number = home(lead_id.encode(), self._partitions)
        lead: Lead | None = None
        decided = []
        for (offset, kind), activity in sorted(events.items(), key=lambda event: event[0]):
            place = Place("in", number, offset)
            if activity is not None:
                applied = self._funnel.apply(lead, activity, place)
                lead, decisions = applied.lead, applied.decisions
            else:
                decisions = self._funnel.advance(lead_id, lead, kind + 2**63, place) if lead else []
            decided += decisions
        if lead is not None:
            decided += self._funnel.advance(lead_id, lead, clocks.get(number, 0), Place("in", number, None))
        return [_compared(json.loads(encode_decision(change))) for change in decided]


def _compared(change: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in change.items() if name != "decided_at"}
