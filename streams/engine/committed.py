"""What is committed in a stretch of one partition, read by a command."""

import time
from collections.abc import Iterator
from typing import cast

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from streams.engine.broker_errors import passes
from streams.engine.chunk import Record

SILENT_SECONDS = 30.0
_STEP_SECONDS = 1.0


def committed(reader: Consumer, topic: str, number: int, start: int, end: int) -> Iterator[Record]:
    """The records from offset ``start`` on and before ``end``.

    ``reader`` may have read another partition before, but not this one: an end or a record that is still
    on its way from an assignment is told by its partition alone. Raises KafkaException; nothing for 30 s, as
    where a transaction is left open for longer, is an error too.
    """
    position, heard = start, time.monotonic()
    if position < end:
        reader.assign([TopicPartition(topic, number, position)])
    while position < end:
        message = reader.poll(_STEP_SECONDS)
        went_on = _goes_on_to(message, number, position)
        if went_on > position:
            position = went_on
            if message is not None and message.error() is None and position <= end:
                yield cast(Record, message)
            heard = time.monotonic()
        elif time.monotonic() - heard > SILENT_SECONDS:
            said = f"partition {number} of {topic} could not be read to its end: a transaction on it is open"
            raise KafkaException(KafkaError(KafkaError._TIMED_OUT, said))


def _goes_on_to(message: Message | None, number: int, position: int) -> int:
    """Where the reading of a partition stands after a message, or what came in place of one."""
    if message is None:
        return position
    error, offset = message.error(), message.offset()
    if error is None or error.code() == KafkaError._PARTITION_EOF:
        if message.partition() != number or offset is None:
            return position
        return offset + 1 if error is None else offset
    # Without a place to start from at will: what was to be read has been deleted, being too old.
    if error.code() == KafkaError._AUTO_OFFSET_RESET or not passes(error):
        raise KafkaException(error)
    return position
