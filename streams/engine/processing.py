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

import msgspec
from confluent_kafka import TIMESTAMP_LOG_APPEND_TIME

from qualifiers import Applied
from qualifiers.built_in import LEAD_MERGED, Departure, Erased, circle
from qualifiers.merging import absorb
from schemas.activity import Activity
from schemas.dead_letter import Unreadable
from schemas.decision import Decision, Place, StageChange, encode_decision
from schemas.lead import Lead, decode_lead, encode_lead, encode_mark, marked
from schemas.moments import MINUTE, format_moment
from streams.engine.changelog import META_KEY, Meta, encode_meta, lead_key, suppressed_key
from streams.engine.chunk import Record
from streams.engine.due_index import Upcoming
from streams.engine.envelopes import dead_letter_headers, event_headers
from streams.engine.forwarding import Foreign, Forwarding, Gone, Internal, Moving
from streams.engine.homes import home
from streams.engine.passes import EvaluationFailed, Names, Pass, Touched, Work
from streams.engine.transaction import Outgoing

FUTURE_TOLERANCE = 5 * MINUTE
"""How far (ms) an activity may be dated after the moment at which it was appended."""

REREAD = 500
"""Leads that a pass reads again in the background, after a change of the funnel: some 10 ms of it."""

SLICE = 250
"""Records: so many leads, decoded, fit into the caches."""

_SUPPRESSED = b"\x01"
"""A format version: there is no more to tell."""

NO_POISON: Mapping[tuple[int, int], Unreadable] = {}


@dataclass
class Processor:
    """Runs passes. ``grace`` in ms; ``max_due`` leads moved by time cut a partition's part of a pass."""

    decode: Callable[[bytes | None], Activity]
    names: Names
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
        reread = max(1, REREAD // max(1, len(works)))
        for work in works:
            send(_PartitionPass(self, made, work, now, held, poison, reread).run())
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
        reread: int,
    ) -> None:
        self.of = processor
        self.made = made
        self.work = work
        self.now = now
        self.held = held
        self.poison = poison
        self.most_reread = reread
        self.is_rereading = bool(work.partition.table.unread(1))
        partition = work.partition
        self.in_force = partition.in_force
        self.funnel = partition.in_force.funnel
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
            for key in partition.table.unread(self.most_reread):
                self._reread(key)
            if not self.held:
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
            if self._reread(key) or lead is None or lead.due != moment:
                continue
            place = place or Place(of.names.activities, self.number, before)
            try:
                decisions = self.funnel.advance(key.decode(), lead, moment, place, self.now)
            except Exception as error:
                raise EvaluationFailed(self.number, before, self.before, error, by_time=True) from error
            if lead.due <= moment:
                stuck = RuntimeError(f"a lead stays due at {moment}")
                raise EvaluationFailed(self.number, before, self.before, stuck, by_time=True)
            self.moved_by_time += 1
            self._change(key, lead)
            self._decided(key, decisions, moment)
        return True

    # A changed funnel -----------------------------------------------------------------

    def _reread_for(self, record: Record, activity: Activity | Internal | Foreign | Unreadable) -> None:
        """Read those leads again that a record is about."""
        key = record.key()
        if key is not None:
            self._reread(key)
        if type(activity) is Activity and activity.lead_id.encode() != key:
            self._reread(activity.lead_id.encode())

    def _reread(self, key: bytes, renamed: Mapping[str, str] | None = None) -> bool:
        """Read a lead again that another funnel has left, as it was when this one came into force.

        False when there is nothing to do. What is due since then is moved by ``_advance``, as for any lead.
        """
        lead = self._lead(key)
        if lead is None or lead.funnel == self.funnel.mark:
            return False
        in_force, stage = self.in_force, lead.stage
        renamed = in_force.renamed if renamed is None else renamed
        place = Place(self.of.names.activities, self.number, in_force.position)
        try:
            decisions = self.funnel.reread(key.decode(), lead, in_force.since, place, self.now, renamed)
        except Exception as error:
            raise EvaluationFailed(
                self.number, in_force.position, self.before, error, by_time=True
            ) from error
        if stage in renamed:
            self.touched.moved.append((stage, renamed[stage]))
        self._change(key, lead)
        self._decided(key, decisions, in_force.since)
        return True

    # Leads --------------------------------------------------------------------------

    def _lead(self, key: bytes) -> Lead | None:
        """A lead, decoded; None when this partition does not know it."""
        lead = self.leads.get(key)
        if lead is None:
            state = self._state(key)
            if state is not None and marked(state) is None:
                self.leads[key] = lead = decode_lead(state)
        return lead

    def _state(self, key: bytes) -> bytes | None:
        """A lead's state, or the mark that is left of it."""
        states = self.touched.states
        return states[key] if key in states else self.work.partition.table.get(key)

    def _gone_into(self, key: bytes) -> bytes | None:
        """The lead that this one was merged into."""
        state = self._state(key)
        into = None if state is None else marked(state)
        return None if into is None else into.encode()

    def _is_suppressed(self, key: bytes) -> bool:
        suppressed, table = self.touched.suppressed, self.work.partition.table
        if not suppressed and not table.suppressed:
            return False
        return (name := suppressed_key(key)) in suppressed or name in table.suppressed

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

    def _read(self, record: Record) -> Activity | Internal | Foreign | Unreadable:
        """A record's activity (or what we have written to ourselves), or why it has none."""
        kind, stamp = record.timestamp()
        try:
            if self.poison and (self.number, record.offset()) in self.poison:
                return self.poison[self.number, record.offset()]
            activity = self.of.decode(record.value())
        except Unreadable as unreadable:
            return self.of.forwarding.read_internal(record) or unreadable
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
        self,
        records: list[Record],
        activities: list[Activity | Internal | Foreign | Unreadable],
        moments: list[int],
    ) -> bool:
        """Take in a slice of the records; False when the pass has been cut within it."""
        touched, held = self.touched, self.held
        for activity in activities:
            if type(activity) is Activity:
                self._lead(activity.lead_id.encode())
        for record, activity, moment in zip(records, activities, moments, strict=True):
            offset = record.offset()
            if self.is_rereading:
                self._reread_for(record, activity)
            if type(activity) is Moving and activity.version > self.in_force.version:
                # Its lead may be in a stage that only a later funnel knows.
                touched.awaits = activity.version
                touched.position = offset
                self._store()
                return False
            if not held:
                if moment > touched.clock:
                    touched.clock = moment
                if not self._advance(offset):
                    touched.position = offset
                    self._store()
                    return False
            if isinstance(activity, Activity):
                self._take(record, activity, offset)
            elif isinstance(activity, Unreadable):
                self._dead_letter(record, activity)
            else:
                self._take_in(record, activity, offset)
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
                at_home = self._at_home(record, activity, key)
            except Unreadable as unreadable:
                self._dead_letter(record, unreadable)
                return
            if at_home is None:
                return
            activity = at_home
            key = activity.lead_id.encode()
            lead = self._lead(key)
        place = Place(of.names.activities, self.number, offset)
        try:
            applied = self.funnel.apply(lead, activity, place, self.now)
            self._applied(key, applied, record)
        except Unreadable as unreadable:
            self._dead_letter(record, unreadable)
            return
        except Exception as error:
            raise EvaluationFailed(self.number, offset, self.before, error) from error
        if applied.departure is not None:
            self._depart(record, key, None if lead is None else lead.stage, applied.departure)
        self.ended.append((applied.outcome, activity.type))

    def _applied(self, key: bytes, applied: Applied, record: Record) -> None:
        if applied.decisions:
            self._decided(key, applied.decisions, record.timestamp()[1])
        if applied.outcome == "applied" and applied.lead is not None:
            self.leads[key] = applied.lead
            self._change(key, applied.lead)

    def _at_home(self, record: Record, activity: Activity, key: bytes) -> Activity | None:
        """The activity, as that of the lead which it is applied to here; None when it has come to its end.

        Asked only of a lead that is not known here, or of a record with another key: whoever
        this partition knows has its home here.
        """
        of, made = self.of, self.made
        headers, value = record.headers() or [], record.value() or b""
        was_forwarded = of.forwarding.was_forwarded(record) if headers else False
        if was_forwarded is None:
            made.outcomes["internal"] += 1
            return None
        if was_forwarded:
            key = record.key() or b""
            if self._is_one_already(key, activity):
                self.ended.append(("applied", activity.type))
                return None
            activity = msgspec.structs.replace(activity, lead_id=key.decode())
        elif record.key() != key or home(key, of.forwarding.partitions) != self.number:
            if of.forwarding.was_rekeyed(key, value, headers):
                raise Unreadable("key_mismatch", "sent to its lead's home before, yet this is not it")
            self.outgoing.append(of.forwarding.rekeyed(key, value, headers))
            made.outcomes["rekeyed"] += 1
            return None
        if self._is_suppressed(key):
            made.outcomes["suppressed"] += 1
            return None
        into = self._gone_into(key)
        if into is None:
            return activity
        if activity.type == LEAD_MERGED and activity.properties.get("into") == into.decode():
            self.ended.append(("applied", activity.type))
            return None
        self.outgoing.append(of.forwarding.forwarded(into, value, headers))
        made.outcomes["forwarded"] += 1
        return None

    def _is_one_already(self, key: bytes, forwarded: Activity) -> bool:
        """Whether a merge of what was merged into this lead names what is this lead, too."""
        if forwarded.type != LEAD_MERGED:
            return False
        lead, into = self._lead(key), forwarded.properties.get("into")
        return into == key.decode() or (lead is not None and into in lead.absorbed)

    # Leads that end -----------------------------------------------------------------

    def _depart(self, record: Record, key: bytes, stage: str | None, departure: Departure) -> None:
        """A lead is erased, or moves to another."""
        self._forget(key, stage)
        forwarding = self.of.forwarding
        if isinstance(departure, Erased):
            self.touched.states[key] = None
            if departure.suppress:
                self.touched.suppressed.add(suppressed_key(key))
            for absorbed in departure.absorbed:
                self.outgoing.append(forwarding.internal(absorbed.encode(), Gone(departure.suppress)))
            return
        self.touched.states[key] = encode_mark(departure.into)
        state = None if departure.lead is None else encode_lead(departure.lead)
        moving = Moving([key.decode()], state, record.value() or b"", self.in_force.version)
        self.outgoing.append(forwarding.internal(departure.into.encode(), moving))

    def _forget(self, key: bytes, stage: str | None) -> None:
        self.leads.pop(key, None)
        self.changed.pop(key, None)
        if stage is not None:
            self.touched.moved.append((stage, None))

    def _take_in(self, record: Record, said: Internal | Foreign, offset: int) -> None:
        """An internal record has come to the home of the lead that is its key."""
        key = record.key() or b""
        into = self._gone_into(key)
        if isinstance(said, Moving) and into is not None and said.path[0] == key.decode():
            self._come_home(record, key, said)
            return
        self.made.outcomes["internal"] += 1
        if isinstance(said, Gone):
            if into is not None:
                self.touched.states[key] = None
            if said.suppress:
                self.touched.suppressed.add(suppressed_key(key))
        elif isinstance(said, Moving) and not self._is_suppressed(key):
            if into is None:
                self._unite(record, key, said, offset)
            else:
                path = list(dict.fromkeys([*said.path, key.decode()]))
                on = msgspec.structs.replace(said, path=path)
                self.outgoing.append(self.of.forwarding.internal(into, on))

    def _unite(self, record: Record, key: bytes, moving: Moving, offset: int) -> None:
        """What was merged into a lead becomes part of it."""
        of = self.of
        lead, came_id = self._lead(key), moving.path[0]
        if moving.state is None:
            if lead is not None:
                absorb(lead, came_id)
                self._change(key, lead)
            return
        activity = of.decode(moving.activity)
        properties = activity.properties | {"into": key.decode()}
        activity = msgspec.structs.replace(activity, lead_id=came_id, properties=properties)
        place = Place(of.names.activities, self.number, offset)
        try:
            came, renamed = decode_lead(moving.state), self.in_force.names_since(moving.version)
            applied = self.funnel.merge(lead, came, activity, place, self.now, renamed)
            self._applied(key, applied, record)
        except Exception as error:
            raise EvaluationFailed(self.number, offset, self.before, error) from error

    def _come_home(self, record: Record, key: bytes, moving: Moving) -> None:
        """A lead has gone in a circle: it stays what it was, and what merged it is a dead letter."""
        self.touched.states[key] = moving.state
        lead = self._lead(key)
        if lead is not None:
            self.touched.moved.append((None, lead.stage))
            self._change(key, lead)
            self._reread(key, self.in_force.names_since(moving.version))
        self._dead_letter(record, circle(key.decode(), moving.path[-1]), moving.activity)

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

    def _dead_letter(self, record: Record, unreadable: Unreadable, value: bytes | None = None) -> None:
        """Put a record aside as it came; or, of an internal one, the ``value`` that it is about."""
        headers = [*(record.headers() or []), *dead_letter_headers(record, unreadable)]
        if value is None:
            value = record.value()
        self.outgoing.append(Outgoing(self.of.names.dead_letters, None, record.key(), value, headers))
        self.made.outcomes["dead_letter"] += 1
        self.made.dead[unreadable.reason] += 1

    def _finish(self) -> None:
        touched, of = self.touched, self.of
        changelog, number = of.names.changelog, self.number
        outgoing = self.outgoing
        for key, state in touched.states.items():
            outgoing.append(Outgoing(changelog, number, lead_key(key), state))
        for name in touched.suppressed:
            outgoing.append(Outgoing(changelog, number, name, _SUPPRESSED))
        in_force, funnel = self.in_force, self.funnel
        meta = Meta(
            touched.position,
            touched.clock,
            funnel.slug,
            funnel.hash,
            of.topic_id,
            in_force.version,
            in_force.position,
            in_force.since,
            in_force.before,
        )
        outgoing.append(Outgoing(changelog, number, META_KEY, encode_meta(meta)))
        made, known = self.made, funnel.activity_types
        made.touched.append(touched)
        made.outcomes.update([outcome for outcome, _ in self.ended])
        for kind, number in Counter([kind for _, kind in self.ended]).items():
            made.types[kind if kind in known else "other"] += number
