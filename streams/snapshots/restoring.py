"""Restoring a snapshot: all of it counts at once, or nothing does.

    begin   a transaction: in every partition a mark in the meta record's place, by which workers and
            the next restore know that this one has not come to its end; the versions of the funnel;
            the clock's word
    fill    partition by partition its leads, a transaction for each frame of the file; what else lay
            there goes, also where versions of the funnel came into force: those places are of another life
    end     a transaction: every partition's meta record, in the mark's place, and the group's offsets

The transactional id is that of whoever publishes funnels for the group: so no two restores go on side by
side, and a worker that starts publishes its funnel before or after, not in between.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress

import msgspec
from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition

from streams import kafka_clients
from streams.engine.changelog import META_KEY, RESTORING, Meta, encode_meta
from streams.engine.hold import KEY, word
from streams.errors import OutsideWorld
from streams.funnels.publishing import publishers_id
from streams.funnels.topic import encode_funnel, funnel_key
from streams.snapshots.format import Partition
from streams.snapshots.plan import Plan
from streams.snapshots.stopped import check_stopped
from streams.snapshots.summary import PartitionSummary, open_snapshot
from streams.snapshots.taking import published
from streams.snapshots.target import Target, missing_versions

ANSWER_SECONDS = 60.0
TOMBSTONES = 10_000
"""How many a transaction writes: far from what a producer holds, and done long before it times out."""

_Record = tuple[str, int, bytes, bytes | None]
"""Topic, partition, key, value."""


def restore(plan: Plan) -> None:
    """Do what is planned. Raises OutsideWorld; what was begun is then to be begun again."""
    restoring = Restoring(plan)
    restoring.begin()
    for _ in restoring.fill():
        pass
    restoring.end()


class Restoring:
    """A restore, step by step; each raises OutsideWorld."""

    def __init__(self, plan: Plan) -> None:
        self._plan, self._settings = plan, plan.settings
        self._numbers = sorted(plan.positions)
        name = publishers_id(plan.settings.group)
        self._producer = Producer(kafka_clients.transactional_producer(plan.settings, transactional_id=name))
        # Ends what an earlier one has left open, too.
        with self._told():
            self._producer.init_transactions(ANSWER_SECONDS)

    def begin(self) -> None:
        """Mark all partitions, and make known what leads and workers rely on. Raises NotStopped."""
        with self._transaction():
            self._send(self._marks())
            # A worker that opens a partition from now on waits for what becomes of its mark;
            # and one that has opened it before is a member.
            self._producer.flush(ANSWER_SECONDS)
            check_stopped(self._settings)

    def _marks(self) -> Iterator[_Record]:
        settings, header = self._settings, self._plan.summary.header
        for number in self._numbers:
            yield (settings.changelog, number, META_KEY, RESTORING)
        for one in missing_versions(settings.group, header.funnels, published(settings)):
            yield (settings.funnels_topic, 0, funnel_key(one), encode_funnel(one))
        if header.clock_held != self._plan.clock_held:
            yield (settings.control, 0, KEY, word(header.clock_held))

    def fill(self) -> Iterator[int]:
        """Write the leads; each partition's number, once it has its own and no others."""
        number, others = -1, set[bytes]()
        with closing(Target(self._settings)) as target, open_snapshot(self._plan.path) as reader:
            for frame in reader.frames():
                if isinstance(frame, Partition):
                    if number >= 0:
                        self._take_out(number, others)
                        yield number
                    number, held = frame.number, target.holding(frame.number)
                    others = held.keys | held.reigns
                else:
                    self._write(number, frame.pairs)
                    others.difference_update(key for key, _ in frame.pairs)
        self._take_out(number, others)
        yield number

    def _take_out(self, number: int, keys: set[bytes]) -> None:
        tombstones = [(key, None) for key in sorted(keys)]
        for at in range(0, len(tombstones), TOMBSTONES):
            self._write(number, tombstones[at : at + TOMBSTONES])

    def _write(self, number: int, pairs: Sequence[tuple[bytes, bytes | None]]) -> None:
        with self._transaction():
            self._send((self._settings.changelog, number, key, value) for key, value in pairs)

    def end(self) -> None:
        """Let it count: the meta records and the offsets, all at once."""
        settings, positions = self._settings, self._plan.positions
        with (
            closing(Consumer(kafka_clients.reader(settings) | {"group.id": settings.group})) as group,
            self._transaction(),
        ):
            self._send(
                (settings.changelog, one.head.number, META_KEY, encode_meta(self._meta(one)))
                for one in self._plan.summary.partitions
            )
            self._producer.send_offsets_to_transaction(
                [TopicPartition(settings.activities_topic, number, at) for number, at in positions.items()],
                group.consumer_group_metadata(),
                ANSWER_SECONDS,
            )

    def _meta(self, of: PartitionSummary) -> Meta:
        """The partition's meta record, as it must be in this topic."""
        plan, position = self._plan, self._plan.positions[of.head.number]
        if of.meta is None:
            newest = plan.summary.header.funnels[-1]
            return Meta(
                position,
                0,
                newest.funnel,
                newest.hash,
                plan.topic_id,
                newest.version,
                position,
                version_before=newest.version,
            )
        # Where the present version began to decide is an offset, too: of the topic that was read.
        is_same = plan.topic_id == plan.summary.read_topic
        since = min(of.meta.funnel_from, position) if is_same else position
        return msgspec.structs.replace(of.meta, position=position, topic_id=plan.topic_id, funnel_from=since)

    # Transactions -------------------------------------------------------------------------

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        """What is sent meanwhile is committed at the end, or none of it is."""
        with self._told():
            self._producer.begin_transaction()
            try:
                yield
                self._producer.commit_transaction(ANSWER_SECONDS)
            except BaseException:
                with suppress(KafkaException):  # one that can't be aborted is ended by the next restore
                    self._producer.abort_transaction(ANSWER_SECONDS)
                raise

    def _send(self, records: Iterable[_Record]) -> None:
        for topic, number, key, value in records:
            self._producer.produce(topic, value, key, number)

    @contextmanager
    def _told(self) -> Iterator[None]:
        """What Kafka has against it, for a person."""
        try:
            yield
        except KafkaException as error:
            raise OutsideWorld(
                f"the restore of {self._settings.group} has not come to its end: {error.args[0].str()}. "
                "See that no other restore goes on and no worker is started, and run it again"
            ) from None
