"""What a restore would do, and all that stands in its way: found before anything is written."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from streams.errors import Misuse, OutsideWorld
from streams.funnels import Published
from streams.input_topic import InputTopic, describe_input
from streams.settings import Settings
from streams.snapshots.in_flight import check_none_in_flight
from streams.snapshots.stopped import check_stopped
from streams.snapshots.summary import PartitionSummary, Summary, summarize
from streams.snapshots.taking import check_topics, clock_held, published
from streams.snapshots.target import Target, missing_versions


@dataclass(frozen=True)
class Plan:
    """A restore that may be done.

    ``positions`` are the next input offsets by partition, in the topic with ``topic_id``; ``replaced`` is how
    many leads and suppressed ids the changelog holds now.
    """

    settings: Settings
    path: Path
    summary: Summary
    topic_id: str
    positions: Mapping[int, int]
    replaced: int
    unfinished: bool
    versions: list[Published]
    clock_held: bool
    """Whether the group's clocks are held now."""

    def __str__(self) -> str:
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        settings, header = self.settings, self.summary.header
        if self.unfinished:
            yield f"an earlier restore of {settings.group} has not come to its end; it is begun anew"
        if self.replaced:
            yield f"take {self.replaced} leads and suppressed ids out of {settings.changelog}"
        for one in self.versions:
            yield f"publish version {one.version} of the funnel, {one.funnel}, on {settings.funnels_topic}"
        for each in self.summary.partitions:
            number = each.head.number
            yield (
                f"partition {number}: {each.leads + each.merged} leads and {each.suppressed} suppressed ids "
                f"into {settings.changelog}; {settings.activities_topic} goes on at offset "
                f"{self.positions[number]}{self._passed_over(each)}"
            )
        if self.clock_held != header.clock_held:
            yield f"{'hold' if header.clock_held else 'let go'} the clocks of {settings.group}"

    def _passed_over(self, each: PartitionSummary) -> str:
        """How far on that is from where the group stood, in the topic that it has read."""
        further = self.positions[each.head.number] - each.head.position
        if further <= 0 or self.topic_id != self.summary.read_topic:
            return ""
        return f", {further} on from where the group stood: what lay between is passed over"


def plan(
    settings: Settings,
    path: Path,
    *,
    group_is_meant: bool = False,
    offsets: Mapping[int, int] | None = None,
    replace: bool = False,
) -> Plan:
    """What is to be done to restore the file at ``path`` into the settings' group.

    ``group_is_meant`` says that another group than the snapshot's is, ``offsets`` where to go on by
    partition, ``replace`` that what the group's changelog holds may go. Raises Misuse where one of them is
    missing, or the file is damaged; OutsideWorld where the group or its topics are not fit for it;
    KafkaException.
    """
    summary = summarize(path)
    header = summary.header
    if settings.group != header.group and not group_is_meant:
        raise Misuse(
            f"{path} is of the group {header.group}, and the settings say {settings.group}: "
            f"say which is meant, --group {header.group} or --group {settings.group}"
        )
    check_topics(settings)
    check_stopped(settings)
    source = describe_input(settings)
    if source.partitions != header.partitions:
        raise OutsideWorld(
            f"{settings.activities_topic} has {source.partitions} partitions, and the snapshot is of "
            f"{header.partitions}: a lead's partition follows from their number, so it must be the same"
        )
    positions = _positions(settings, summary, source, offsets)
    with closing(Target(settings)) as target:
        ends = _check_bounds(settings, target, positions)
        if settings.group != header.group:
            known = (
                None if offsets is not None else {one.head.number: one.head.end for one in summary.partitions}
            )
            stretches = {number: (at, (known or ends)[number]) for number, at in positions.items()}
            check_none_in_flight(settings, header.group, stretches)
        versions = missing_versions(settings.group, header.funnels, published(settings))
        replaced, unfinished = _look_into_changelog(settings, target, positions, replace)
    return Plan(
        settings,
        path,
        summary,
        source.topic_id,
        positions,
        replaced,
        unfinished,
        versions,
        clock_held(settings),
    )


def _positions(
    settings: Settings, summary: Summary, source: InputTopic, offsets: Mapping[int, int] | None
) -> Mapping[int, int]:
    header = summary.header
    if offsets is not None:
        if offsets.keys() != set(range(header.partitions)):
            wrong = sorted(offsets.keys() ^ set(range(header.partitions)))
            raise Misuse(
                f"the offset map must name each partition from 0 to {header.partitions - 1}, and no other: "
                f"look at {', '.join(map(str, wrong))}"
            )
        return dict(sorted(offsets.items()))
    if source.topic_id != summary.read_topic:
        raise Misuse(
            f"{settings.activities_topic} (id {source.topic_id}) is not the topic that the group had read "
            f"({header.topics['activities_topic']}, id {summary.read_topic}), so an offset means another "
            "activity there: say where to go on in each partition, behind the last activity that is in the "
            "snapshot (--offsets FILE)"
        )
    return {one.head.number: one.head.position for one in summary.partitions}


def _look_into_changelog(
    settings: Settings, target: Target, numbers: Iterable[int], replace: bool
) -> tuple[int, bool]:
    """How many leads and suppressed ids it holds, and whether an earlier restore has not come to its end."""
    records, unfinished = 0, False
    for number in numbers:
        holding = target.holding(number)
        if holding.counts and not replace:
            raise Misuse(
                f"{settings.changelog} is not empty: to put the snapshot in the place of all that it holds, "
                "say so (--replace)"
            )
        records += len(holding.keys)
        unfinished |= holding.unfinished
    return records, unfinished


def _check_bounds(settings: Settings, target: Target, positions: Mapping[int, int]) -> dict[int, int]:
    """Whether each position can be read on from; the log's ends."""
    topic, ends = settings.activities_topic, {}
    for number, position in positions.items():
        first, ends[number] = target.bounds(topic, number)
        if position < first:
            raise OutsideWorld(
                f"partition {number} of {topic} begins at offset {first}, and the group is to go on at "
                f"{position}: the activities between have been deleted. To go on without them, say where "
                "(--offsets FILE)"
            )
        if position > ends[number]:
            raise OutsideWorld(
                f"partition {number} of {topic} ends at offset {ends[number]}, and the group is to go on at "
                f"{position}: it has lost records, or the offset is wrong. Say where (--offsets FILE)"
            )
    return ends
