"""What must have come of an input: every record taken in order, partition by partition, by the funnel itself.

What travels from one partition to another is computed here too: of the records that leadgate put
onto the topic itself only the places count, at which a state arrived or an activity was sent on.
"""

import json
import sys
import time
from collections import Counter, defaultdict, deque
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from qualifiers import Funnel
from qualifiers.built_in import LEAD_MERGED, Departure, Erased
from qualifiers.merging import absorb
from schemas.activity import Activity
from schemas.dead_letter import Unreadable
from schemas.decision import Decision, Place, encode_decision
from schemas.lead import Lead
from streams.engine.forwarding import FORWARDED, INTERNAL
from streams.engine.homes import home
from streams.engine.partition_pass import FUTURE_TOLERANCE
from streams.intake.native import decode_native
from tests.faults.clocks import Clocks
from tests.faults.versions import Change, Versions

CREATE_TIME = 0
"""As kafka-python says it."""


@dataclass
class Recomputed:
    """What must have come of an input."""

    decisions: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: defaultdict(list))
    """By lead, its stage changes and signals, in order."""
    dead_letters: Counter[tuple[int, int]] = field(default_factory=Counter)
    rekeyed: int = 0
    merged: int = 0
    leads: dict[str, Lead] = field(default_factory=dict)


class Recomputing:
    """Runs a group's funnels over an input. ``grace`` (ms) as the workers'; None: clocks were held.
    ``failed`` are the places (partition, offset) of activities on which the workers' rules raised. ``clocks``
    say how far the wall clock had moved leads before a record came; without them, never past it.

    Where a partition comes under another funnel, all its leads are read again at once.
    """

    def __init__(
        self,
        versions: Versions,
        partitions: int,
        grace: int | None,
        failed: Collection[tuple[int, int]] = (),
        clocks: Clocks | None = None,
    ) -> None:
        self._versions = versions
        self._failed = failed
        self._clocks = clocks or Clocks()
        self._stands = dict.fromkeys(range(partitions), 0)
        """Up to which moment time has gone on in each partition."""
        self._in_force = {
            number: versions.changes[number][0] if versions.changes[number] else Change(1, 1, 0, 0)
            for number in range(partitions)
        }
        self._to_come = {number: deque(versions.changes[number][1:]) for number in range(partitions)}
        self._partitions = partitions
        self._grace = grace
        self._came = Recomputed()
        self._leads = self._came.leads
        self._into: dict[str, str] = {}
        self._suppressed: set[str] = set()
        self._moving: dict[tuple[str, str], tuple[Lead | None, int]] = {}
        """Leads on their way, and the version that has read them: by their id, and that of the activity that
        merged them."""

    def run(self, records: list[Any], until: Mapping[int, int]) -> Recomputed:
        """All that came; partition p's leads are advanced to ``until[p]`` (ms) at the end."""
        waiting: dict[int, deque[Any]] = defaultdict(deque)
        for record in records:
            waiting[record.partition].append(record)
        while any(waiting.values()):
            left = sum(map(len, waiting.values()))
            for queue in waiting.values():
                while queue and self._take(queue[0]):
                    queue.popleft()
            assert sum(map(len, waiting.values())) < left, "a state arrives that has never left"
        for number in range(self._partitions):
            self._change_before(number, sys.maxsize)
            for lead_id, lead in self._leads_of(number):
                self._say(self._funnel(number).advance(lead_id, lead, until.get(number, 0), Place()))
        self._came.decisions = {lead: said for lead, said in self._came.decisions.items() if said}
        return self._came

    def _funnel(self, number: int) -> Funnel:
        return self._versions[self._in_force[number].version]

    def _leads_of(self, number: int) -> list[tuple[str, Lead]]:
        return [
            (lead_id, lead)
            for lead_id, lead in self._leads.items()
            if home(lead_id.encode(), self._partitions) == number
        ]

    def _change_before(self, number: int, offset: int) -> None:
        """Let a partition come under whatever funnel decides the record at ``offset``."""
        to_come = self._to_come[number]
        while to_come and to_come[0].position <= offset:
            before, change = self._funnel(number), to_come.popleft()
            self._in_force[number] = change
            for lead_id, lead in self._leads_of(number):
                self._say(before.advance(lead_id, lead, change.since, Place()))
                self._reread(number, lead_id, lead, change.before)

    def _reread(self, number: int, lead_id: str, lead: Lead, before: int) -> None:
        change, funnel = self._in_force[number], self._funnel(number)
        if lead.funnel != funnel.mark:
            renamed = self._versions.renamed(before, change.version)
            place = Place(self._topic, number, change.position)
            self._say(funnel.reread(lead_id, lead, change.since, place, None, renamed))

    def _say(self, decisions: list[Decision]) -> None:
        for decision in decisions:
            self._came.decisions[decision.lead_id].append(json.loads(encode_decision(decision)))

    def _take(self, record: Any) -> bool:
        """Take in a record; False when another partition must go on first."""
        self._topic = record.topic
        self._change_before(record.partition, record.offset)
        self._go_on_to(record)
        headers = dict(record.headers)
        if INTERNAL in headers:
            return self._take_in(record)
        try:
            activity = decode_native(record.value)
            if activity.occurred_at > record.timestamp + FUTURE_TOLERANCE or _is_of_the_future(record):
                raise Unreadable("future", "dated in the future")
            if (record.partition, record.offset) in self._failed:
                raise Unreadable("failed_evaluation", "the rules raised")
            self._apply(record, activity, FORWARDED in headers)
        except Unreadable:
            self._came.dead_letters[record.partition, record.offset] += 1
        return True

    def _apply(self, record: Any, activity: Activity, was_forwarded: bool) -> None:
        into = activity.properties.get("into") if activity.type == LEAD_MERGED else None
        if was_forwarded:
            survivor = record.key.decode()
            lead = self._leads.get(survivor)
            if into is not None and (into == survivor or (lead is not None and into in lead.absorbed)):
                return
            activity = activity.but(lead_id=survivor)
        key = activity.lead_id.encode()
        if record.key != key or home(key, self._partitions) != record.partition:
            self._came.rekeyed += 1
            return
        lead_id = activity.lead_id
        if lead_id in self._suppressed or lead_id in self._into:
            return
        lead = self._caught_up(lead_id, record)
        applied = self._funnel(record.partition).apply(lead, activity, _place(record))
        self._say(applied.decisions)
        if applied.lead is not None:
            self._leads[lead_id] = applied.lead
        if applied.departure is not None:
            self._leads.pop(lead_id, None)
            self._depart(activity, applied.departure, self._in_force[record.partition].version)

    def _caught_up(self, lead_id: str, record: Any) -> Lead | None:
        """A lead, moved by time up to where a record lets its partition's clock go."""
        lead = self._leads.get(lead_id)
        if lead is not None and self._grace is not None:
            funnel = self._funnel(record.partition)
            self._say(funnel.advance(lead_id, lead, self._stands[record.partition], Place()))
        return lead

    def _go_on_to(self, record: Any) -> None:
        """Let the partition's clock go on to a record: not to one whose producer dates it in the future."""
        if self._grace is None:
            return
        number = record.partition
        stood = self._clocks.before(number, record.offset)
        moment = 0 if _is_of_the_future(record) else record.timestamp - self._grace
        self._stands[number] = max(self._stands[number], stood, moment)

    def _depart(self, activity: Activity, departure: Departure, version: int) -> None:
        lead_id = activity.lead_id
        if isinstance(departure, Erased):
            if departure.suppress:
                self._suppressed.add(lead_id)
            return
        self._into[lead_id] = departure.into
        self._moving[lead_id, activity.id] = departure.lead, version

    def _take_in(self, record: Any) -> bool:
        lead_id, said = record.key.decode(), msgspec.msgpack.decode(record.value)
        if said["type"] == "gone":
            self._into.pop(lead_id, None)
            if said["suppress"]:
                self._suppressed.add(lead_id)
                self._leads.pop(lead_id, None)
            return True
        came_id, activity = said["path"][0], decode_native(said["activity"])
        token = came_id, activity.id
        if token not in self._moving:
            return False
        if lead_id in self._into:
            if lead_id == came_id:
                del self._into[lead_id]
                came, version = self._moving.pop(token)
                if came is not None:
                    self._leads[lead_id] = came
                    self._reread(record.partition, lead_id, came, version)
                self._came.dead_letters[record.partition, record.offset] += 1
            return True
        came, version = self._moving.pop(token)
        if lead_id in self._suppressed:
            return True
        if came is None:
            if lead_id in self._leads:
                absorb(self._leads[lead_id], came_id)
            return True
        lead = self._caught_up(lead_id, record)
        renamed = self._versions.renamed(version, self._in_force[record.partition].version)
        merge = self._funnel(record.partition).merge
        applied = merge(lead_id, lead, came_id, came, activity, _place(record), None, renamed)
        self._say(applied.decisions)
        assert applied.lead is not None
        self._leads[lead_id] = applied.lead
        self._came.merged += 1
        return True


def _is_of_the_future(record: Any) -> bool:
    """Whether its producer has dated it so far ahead that its moment has not come yet."""
    now = time.time_ns() // 1_000_000
    return bool(record.timestamp_type == CREATE_TIME and record.timestamp > now + FUTURE_TOLERANCE)


def _place(record: Any) -> Place:
    return Place(topic=record.topic, partition=record.partition, offset=record.offset)
