"""Where a log begins and ends."""

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition


def log_bounds(asking: Consumer, topic: str, number: int, seconds: float) -> tuple[int, int]:
    """A partition's first offset, and its end, as far as ``asking`` may read. Raises KafkaException."""
    bounds = asking.get_watermark_offsets(TopicPartition(topic, number), seconds)
    if bounds is None:
        raise KafkaException(KafkaError(KafkaError._TIMED_OUT, f"{topic}: no answer"))
    return bounds
