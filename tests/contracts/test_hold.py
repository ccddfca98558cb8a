"""Whether clocks are held, as the control topic says it to all workers."""

import time
from collections.abc import Callable, Iterator

import pytest
from confluent_kafka import KafkaException, Producer
from confluent_kafka.admin import AdminClient, NewTopic

from streams import kafka_clients
from streams.engine.hold import KEY, ClockHold, say
from streams.settings import Settings
from tests.doubles.brokers import PATIENCE


@pytest.fixture
def settings(kafka: str, topic_name: Callable[[str], str]) -> Settings:
    """Those of a group with a control topic."""
    made = Settings(bootstrap_servers=kafka, group=topic_name("hold"))
    topic = NewTopic(made.control, 1, 1, config={"cleanup.policy": "compact"})
    admin = AdminClient(kafka_clients.admin(made))
    admin.create_topics([topic])[made.control].result()
    deadline = time.monotonic() + PATIENCE
    # It has been made before every broker knows of it.
    while admin.list_topics(made.control, PATIENCE).topics[made.control].error is not None:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return made


@pytest.fixture
def hold(settings: Settings) -> Iterator[ClockHold]:
    """One worker's reader of it."""
    made = ClockHold(kafka_clients.reader(settings), settings.control)
    yield made
    made.close()


def test_nothing_said_they_go(hold: ClockHold) -> None:
    assert hold.read_to_end() is False


def test_the_last_word_counts_for_whoever_comes_later(settings: Settings, hold: ClockHold) -> None:
    producer = kafka_clients.producer(settings)
    for held in (True, False, True):
        say(producer, settings.control, held)
    assert hold.read_to_end() is True
    say(producer, settings.control, held=False)
    assert hold.read_to_end() is False


@pytest.mark.parametrize("value", [b"no JSON", b"[]", b"\xff", b'{"held": "yes"}', b"{}", b"[" * 100_000])
def test_what_nobody_of_us_has_written_is_passed_over(
    settings: Settings, hold: ClockHold, value: bytes
) -> None:
    """It stays in the topic: a worker that fell over it would do so again each time it is started."""
    say(kafka_clients.producer(settings), settings.control, held=True)
    producer = Producer(kafka_clients.producer(settings))
    producer.produce(settings.control, key=KEY, value=value, partition=0)
    producer.produce(settings.control, key=b"another", value=b"x", partition=0)
    assert producer.flush(30) == 0
    assert hold.read_to_end() is True


def test_a_topic_that_is_not_there_is_an_error(kafka: str, topic_name: Callable[[str], str]) -> None:
    settings = Settings(bootstrap_servers=kafka, group=topic_name("nothing"))
    hold = ClockHold(kafka_clients.reader(settings), settings.control)
    with pytest.raises(KafkaException):
        hold.read_to_end(seconds=5)
    hold.close()
