"""Topics of the harness's own: made, filled, and taken away."""

from collections.abc import Iterable

from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from streams.kafka_clients import PARTITIONER

FLUSH_SECONDS = 120.0


def make(bootstrap: str, name: str, partitions: int) -> None:
    """Make a topic, whose records bear the time at which the broker took them."""
    admin = AdminClient({"bootstrap.servers": bootstrap})
    topic = NewTopic(name, partitions, config={"message.timestamp.type": "LogAppendTime"})
    admin.create_topics([topic])[name].result()


def take_away(bootstrap: str, prefix: str) -> None:
    """Delete every topic whose name begins so: a broker that tidies them up would disturb the next run."""
    admin = AdminClient({"bootstrap.servers": bootstrap})
    names = [name for name in admin.list_topics(timeout=30).topics if name.startswith(prefix)]
    for deleted in admin.delete_topics(names).values() if names else ():
        deleted.result()


def producer(bootstrap: str, linger_ms: int) -> Producer:
    """A producer with Java's partitioner; it compresses nothing, as not every peer reads lz4."""
    return Producer(
        {
            "bootstrap.servers": bootstrap,
            "enable.idempotence": True,
            "partitioner": PARTITIONER,
            "linger.ms": linger_ms,
            "queue.buffering.max.messages": 1_000_000,
        }
    )


def fill(bootstrap: str, name: str, records: Iterable[tuple[str, bytes]]) -> int:
    """Send (lead id, value) as fast as it goes, and wait until the broker has them all; how many."""
    sender = producer(bootstrap, linger_ms=50)
    count = 0
    for lead_id, value in records:
        while True:
            try:
                sender.produce(name, value, lead_id)
                break
            except BufferError:
                sender.poll(0.1)
        count += 1
        if count % 1_000 == 0:
            sender.poll(0)
    if left := sender.flush(FLUSH_SECONDS):
        raise RuntimeError(f"{left} activities could not be sent to {name}")
    return count
