"""A local broker, wherever it comes from, can be killed, halted and started again."""

from collections.abc import Callable

import pytest
from confluent_kafka import Consumer, Producer
from confluent_kafka.admin import AdminClient, NewTopic

from tests.conftest import Broker


@pytest.fixture
def broker(make_kafka: Callable[[], Broker]) -> Broker:
    return make_kafka()


@pytest.fixture
def topic(broker: Broker, topic_name: Callable[[str], str]) -> str:
    admin, name = AdminClient({"bootstrap.servers": broker.bootstrap}), topic_name("kept")
    admin.create_topics([NewTopic(name, 1, 1)])[name].result(30)
    return name


def write(broker: Broker, topic: str, value: bytes, *, within: float = 30) -> bool:
    producer = Producer({"bootstrap.servers": broker.bootstrap})
    producer.produce(topic, value)
    written = producer.flush(within) == 0
    producer.purge()
    return written


def read(broker: Broker, topic: str) -> bytes | str | None:
    consumer = Consumer(
        {"bootstrap.servers": broker.bootstrap, "group.id": topic, "auto.offset.reset": "earliest"}
    )
    consumer.subscribe([topic])
    message = consumer.poll(30)
    consumer.close()
    assert message is not None
    assert message.error() is None
    return message.value()


def test_what_was_written_outlives_a_kill(broker: Broker, topic: str) -> None:
    assert write(broker, topic, b"before")
    broker.kill()
    broker.restart()
    assert read(broker, topic) == b"before"


def test_a_halted_broker_answers_nobody_until_it_goes_on(broker: Broker, topic: str) -> None:
    broker.pause()
    assert not write(broker, topic, b"lost", within=1)
    broker.resume()
    assert write(broker, topic, b"kept")


def test_it_can_be_stopped_and_started_twice(broker: Broker, topic: str) -> None:
    broker.start()
    broker.stop()
    broker.stop()
    broker.start()
    broker.stop()
