"""One pass: what waits in the inboxes, run through the funnel, becomes what one transaction sends.

A pass changes nothing that is shared. It works on leads of its own, decoded from
the tables, and what it has made is merged only after its transaction has been
committed; until then it can be thrown away.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from confluent_kafka import TIMESTAMP_LOG_APPEND_TIME

from qualifiers import Funnel
from schemas.activity import Activity
from schemas.dead_letter import Unreadable
from schemas.decision import Place, StageChange, encode_stage_change
from schemas.lead import Lead, encode_lead
from schemas.moments import MINUTE, format_moment
from streams.engine.changelog import META_KEY, Meta, encode_meta, lead_key
from streams.engine.chunk import Record
from streams.engine.due_index import Upcoming
from streams.engine.envelopes import dead_letter_headers, event_headers
from streams.engine.homes import REKEYED, Forwarding, home
from streams.engine.passes import EvaluationFailed, Names, Pass, Touched, Work
from streams.engine.transaction import Outgoing

FUTURE_TOLERANCE = 5 * MINUTE
"""How far (ms) an activity may be dated after the moment at which it was appended."""

NO_POISON: Mapping[tuple[int, int], Unreadable] = {}


@dataclass
class Processor:
    """Runs passes. ``grace`` in ms; ``max_due`` leads moved by time cut a partition's part of a pass."""

    funnel: Funnel
    decode: Callable[[bytes | None], Activity]
    names: Names
    partitions: int
    topic_id: str
    forwarding: Forwarding
    grace: int
    max_due: int

    def run(
        self,
        works: Collection[Work],
        now: int,
        held: bool,
        poison: Mapping[tuple[int, int], Unreadable] = NO_POISON,
    ) -> Pass:
        """The pass over ``works`` at the wall-clock moment ``now`` (ms).

        While ``held`` no clock moves. Records in ``poison`` (by partition and offset)
        are dead-lettered unread, each for its reason. Raises EvaluationFailed.
        """
        made = Pass()
        for work in works:
            _PartitionPass(self, made, work, now, held, poison).run()
        return made


class _PartitionPass:
    """One partition's part of a pass."""

    def __init__(
        self,
        processor: Processor,
        made: Pass,
        work: Work,
        now: int,
        held: bool,
        poison: Mapping[tuple[int, int], Unreadable],
    ) -> None:
        self.of = processor
        self.made = made
        self.work = work
        self.now = now
        self.held = held
        self.poison = poison
        partition = work.partition
        self.touched = Touched(partition, partition.position, partition.clock)
        self.number = partition.number
        self.due = Upcoming(iter(()))
        self.final = self.touched.clock
        self.moved_by_time = 0
        self.before = partition.position - 1

    def run(self) -> None:
        work, touched, partition = self.work, self.touched, self.work.partition
        moments = [touched.clock] * len(work.records)
        if not self.held:
            wall = partition.wall if not work.records else None
            moments = [self._moment(record) for record in work.records]
            self.final = max(touched.clock, wall or 0, *moments)
            self.due = Upcoming(partition.table.due.until(self.final))
        touched.position = work.position
        for record, moment in zip(work.records, moments, strict=True):
            offset = record.offset()
            if not self.held:
                self._set_clock(moment)
                if not self._advance(offset):
                    touched.position = offset
                    break
            self._take(record, offset)
            self.before = offset
        else:
            if self.final > touched.clock:
                self._set_clock(self.final)
                self._advance(touched.position)
        self._finish()

    def _moment(self, record: Record) -> int:
        """Up to where a record lets the clock go: not at all, when its producer dates it in the future."""
        kind, stamp = record.timestamp()
        return self.touched.clock if self._not_yet(kind, stamp) else stamp - self.of.grace

    def _not_yet(self, kind: int, stamp: int) -> bool:
        return kind != TIMESTAMP_LOG_APPEND_TIME and stamp > self.now + FUTURE_TOLERANCE

    def _set_clock(self, clock: int) -> None:
        if clock > self.touched.clock:
            self.touched.clock = clock

    # Time ---------------------------------------------------------------------------

    def _advance(self, before: int) -> bool:
        """Move every lead that is due up to the clock; False when that is too many for one pass.

        The clock is then set back to where the leads have been moved to, never behind where it stood.
        """
        due, clock, of = self.due, self.touched.clock, self.of
        place: Place | None = None
        while due.earliest <= clock:
            if self.moved_by_time >= of.max_due:
                self.touched.clock = max(self.work.partition.clock, due.earliest - 1)
                return False
            moment, key = due.pop()
            lead = self._lead(key)
            if lead is None or lead.due != moment:
                continue
            place = place or Place(of.names.activities, self.number, before)
            lead_id = key.decode()
            try:
                decisions = of.funnel.advance(lead_id, lead, moment, place, self.now)
            except Exception as error:
                raise EvaluationFailed(self.number, before, self.before, error, by_time=True) from error
            if lead.due <= moment:
                stuck = RuntimeError(f"a lead stays due at {moment}")
                raise EvaluationFailed(self.number, before, self.before, stuck, by_time=True)
            self.moved_by_time += 1
            self._expect(lead, key)
            self._decided(key, decisions, moment)
        return True

    def _expect(self, lead: Lead, key: bytes) -> None:
        if lead.due <= self.final and not self.held:
            self.due.put(lead.due, key)

    # Records ------------------------------------------------------------------------

    def _take(self, record: Record, offset: int) -> None:
        made, of = self.made, self.of
        made.records += 1
        kind, stamp = record.timestamp()
        try:
            if self.poison and (self.number, offset) in self.poison:
                raise self.poison[self.number, offset]
            activity = of.decode(record.value())
            if activity.occurred_at > stamp + FUTURE_TOLERANCE:
                raise Unreadable(
                    "future",
                    f"occurred_at {format_moment(activity.occurred_at)} is more than 5 minutes after "
                    f"the record was appended ({format_moment(stamp)})",
                )
            if self._not_yet(kind, stamp):
                raise Unreadable(
                    "future", f"its producer's timestamp {format_moment(stamp)} has not come yet"
                )
            key = activity.lead_id.encode()
            lead = self._lead(key)
            if (record.key() != key or lead is None) and self._goes_home(record, key):
                return
        except Unreadable as unreadable:
            self._dead_letter(record, unreadable)
            return
        place = Place(of.names.activities, self.number, offset)
        try:
            applied = of.funnel.apply(lead, activity, place, self.now)
            if applied.decisions:
                self._decided(key, applied.decisions, stamp)
        except Exception as error:
            raise EvaluationFailed(self.number, offset, self.before, error) from error
        self.touched.leads[key] = applied.lead
        made.outcomes[applied.outcome] += 1
        made.types[activity.type if activity.type in of.funnel.activity_types else "other"] += 1
        self._expect(applied.lead, key)

    def _lead(self, key: bytes) -> Lead | None:
        lead = self.touched.leads.get(key)
        if lead is None:
            lead = self.work.partition.table.take(key)
            if lead is not None:
                self.touched.leads[key] = lead
        return lead

    def _goes_home(self, record: Record, key: bytes) -> bool:
        """Send a record that lies elsewhere to its lead's home; False when this is it.

        Asked only of a lead that is new here, or of a record with another key: whom this
        partition knows has its home here.
        """
        of = self.of
        there = home(key, of.partitions)
        if record.key() == key and there == self.number:
            return False
        headers, value = record.headers() or [], record.value() or b""
        if of.forwarding.is_ours(key, value, headers):
            raise Unreadable("key_mismatch", "sent to its lead's home before, yet this is not it")
        kept = [header for header in headers if header[0] != REKEYED]
        mark = (REKEYED, of.forwarding.sign(key, value))
        self.made.outgoing.append(Outgoing(of.names.activities, there, key, value, [*kept, mark]))
        self.made.outcomes["rekeyed"] += 1
        return True

    # What comes out -----------------------------------------------------------------

    def _decided(self, key: bytes, decisions: list[StageChange], stamp: int) -> None:
        topic = self.of.names.stage_changes
        for change in decisions:
            self.made.outgoing.append(
                Outgoing(topic, None, key, encode_stage_change(change), event_headers(change))
            )
            self.touched.moved.append((change.from_, change.to))
            self.made.decisions.append(change)
            self.made.decided_stamps.append(stamp)

    def _dead_letter(self, record: Record, unreadable: Unreadable) -> None:
        headers = [*(record.headers() or []), *dead_letter_headers(record, unreadable)]
        self.made.outgoing.append(
            Outgoing(self.of.names.dead_letters, None, record.key(), record.value(), headers)
        )
        self.made.outcomes["dead_letter"] += 1
        self.made.dead[unreadable.reason] += 1

    def _finish(self) -> None:
        touched, of = self.touched, self.of
        changelog, number, states = of.names.changelog, self.number, touched.states
        outgoing = self.made.outgoing
        for key, lead in touched.leads.items():
            states[key] = state = encode_lead(lead)
            outgoing.append(Outgoing(changelog, number, lead_key(key), state))
        meta = Meta(touched.position, touched.clock, of.funnel.slug, of.funnel.hash, of.topic_id)
        outgoing.append(Outgoing(changelog, number, META_KEY, encode_meta(meta)))
        self.made.touched.append(touched)
