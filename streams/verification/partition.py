"""One partition of a group's input, verified."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from qualifiers.transitions import CREATED
from schemas.dead_letter import Unreadable
from schemas.decision import Decision
from schemas.verification import Verdict, VerifiedPartition
from streams.engine.changelog import Meta
from streams.engine.chunk import Record
from streams.engine.processing import Processor
from streams.funnels import Funnels
from streams.verification.claims import Claims
from streams.verification.comparing import Comparison
from streams.verification.reigns import reigns_of
from streams.verification.replaying import Replaying
from streams.verification.said import Said, read_all

Watch = Callable[[Iterator[Record]], Iterator[Record]]
"""Lets somebody see how far the reading of the input has come."""


class Topics(Protocol):
    """Where records come from."""

    def begins_at(self, topic: str, number: int) -> int:
        """The first offset of a partition that is still there."""

    def records(self, topic: str, number: int, until: int | None = None) -> Iterator[Record]:
        """What is committed in a partition, up to offset ``until``, or to its end."""


@dataclass(frozen=True)
class Group:
    """What all partitions have in common. ``now`` is the wall clock (ms); ``held``: the group's clocks are.

    ``put_aside`` are, by partition and offset, dead letters that replaying alone would not find.
    """

    topics: Topics
    funnels: Funnels
    processor: Processor
    put_aside: Mapping[int, Mapping[int, Unreadable]]
    held: bool
    now: int
    watch: Watch


@dataclass(frozen=True)
class Verified:
    """What was replayed of a partition, and what was found."""

    partition: VerifiedPartition
    verdicts: list[Verdict]


def verify_partition(
    group: Group,
    number: int,
    metas: Sequence[Meta],
    lead: str | None = None,
    given: Sequence[Said] | None = None,
) -> Verified:
    """Verify what was said about a partition's leads; about one ``lead`` alone, or what is ``given``.

    ``metas`` are the meta records in the partition's changelog, oldest first; what was said
    after the newest of them is not judged.
    """
    names, topics = group.processor.names, group.topics
    begins_at = topics.begins_at(names.activities, number)
    newest = metas[-1] if metas else None
    read = {topic: _read(topics, topic, number) for topic in (names.stage_changes, names.signals)}
    changes = read[names.stage_changes][0]
    hashes = {one.hash for one in group.funnels.published}
    known = [one for said, _ in read.values() for one in said if not _is_later(one, newest, hashes)]
    comparison = Comparison(
        [one for one in (known if given is None else given) if lead in (None, one.head.lead_id)],
        _Provable(begins_at, metas, changes, hashes),
        [topic == names.signals for topic in read if topics.begins_at(topic, number) > 0],
    )
    up_to, clock = begins_at, None
    if newest is not None:
        up_to, clock = newest.position, newest.clock
        known += given or ()
        for decision in _replayed(group, number, begins_at, metas, known, lead):
            if lead in (None, decision.lead_id):
                comparison.recomputed(decision)
    found = list(comparison.verdicts())
    if given is None:
        found += [one for _, unreadable in read.values() for one in unreadable if lead in (None, one.lead_id)]
    else:
        # What is not among them may have been said all the same.
        found = [one for one in found if one.verdict != "missing"]
    partition = VerifiedPartition(partition=number, begins_at=begins_at, up_to=up_to, clock=clock)
    return Verified(partition, found)


def _replayed(
    group: Group, number: int, begins_at: int, metas: Sequence[Meta], said: Sequence[Said], lead: str | None
) -> Iterator[Decision]:
    """What the input gives; of one ``lead``, what its own records give: no other's has to do with it."""
    newest = metas[-1]
    replaying = Replaying(
        group.processor,
        group.funnels,
        number,
        begins_at,
        reigns_of(metas, said, {one.version: one.hash for one in group.funnels.published}),
        Claims(said),
        group.put_aside.get(number, {}),
        group.now,
    )
    records: Iterable[Record] = group.watch(
        group.topics.records(group.processor.names.activities, number, newest.position)
    )
    if lead is not None:
        records = (record for record in records if record.key() == lead.encode())
    return replaying.run(records, newest.position, None if group.held else newest.clock)


def _read(topics: Topics, topic: str, number: int) -> tuple[list[Said], list[Verdict]]:
    return read_all(
        (record.value(), f"{topic} {number}-{record.offset()}", record.key())
        for record in topics.records(topic, number)
    )


def _is_later(one: Said, newest: Meta | None, hashes: set[str]) -> bool:
    """Whether it was said after what the meta record tells of."""
    offset = one.offset
    if newest is None or offset is None or offset < newest.position:
        return False
    return (
        offset > newest.position
        or one.is_of_an_activity
        or one.head.funnel_hash in hashes - {newest.funnel_hash}
        or (one.due is not None and one.due > newest.clock)
    )


class _Provable:
    """Of whom something can be proven: whose whole life is in the input that is still there."""

    def __init__(
        self, begins_at: int, metas: Sequence[Meta], changes: Sequence[Said], hashes: set[str]
    ) -> None:
        self._hashes = hashes
        self._why = f"the input begins at offset {begins_at}"
        self._leads: set[str] | None = None
        # A group's first version decides from where the group began to read.
        began_at = next((one.funnel_from for one in metas if one.version == one.version_before), 0)
        if begins_at > began_at:
            first: dict[str, Said] = {}
            for one in changes:
                first.setdefault(one.head.lead_id, one)
            self._leads = {lead for lead, one in first.items() if _begins_a_life(one, begins_at)}

    def __call__(self, lead: str, funnel_hash: str) -> str | None:
        """Why nothing can be proven of a decision about this lead; None where it can."""
        if funnel_hash not in self._hashes:
            return f"no funnel with the hash {funnel_hash[:16]} is known: give its file with --funnel"
        return None if self._leads is None or lead in self._leads else self._why


def _begins_a_life(one: Said, begins_at: int) -> bool:
    return one.head.rule == CREATED and one.offset is not None and one.offset >= begins_at
