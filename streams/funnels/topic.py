"""The versions of a group's funnel, as records: which funnel decided is always to be had.

The topic has one partition, is compacted and may be shared by groups; a version's key
names all three, group, funnel and number, so that it is never compacted away.
"""

import threading
import time
from collections.abc import Mapping
from typing import Annotated, Any, cast

import msgspec
import structlog
from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, KafkaException, TopicPartition

from streams.engine.broker_errors import passes
from streams.engine.chunk import Record
from streams.engine.log_bounds import log_bounds

log = structlog.get_logger(__name__)

ANSWER_SECONDS = 30.0
REQUEST_SECONDS = 5.0


class Published(msgspec.Struct, frozen=True):
    """One version of a group's funnel, as it stands in the topic; ``text`` is the file.

    ``published_at`` is RFC 3339. Versions of a group count from 1, whatever its funnel is called.
    """

    group: str
    funnel: str
    version: Annotated[int, msgspec.Meta(ge=1)]
    hash: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]
    text: str
    published_at: str


_decode = msgspec.json.Decoder(Published).decode


def funnel_key(published: Published) -> bytes:
    """The record's key."""
    return f"{published.group}/{published.funnel}/{published.version}".encode()


def encode_funnel(published: Published) -> bytes:
    """The record's value."""
    return msgspec.json.encode(published)


class FunnelTopic:
    """Reads the versions of one group; each comes once. Used by several threads."""

    def __init__(self, reader_config: Mapping[str, Any], topic: str, group: str) -> None:
        self._topic, self._group = topic, group
        self._reader = Consumer(dict(reader_config))
        self._reader.assign([TopicPartition(topic, 0, OFFSET_BEGINNING)])
        self._ends = Consumer({**reader_config, "isolation.level": "read_uncommitted"})
        self._position = 0
        self._unclaimed: list[Published] = []
        """What has been read, and given to nobody yet."""
        self._lock = threading.Lock()

    def read_to_end(self, seconds: float = ANSWER_SECONDS) -> list[Published]:
        """What is new, up to all that has been appended by now. Raises KafkaException after ``seconds``.

        The end is the uncommitted one: behind what another group has not committed yet
        may lie what this one has.
        """
        with self._lock:
            end: int | None = None
            deadline = time.monotonic() + seconds
            while time.monotonic() < deadline:
                end = self._end() if end is None else end
                if end is not None and self._position >= end:
                    return self._claim()
                self._read(0.1)
            said = f"{self._topic} could not be read to its end"
            raise KafkaException(KafkaError(KafkaError._TIMED_OUT, said))

    def _end(self) -> int | None:
        """The topic's end; None while the broker has no answer."""
        try:
            return log_bounds(self._ends, self._topic, 0, REQUEST_SECONDS)[1]
        except KafkaException as error:
            if not passes(error.args[0]):
                raise
            return None

    def refresh(self) -> list[Published]:
        """What has come since, without waiting. Raises KafkaException."""
        with self._lock:
            self._read(0)
            return self._claim()

    def _claim(self) -> list[Published]:
        claimed, self._unclaimed = self._unclaimed, []
        return claimed

    def _read(self, seconds: float) -> None:
        for message in self._reader.consume(1000, seconds):
            error, record = message.error(), cast(Record, message)
            if error is None:
                self._position = record.offset() + 1
                published = decode_funnel(record.value())
                if published is not None and published.group == self._group:
                    self._unclaimed.append(published)
            elif error.code() == KafkaError._PARTITION_EOF:
                self._position = max(self._position, record.offset())
            elif error.fatal() or error.code() == KafkaError.UNKNOWN_TOPIC_OR_PART:
                raise KafkaException(error)

    def close(self) -> None:
        """Let the readers go."""
        with self._lock:
            self._reader.close()
            self._ends.close()


def decode_funnel(value: bytes | None) -> Published | None:
    """What a record says. One that is not ours is passed over: it stays there, for every start to come."""
    try:
        return None if value is None else _decode(value)
    except (ValueError, RecursionError) as error:
        log.warning("funnel_record_not_understood", reason=str(error))
        return None
