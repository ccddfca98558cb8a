"""What a group has sent itself and not taken in yet: another group would pass it over.

A merged lead travels to its new home on the input topic, in a record that names its group
(`streams.engine.forwarding`). One that was on its way when the snapshot was taken is in no partition's leads.
"""

from collections.abc import Iterable
from typing import cast

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from streams import kafka_clients
from streams.engine.broker_errors import passes
from streams.engine.forwarding import FORWARDED, INTERNAL
from streams.errors import OutsideWorld
from streams.settings import Settings

SILENT_SECONDS = 30.0
_STEP_SECONDS = 0.1
_RECORDS = 1_000


def check_none_in_flight(settings: Settings, sender: str, stretches: dict[int, tuple[int, int]]) -> None:
    """Look through each partition's stretch of the input, from one offset up to another.

    Raises OutsideWorld where the ``sender`` (a group) has something on its way there; KafkaException.
    """
    reader = Consumer(kafka_clients.reader(settings))
    try:
        for number, (start, end) in stretches.items():
            at = _find(reader, TopicPartition(settings.activities_topic, number, start), end, sender)
            if at is not None:
                raise OutsideWorld(
                    f"partition {number} of {settings.activities_topic} has at offset {at} what {sender} has "
                    "sent itself and not taken in yet, such as a merged lead on its way, and "
                    f"{settings.group} would pass it over: let {sender} work up to the end, stop it, and "
                    "take another snapshot"
                )
    finally:
        reader.close()


def _find(reader: Consumer, start: TopicPartition, end: int, sender: str) -> int | None:
    position, silent = start.offset, 0.0
    reader.assign([start])
    while position < end:
        messages = reader.consume(_RECORDS, _STEP_SECONDS)
        silent = 0.0 if messages else silent + _STEP_SECONDS
        if silent > SILENT_SECONDS:
            said = f"{start.topic} could not be read on from offset {position}"
            raise KafkaException(KafkaError(KafkaError._TIMED_OUT, said))
        for message in messages:
            error, offset = message.error(), cast(int, message.offset())
            if error is None:
                if offset < end and _is_of(message, sender):
                    return offset
                position = offset + 1
            elif error.code() == KafkaError._PARTITION_EOF:
                position = max(position, offset)
            elif not passes(error):
                raise KafkaException(error)
    return None


def _is_of(message: Message, sender: str) -> bool:
    headers = cast(Iterable[tuple[str, bytes | None]], message.headers() or ())
    return any(
        name in (INTERNAL, FORWARDED) and (value or b"").startswith(f"{sender}:".encode())
        for name, value in headers
    )
