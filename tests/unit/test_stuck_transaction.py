"""A call of librdkafka that never returns costs its producer, not the worker."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest

from streams.engine import transaction
from streams.engine.hand import Hand
from streams.engine.transaction import Fenced, Interrupted, KafkaTransaction


class Forgetful:
    """A producer that does not come back from sending offsets."""

    def __init__(self, _config: object) -> None:
        self.released = threading.Event()

    def init_transactions(self, _seconds: float) -> None: ...
    def begin_transaction(self) -> None: ...

    def send_offsets_to_transaction(self, *_arguments: object) -> None:
        self.released.wait()


@pytest.fixture
def producers(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Forgetful]]:
    made: list[Forgetful] = []

    def make(config: object) -> Forgetful:
        made.append(Forgetful(config))
        return made[-1]

    monkeypatch.setattr(transaction, "Producer", make)
    monkeypatch.setattr(transaction, "STUCK_SECONDS", 0.1)
    monkeypatch.setattr(transaction, "ATTEMPT_SECONDS", 0.1)
    yield made
    for producer in made:
        producer.released.set()


def test_another_producer_is_asked_for(producers: list[Forgetful]) -> None:
    stuck = KafkaTransaction({}, "in", should_stop=lambda: False)
    stuck.begin()
    with pytest.raises(Fenced, match="another producer is taken"):
        stuck.offsets({0: 1}, object())
    stuck.close()  # asks nothing more of it
    assert len(producers) == 1


def test_a_worker_that_stops_does_not_wait(producers: list[Forgetful]) -> None:
    stuck = KafkaTransaction({}, "in", should_stop=lambda: True)
    stuck.begin()
    with pytest.raises(Interrupted):
        stuck.offsets({0: 1}, object())
    assert producers


def test_a_hand_gives_what_the_call_gives() -> None:
    hand = Hand("test")

    def fail() -> Any:
        raise ValueError("no")

    assert hand.call(lambda: 7, lambda _waited: True) == 7
    with pytest.raises(ValueError, match="no"):
        hand.call(fail, lambda _waited: True)
    with pytest.raises(TimeoutError):
        hand.call(threading.Event().wait, lambda _waited: False, step=0.01)
