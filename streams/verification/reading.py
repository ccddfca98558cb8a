"""What verification reads of a group: what is committed in its topics, a partition at a time."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, closing
from typing import Any, Self

from confluent_kafka import Consumer

from schemas.dead_letter import DeadLetterReason, Unreadable
from streams import kafka_clients
from streams.dead_letters import DeadLetters
from streams.engine.changelog import META_KEY, RESTORING, Kind, Meta, UnfinishedRestore, decode_meta
from streams.engine.chunk import Record
from streams.engine.committed import committed
from streams.engine.log_bounds import log_bounds
from streams.settings import Settings

REQUEST_SECONDS = 10.0

OF_THE_DAY: dict[str, DeadLetterReason] = {
    "failed_evaluation": "failed_evaluation",
    "too_large": "too_large",
    "future": "future",
}
"""What a record is put aside for that another reading of it may not find."""


def tells_of_a_reign(key: bytes | None) -> bool:
    """Whether the value of a record with this key is a meta record."""
    return key is not None and (key == META_KEY or key[:1] == bytes([Kind.REIGN]))


def metas_in(changelog: Iterable[Record]) -> list[Meta]:
    """The meta records of a partition since it was restored last, if ever, oldest first.

    Before that it had another life: what its records say of offsets may be of another topic.
    Raises UnreadableChangelog, of which UnfinishedRestore is one.
    """
    values: list[bytes] = []
    restoring = False
    for record in changelog:
        value = record.value()
        # What a restore takes away are tombstones.
        if value is None or not tells_of_a_reign(record.key()):
            continue
        if record.key() == META_KEY:
            restoring = value == RESTORING
        if restoring:
            values.clear()
        else:
            values.append(value)
    if restoring:
        raise UnfinishedRestore
    return [decode_meta(value) for value in values]


class Reading:
    """Clients for as long as they are needed; each reads a partition of a topic once."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._config = kafka_clients.reader(settings)
        self._stack = ExitStack()
        self._readers: dict[str, Consumer] = {}
        # What is committed behind a transaction that is still open lies behind the committed end.
        self._ends = self._client({"isolation.level": "read_uncommitted"})

    def _client(self, more: dict[str, Any] | None = None) -> Consumer:
        return self._stack.enter_context(closing(Consumer(self._config | (more or {}))))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def begins_at(self, topic: str, number: int) -> int:
        """The first offset that is still there. Raises KafkaException."""
        return log_bounds(self._ends, topic, number, REQUEST_SECONDS)[0]

    def records(self, topic: str, number: int, until: int | None = None) -> Iterator[Record]:
        """What is committed in a partition, up to offset ``until``, or to its end. Raises KafkaException."""
        low, end = log_bounds(self._ends, topic, number, REQUEST_SECONDS)
        if topic not in self._readers:
            self._readers[topic] = self._client()
        yield from committed(
            self._readers[topic], topic, number, low, end if until is None else min(until, end)
        )

    def metas(self, number: int) -> list[Meta]:
        """The meta records of a partition that there are, oldest first. Raises UnreadableChangelog."""
        return metas_in(self.records(self._settings.changelog, number))

    def put_aside(self) -> dict[int, dict[int, Unreadable]]:
        """By partition and offset of the input, the dead letters that `OF_THE_DAY` is about."""
        found: dict[int, dict[int, Unreadable]] = defaultdict(dict)
        with closing(DeadLetters(self._settings)) as letters:
            for letter, _ in letters.look():
                reason = OF_THE_DAY.get(letter.reason)
                if reason is not None and letter.original_topic == self._settings.activities_topic:
                    place = letter.original
                    found[place.partition][place.offset] = Unreadable(reason, letter.message)
        return found
