"""What is in a snapshot: all of it is read, so a damaged one is found out before anything is done."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from schemas.lead_packing import UnreadableState
from schemas.lead_state import FORMAT_VERSION, due_and_stage, marked
from schemas.moments import format_moment
from streams.engine.changelog import META_VERSION, Kind, Meta, UnreadableChangelog, decode_meta
from streams.errors import Misuse
from streams.snapshots.format import BadSnapshot, Header, Partition, Records, SnapshotReader


@dataclass
class PartitionSummary:
    """One partition: ``leads`` that are in a stage, ``merged`` into another, and ``suppressed`` ids."""

    head: Partition
    meta: Meta | None
    leads: int = 0
    merged: int = 0
    suppressed: int = 0


@dataclass
class Summary:
    """A whole snapshot, whose file is called ``name``."""

    name: str
    header: Header
    partitions: list[PartitionSummary] = field(default_factory=list)

    @property
    def read_topic(self) -> str:
        """The id of the input topic that the group has read: the header's, unless it had been made anew."""
        metas = (each.meta for each in self.partitions)
        return next((meta.topic_id for meta in metas if meta is not None), self.header.topic_id)

    def __str__(self) -> str:
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        header = self.header
        yield f"{self.name}: group {header.group}, taken {header.taken_at}"
        yield (
            f"input {header.topics['activities_topic']}, {header.partitions} partitions, id {self.read_topic}"
        )
        yield f"clocks {'held' if header.clock_held else 'going'}"
        for one in header.funnels:
            yield f"funnel version {one.version}, {one.published_at}  {one.funnel}  {one.hash[:16]}"
        for each in self.partitions:
            clock = format_moment(each.meta.clock) if each.meta else "not begun"
            yield (
                f"partition {each.head.number}: offset {each.head.position} (input to {each.head.end}), "
                f"clock {clock}, leads {each.leads}, merged {each.merged}, suppressed {each.suppressed}"
            )
        leads = sum(each.leads for each in self.partitions)
        yield f"leads in all: {leads}"


@contextmanager
def open_snapshot(path: Path) -> Iterator[SnapshotReader]:
    """A snapshot to be read. Raises BadSnapshot, and Misuse where it can't be opened."""
    try:
        file = path.open("rb")
    except OSError as error:
        raise Misuse(f"{path}: cannot be read: {error.strerror}") from None
    with file:
        yield SnapshotReader(file, str(path))


def summarize(path: Path) -> Summary:
    """Read all of a snapshot. Raises BadSnapshot where it is damaged, or beyond this leadgate; Misuse."""
    with open_snapshot(path) as reader:
        header = reader.header
        if header.lead_version > FORMAT_VERSION or header.meta_version > META_VERSION:
            raise _beyond(path, f"leads of format version {header.lead_version}")
        summary = Summary(str(path), header)
        try:
            for frame in reader.frames():
                if isinstance(frame, Partition):
                    meta = None if frame.meta is None else decode_meta(frame.meta)
                    summary.partitions.append(PartitionSummary(frame, meta))
                else:
                    _count(summary.partitions[-1], frame)
        except (UnreadableState, UnreadableChangelog) as error:
            raise _beyond(path, str(error)) from None
    return summary


def _count(summary: PartitionSummary, records: Records) -> None:
    for key, value in records.pairs:
        kind = key[:1]
        if kind == bytes([Kind.SUPPRESSED]):
            summary.suppressed += 1
        elif kind != bytes([Kind.LEAD]):
            raise UnreadableChangelog(f"a key of the unknown kind {kind!r}")
        elif marked(value) is not None:
            summary.merged += 1
        else:
            due_and_stage(value)
            summary.leads += 1


def _beyond(path: Path, what: str) -> BadSnapshot:
    return BadSnapshot(f"{path} is beyond this leadgate ({what}): restore it with the leadgate that wrote it")
