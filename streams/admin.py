"""kafka-python's admin client, for as long as a command needs it."""

from collections.abc import Iterator
from contextlib import contextmanager

from kafka.admin import KafkaAdminClient
from kafka.errors import KafkaError

from streams import kafka_clients
from streams.errors import OutsideWorld
from streams.settings import Settings


class KafkaUnreachable(OutsideWorld):
    """The brokers do not answer, or do not let this client in."""


@contextmanager
def admin_client(settings: Settings) -> Iterator[KafkaAdminClient]:
    """The client. Raises KafkaUnreachable, whenever something fails that is done with it."""
    admin = None
    try:
        admin = KafkaAdminClient(**kafka_clients.kafka_python(settings), bootstrap_timeout_ms=5_000)
        yield admin
    except (KafkaError, OSError) as error:
        # kafka-python's text may hold the whole answer; its first sentence says what is wrong.
        said = str(error).partition(" Request '")[0].splitlines()[0]
        raise KafkaUnreachable(
            f"Kafka at {settings.bootstrap_servers} cannot be used: {said} "
            "(is it running? is LEADGATE_BOOTSTRAP_SERVERS right? `leadgate kafka start` begins a local one)"
        ) from error
    finally:
        if admin is not None:
            admin.close()
