"""SASL and TLS reach every client there is: each is let in by a broker that lets no one else in."""

import asyncio
from collections.abc import Callable

import aiokafka
import aiokafka.errors
import kafka.errors
import pytest
from confluent_kafka import Consumer, KafkaException, Producer
from confluent_kafka.admin import AdminClient
from faust.transport.drivers.aiokafka import credentials_to_aiokafka_auth
from kafka.admin import KafkaAdminClient

from streams import acls, kafka_clients, topics
from streams.admin import KafkaUnreachable
from streams.settings import Settings, load_settings
from tests.doubles.secured import PLAIN_USER, Secured

# One broker for them all.
pytestmark = pytest.mark.xdist_group("secured")

SCRAM_USER = "by-scram"
CERTIFICATE = ("ssl_certificate_file", "ssl_key_file")
Get = Callable[[Settings, float], None]
REFUSED = (KafkaException, kafka.errors.KafkaError, aiokafka.errors.KafkaError)


def by_consumer(settings: Settings, seconds: float) -> None:
    consumer = Consumer(kafka_clients.consumer(settings, client_id="one", instance_id="one"))
    consumer.list_topics(timeout=seconds)
    consumer.close()


def by_reader(settings: Settings, seconds: float) -> None:
    consumer = Consumer(kafka_clients.reader(settings))
    consumer.list_topics(timeout=seconds)
    consumer.close()


def by_producer(settings: Settings, seconds: float) -> None:
    Producer(kafka_clients.producer(settings)).list_topics(timeout=seconds)


def by_transactions(settings: Settings, seconds: float) -> None:
    producer = Producer(
        kafka_clients.transactional_producer(settings, transactional_id=f"{settings.group}-one")
    )
    producer.init_transactions(seconds)


def by_admin(settings: Settings, seconds: float) -> None:
    AdminClient(kafka_clients.admin(settings)).list_topics(timeout=seconds)


def by_kafka_python(settings: Settings, seconds: float) -> None:
    admin = KafkaAdminClient(
        **kafka_clients.kafka_python(settings), bootstrap_timeout_ms=int(seconds * 1_000)
    )
    try:
        admin.list_topics()
    finally:
        admin.close()


def by_faust(settings: Settings, seconds: float) -> None:
    """As Faust's own driver turns an app's credentials into a connection."""
    options = kafka_clients.faust_options(settings)

    async def ask() -> None:
        client = aiokafka.AIOKafkaProducer(
            bootstrap_servers=[server.removeprefix("kafka://") for server in options["broker"]],
            **credentials_to_aiokafka_auth(options["broker_credentials"]),
        )
        try:
            await asyncio.wait_for(client.start(), seconds)
        finally:
            await client.stop()

    asyncio.run(ask())


CLIENTS: list[Get] = [
    by_consumer,
    by_reader,
    by_producer,
    by_transactions,
    by_admin,
    by_kafka_python,
    by_faust,
]


@pytest.mark.parametrize("user", [PLAIN_USER, SCRAM_USER])
@pytest.mark.parametrize("client", CLIENTS, ids=lambda client: client.__name__.removeprefix("by_"))
def test_every_client_is_let_in(client: Get, user: str, secured: Secured) -> None:
    settings = load_settings(**secured.settings(user))
    if user == SCRAM_USER:
        secured.user(user)
        secured.allow(user, acls.rights("worker", settings), settings)
    client(settings, 30)


@pytest.mark.parametrize("client", [by_producer, by_kafka_python, by_faust])
def test_no_client_is_let_in_with_another_password(client: Get, secured: Secured) -> None:
    settings = load_settings(**secured.settings() | {"sasl_password": "guessed"})
    with pytest.raises(REFUSED):
        client(settings, 2)


def test_topics_are_made_behind_a_locked_door(secured: Secured) -> None:
    settings = load_settings(**secured.settings())
    assert len(topics.create(settings)) == len(topics.CATALOGUE)
    assert topics.check(settings) == []


def test_a_client_without_a_certificate_is_told_in_a_line(secured: Secured) -> None:
    without = {name: value for name, value in secured.settings().items() if name not in CERTIFICATE}
    with pytest.raises(KafkaUnreachable, match="cannot be used") as refused:
        topics.check(load_settings(**without))
    assert len(str(refused.value).splitlines()) == 1
