"""What every client is told, whatever the security: no client is left with a default that loses records."""

from typing import Any

import faust
from confluent_kafka import Consumer, Producer

from streams import kafka_clients
from streams.settings import load_settings

EVERYTHING: dict[str, Any] = {
    "bootstrap_servers": "one:9092,two:9092",
    "security_protocol": "SASL_SSL",
    "sasl_mechanism": "SCRAM-SHA-256",
    "sasl_username": "me",
    "sasl_password": "word",
}


def without_logs(configuration: dict[str, Any]) -> dict[str, Any]:
    return configuration | {"log_level": 0}


def test_librdkafka_takes_every_configuration() -> None:
    settings = load_settings()
    Consumer(without_logs(kafka_clients.consumer(settings, client_id="one", instance_id="one"))).close()
    Consumer(without_logs(kafka_clients.reader(settings))).close()
    Producer(without_logs(kafka_clients.producer(settings)))
    Producer(without_logs(kafka_clients.transactional_producer(settings, transactional_id="one")))


def test_a_lead_has_one_home_whoever_sends() -> None:
    settings = load_settings()
    for made in (
        kafka_clients.producer(settings),
        kafka_clients.transactional_producer(settings, transactional_id="one"),
    ):
        assert made["partitioner"] == "murmur2_random"


def test_a_consumer_starts_nowhere_and_commits_nothing_by_itself() -> None:
    settings = load_settings(session_timeout="6s")
    made = kafka_clients.consumer(settings, client_id="one", instance_id="one")
    assert (made["auto.offset.reset"], made["enable.auto.commit"]) == ("error", False)
    assert (made["isolation.level"], made["session.timeout.ms"]) == ("read_committed", 6_000)
    assert made["heartbeat.interval.ms"] * 3 <= made["session.timeout.ms"]


def test_security_has_each_clients_own_names() -> None:
    settings = load_settings(**EVERYTHING)
    librdkafka, kafka_python = kafka_clients.admin(settings), kafka_clients.kafka_python(settings)
    assert (librdkafka["security.protocol"], librdkafka["sasl.password"]) == ("SASL_SSL", "word")
    assert (kafka_python["security_protocol"], kafka_python["sasl_plain_password"]) == ("SASL_SSL", "word")


def test_faust_takes_its_options() -> None:
    app = faust.App("one", **kafka_clients.faust_options(load_settings(**EVERYTHING)))
    assert [str(url) for url in app.conf.broker] == ["kafka://one:9092", "kafka://two:9092"]
    credentials = app.conf.broker_credentials
    assert (credentials.username, credentials.password) == ("me", "word")
    assert credentials.protocol.value == "SASL_SSL"


def test_without_security_nobody_is_told_of_any() -> None:
    settings = load_settings()
    assert "sasl.mechanism" not in kafka_clients.admin(settings)
    assert kafka_clients.faust_options(settings)["broker_credentials"] is None


def test_librdkafka_writes_past_the_log_only_when_asked_to() -> None:
    for level, most in (("info", 0), ("debug", 7)):
        settings = load_settings(log_level=level)
        for made in (
            kafka_clients.admin(settings),
            kafka_clients.reader(settings),
            kafka_clients.consumer(settings, client_id="one", instance_id="one"),
            kafka_clients.transactional_producer(settings, transactional_id="one"),
        ):
            assert made["log_level"] == most
