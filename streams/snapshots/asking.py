"""Asking Kafka for what a command needs: again, where that may help, and then what is wrong, for a person."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from confluent_kafka import KafkaException

from streams.engine.broker_errors import passes
from streams.errors import OutsideWorld
from streams.settings import Settings

PATIENCE_SECONDS = 30.0
_RETRY_SECONDS = 0.2
_T = TypeVar("_T")


def patiently(ask: Callable[[], _T]) -> _T:
    """The answer; a topic just made, for one, has no leader yet. Raises KafkaException after 30 s."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            return ask()
        except KafkaException as error:
            if not passes(error.args[0]) or time.monotonic() > deadline:
                raise
        time.sleep(_RETRY_SECONDS)


@contextmanager
def kafka_told(settings: Settings) -> Iterator[None]:
    """Raises OutsideWorld for the KafkaException that is raised meanwhile."""
    try:
        yield
    except KafkaException as error:
        raise OutsideWorld(
            f"the group {settings.group} can't be read at {settings.bootstrap_servers}: "
            f"{error.args[0].str()} (is it running? are the topics there? `leadgate topics check` says so)"
        ) from None
