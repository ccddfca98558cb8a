"""What is relied on in kafka-python, and what is made up for."""

import gc
import logging
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from kafka.errors import KafkaError

from streams.admin import connected
from streams.ports import free_ports
from tests.doubles.brokers import PATIENCE


@pytest.fixture(autouse=True)
def _nothing_is_logged() -> Iterator[None]:
    """What pytest keeps of the log holds on to what its exceptions came from."""
    logging.disable()
    yield
    logging.disable(logging.NOTSET)


@pytest.fixture(autouse=True)
def _garbage_stays() -> Iterator[None]:
    """What is closed only when it is collected is not closed; and what others have left goes before."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def open_now() -> tuple[int, int]:
    """How many descriptors and threads this process has, with those of garbage."""
    return len([*Path("/proc/self/fd").iterdir()]), threading.active_count()


def nothing_is_left(before: tuple[int, int]) -> bool:
    """Whether there are no more than before, or soon are not: what earlier tests had may still be going."""
    deadline = time.monotonic() + PATIENCE
    while any(now > then for now, then in zip(open_now(), before, strict=True)):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def reaches_nobody(nowhere: str) -> bool:
    try:
        connected(bootstrap_servers=nowhere, bootstrap_timeout_ms=300, request_timeout_ms=300)
    except KafkaError:
        return True
    return False


def test_an_admin_client_that_reaches_nobody_leaves_nothing_behind() -> None:
    nowhere = f"127.0.0.1:{free_ports(1)[0]}"
    assert reaches_nobody(nowhere)
    gc.collect()
    before = open_now()
    for _ in range(5):
        assert reaches_nobody(nowhere)
    assert nothing_is_left(before)


def test_an_admin_client_that_has_been_closed_neither(kafka: str) -> None:
    connected(bootstrap_servers=kafka).close()
    before = open_now()
    for _ in range(3):
        connected(bootstrap_servers=kafka).close()
    assert nothing_is_left(before)
