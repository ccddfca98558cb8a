"""kafka-python's admin client: connected, and for as long as a command needs it."""

from collections.abc import Iterator
from contextlib import contextmanager
from socket import socket
from typing import Any

from kafka.admin import KafkaAdminClient
from kafka.errors import KafkaError
from kafka.net.inet import KafkaNetSocket

from streams import kafka_clients
from streams.errors import OutsideWorld
from streams.settings import Settings


class KafkaUnreachable(OutsideWorld):
    """The brokers do not answer, or do not let this client in."""


class ClosedInVain(KafkaNetSocket):  # type: ignore[misc]  # kafka-python says no types here
    """How a connection is made: one that fails is closed, and not left for the garbage collector.

    Its error and its socket would be a circle, and a worker looks for such seldom. It is chosen by the
    scheme of a ``proxy_url``, as kafka-python's own ways through a proxy are.
    """

    SCHEMES = ("closed-in-vain",)

    async def sock_connect(
        self, net: Any, sock: socket, sockaddr: Any, timeout_at: float | None = None
    ) -> Any:
        """The socket, connected. Raises kafka.errors.KafkaError."""
        try:
            return await super().sock_connect(net, sock, sockaddr, timeout_at)
        except BaseException:
            sock.close()
            raise


def connected(**config: Any) -> KafkaAdminClient:
    """A client that has reached the brokers. Raises kafka.errors.KafkaError.

    One that has not would live on, its thread and its descriptors, with each attempt (kafka-python 3.0).
    """
    config["proxy_url"] = f"{ClosedInVain.SCHEMES[0]}://"
    admin = KafkaAdminClient.__new__(KafkaAdminClient)
    try:
        admin.__init__(**config)
    except Exception:
        if hasattr(admin, "_net"):
            admin._closed = False
            admin.close()
            admin._net.close()
        raise
    return admin


@contextmanager
def admin_client(settings: Settings) -> Iterator[KafkaAdminClient]:
    """The client. Raises KafkaUnreachable, whenever something fails that is done with it."""
    admin = None
    try:
        admin = connected(**kafka_clients.kafka_python(settings), bootstrap_timeout_ms=5_000)
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
