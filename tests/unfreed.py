"""What the client has never freed (see `docs/decisions.md`, "What has gone is gone at once")."""

import gc

from confluent_kafka import KafkaException


def unfreed_errors() -> int:
    """How many of Kafka's errors there still are, each with what the frames hold through which it went."""
    gc.collect()
    return sum(isinstance(one, KafkaException) for one in gc.get_objects())
