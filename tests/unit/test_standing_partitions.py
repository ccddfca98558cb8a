"""A partition that has more to read and is given nothing is opened anew, whatever kept it from it."""

import pytest

from streams.engine.engine import STANDING_SAMPLES
from streams.engine.transaction import Outgoing
from tests.doubles.engines import NAMES, Bench, lead_of

LEAD = lead_of(0)


@pytest.fixture
def bench() -> Bench:
    """A worker that has applied all there was, of three partitions."""
    bench = Bench()
    bench.send(LEAD, "call")
    bench.assign()
    bench.work()
    return bench


def sample(bench: Bench, times: int) -> list[int]:
    """Let the clock be sampled so often; the partitions that are looked after then."""
    for _ in range(times):
        bench.kafka.now += 1_000
        bench.engine.sample_clock()
    return [number for number, one in bench.engine.open_partitions.items() if one.broken]


def test_it_is_opened_anew_and_goes_on(bench: Bench) -> None:
    bench.send(LEAD, "demo")
    assert sample(bench, STANDING_SAMPLES) == []
    assert sample(bench, 1) == [0]
    bench.work()
    assert bench.said() == {LEAD: ["created", "to-mql"]}


def test_a_chunk_that_never_came_is_missed(bench: Bench) -> None:
    bench.send(LEAD, "demo")
    assert len(bench.reading.poll()) == 1
    bench.deliver()
    assert sample(bench, STANDING_SAMPLES + 1) == [0]


def test_one_that_is_at_its_end_is_left_alone(bench: Bench) -> None:
    assert sample(bench, 3 * STANDING_SAMPLES) == []


def test_one_that_moved_meanwhile_is_left_alone(bench: Bench) -> None:
    for _ in range(3):
        bench.send(LEAD, "call")
        assert sample(bench, STANDING_SAMPLES) == []
        bench.deliver()
        bench.passes()


def test_what_waits_in_its_inbox_is_on_its_way(bench: Bench) -> None:
    bench.send(LEAD, "demo")
    bench.deliver()
    assert sample(bench, 3 * STANDING_SAMPLES) == []


def test_while_others_have_much_to_do_it_may_have_to_wait(bench: Bench) -> None:
    bench.send(LEAD, "demo")
    bench.send(lead_of(1), "demo")
    [mine, other] = sorted(bench.reading.poll(), key=lambda chunk: chunk.partition)
    bench.engine.accept(other)
    assert sample(bench, 3 * STANDING_SAMPLES) == []
    bench.passes()
    assert sample(bench, 1) == [mine.partition]


def test_an_open_transaction_in_the_input_is_waited_for(bench: Bench) -> None:
    bench.kafka.initialise("sender")
    record = Outgoing(NAMES.activities, 0, b"key", b"value")
    bench.kafka.append(NAMES.activities, record, by=bench.kafka.transaction("sender", 1))
    bench.send(LEAD, "demo")
    assert sample(bench, 3 * STANDING_SAMPLES) == []
    bench.kafka.end_transaction("sender", "aborted")
    assert sample(bench, 1) == [0]
