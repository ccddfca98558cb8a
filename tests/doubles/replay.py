"""What must have been said, by a plain replay of the input, lead by lead.

Which activities a lead had is taken from the input; when time moved it, from what
was said itself: a stage change by time names its due moment and the record before
which it was decided. That place must be the right one: before the first record that
lets the partition's clock reach the moment, and behind the records that do not.
Replayed at the same places, the funnel must say the same, and nothing may be left
over that the partition's clock has passed.

Where a partition came under another funnel is taken from its changelog. All its leads are
then read again at once, which must come to the same as when they are one after the other;
only that what is due since then may be said later than at its place.
"""

import json
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

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

Events = dict[tuple[int, int, int], Activity | None]
"""What happened to a lead, at (offset, reign, what): an activity; time, as its due moment - 2**63,
before that offset; or that this reign began."""

_AN_ACTIVITY = 1
_A_BEGINNING = -(2**64)


class Reign(NamedTuple):
    """A funnel decides a partition from an offset on; up to ``since`` (ms) the one before had judged."""

    funnel: Funnel
    position: int
    since: int


class Replay:
    """The replay of ``records``, the committed input; ``grace`` in ms."""

    def __init__(
        self,
        records: Iterable[FakeRecord],
        reigns: Mapping[int, Sequence[Reign]],
        partitions: int,
        grace: int,
    ) -> None:
        self._reigns, self._partitions, self._grace = reigns, partitions, grace
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
                offset = record.offset()
                reign = sum(one.position <= offset for one in reigns[number][1:])
                self._events[activity.lead_id][offset, reign, _AN_ACTIVITY] = activity

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
            number = home(lead_id.encode(), self._partitions)
            hashes = [reign.funnel.hash for reign in self._reigns[number]]
            reign = hashes.index(change["funnel_hash"])
            if "due" in cause:
                due = parse_moment(cause["due"])
                if due > parse_moment(change["decided_at"]) - self._grace:
                    found += self._unless_by_its_activity(lead_id, cause["before_offset"], due)
                found += self._misplaced(lead_id, cause["before_offset"], due, reign)
                self._events[lead_id][cause["before_offset"], reign, due - 2**63] = None
        for lead_id, events in self._events.items():
            for number, reign_ in enumerate(self._reigns[home(lead_id.encode(), self._partitions)]):
                if number:
                    events[reign_.position, number, _A_BEGINNING] = None
            wanted = self._replayed(lead_id, events, clocks)
            got = [_compared(change) for change in actual[lead_id]]
            if got != wanted:
                found.append(f"{lead_id}: said {got}, replayed {wanted}")
        return found

    def _unless_by_its_activity(self, lead_id: str, offset: int, due: int) -> list[str]:
        """A lead's own activity moves it up to its moment, which may be ahead of the clock."""
        for (at, _, _), activity in self._events[lead_id].items():
            if at == offset and activity is not None and activity.occurred_at >= due:
                return []
        return [f"{lead_id}: moved before offset {offset} by what is due at {due}, too early"]

    def _misplaced(self, lead_id: str, offset: int, due: int, reign: int) -> list[str]:
        number = home(lead_id.encode(), self._partitions)
        offsets, clocks = self._offsets[number], self._clocks[number]
        # Since its last event, that is when it became due.
        since = max((at + (kind > 0) for at, _, kind in self._events[lead_id] if at + (kind > 0) <= offset))
        first = max(bisect_left(clocks, due), bisect_left(offsets, since))
        place = bisect_left(offsets, offset)
        if place > first and not reign:
            return [f"{lead_id}: due at {due}, moved before offset {offset}, not {offsets[first]}"]
        return self._unless_by_its_activity(lead_id, offset, due) if place < first else []

    def _replayed(self, lead_id: str, events: Events, clocks: Mapping[int, int]) -> list[Any]:
        number = home(lead_id.encode(), self._partitions)
        reigns = self._reigns[number]
        lead: Lead | None = None
        decided = []
        for (offset, which, kind), activity in sorted(events.items(), key=lambda event: event[0]):
            place, reign = Place("in", number, offset), reigns[which]
            if activity is not None:
                applied = reign.funnel.apply(lead, activity, place)
                lead, decisions = applied.lead, applied.decisions
            elif lead is None:
                continue
            elif kind == _A_BEGINNING:
                # The one before has left nothing undone.
                decisions = reigns[which - 1].funnel.advance(lead_id, lead, reign.since, place)
                decisions += reign.funnel.reread(lead_id, lead, reign.since, place)
            else:
                decisions = reign.funnel.advance(lead_id, lead, kind + 2**63, place)
            decided += decisions
        if lead is not None:
            last = Place("in", number, None)
            decided += reigns[-1].funnel.advance(lead_id, lead, clocks.get(number, 0), last)
        return [_compared(json.loads(encode_decision(change))) for change in decided]


def _compared(change: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in change.items() if name != "decided_at"}
