"""What a group has sent itself and not taken in yet: another group would pass it over.

A merged lead travels to its new home on the input topic, in a record that names its group
(`streams.engine.forwarding`). One that was on its way when the snapshot was taken is in no partition's leads.
"""

from confluent_kafka import Consumer

from streams import kafka_clients
from streams.engine.chunk import Record
from streams.engine.committed import committed
from streams.engine.forwarding import FORWARDED, INTERNAL
from streams.errors import OutsideWorld
from streams.settings import Settings


def check_none_in_flight(settings: Settings, sender: str, stretches: dict[int, tuple[int, int]]) -> None:
    """Look through each partition's stretch of the input, from one offset up to another.

    Raises OutsideWorld where the ``sender`` (a group) has something on its way there; KafkaException.
    """
    reader = Consumer(kafka_clients.reader(settings))
    try:
        for number, (start, end) in stretches.items():
            for record in committed(reader, settings.activities_topic, number, start, end):
                if _is_of(record, sender):
                    raise OutsideWorld(
                        f"partition {number} of {settings.activities_topic} has at offset {record.offset()} "
                        f"what {sender} has sent itself and not taken in yet, such as a merged lead on its "
                        f"way, and {settings.group} would pass it over: let {sender} work up to the end, "
                        "stop it, and take another snapshot"
                    )
    finally:
        reader.close()


def _is_of(record: Record, sender: str) -> bool:
    return any(
        name in (INTERNAL, FORWARDED) and (value or b"").startswith(f"{sender}:".encode())
        for name, value in record.headers() or ()
    )
