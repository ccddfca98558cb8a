"""A transaction, on the double and on the real broker: all or nothing, once, by one producer."""

import gc
import random
import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Consumer

from streams import kafka_clients
from streams.engine import kafka_transaction
from streams.engine.homes import home
from streams.engine.kafka_transaction import KafkaTransaction
from streams.engine.log_bounds import log_ends, log_starts
from streams.engine.transaction import Aborted, Fenced, Interrupted, Outgoing, TooLarge
from streams.settings import Settings
from tests.doubles.brokers import PATIENCE, Broker, TheReal, kept, open_all
from tests.faults.network import Network, beyond_a_network

ROUNDS = 2
AWAY_SECONDS = 3
"""Long enough for librdkafka to have found out that it reaches nobody."""
HOLD_MS = 600_000
"""No transaction times out while nobody gets through."""


def records(broker: Broker, *keys: bytes) -> list[Outgoing]:
    return [Outgoing(broker.output, None, key, b"value", [("name", b"text")]) for key in keys]


def test_all_of_it_is_there_once_it_is_committed(broker: Broker) -> None:
    made = broker.transaction("one")
    made.begin()
    made.produce(records(broker, b"a", b"b"))
    made.produce(kept(broker.changelog, 0, 7, 70, b"anna"))
    made.offsets({0: 7}, broker.group())
    assert broker.said() == []
    made.commit()
    assert sorted(key or b"" for key in broker.said()) == [b"a", b"b"]
    assert open_all(broker.opener(), 0)[0].position == 7


def test_none_of_it_is_there_when_it_is_aborted_and_the_next_one_goes_on(broker: Broker) -> None:
    made = broker.transaction("one")
    made.begin()
    made.produce(records(broker, b"a"))
    made.offsets({0: 7}, broker.group())
    made.abort()
    assert broker.said() == []
    assert open_all(broker.opener(), 0)[0].position == 0
    made.begin()
    made.produce(records(broker, b"b"))
    made.commit()
    assert broker.said() == [b"b"]


def test_to_abort_what_has_not_begun_changes_nothing(broker: Broker) -> None:
    made = broker.transaction("one")
    made.abort()
    made.begin()
    made.produce(records(broker, b"a"))
    made.commit()
    made.abort()
    assert broker.said() == [b"a"]


def test_a_newer_producer_of_the_same_name_takes_over(broker: Broker) -> None:
    old = broker.transaction("one")
    old.begin()
    old.produce(records(broker, b"old"))
    old.offsets({0: 7}, broker.group())
    new = broker.transaction("one")
    with pytest.raises(Fenced):
        old.commit()
    assert open_all(broker.opener(), 0)[0].position == 0
    new.begin()
    new.produce(records(broker, b"new"))
    new.commit()
    assert broker.said() == [b"new"]
    old.close()


class Failure(Exception):
    """What is being handled while a producer is let go."""


def test_what_was_handled_while_a_fenced_producer_was_let_go_is_freed(real: TheReal) -> None:
    """Its frames hold a pass, and the tables of partitions."""
    config = kafka_clients.transactional_producer(real.settings, transactional_id=f"{real.input}-two")
    old = KafkaTransaction(config, real.input, lambda: False)
    old.begin()
    old.produce(records(real, b"old"))
    new = KafkaTransaction(config, real.input, lambda: False)
    with suppress(Failure):
        try:
            raise Failure
        except Failure as failure:
            known = weakref.ref(failure)
            with pytest.raises(Fenced):
                old.abort()
            old.close()
            raise
    gc.collect()
    assert known() is None
    new.close()


def test_a_fenced_producer_is_fenced_at_the_next_step_too(broker: Broker) -> None:
    old = broker.transaction("one")
    broker.transaction("one")
    with pytest.raises(Fenced):
        _whole(old, records(broker, b"old"), broker.group())
    assert broker.said() == []


def test_fenced_while_records_are_on_their_way_it_is_fenced_when_it_takes_them_back(broker: Broker) -> None:
    old = broker.transaction("one")
    old.begin()
    old.produce(records(broker, b"old"))
    broker.transaction("one")
    with pytest.raises(Fenced):
        _produce_and_abort(old, records(broker, b"on their way"))
    assert broker.said() == []


def test_offsets_of_an_earlier_generation_are_refused(broker: Broker) -> None:
    made = broker.transaction("one")
    before = broker.group()
    broker.go_on()
    made.begin()
    made.produce(records(broker, b"late"))
    with pytest.raises(Aborted):
        _offsets_and_commit(made, before)
    made.abort()
    assert broker.said() == []
    _whole(made, records(broker, b"in time"), broker.group())
    assert broker.said() == [b"in time"]


def test_offsets_taken_before_the_group_goes_on_are_committed(broker: Broker) -> None:
    """Whoever opens the partition after that waits for them."""
    made = broker.transaction("one")
    made.begin()
    made.produce(kept(broker.changelog, 0, 7, 70))
    made.offsets({0: 7}, broker.group())
    broker.go_on()
    made.commit()
    assert open_all(broker.opener(), 0)[0].position == 7


# On the real one alone --------------------------------------------------------------------


def test_a_record_that_its_topic_does_not_take_is_too_large(real: TheReal) -> None:
    """The broker says so of a record, whichever step is told; the producer can be used again."""
    small = f"{real.input}-small"
    real.create(small, **{"max.message.bytes": "2000"})
    made = real.transaction("one")
    noise = random.Random(1).randbytes(10_000)  # what can't be compressed
    with pytest.raises(TooLarge):
        _whole(made, [Outgoing(small, 0, b"key", noise)], real.group())
    made.abort()
    _whole(made, records(real, b"small enough"), real.group())
    assert real.said() == [b"small enough"]


def test_waiting_for_an_absent_broker_ends_when_the_worker_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kafka_transaction, "ATTEMPT_SECONDS", 0.1)
    asked: list[str | None] = []
    config = kafka_clients.transactional_producer(
        Settings(bootstrap_servers="127.0.0.1:1"), transactional_id="absent"
    )
    with pytest.raises(Interrupted):
        KafkaTransaction(config, "in", lambda: len(asked) == 3, asked.append)
    assert len(asked) == 3
    assert all("init_transactions" in (why or "") for why in asked)


def test_partitions_are_chosen_as_javas_clients_do(real: TheReal) -> None:
    keys = [b"a", b"lead-1", "ålesund".encode(), b"another key"]
    _whole(real.transaction("one"), [Outgoing(real.changelog, None, key, b"") for key in keys], real.group())
    logs = Consumer(kafka_clients.reader(real.settings) | {"isolation.level": "read_uncommitted"})
    by_home = {number: sum(home(key, 2) == number for key in keys) for number in range(2)}
    # One marker each, which the broker writes after it has answered.
    expected = {number: n + 1 for number, n in by_home.items()}
    deadline = time.monotonic() + PATIENCE
    while (ends := log_ends(logs, real.changelog, [0, 1], 10)) != expected and time.monotonic() < deadline:
        time.sleep(0.01)
    assert ends == expected
    assert log_starts(logs, real.changelog, [0, 1], 10) == {0: 0, 1: 0}
    logs.close()


def test_of_one_that_was_closed_nothing_is_left(real: TheReal) -> None:
    """There is a new one each time that a worker is fenced, or ends what another has left open."""

    def threads() -> int:
        return len(list(Path("/proc/self/task").iterdir()))

    least = []
    for number in range(6):
        config = kafka_clients.transactional_producer(
            real.settings, transactional_id=f"{real.input}-{number}"
        )
        made = KafkaTransaction(config, real.input, lambda: False)
        made.begin()
        _produce_and_abort(made, [Outgoing(real.output, None, b"key", b"value")])
        made.close()
        del made
        least.append(threads())
    deadline = time.monotonic() + PATIENCE
    # What is left of each would be there five times; one or two may be of others in this process.
    most = least[0] + 2
    while threads() > most and time.monotonic() < deadline:
        time.sleep(0.05)
    assert threads() <= most, least


@pytest.fixture
def beyond(tmp_path: Path) -> Iterator[tuple[str, Network]]:
    """A broker's address for who is beside it, and the network that others reach it by."""
    with beyond_a_network(tmp_path / "kafka") as (_, bootstrap, make_network), make_network() as network:
        yield bootstrap, network


def test_nobody_gets_through_for_a_while_and_the_same_producer_goes_on(
    beyond: tuple[str, Network], topic_name: Callable[[str], str]
) -> None:
    """It knows the group's coordinator from before, and must not wait for it in vain afterwards."""
    bootstrap, network = beyond
    real = TheReal(bootstrap, topic_name("contract"))
    settings = real.settings.model_copy(
        update={"bootstrap_servers": network.address, "transaction_timeout": HOLD_MS}
    )
    config = kafka_clients.transactional_producer(settings, transactional_id="one")
    made = KafkaTransaction(config, real.input, lambda: False)
    for position in range(ROUNDS):
        _whole(made, records(real, b"before"), real.group())
        made.begin()
        made.produce(records(real, b"across"))
        network.unplug()
        time.sleep(AWAY_SECONDS)
        network.heal()
        made.offsets({0: position}, real.group())
        made.commit()
    assert real.said().count(b"across") == ROUNDS
    made.close()
    real.close()


def _whole(made: Any, outgoing: list[Outgoing], group: Any) -> None:
    made.begin()
    made.produce(outgoing)
    _offsets_and_commit(made, group)


def _produce_and_abort(made: Any, outgoing: list[Outgoing]) -> None:
    made.produce(outgoing)
    made.abort()


def _offsets_and_commit(made: Any, group: Any) -> None:
    made.offsets({1: 3}, group)
    made.commit()
