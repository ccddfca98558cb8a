"""Whether the partitions' clocks are held: a record in Kafka, the same for all workers.

While history is loaded (old activities, appended now), silent leads would look
overdue; so their clocks wait. The word is the newest record of a compacted topic
of one partition: whoever joins later, or starts again, reads it before its first pass.
"""

import json
from collections.abc import Mapping
from typing import Any

import structlog
from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, KafkaException, Producer, TopicPartition

log = structlog.get_logger(__name__)

KEY = b"clock"
ANSWER_SECONDS = 30.0


class ClockHold:
    """Reads the word; `held` is what it was at the last `refresh`."""

    def __init__(self, reader_config: Mapping[str, Any], topic: str) -> None:
        self._topic = topic
        self._reader = Consumer(dict(reader_config))
        self._reader.assign([TopicPartition(topic, 0, OFFSET_BEGINNING)])
        self.held = False

    def read_to_end(self, seconds: float = ANSWER_SECONDS) -> bool:
        """Wait until all that was said is read. Raises KafkaException when the broker does not answer."""
        tries = int(seconds / 0.1)
        while not self._read(0.1):
            tries -= 1
            if tries <= 0:
                raise KafkaException(
                    KafkaError(KafkaError._TIMED_OUT, f"{self._topic} could not be read to its end")
                )
        return self.held

    def refresh(self) -> bool:
        """Take in what has been said since, without waiting."""
        self._read(0)
        return self.held

    def _read(self, seconds: float) -> bool:
        at_end = False
        for message in self._reader.consume(1000, seconds):
            error = message.error()
            if error is None:
                at_end = False
                if message.key() == KEY:
                    self.held = read_word(message.value(), self.held)
            elif error.code() == KafkaError._PARTITION_EOF:
                at_end = True
            elif error.fatal() or error.code() == KafkaError.UNKNOWN_TOPIC_OR_PART:
                raise KafkaException(error)
        return at_end

    def close(self) -> None:
        """Let the reader go."""
        self._reader.close()


def read_word(value: bytes | None, before: bool) -> bool:
    """What a record says. One that is not ours changes nothing: it stays there, for every start to come."""
    try:
        held = json.loads(value)["held"] if value is not None else False
    except (ValueError, TypeError, KeyError, RecursionError):
        held = None
    if not isinstance(held, bool):
        log.warning("clock_word_not_understood", value=value)
        return before
    return held


def word(held: bool) -> bytes:
    """The record's value."""
    return json.dumps({"held": held}).encode()


def say(producer_config: Mapping[str, Any], topic: str, held: bool) -> None:
    """Hold the clocks of all workers, or let them go. Raises KafkaException when it can't be written."""
    producer = Producer(dict(producer_config))
    failures: list[KafkaError] = []
    producer.produce(
        topic,
        partition=0,
        key=KEY,
        value=word(held),
        on_delivery=lambda error, _message: failures.append(error) if error else None,
    )
    if producer.flush(ANSWER_SECONDS):
        raise KafkaException(KafkaError(KafkaError._TIMED_OUT, f"{topic} could not be written within 30 s"))
    if failures:
        raise KafkaException(failures[0])
