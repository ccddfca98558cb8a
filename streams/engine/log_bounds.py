"""Where logs begin and end.

A client that reads nothing learns of a new leader only with its metadata, each five minutes, and keeps
asking a broker that is gone (librdkafka 2.16: "unknown partition"). So what was refused here is asked for
anew together with who leads what.
"""

from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import TypeVar, cast

from confluent_kafka import (
    OFFSET_BEGINNING,
    OFFSET_END,
    Consumer,
    KafkaError,
    KafkaException,
    TopicPartition,
)

LEADERS_SECONDS = 1.0

Answer = TypeVar("Answer")


def log_bounds(asking: Consumer, topic: str, number: int, seconds: float) -> tuple[int, int]:
    """A partition's first offset, and its end, as far as ``asking`` may read. Raises KafkaException."""

    def ask() -> tuple[int, int]:
        bounds = asking.get_watermark_offsets(TopicPartition(topic, number), seconds)
        if bounds is None:
            raise KafkaException(KafkaError(KafkaError._TIMED_OUT, f"{topic}: no answer"))
        return bounds

    return _knowing_leaders(asking, topic, ask)


def log_starts(asking: Consumer, topic: str, numbers: Iterable[int], seconds: float) -> dict[int, int]:
    """The first offset of each partition, in one request a broker. Raises KafkaException."""
    return _offsets(asking, topic, numbers, OFFSET_BEGINNING, seconds)


def log_ends(asking: Consumer, topic: str, numbers: Iterable[int], seconds: float) -> dict[int, int]:
    """The end of each partition, as far as ``asking`` may read, in one request a broker.

    Raises KafkaException.
    """
    return _offsets(asking, topic, numbers, OFFSET_END, seconds)


def _offsets(
    asking: Consumer, topic: str, numbers: Iterable[int], which: int, seconds: float
) -> dict[int, int]:
    wanted = [TopicPartition(topic, number, which) for number in numbers]

    def ask() -> dict[int, int]:
        found: dict[int, int] = {}
        for partition in asking.offsets_for_times(wanted, seconds) if wanted else []:
            if partition.error is not None:
                raise KafkaException(partition.error)
            found[partition.partition] = partition.offset
        return found

    return _knowing_leaders(asking, topic, ask)


def _knowing_leaders(asking: Consumer, topic: str, ask: Callable[[], Answer]) -> Answer:
    """What ``ask`` returns; where it is refused, have ``asking`` learn who leads before that is raised.

    Not while the refusal is handled: where confluent-kafka 2.16 raises meanwhile, that is never freed, nor
    what the frames of all callers hold, such as tables.
    """
    answer, refusal = _answer_to(ask)
    if refusal is None:
        return cast(Answer, answer)
    if refusal.code() != KafkaError._TIMED_OUT:
        with suppress(KafkaException):
            asking.list_topics(topic, LEADERS_SECONDS)
    raise KafkaException(refusal)


def _answer_to(ask: Callable[[], Answer]) -> tuple[Answer | None, KafkaError | None]:
    try:
        return ask(), None
    except KafkaException as error:
        return None, error.args[0]
