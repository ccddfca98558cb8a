"""A topic of activities as history: all that is committed, from its beginning to its end as it stands now.

No group is joined, nothing is committed or written. Partitions are read side by side, by the
moments of their records: a lead's own are in one partition, and only merges tie leads of several.
"""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing
from difflib import get_close_matches
from heapq import merge
from itertools import islice
from typing import Self

from confluent_kafka import Consumer, KafkaException

from schemas.activity import Activity
from schemas.dead_letter import Unreadable
from schemas.moments import format_moment
from streams import kafka_clients
from streams.engine.chunk import Record
from streams.engine.committed import committed
from streams.engine.forwarding import FORWARDED, INTERNAL, REKEYED
from streams.engine.log_bounds import log_bounds
from streams.engine.partition_pass import FUTURE_TOLERANCE
from streams.errors import OutsideWorld
from streams.settings import Settings

_ANSWER_SECONDS = 10.0
_BATCH = 20_000
_QUEUED_KIB = 65_536
"""What librdkafka may keep ahead, of all partitions together."""
_REPEATS = frozenset({REKEYED, FORWARDED, INTERNAL})
"""Headers of what workers have put on the topic themselves: it follows from the rest."""


class TopicHistory:
    """The records of a topic. Use as a context; raises OutsideWorld whenever it can't be read."""

    def __init__(self, settings: Settings, topic: str) -> None:
        self.name = f"topic {topic}"
        self._settings = settings
        self._topic = topic
        self._stack = ExitStack()
        self._first = 0
        self._batch: list[Record] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def blocks(self) -> Iterator[tuple[bytes, Sequence[int]]]:
        """The records' values, a line each."""
        try:
            records = merge(*self._partitions(), key=_appended)
            while batch := list(islice(records, _BATCH)):
                self._first += len(self._batch)
                self._batch = [record for record in batch if not _is_repeat(record)]
                yield (
                    b"".join([_as_line(record.value()) for record in self._batch]),
                    range(self._first, self._first + len(self._batch)),
                )
        except KafkaException as error:
            raise OutsideWorld(
                f"{self.name} can't be read at {self._settings.bootstrap_servers}: {error.args[0].str()} "
                "(is it running? is LEADGATE_BOOTSTRAP_SERVERS right?)"
            ) from None

    def check(self, activity: Activity, number: int) -> None:
        """As a worker: an activity may not be dated after its record was appended."""
        stamp = _appended(self._batch[number - self._first])
        if activity.occurred_at > stamp + FUTURE_TOLERANCE:
            raise Unreadable(
                "future",
                f"occurred_at {format_moment(activity.occurred_at)} is more than 5 minutes after "
                f"the record was appended ({format_moment(stamp)})",
            )

    def place(self, number: int) -> str:
        """The record's partition and offset."""
        record = self._batch[number - self._first]
        return f"partition {record.partition()}, offset {record.offset()}"

    def _partitions(self) -> list[Iterator[Record]]:
        """The committed records of each partition, up to where it ends now."""
        config = kafka_clients.reader(self._settings)
        # What is committed behind a transaction that is still open lies behind the committed end.
        asking = self._reader(config | {"isolation.level": "read_uncommitted"})
        numbers = range(self._count(asking))
        bounds = [log_bounds(asking, self._topic, number, _ANSWER_SECONDS) for number in numbers]
        config["queued.max.messages.kbytes"] = max(1_024, _QUEUED_KIB // len(numbers))
        return [
            committed(self._reader(config), self._topic, number, start, end)
            for number, (start, end) in enumerate(bounds)
            if start < end
        ]

    def _reader(self, config: dict[str, object]) -> Consumer:
        return self._stack.enter_context(closing(Consumer(config)))

    def _count(self, asking: Consumer) -> int:
        """How many partitions there are."""
        # All topics: asking for one by its name would make it where brokers make topics by themselves.
        topics = asking.list_topics(timeout=_ANSWER_SECONDS).topics
        if self._topic not in topics:
            near = get_close_matches(self._topic, topics, 1)
            hint = f"did you mean {near[0]}?" if near else "`leadgate topics create` makes the topics"
            raise OutsideWorld(
                f"there is no topic {self._topic} at {self._settings.bootstrap_servers}: {hint}"
            )
        return len(topics[self._topic].partitions)


def _appended(record: Record) -> int:
    return record.timestamp()[1]


def _is_repeat(record: Record) -> bool:
    headers = record.headers()
    return headers is not None and any(name in _REPEATS for name, _ in headers)


def _as_line(value: bytes | None) -> bytes:
    """A value as one line. To JSON a carriage return is what a line feed is, between its parts and within."""
    if not value or value.isspace():
        return b"null\n"  # a blank line would be passed over; this is told as no activity
    return value.replace(b"\n", b"\r") + b"\n"
