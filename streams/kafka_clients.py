"""The one place where settings become configurations of Kafka clients.

| client | for |
| --- | --- |
| confluent-kafka (librdkafka) | the worker's records, transactions, changelog |
| kafka-python | topics, and whoever wants an independent look |
| Faust (aiokafka) | what Faust itself talks to the brokers about |

Each has its own names for security; `_SECURITY` is the table of them.
"""

import ssl
from typing import Any

from pydantic import SecretStr

from streams.settings import Settings

_SECURITY = (
    # setting, librdkafka, kafka-python
    ("security_protocol", "security.protocol", "security_protocol"),
    ("sasl_mechanism", "sasl.mechanism", "sasl_mechanism"),
    ("sasl_username", "sasl.username", "sasl_plain_username"),
    ("sasl_password", "sasl.password", "sasl_plain_password"),
    ("ssl_ca_file", "ssl.ca.location", "ssl_cafile"),
    ("ssl_certificate_file", "ssl.certificate.location", "ssl_certfile"),
    ("ssl_key_file", "ssl.key.location", "ssl_keyfile"),
    ("ssl_key_password", "ssl.key.password", "ssl_password"),
)

PARTITIONER = "murmur2_random"
"""As Java's clients choose a partition, so that a lead has one home; librdkafka's own default is another."""

# Syslog's numbers.
_LOG_FATAL, _LOG_ALL = 0, 7

# What a topic takes is the topic's to say; librdkafka's own bound would only be a second one.
_LARGEST_RECORD = 100 * 1024 * 1024


def consumer(settings: Settings, *, client_id: str, instance_id: str) -> dict[str, Any]:
    """Of a group's member: reads what is committed, commits nothing by itself, starts nowhere by itself.

    A static one (KIP-345): when it has ended without leaving, whoever comes under its ``instance_id`` within
    the session time-out has its partitions, and nobody else is disturbed.
    """
    return _librdkafka(settings) | {
        "client.id": client_id,
        "group.id": settings.group,
        "group.instance.id": instance_id,
        "enable.auto.commit": False,
        "enable.auto.offset.store": False,
        "isolation.level": "read_committed",
        "auto.offset.reset": "error",
        "enable.partition.eof": True,
        "partition.assignment.strategy": "range",
        "session.timeout.ms": settings.session_timeout,
        "heartbeat.interval.ms": max(1, settings.session_timeout // 5),
        "max.poll.interval.ms": max(300_000, settings.session_timeout),
        # So long the broker gathers, unless there is much. Answered at each record that comes, it has
        # more work with a few thousand of them a second than with all else that a worker asks of it.
        "fetch.wait.max.ms": 10,
        "fetch.min.bytes": 100_000,
        "fetch.error.backoff.ms": 50,
    }


def reader(settings: Settings) -> dict[str, Any]:
    """Of one that is assigned partitions by hand and belongs to no group: the changelog's, a check's."""
    return _librdkafka(settings) | {
        # librdkafka asks for a group even where none is joined, and looks for its coordinator: with
        # ACLs, another group than ours would be another right.
        "group.id": settings.group,
        "enable.auto.commit": False,
        "enable.auto.offset.store": False,
        "isolation.level": "read_committed",
        "auto.offset.reset": "error",
        "enable.partition.eof": True,
        "fetch.wait.max.ms": 100,
        # How long it looks away once much has been fetched: 1 s by default, in which all of that is read.
        "fetch.queue.backoff.ms": 20,
    }


def transactional_producer(settings: Settings, *, transactional_id: str) -> dict[str, Any]:
    """Of the worker's one transaction a pass."""
    return producer(settings) | {
        "transactional.id": transactional_id,
        "transaction.timeout.ms": settings.transaction_timeout,
        "linger.ms": 2,
        # How long a transaction waits while the one before is still being closed: 100 ms by default.
        "retry.backoff.ms": 5,
        # Else all brokers are forgotten whenever none is reached, and librdkafka waits for the group's
        # coordinator as it was before, until the transaction has timed out (librdkafka's issue 5511).
        "metadata.recovery.strategy": "none",
    }


def producer(settings: Settings) -> dict[str, Any]:
    """Of whatever else writes: idempotent, to the same partitions as Java's clients."""
    return _librdkafka(settings) | {
        "enable.idempotence": True,
        "partitioner": PARTITIONER,
        "compression.type": "lz4",
        "message.max.bytes": _LARGEST_RECORD,
        "queue.buffering.max.messages": 1_000_000,
        "queue.buffering.max.kbytes": 1_048_576,
    }


def admin(settings: Settings) -> dict[str, Any]:
    """Of confluent-kafka's AdminClient."""
    return _librdkafka(settings)


def kafka_python(settings: Settings) -> dict[str, Any]:
    """Of any of kafka-python's clients."""
    security = {theirs: value for _, _, theirs, value in _secured(settings)}
    return {
        "bootstrap_servers": settings.bootstrap_servers.split(","),
        "client_id": settings.group,
    } | security


def faust_options(settings: Settings) -> dict[str, Any]:
    """Of `faust.App`: where the brokers are, and how one is let in."""
    servers = [f"kafka://{server.strip()}" for server in settings.bootstrap_servers.split(",")]
    seconds = settings.session_timeout / 1_000
    return {
        "broker": servers,
        "broker_credentials": _faust_credentials(settings),
        "broker_session_timeout": seconds,
        "broker_heartbeat_interval": seconds / 5,
        "broker_request_timeout": max(90.0, seconds * 2),
    }


def _librdkafka(settings: Settings) -> dict[str, Any]:
    security = {theirs: value for _, theirs, _, value in _secured(settings)}
    return {
        # It writes to stderr past our log, dozens of lines a second while a broker is away;
        # what it has to say comes to us as errors too.
        "log_level": _LOG_ALL if settings.log_level == "debug" else _LOG_FATAL,
        "bootstrap.servers": settings.bootstrap_servers,
        "client.id": settings.group,
        "reconnect.backoff.max.ms": 2_000,
    } | security


def _secured(settings: Settings) -> list[tuple[str, str, str, str]]:
    """The rows of `_SECURITY` that matter under these settings, with their values."""
    rows = []
    for name, librdkafka, kafka_python_name in _SECURITY:
        value = getattr(settings, name)
        sasl_unused = name.startswith("sasl_") and not settings.security_protocol.startswith("SASL_")
        if value is None or sasl_unused:
            continue
        text = value.get_secret_value() if isinstance(value, SecretStr) else str(value)
        rows.append((name, librdkafka, kafka_python_name, text))
    return rows


def _faust_credentials(settings: Settings) -> Any:
    import faust

    protocol = settings.security_protocol
    if protocol == "PLAINTEXT":
        return None
    context = _ssl_context(settings) if protocol.endswith("SSL") else None
    if protocol == "SSL":
        return faust.SSLCredentials(context)
    password = settings.sasl_password
    return faust.SASLCredentials(
        username=settings.sasl_username,
        password=password.get_secret_value() if password else None,
        mechanism=settings.sasl_mechanism,
        ssl_context=context,
    )


def _ssl_context(settings: Settings) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=settings.ssl_ca_file)
    if settings.ssl_certificate_file:
        password = settings.ssl_key_password
        context.load_cert_chain(
            settings.ssl_certificate_file,
            settings.ssl_key_file,
            password.get_secret_value() if password else None,
        )
    return context
