"""What the group gives and takes, at every moment: nothing is opened that is not ours, or twice."""

import gc
import threading
from collections.abc import Callable
from functools import partial

import pytest
from confluent_kafka import KafkaError, KafkaException

from qualifiers import Funnel
from streams.engine import engine
from streams.engine.opening import Opened
from streams.engine.table import Table
from streams.engine.transaction import Aborted, Fenced, TransactionError
from tests.doubles.engines import NAMES, PARTITIONS, Bench, lead_of

LEAD = lead_of(0)


def how_many_tables() -> int:
    """Those of garbage, too. (A compiled one has no weak references.)"""
    return sum(type(one) is Table for one in gc.get_objects())


def refuse(error: type[TransactionError]) -> None:
    raise error("ordered")


def test_what_is_given_is_opened_read_and_applied() -> None:
    bench = Bench()
    bench.send(LEAD, "demo")
    bench.assign()
    bench.work()
    assert bench.said() == {LEAD: ["created", "to-mql"]}
    assert bench.kafka.committed([0]) == {0: 1}


def test_funnels_that_no_broker_tells_of_just_now_are_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Bench()
    bench.assign()
    bench.send(LEAD, "demo")
    bench.work()
    heir, away = Bench(bench.kafka, versions=bench.versions), [True]
    tells = heir.funnels.get

    def get(number: int, funnel_hash: str) -> Funnel:
        if away:
            away.clear()
            raise KafkaException(KafkaError(KafkaError._TRANSPORT, "all brokers are down"))
        return tells(number, funnel_hash)

    monkeypatch.setattr(engine, "IDLE_SECONDS", 0.01)
    monkeypatch.setattr(heir.funnels, "get", get)
    heir.assign()
    heir.send(LEAD, "call")
    heir.work()
    assert (heir.failures, away) == ([], [])
    assert heir.kafka.committed([0]) == {0: heir.kafka.end(NAMES.activities, 0)}


@pytest.mark.parametrize("lost", [False, True])
def test_given_again_it_goes_on_from_what_is_committed(lost: bool) -> None:
    bench = Bench()
    bench.assign()
    bench.send(LEAD, "call")
    bench.work()
    bench.take(lost=lost)
    assert bench.engine.open_partitions == {}
    bench.send(LEAD, "demo")
    bench.assign()
    bench.work()
    assert bench.said() == {LEAD: ["created", "to-mql"]}


@pytest.mark.parametrize("how", ["taken", "lost", "pass_thrown_away", "producer_lost"])
def test_the_tables_of_what_has_gone_do_not_wait_for_the_garbage_collector(how: str) -> None:
    """A worker looks for garbage so seldom that they would all stay."""
    bench = Bench()
    bench.assign()
    bench.send(LEAD, "call")
    bench.work()
    gc.collect()
    gc.disable()
    tables = how_many_tables()
    try:
        if how in ("taken", "lost"):
            bench.take(lost=how == "lost")
        else:
            bench.kafka.order("commit", partial(refuse, Aborted if how == "pass_thrown_away" else Fenced))
            for number in range(PARTITIONS):
                bench.send(lead_of(number), "demo")
            bench.work()
        bench.assign()
        bench.work()
        assert how_many_tables() == tables
    finally:
        gc.enable()


def test_given_twice_in_a_row_it_is_opened_for_the_second_time_only() -> None:
    bench = Bench()
    bench.assign()
    bench.take()
    bench.assign()
    bench.open()
    generations = {opened.group.generation for opened in bench.engine.open_partitions.values()}
    assert generations == {2}


def test_an_opening_that_is_wanted_no_more_opens_nothing() -> None:
    bench = Bench()
    bench.assign()
    bench.take()
    bench.open()
    assert bench.engine.open_partitions == {}
    assert bench.reading.reading == {}


@pytest.mark.parametrize("given_then", [[], [1, 2], [0, 1, 2]])
def test_taken_while_it_is_being_opened_what_was_read_of_it_is_dropped(given_then: list[int]) -> None:
    bench = Bench()
    opener = bench.engine.opener
    generation = 1

    class Slow:
        """Reads all of it, and then the group goes on before it can say so."""

        ends, readable_ends = opener.ends, opener.readable_ends

        def open(self, numbers: list[int], _wanted: object, opened: Callable[[Opened], None]) -> None:
            read: list[Opened] = []
            opener.open(numbers, lambda: True, read.append)
            nonlocal generation
            if generation == 1:
                bench.take()
                if given_then:
                    bench.assign(*given_then)
                generation = 2
            for one in read:
                opened(one)

    bench.engine.opener = Slow()
    bench.assign()
    bench.engine.open_next()
    assert bench.engine.open_partitions == {}
    assert bench.reading.reading == {}
    bench.open()
    assert sorted(bench.engine.open_partitions) == given_then


@pytest.mark.parametrize("given_then", [[], [1, 2]])
def test_taken_just_when_it_must_be_opened_again_it_stays_taken(given_then: list[int]) -> None:
    """Else time would move another worker's leads here, under a generation that the broker takes."""
    bench = Bench()
    bench.assign()
    bench.work()

    def rebalance() -> None:
        bench.take(lost=True)
        if given_then:
            bench.assign(*given_then)

    poller = threading.Thread(target=rebalance)

    def meanwhile() -> None:
        poller.start()
        poller.join(0.2)  # where nothing holds it up, it has happened by then

    bench.reading.when_paused = meanwhile
    bench.engine.open_partitions[0].broken = True
    bench.passes()
    poller.join()
    bench.open()
    assert sorted(bench.engine.open_partitions) == given_then


def test_chunks_of_an_earlier_opening_are_dropped() -> None:
    bench = Bench()
    bench.assign()
    bench.work()
    bench.send(LEAD, "call")
    stale = bench.reading.poll()
    bench.take()
    bench.assign()
    bench.open()
    for chunk in stale:
        bench.engine.accept(chunk)
    assert bench.engine.backlog() == 0
    bench.work()
    assert bench.said() == {LEAD: ["created"]}


def test_taken_during_a_pass_which_ends_too_late_to_commit() -> None:
    """The revoke waits its time, then gives up; the pass finds that it may not commit."""
    bench = Bench()
    bench.assign()
    bench.work()
    bench.send(LEAD, "demo")
    bench.deliver()
    bench.kafka.order("offsets", bench.take)
    bench.passes()
    assert bench.said() == {}
    bench.assign()
    bench.work()
    assert bench.said() == {LEAD: ["created", "to-mql"]}


def test_taken_and_given_back_during_a_pass() -> None:
    bench = Bench()
    bench.assign()
    bench.work()
    bench.send(LEAD, "demo")
    bench.deliver()

    def rebalance() -> None:
        bench.take()
        bench.assign()

    bench.kafka.order("offsets", rebalance)
    bench.passes()
    bench.work()
    assert bench.said() == {LEAD: ["created", "to-mql"]}
    assert bench.kafka.committed([0]) == {0: bench.kafka.end(NAMES.activities, 0)}
