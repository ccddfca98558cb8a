"""One partition's part of a pass.

Records are taken in slices, and a slice step by step: read all, decode their leads, apply
all, encode the leads. One step's code and data stay in the processor's caches, which the
whole way of one record would not; nor would leads that are kept decoded for longer.
"""

from collections.abc import Mapping
from itertools import pairwise
from typing import TYPE_CHECKING

from confluent_kafka import TIMESTAMP_LOG_APPEND_TIME

from qualifiers import Applied
from schemas.activity import Activity
from schemas.dead_letter import Unreadable
from schemas.decision import Place
from schemas.moments import MINUTE, format_moment
from streams.engine.changelog import Meta
from streams.engine.chunk import Record
from streams.engine.departures import at_home, depart, take_in
from streams.engine.forwarding import Foreign, Internal, Moving
from streams.engine.output import Output
from streams.engine.overlay import Overlay
from streams.engine.passes import EvaluationFailed, Pass, Work
from streams.engine.transaction import Outgoing

if TYPE_CHECKING:
    from streams.engine.processing import Processor

FUTURE_TOLERANCE = 5 * MINUTE
"""How far (ms) an activity may be dated after the moment at which it was appended."""

SLICE = 250
"""Records: so many leads, decoded, fit into the caches."""


class PartitionPass:
    """One partition's part of a pass."""

    def __init__(
        self,
        processor: "Processor",
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
        self.overlay = Overlay(partition)
        self.touched = self.overlay.touched
        self.out = Output(processor.names, made, self.touched, self.funnel)
        self.number = partition.number
        self.place = Place(processor.names.activities, self.number)
        """That of the record that is being applied."""
        self.moved_by_time = 0
        self.before = partition.position - 1

    def run(self) -> list[Outgoing]:
        """Run it, and add it to what the pass has made; the records to be sent."""
        work, touched, partition = self.work, self.touched, self.work.partition
        records = work.records
        stamps = [record.timestamp() for record in records]
        moments = [touched.clock] * len(records)
        if not self.held:
            wall = partition.wall if not records else None
            moments = [self._moment(kind, stamp) for kind, stamp in stamps]
            self.overlay.look_ahead(max(touched.clock, wall or 0, *moments))
        activities = [
            self._read(record, kind, stamp) for record, (kind, stamp) in zip(records, stamps, strict=True)
        ]
        touched.position = work.position
        is_whole = all(
            self._run_slice(records[start:end], activities[start:end], moments[start:end])
            for start, end in pairwise([*range(0, len(records), SLICE), len(records)])
        )
        if is_whole or touched.awaits:
            for key in partition.table.unread(self.most_reread):
                self.reread(key)
            if self.held:
                self._without_clock(touched.position)
            else:
                touched.clock = self.overlay.until if is_whole else touched.clock
                self._advance(touched.position)
            self.overlay.store()
        self.out.finish(self._meta())
        return self.out.outgoing

    def _moment(self, kind: int, stamp: int) -> int:
        """Up to where a record lets the clock go: not at all, when its producer dates it in the future."""
        return self.touched.clock if self._not_yet(kind, stamp) else stamp - self.of.grace

    def _not_yet(self, kind: int, stamp: int) -> bool:
        return kind != TIMESTAMP_LOG_APPEND_TIME and stamp > self.now + FUTURE_TOLERANCE

    def _meta(self) -> Meta:
        touched, in_force, funnel = self.touched, self.in_force, self.funnel
        return Meta(
            touched.position,
            touched.clock,
            funnel.slug,
            funnel.hash,
            self.of.topic_id,
            in_force.version,
            in_force.position,
            in_force.since,
            in_force.before,
        )

    # Time ---------------------------------------------------------------------------

    def _advance(self, before: int) -> bool:
        """Move every lead that is due up to the clock; False when that is too many for one pass.

        The clock is then set back to where the leads have been moved to, never behind where it stood.
        """
        due, clock, of = self.overlay.due, self.touched.clock, self.of
        place: Place | None = None
        while due.earliest <= clock:
            if self.moved_by_time >= of.max_due:
                self.touched.clock = max(self.work.partition.clock, due.earliest - 1)
                return False
            moment, key = due.pop()
            lead = self.overlay.lead(key)
            if self.reread(key) or lead is None or lead.due != moment:
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
            self.overlay.change(key, lead)
            self.out.decided(key, lead, decisions, moment)
        return True

    def _without_clock(
        self, before: int, activity: Activity | Internal | Foreign | Unreadable | None = None
    ) -> None:
        """The clock is held: whoever drives the pass may move leads by time, before this place."""
        if self.of.move_by_time is not None:
            self.of.move_by_time(self, before, activity)

    # A changed funnel -----------------------------------------------------------------

    def _reread_for(self, record: Record, activity: Activity | Internal | Foreign | Unreadable) -> None:
        """Read those leads again that a record is about."""
        key = record.key()
        if key is not None:
            self.reread(key)
        if type(activity) is Activity and activity.lead_id.encode() != key:
            self.reread(activity.lead_id.encode())

    def reread(self, key: bytes, renamed: Mapping[str, str] | None = None) -> bool:
        """Read a lead again that another funnel has left, as it was when this one came into force.

        False when there is nothing to do. What is due since then is moved by ``_advance``, as for any lead.
        """
        lead = self.overlay.lead(key)
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
        self.overlay.change(key, lead)
        self.out.decided(key, lead, decisions, in_force.since)
        return True

    # Records ------------------------------------------------------------------------

    def _read(self, record: Record, kind: int, stamp: int) -> Activity | Internal | Foreign | Unreadable:
        """A record's activity (or what we have written to ourselves), or why it has none."""
        try:
            if self.poison and (self.number, record.offset()) in self.poison:
                return self.poison[self.number, record.offset()]
            activity = self.of.decode(record.value())
        except Unreadable as unreadable:
            return self._read_internal(record) or unreadable
        if activity.occurred_at > stamp + FUTURE_TOLERANCE:
            return Unreadable(
                "future",
                f"occurred_at {format_moment(activity.occurred_at)} is more than 5 minutes after "
                f"the record was appended ({format_moment(stamp)})",
            )
        if self._not_yet(kind, stamp):
            return Unreadable("future", f"its producer's timestamp {format_moment(stamp)} has not come yet")
        return activity

    def _read_internal(self, record: Record) -> Internal | Foreign | None:
        try:
            return self.of.forwarding.read_internal(record)
        except (ValueError, RecursionError) as error:
            # Another leadgate's, or anyone's where no secret is set.
            offset = record.offset()
            earlier = [one.offset() for one in self.work.records if one.offset() < offset]
            raise EvaluationFailed(self.number, offset, max(earlier, default=self.before), error) from error

    def _run_slice(
        self,
        records: list[Record],
        activities: list[Activity | Internal | Foreign | Unreadable],
        moments: list[int],
    ) -> bool:
        """Take in a slice of the records; False when the pass has been cut within it."""
        touched = self.touched
        for activity in activities:
            if type(activity) is Activity:
                self.overlay.lead(activity.lead_id.encode())
        for record, activity, moment in zip(records, activities, moments, strict=True):
            offset = record.offset()
            if self.is_rereading:
                self._reread_for(record, activity)
            if not self._goes_on_to(offset, activity, moment):
                touched.position = offset
                self.overlay.store()
                return False
            try:
                if isinstance(activity, Activity):
                    self._take(record, activity, offset)
                elif isinstance(activity, Unreadable):
                    self.out.dead_letter(record, activity)
                else:
                    take_in(self, record, activity)
            except Unreadable as unreadable:
                self.out.dead_letter(record, unreadable)
            except Exception as error:
                raise EvaluationFailed(self.number, offset, self.before, error) from error
            self.before = offset
            self.made.records += 1
        self.overlay.store()
        return True

    def _goes_on_to(
        self, offset: int, activity: Activity | Internal | Foreign | Unreadable, moment: int
    ) -> bool:
        """Let time go on to a record; False when the pass is to be cut before it."""
        if type(activity) is Moving and activity.version > self.in_force.version:
            # Its lead may be in a stage that only a later funnel knows.
            self.touched.awaits = activity.version
            return False
        if self.held:
            self._without_clock(offset, activity)
            return True
        if moment > self.touched.clock:
            self.touched.clock = moment
        return self._advance(offset)

    def _take(self, record: Record, activity: Activity, offset: int) -> None:
        """Apply an activity, or send it on. Raises Unreadable, and has changed nothing then."""
        named = activity.lead_id
        key = named.encode()
        lead = self.overlay.lead(key)
        if lead is None or record.key() != key:
            mine = at_home(self, record, activity, key)
            if mine is None:
                return
            activity = mine
            key = activity.lead_id.encode()
            lead = self.overlay.lead(key)
        self.place.offset = offset
        applied = self.funnel.apply(lead, activity, self.place, self.now)
        self.applied(key, applied, record)
        if applied.departure is not None:
            depart(self, record, key, applied.departure, named)
        self.out.ended(applied.outcome, activity.type)

    def applied(self, key: bytes, applied: Applied, record: Record) -> None:
        """Take over what has become of a lead, and say what was decided about it."""
        if applied.decisions:
            lead = applied.lead or self.overlay.lead(key)
            assert lead is not None, "of whom something is decided is known until it departs"
            self.out.decided(key, lead, applied.decisions, record.timestamp()[1])
        if applied.outcome == "applied" and applied.lead is not None:
            self.overlay.change(key, applied.lead)
