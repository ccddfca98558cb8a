"""SASL and TLS reach every client there is: each is let in by a broker that lets no one else in."""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import aiokafka
import aiokafka.errors
import kafka.errors
import pytest
import trustme
from confluent_kafka import Consumer, KafkaException, Producer
from confluent_kafka.admin import AdminClient
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from faust.transport.drivers.aiokafka import credentials_to_aiokafka_auth
from kafka.admin import KafkaAdminClient

from streams import kafka_clients, topics
from streams.admin import KafkaUnreachable
from streams.local_kafka import LocalKafka
from streams.ports import free_ports
from streams.settings import Settings, load_settings
from tests.conftest import HOME

# One broker for them all.
pytestmark = pytest.mark.xdist_group("secured")

USER, PASSWORD = "leadgate", "not-for-everyone"
Get = Callable[[Settings, float], None]
REFUSED = (KafkaException, kafka.errors.KafkaError, aiokafka.errors.KafkaError)


def pkcs8(cert: trustme.LeafCert) -> bytes:
    """The key as Java reads it."""
    key = load_pem_private_key(cert.private_key_pem.bytes(), None)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


@pytest.fixture(scope="module")
def secured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """Settings with which a broker lets one in: by certificate, name and password."""
    folder = tmp_path_factory.mktemp("secured")
    authority = trustme.CA()
    server, client = authority.issue_cert("127.0.0.1"), authority.issue_cert("client@leadgate.example")
    files = {
        "ca.pem": authority.cert_pem.bytes(),
        "client.pem": b"".join(blob.bytes() for blob in client.cert_chain_pems),
        "client.key": pkcs8(client),
        "server.pem": pkcs8(server) + b"".join(blob.bytes() for blob in server.cert_chain_pems),
    }
    for name, data in files.items():
        (folder / name).write_bytes(data)
    port, inside, controller = free_ports(3)
    jaas = "org.apache.kafka.common.security.plain.PlainLoginModule required"
    cluster = LocalKafka(
        folder / "kafka",
        port=inside,
        home=HOME,
        properties={
            "listeners": f"BROKER://127.0.0.1:{inside},SECURE://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}",
            "advertised.listeners": f"BROKER://127.0.0.1:{inside},SECURE://127.0.0.1:{port}",
            "controller.quorum.voters": f"1@127.0.0.1:{controller}",
            "listener.security.protocol.map": "BROKER:PLAINTEXT,CONTROLLER:PLAINTEXT,SECURE:SASL_SSL",
            "listener.name.secure.sasl.enabled.mechanisms": "PLAIN",
            "listener.name.secure.plain.sasl.jaas.config": f'{jaas} user_{USER}="{PASSWORD}";',
            "listener.name.secure.ssl.client.auth": "required",
            "listener.name.secure.ssl.keystore.type": "PEM",
            "listener.name.secure.ssl.keystore.location": str(folder / "server.pem"),
            "listener.name.secure.ssl.truststore.type": "PEM",
            "listener.name.secure.ssl.truststore.location": str(folder / "ca.pem"),
        },
    )
    cluster.start()
    yield {
        "bootstrap_servers": f"127.0.0.1:{port}",
        "group": "secured",
        "security_protocol": "SASL_SSL",
        "sasl_mechanism": "PLAIN",
        "sasl_username": USER,
        "sasl_password": PASSWORD,
        "ssl_ca_file": str(folder / "ca.pem"),
        "ssl_certificate_file": str(folder / "client.pem"),
        "ssl_key_file": str(folder / "client.key"),
    }
    cluster.stop()


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
    producer = Producer(kafka_clients.transactional_producer(settings, transactional_id="one"))
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


@pytest.mark.parametrize("client", CLIENTS, ids=lambda client: client.__name__.removeprefix("by_"))
def test_every_client_is_let_in(client: Get, secured: dict[str, Any]) -> None:
    client(load_settings(**secured), 30)


@pytest.mark.parametrize("client", [by_producer, by_kafka_python, by_faust])
def test_no_client_is_let_in_with_another_password(client: Get, secured: dict[str, Any]) -> None:
    settings = load_settings(**secured | {"sasl_password": "guessed"})
    with pytest.raises(REFUSED):
        client(settings, 2)


def test_topics_are_made_behind_a_locked_door(secured: dict[str, Any]) -> None:
    settings = load_settings(**secured)
    assert len(topics.create(settings)) == len(topics.CATALOGUE)
    assert topics.check(settings) == []


def test_a_client_without_a_certificate_is_told_in_a_line(secured: dict[str, Any], tmp_path: Path) -> None:
    without = {
        name: value for name, value in secured.items() if name not in ("ssl_certificate_file", "ssl_key_file")
    }
    with pytest.raises(KafkaUnreachable, match="cannot be used") as refused:
        topics.check(load_settings(**without))
    assert len(str(refused.value).splitlines()) == 1
