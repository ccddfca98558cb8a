"""Ports of this machine that nobody listens on."""

import random
import socket

from streams.errors import OutsideWorld

HOST = "127.0.0.1"

# Below where the system takes ports for outgoing connections, so that whoever stops finds its port again.
_RANGE = range(15_000, 32_000)


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on, each once. Raises OutsideWorld when there are not so many."""
    found: list[int] = []
    for port in random.sample(_RANGE, 1_000):
        if len(found) == count:
            break
        if is_free(port):
            found.append(port)
    if len(found) < count:
        raise OutsideWorld("no free ports were found on this machine")
    return found


def is_free(port: int) -> bool:
    """Whether a server could listen on that port of this machine."""
    with socket.socket() as probe:
        # As Kafka does: a port whose last connections are still being closed is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True
