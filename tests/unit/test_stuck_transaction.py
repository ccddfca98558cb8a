"""A call of librdkafka that never returns, or returns too late, costs its producer, not the worker."""

import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from confluent_kafka import KafkaError, KafkaException

from streams.engine import kafka_transaction
from streams.engine.hand import Hand
from streams.engine.kafka_transaction import KafkaTransaction
from streams.engine.transaction import Fenced, Interrupted, Lost


class Forgetful:
    """A producer that does not come back from sending offsets, or not even from its beginning."""

    forgets_at_once = False

    def __init__(self, _config: object) -> None:
        self.released = threading.Event()
        self.answer: KafkaError | None = None

    def init_transactions(self, _seconds: float) -> None:
        if Forgetful.forgets_at_once:
            self.released.wait()

    def begin_transaction(self) -> None: ...

    def flush(self, _seconds: float) -> None: ...
    def purge(self) -> None: ...

    def send_offsets_to_transaction(self, *_arguments: object) -> None:
        if self.answer is not None:
            raise KafkaException(self.answer)
        self.released.wait()

    def abort_transaction(self, _seconds: float) -> None:
        if self.answer is not None:
            raise KafkaException(self.answer)
        time.sleep(0.01)
        raise KafkaException(KafkaError(KafkaError._TIMED_OUT, "retry call to resume"))


@pytest.fixture
def producers(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Forgetful]]:
    made: list[Forgetful] = []

    def make(config: object) -> Forgetful:
        made.append(Forgetful(config))
        return made[-1]

    monkeypatch.setattr(kafka_transaction, "Producer", make)
    monkeypatch.setattr(kafka_transaction, "STUCK_SECONDS", 0.1)
    monkeypatch.setattr(kafka_transaction, "ATTEMPT_SECONDS", 0.1)
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


def test_a_producer_that_never_begins_is_left_to_another_and_leaves_no_thread(
    producers: list[Forgetful], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Forgetful, "forgets_at_once", True)
    before = {*threading.enumerate()}
    with pytest.raises(Lost, match=r"init_transactions: .* another producer is taken"):
        KafkaTransaction({}, "in", should_stop=lambda: False)
    [producer], left = producers, {*threading.enumerate()} - before
    producer.released.set()
    for thread in left:
        thread.join(30)
        assert not thread.is_alive()


def test_an_abort_that_never_ends_is_left_to_another_producer(producers: list[Forgetful]) -> None:
    endless = KafkaTransaction({}, "in", should_stop=lambda: False)
    endless.begin()
    with pytest.raises(Fenced, match=r"abort_transaction: .* another producer is taken"):
        endless.abort()
    endless.close()
    assert len(producers) == 1


def test_an_abort_that_is_refused_says_nothing_of_another_process(producers: list[Forgetful]) -> None:
    refused = KafkaTransaction({"transaction.timeout.ms": 10_000}, "in", should_stop=lambda: False)
    refused.begin()
    producers[0].answer = KafkaError(KafkaError.UNKNOWN, "no idea")
    with pytest.raises(Lost, match="no idea"):
        refused.abort()
    refused.close()


@pytest.mark.parametrize(("may_take", "kind"), [(10_000, Fenced), (0, Lost)])
def test_fenced_by_nobody_once_its_time_is_over(
    may_take: int, kind: type[Fenced], producers: list[Forgetful]
) -> None:
    """The broker ends what takes too long, and says afterwards that the producer is an old one."""
    fenced = KafkaTransaction({"transaction.timeout.ms": may_take}, "in", should_stop=lambda: False)
    fenced.begin()
    producers[0].answer = KafkaError(KafkaError._FENCED, "an old epoch", fatal=True)
    with pytest.raises(Fenced, match="an old epoch") as raised:
        fenced.offsets({0: 1}, object())
    assert type(raised.value) is kind


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


def test_a_call_that_itself_has_timed_out_says_so() -> None:
    def time_out() -> Any:
        raise TimeoutError("its own")

    with pytest.raises(TimeoutError, match="its own"):
        Hand("test").call(time_out, lambda _waited: True)
