"""Taking a snapshot: what is committed of a stopped group, read as a worker reads it, by partition."""

import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from confluent_kafka import Consumer, TopicPartition

from schemas.lead_state import FORMAT_VERSION
from schemas.moments import format_moment
from streams import kafka_clients, topics
from streams.engine.changelog import META_VERSION, SUPPRESSED, encode_meta, lead_key
from streams.engine.hold import ClockHold
from streams.engine.opening import KafkaOpener, Opened
from streams.engine.refusals import Refused
from streams.errors import OutsideWorld
from streams.funnels import FunnelTopic, Published
from streams.input_topic import InputTopic, describe_input
from streams.settings import Settings
from streams.snapshots.asking import patiently
from streams.snapshots.files import written_whole
from streams.snapshots.format import Header, Partition, SnapshotWriter
from streams.snapshots.stopped import check_stopped

REQUEST_SECONDS = 10.0
WAIT_SECONDS = 60.0
"""What a killed worker has left open is over by then, by the default time-outs."""


def take(settings: Settings, path: Path, wall_clock: Callable[[], int]) -> None:
    """Write the group's snapshot to ``path``.

    Raises OutsideWorld where the group has members, or works while it is read; where it has never run;
    where topics, or what lies in them, are not as they must be; KafkaException.
    """
    check_topics(settings)
    check_stopped(settings)
    source, funnels = describe_input(settings), published(settings)
    if not funnels:
        raise OutsideWorld(
            f"no worker of the group {settings.group} has ever run, so there is nothing to keep: "
            "is LEADGATE_GROUP right?"
        )
    header = Header(
        format_moment(wall_clock()),
        settings.group,
        {topic.setting: topic.name(settings) for topic in topics.CATALOGUE},
        source.topic_id,
        source.partitions,
        FORMAT_VERSION,
        META_VERSION,
        clock_held(settings),
        funnels,
    )
    group = _Group(settings, source)
    with written_whole(path) as file:
        writer = SnapshotWriter(file)
        writer.begin(header)
        for number in range(source.partitions):
            group.write(number, writer)
        writer.end()
        group.check_unmoved()
        check_stopped(settings)


def check_topics(settings: Settings) -> None:
    """Raises OutsideWorld with all that is wrong with the group's topics, and how it is mended."""
    findings = topics.check(settings)
    if findings:
        raise OutsideWorld("the topics are not as they must be:\n" + "\n".join(map(str, findings)))


def published(settings: Settings) -> list[Published]:
    """The versions of the group's funnel, oldest first. Raises KafkaException."""
    topic = FunnelTopic(kafka_clients.reader(settings), settings.funnels_topic, settings.group)
    try:
        found = {one.version: one for one in topic.read_to_end()}
    finally:
        topic.close()
    return [found[version] for version in sorted(found)]


def clock_held(settings: Settings) -> bool:
    """Whether the group's clocks are held. Raises KafkaException."""
    hold = ClockHold(kafka_clients.reader(settings), settings.control)
    try:
        return hold.read_to_end()
    finally:
        hold.close()


class _Group:
    """Reads a stopped group, a partition at a time: so much is in memory, and no more."""

    def __init__(self, settings: Settings, source: InputTopic) -> None:
        self._settings = settings
        self._waits: str | None = None
        self._positions: dict[int, int] = {}
        """By partition, what has been written; none where nothing has been committed of this very topic."""
        self._topic_id = source.topic_id
        self._opener = KafkaOpener(
            settings.group,
            settings.activities_topic,
            settings.changelog,
            source.topic_id,
            kafka_clients.reader(settings),
            for_snapshot=True,
            on_wait=self._wait,
        )

    def _wait(self, why: str | None) -> None:
        self._waits = why

    def write(self, number: int, writer: SnapshotWriter) -> None:
        """Write a partition. Raises OutsideWorld, KafkaException."""
        opened = self._open(number)
        meta = None if opened.meta is None else encode_meta(opened.meta)
        if opened.meta is not None and opened.meta.topic_id == self._topic_id:
            self._positions[number] = opened.position
        end = patiently(lambda: self._opener.ends([number]))[number]
        writer.begin(Partition(number, opened.position, end, meta))
        for lead, state in opened.table.items():
            writer.record(lead_key(lead), state)
        for key in opened.table.suppressed:
            writer.record(key, SUPPRESSED)

    def _open(self, number: int) -> Opened:
        found: list[Opened] = []
        deadline = time.monotonic() + WAIT_SECONDS
        self._opener.open([number], lambda: time.monotonic() < deadline, found.append)
        if not found:
            why = self._waits or "what is committed could not be read to its end"
            raise Refused(
                f"partition {number}: after {WAIT_SECONDS:g} s still {why}. A worker that was killed may "
                "have left a transaction open; it ends by its time-out: then run this again"
            )
        return found[0]

    def check_unmoved(self) -> None:
        """Raises OutsideWorld where a worker has come, worked and gone while the group was read."""
        settings = self._settings
        places = [TopicPartition(settings.activities_topic, number) for number in self._positions]
        with closing(Consumer(kafka_clients.reader(settings) | {"group.id": settings.group})) as asking:
            committed = patiently(lambda: asking.committed(places, REQUEST_SECONDS))
        moved = [one.partition for one in committed if one.offset != self._positions[one.partition]]
        if moved:
            raise OutsideWorld(
                f"a worker has been at work meanwhile, in partition {moved[0]}: see that none is started, "
                "and run this again"
            )
