"""A real Kafka on this machine, for people who try leadgate, for its tests and its measurements."""

from streams.local_kafka.cluster import LocalKafka
from streams.local_kafka.compose import ComposeKafka
from streams.local_kafka.jars import LocalKafkaError, source
from streams.local_kafka.node import FULL, QUICK, NodeStatus

__all__ = [
    "FULL",
    "QUICK",
    "ComposeKafka",
    "LocalKafka",
    "LocalKafkaError",
    "NodeStatus",
    "source",
]
