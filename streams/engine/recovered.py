"""What is read of a changelog, record by record: compiled, as a recovery reads every lead."""

from collections.abc import Iterable, Mapping
from typing import Final, cast

from confluent_kafka import KafkaError, KafkaException, Message

from streams.engine.broker_errors import passes
from streams.engine.changelog import META_KEY, Kind, Meta, UnreadableChangelog, decode_meta

# As whole numbers, which are compared without a call: a recovery does so a million times.
_LEAD: Final = int(Kind.LEAD)
_REIGN: Final = int(Kind.REIGN)
_SUPPRESSED: Final = int(Kind.SUPPRESSED)


class Recovered:
    """What has been read of one partition's changelog from ``start`` up to ``end``, newest by key."""

    def __init__(self, start: int = 0, end: int = 0) -> None:
        self.end = end
        self.states: dict[bytes, bytes] = {}
        self.suppressed: set[bytes] = set()
        self.reigns: set[bytes] = set()
        """The keys that tell where versions of the funnel came into force: nobody goes on from them."""
        self.records = 0
        self.foreign: dict[bytes, int] = {}
        """The keys that are of no kind we know, with their offsets; a tombstone takes one away."""
        self.position = start
        """Up to which offset it has been read."""
        self._meta: bytes | None = None

    @property
    def is_whole(self) -> bool:
        """Whether it has been read to its end."""
        return self.position >= self.end

    @property
    def meta(self) -> Meta | None:
        """What the last transaction has left about the partition. Raises UnreadableChangelog."""
        return None if self._meta is None else decode_meta(self._meta)

    def apply(self, key: bytes | None, value: bytes | None) -> None:
        """Take in one changelog record. Raises UnreadableChangelog."""
        self.records += 1
        if not key:
            raise UnreadableChangelog("a record without a key")
        kind = key[0]
        if kind == _LEAD:
            if value is None:
                self.states.pop(key[1:], None)
            else:
                self.states[key[1:]] = value
        elif key == META_KEY:
            self._meta = value
        elif kind == _REIGN:
            if value is None:
                self.reigns.discard(key)
            else:
                self.reigns.add(key)
        elif kind == _SUPPRESSED:
            if value is None:
                self.suppressed.discard(key)
            else:
                self.suppressed.add(key)
        elif value is None:
            self.foreign.pop(key, None)
        else:
            self.foreign[key] = self.position


def take_in(messages: Iterable[Message], recovering: Mapping[int, Recovered]) -> None:
    """Take in what a consumer gave, up to each partition's end.

    Raises UnreadableChangelog, and KafkaException where reading can't go on.
    """
    for message in messages:
        recovered = recovering.get(cast(int, message.partition()))
        if recovered is None or recovered.is_whole:
            continue
        error = message.error()
        offset = cast(int, message.offset())
        if error is None:
            recovered.position = offset
            recovered.apply(message.key(), message.value())
            recovered.position = offset + 1
        elif error.code() == KafkaError._PARTITION_EOF:
            recovered.position = offset
        elif not passes(error):
            raise KafkaException(error)
