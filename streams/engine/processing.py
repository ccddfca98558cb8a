"""One pass: what waits in the inboxes, run through the funnel, becomes what one transaction sends.

A pass changes nothing that is shared. It works on leads of its own, decoded from the
tables, and what it has made is merged only after its transaction has been committed;
until then it can be thrown away.

Records are taken in slices, and a slice step by step: read all, decode their leads, apply
all, encode the leads. One step's code and data stay in the processor's caches, which the
whole way of one record would not; nor would leads that are kept decoded for longer.
"""

from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from confluent_kafka import TIMESTAMP_LOG_APPEND_TIME

from qualifiers import Funnel
from schemas.activity import Activity
from schemas.dead_letter import Unreadable
from schemas.decision import Decision, Place, StageChange, encode_decision
from schemas.lead import Lead, decode_lead, encode_lead
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

SLICE = 250
"""Records: so many leads, decoded, fit into the caches."""

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
        send: Callable[[list[Outgoing]], None],
        now: int,
        held: bool,
        poison: Mapping[tuple[int, int], Unreadable] = NO_POISON,
    ) -> Pass:
        """The pass over ``works`` at the wall-clock moment ``now`` (ms).

        What comes of a partition is sent as soon as that has been run: it is on its way
        while the next one is. While ``held`` no clock moves. Records in ``poison`` (by
        partition and offset) are dead-lettered unread, each for its reason. Raises
        EvaluationFailed, and whatever ``send`` raises.
        """
        made = Pass()
        for work in works:
            send(_PartitionPass(self, made, work, now, held, poison).run())
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
        self.leads: dict[bytes, Lead] = {}
        """The leads of the slice, decoded."""
        self.changed: dict[bytes, Lead] = {}
        """Those of them that are no longer what their encoded states say."""
        self.outgoing: list[Outgoing] = []
        self.ended: list[tuple[str, str]] = []
        """Outcome and type of each activity that the funnel has seen."""

    def run(self) -> list[Outgoing]:
        """Run it, and add it to what the pass has made; the records to be sent."""
        work, touched, partition = self.work, self.touched, self.work.partition
        records = work.records
        moments = [touched.clock] * len(records)
        if not self.held:
            wall = partition.wall if not records else None
            moments = [self._moment(record) for record in records]
            self.final = max(touched.clock, wall or 0, *moments)
            self.due = Upcoming(partition.table.due.until(self.final))
        activities = [self._read(record) for record in records]
        touched.position = work.position
        for start in range(0, len(records), SLICE):
            end = start + SLICE
            if not self._run_slice(records[start:end], activities[start:end], moments[start:end]):
                break
        else:
            if self.final > touched.clock:
                touched.clock = self.final
                self._advance(touched.position)
                self._store()
        self._finish()
        return self.outgoing

    def _moment(self, record: Record) -> int:
        """Up to where a record lets the clock go: not at all, when its producer dates it in the future."""
        kind, stamp = record.timestamp()
        return self.touched.clock if self._not_yet(kind, stamp) else stamp - self.of.grace

    def _not_yet(self, kind: int, stamp: int) -> bool:
        return kind != TIMESTAMP_LOG_APPEND_TIME and stamp > self.now + FUTURE_TOLERANCE

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
            try:
                decisions = of.funnel.advance(key.decode(), lead, moment, place, self.now)
            except Exception as error:
                raise EvaluationFailed(self.number, before, self.before, error, by_time=True) from error
            if lead.due <= moment:
                stuck = RuntimeError(f"a lead stays due at {moment}")
                raise EvaluationFailed(self.number, before, self.before, stuck, by_time=True)
            self.moved_by_time += 1
            self._change(key, lead)
            self._decided(key, decisions, moment)
        return True

    # Leads --------------------------------------------------------------------------

    def _lead(self, key: bytes) -> Lead | None:
        """A lead, decoded; None when this partition does not know it."""
        lead = self.leads.get(key)
        if lead is None:
            state = self.touched.states.get(key) or self.work.partition.table.get(key)
            if state is not None:
                self.leads[key] = lead = decode_lead(state)
        return lead

    def _change(self, key: bytes, lead: Lead) -> None:
        self.changed[key] = lead
        if lead.due <= self.final and not self.held:
            self.due.put(lead.due, key)

    def _store(self) -> None:
        """Encode what has changed, and begin anew."""
        states = self.touched.states
        for key, lead in self.changed.items():
            states[key] = encode_lead(lead)
        self.leads, self.changed = {}, {}

    # Records ------------------------------------------------------------------------

    def _read(self, record: Record) -> Activity | Unreadable:
        """A record's activity, or why it has none."""
        kind, stamp = record.timestamp()
        try:
            if self.poison and (self.number, record.offset()) in self.poison:
                return self.poison[self.number, record.offset()]
            activity = self.of.decode(record.value())
        except Unreadable as unreadable:
            return unreadable
        if activity.occurred_at > stamp + FUTURE_TOLERANCE:
            return Unreadable(
                "future",
                f"occurred_at {format_moment(activity.occurred_at)} is more than 5 minutes after "
                f"the record was appended ({format_moment(stamp)})",
            )
        if self._not_yet(kind, stamp):
            return Unreadable("future", f"its producer's timestamp {format_moment(stamp)} has not come yet")
        return activity

    def _run_slice(
        self, records: list[Record], activities: list[Activity | Unreadable], moments: list[int]
    ) -> bool:
        """Take in a slice of the records; False when the pass has been cut within it."""
        touched, held = self.touched, self.held
        for activity in activities:
            if type(activity) is Activity:
                self._lead(activity.lead_id.encode())
        for record, activity, moment in zip(records, activities, moments, strict=True):
            offset = record.offset()
            if not held:
                if moment > touched.clock:
                    touched.clock = moment
                if not self._advance(offset):
                    touched.position = offset
                    self._store()
                    return False
            if isinstance(activity, Activity):
                self._take(record, activity, offset)
            else:
                self._dead_letter(record, activity)
            self.before = offset
            self.made.records += 1
        self._store()
        return True

    def _take(self, record: Record, activity: Activity, offset: int) -> None:
        of = self.of
        key = activity.lead_id.encode()
        lead = self._lead(key)
        if lead is None or record.key() != key:
            try:
                if self._goes_home(record, key):
                    return
            except Unreadable as unreadable:
                self._dead_letter(record, unreadable)
                return
        place = Place(of.names.activities, self.number, offset)
        try:
            applied = of.funnel.apply(lead, activity, place, self.now)
            if applied.decisions:
                self._decided(key, applied.decisions, record.timestamp()[1])
        except Unreadable as unreadable:
            self._dead_letter(record, unreadable)
            return
        except Exception as error:
            raise EvaluationFailed(self.number, offset, self.before, error) from error
        if applied.outcome == "applied":
            self.leads[key] = applied.lead
            self._change(key, applied.lead)
        self.ended.append((applied.outcome, activity.type))

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
        self.outgoing.append(Outgoing(of.names.activities, there, key, value, [*kept, mark]))
        self.made.outcomes["rekeyed"] += 1
        return True

    # What comes out -----------------------------------------------------------------

    def _decided(self, key: bytes, decisions: list[Decision], stamp: int) -> None:
        names, made = self.of.names, self.made
        for decision in decisions:
            topic = names.signals
            if isinstance(decision, StageChange):
                topic = names.stage_changes
                self.touched.moved.append((decision.from_, decision.to))
            self.outgoing.append(
                Outgoing(topic, None, key, encode_decision(decision), event_headers(decision))
            )
            made.decisions.append(decision)
            made.decided_stamps.append(stamp)

    def _dead_letter(self, record: Record, unreadable: Unreadable) -> None:
        headers = [*(record.headers() or []), *dead_letter_headers(record, unreadable)]
        self.outgoing.append(
            Outgoing(self.of.names.dead_letters, None, record.key(), record.value(), headers)
        )
        self.made.outcomes["dead_letter"] += 1
        self.made.dead[unreadable.reason] += 1

    def _finish(self) -> None:
        touched, of = self.touched, self.of
        changelog, number = of.names.changelog, self.number
        outgoing = self.outgoing
        for key, state in touched.states.items():
            outgoing.append(Outgoing(changelog, number, lead_key(key), state))
        meta = Meta(touched.position, touched.clock, of.funnel.slug, of.funnel.hash, of.topic_id)
        outgoing.append(Outgoing(changelog, number, META_KEY, encode_meta(meta)))
        made, known = self.made, of.funnel.activity_types
        made.touched.append(touched)
        made.outcomes.update([outcome for outcome, _ in self.ended])
        for kind, number in Counter([kind for _, kind in self.ended]).items():
            made.types[kind if kind in known else "other"] += number
