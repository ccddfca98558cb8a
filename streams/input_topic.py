"""What the broker says of the input topic."""

from dataclasses import dataclass
from typing import Any, cast

from confluent_kafka import KafkaException, TopicCollection
from confluent_kafka.admin import AdminClient

from streams import kafka_clients
from streams.errors import OutsideWorld
from streams.settings import Settings

ANSWER_SECONDS = 10.0


@dataclass(frozen=True)
class InputTopic:
    """How many partitions it has, and its id: a topic of the same name that is created anew has another."""

    partitions: int
    topic_id: str


def describe_input(settings: Settings) -> InputTopic:
    """The input topic as it is now. Raises OutsideWorld when the broker does not say."""
    admin, topic = AdminClient(kafka_clients.admin(settings)), settings.activities_topic
    try:
        answer = admin.describe_topics(TopicCollection([topic]), request_timeout=ANSWER_SECONDS)
        described = answer[topic].result()
    except KafkaException as error:
        raise OutsideWorld(f"the topic {topic} can't be looked at: {error.args[0].str()}") from None
    return InputTopic(len(described.partitions), str(cast(Any, described).topic_id))
