"""A partition of the input, replayed: what must have been decided.

The worker's own pass is run over the records as they lie there, with its clock held: time moves leads
where their decisions say that it did (`claims`), and the funnel changes where it did (`reigns`).
What a pass would send on to another partition lies there already.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice

from confluent_kafka import TIMESTAMP_LOG_APPEND_TIME

from schemas.activity import Activity
from schemas.dead_letter import Unreadable
from schemas.decision import Decision, Place
from schemas.lead_state import decode_lead, encode_lead
from schemas.moments import NEVER
from streams.engine.chunk import Record
from streams.engine.in_force import InForce, come_into_force
from streams.engine.inbox import Inbox
from streams.engine.partition import Partition
from streams.engine.partition_pass import PartitionPass
from streams.engine.passes import EvaluationFailed, Pass, Work
from streams.engine.processing import Processor
from streams.engine.table import Table
from streams.errors import OutsideWorld
from streams.funnels import Funnels, Version
from streams.verification.claims import Claims
from streams.verification.reigns import Reign

RECORDS = 1_000
"""So many of the input are replayed at once."""

_ALL = 1 << 30


class UnknownVersion(OutsideWorld):
    """A version of the funnel that has decided is not to be had."""

    def __init__(self, number: int) -> None:
        super().__init__(
            f"version {number} of the funnel has decided, and is not on the topic of the funnels: "
            "give its file with --funnel"
        )


class Replaying:
    """One partition, from offset ``start`` on; ``now`` is the wall clock (ms).

    ``put_aside`` are the dead letters that replaying alone would not find, by offset.
    """

    def __init__(
        self,
        processor: Processor,
        funnels: Funnels,
        number: int,
        start: int,
        reigns: Sequence[Reign],
        claims: Claims,
        put_aside: Mapping[int, Unreadable],
        now: int,
    ) -> None:
        self._processor = replace(processor, max_due=_ALL, move_by_time=self._move_by_time)
        self._funnels = funnels
        self._hashes = {one.version: one.hash for one in funnels.published}
        self._to_come = list(reigns[1:])
        self._claims = claims
        self._put_aside = {(number, offset): why for offset, why in put_aside.items()}
        self._now = now
        self._clock_has_run = False
        self._offsets: list[int] = []
        self._appended: list[int] = []
        """Of the records that are being replayed, the offsets, and when (ms) each was appended."""
        self._next_appended: int | None = None
        """The same of the record behind them, where what time did before it is looked at too."""
        in_force = self._in_force(reigns[0])
        self._partition = Partition(number, None, Table(), Inbox(0, start), start, 0, in_force)
        self._partition.table.come_under(in_force.funnel.mark)

    def run(self, records: Iterable[Record], end: int, clock: int | None) -> Iterator[Decision]:
        """What must have been decided before offset ``end``.

        ``clock`` is where the partition's stood then (ms); None: it is held, and tells nothing of the silent.
        """
        partition, left = self._partition, iter(records)
        while chunk := list(islice(left, RECORDS)):
            while chunk:
                yield from self._change_funnel(chunk[0].offset(), _appended(chunk[0]))
                until = self._to_come[0].position if self._to_come else end
                now = [record for record in chunk if record.offset() < until]
                yield from self._pass(now, now[-1].offset() + 1)
                chunk = [record for record in chunk if record.offset() >= partition.position]
        last = NEVER if clock is None else clock
        yield from self._change_funnel(end, last)
        self._next_appended = last
        yield from self._pass([], end)
        if clock is not None:
            yield from self._overdue(clock)

    def _pass(self, records: list[Record], position: int) -> Iterator[Decision]:
        """Records, and what time did among them; whoever another funnel has left is read again."""
        self._offsets = [record.offset() for record in records]
        self._appended = [_appended(record) for record in records]
        mark = self._claims.mark()
        while True:
            made, work = Pass(), Work(self._partition, records, position)
            try:
                PartitionPass(self._processor, made, work, self._now, True, self._put_aside, _ALL).run()
                break
            except EvaluationFailed as failed:
                if failed.by_time:
                    raise
                # The worker puts it aside too, and runs its pass again.
                self._put_aside[failed.partition, failed.offset] = Unreadable(
                    "failed_evaluation", str(failed)
                )
                self._claims.reset(mark)
        for touched in made.touched:
            touched.merge()
        yield from made.decisions

    def _overdue(self, clock: int) -> Iterator[Decision]:
        """Whom time must have moved by then, and of whom nobody has said so."""
        self._partition.wall = clock
        made, work = Pass(), Work(self._partition, [], self._partition.position)
        PartitionPass(self._processor, made, work, self._now, False, {}, _ALL).run()
        yield from made.decisions

    # The funnel -----------------------------------------------------------------------

    def _change_funnel(self, offset: int, appended: int) -> Iterator[Decision]:
        """Let the partition come under what decides the record at ``offset``, ``appended`` then (ms)."""
        partition = self._partition
        if partition.awaits and not self._to_come:
            self._to_come.append(Reign(offset, partition.awaits, 0, partition.in_force.version))
        while self._to_come and (self._to_come[0].position <= offset or partition.awaits):
            reign = self._to_come.pop(0)
            self._next_appended = appended
            yield from self._pass([], max(partition.position, reign.position))
            self._next_appended = None
            partition.come_under(self._in_force(reign))
            partition.awaits = 0
            yield from self._pass([], partition.position)

    def _in_force(self, reign: Reign) -> InForce:
        number = reign.version
        if number not in self._hashes:
            raise UnknownVersion(number)
        version = Version(number, self._funnels.get(number, self._hashes[number]))
        return come_into_force(self._funnels, version, reign.position, reign.since, reign.before)

    # Time -------------------------------------------------------------------------------

    def _move_by_time(self, run: PartitionPass, before: int, activity: object) -> None:
        """Do what time is said to have done before a record, or (without an activity) before the next one."""
        if activity is not None:
            appended = self._appended[bisect_left(self._offsets, before)]
        elif self._next_appended is not None:
            appended = self._next_appended
        else:
            return
        for claim in self._claims.until(before, run.funnel.hash):
            # What had not come yet is not believed.
            if claim.due <= appended:
                self._clock_has_run = True
                self._advance(run, claim.lead, claim.due, claim.before)
        if type(activity) is Activity and self._clock_has_run and appended < NEVER:
            self._settle(run, activity.lead_id.encode(), appended - self._processor.grace)

    def _advance(self, run: PartitionPass, key: bytes, due: int, before: int) -> None:
        run.reread(key)
        lead = run.overlay.lead(key)
        if lead is None or lead.due > due:
            return
        place = Place(self._processor.names.activities, run.number, before)
        decisions = run.funnel.advance(key.decode(), lead, due, place, self._now)
        run.overlay.change(key, lead)
        run.out.decided(key, lead, decisions, due)

    def _settle(self, run: PartitionPass, key: bytes, until: int) -> None:
        """Let time do to a lead what is no decision, as the worker's clock did: a late activity sees it."""
        lead = run.overlay.lead(key)
        if lead is None or lead.due > until:
            return
        settled = decode_lead(encode_lead(lead))
        if not run.funnel.advance(key.decode(), settled, until, Place(), self._now):
            run.overlay.change(key, settled)


def _appended(record: Record) -> int:
    """When a record was appended (ms), where the broker says so; NEVER, where it is its producer who does."""
    kind, stamp = record.timestamp()
    return stamp if kind == TIMESTAMP_LOG_APPEND_TIME else NEVER
