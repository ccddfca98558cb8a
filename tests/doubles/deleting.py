"""Records deleted from a topic's beginning, as retention does it."""

import time

from confluent_kafka import KafkaError, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient

PATIENCE_SECONDS = 30.0


def delete_before(admin: AdminClient, places: list[TopicPartition]) -> None:
    """Delete what lies before these offsets. Raises KafkaException.

    Of a compacted topic a broker deletes nothing, and that its policy is another now it learns in a moment.
    What passes by itself is waited for, too.
    """
    deadline = time.monotonic() + PATIENCE_SECONDS
    for place in places:
        while True:
            try:
                admin.delete_records([place])[place].result()
                break
            except KafkaException as error:
                refused = error.args[0]
                passes = refused.retriable() or refused.code() == KafkaError.POLICY_VIOLATION
                if not passes or time.monotonic() > deadline:
                    raise
                time.sleep(0.1)
