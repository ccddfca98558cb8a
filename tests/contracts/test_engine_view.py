"""What the web reads of the engine: one contract, for the real one and for the double in tests."""

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Protocol

import pytest

from streams.engine.engine import Engine
from streams.engine.failures import Limits
from streams.engine.forwarding import Forwarding
from streams.engine.opening import Opened
from streams.engine.partition import Partition
from streams.engine.passes import Names
from streams.engine.processing import Processor
from streams.engine.table import Table
from streams.metrics.collector import Metrics
from streams.web.worker import EngineView
from tests.doubles.funnels import FakeFunnels
from tests.doubles.workers import START, FakeEngine, partition, shop

PATIENCE = 30.0
LIMITS = Limits(
    pass_records=10,
    revoke_seconds=PATIENCE,
    fenced_seconds=0.1,
    failures_in_a_row=1,
    failures_ratio=0.5,
)


class Driven(Protocol):
    """An engine that a test gives partitions to and takes them from."""

    view: EngineView

    def give(self, numbers: Iterable[int]) -> None:
        """Assign these, none of them open yet."""

    def open(self, number: int) -> None:
        """Let its table be complete."""

    def take(self) -> None:
        """Revoke all."""

    def lose_opener(self) -> None:
        """Let the thread that opens partitions end by a failure."""

    def close(self) -> None:
        """End it."""


class TheDouble:
    def __init__(self) -> None:
        self.engine = FakeEngine()
        self.view: EngineView = self.engine

    def give(self, numbers: Iterable[int]) -> None:
        self.engine.give(numbers)

    def open(self, number: int) -> None:
        self.engine.open(partition(number, {}))

    def take(self) -> None:
        self.engine.take()

    def lose_opener(self) -> None:
        self.engine.dead_threads = ["opener"]

    def close(self) -> None:
        pass


class OpenedByTheTest:
    """An Opener that opens what the test lets it, when it does."""

    def __init__(self) -> None:
        self.fails = False
        self.allowed: set[int] = set()
        self.changed = threading.Condition()

    def open(self, numbers: list[int], wanted: Callable[[], bool], opened: Callable[[Opened], None]) -> None:
        if self.fails:
            raise RuntimeError("refused")
        waiting = set(numbers)
        while waiting and wanted():
            with self.changed:
                now = waiting & self.allowed
                if not now:
                    self.changed.wait(0.05)
            for number in now:
                opened(Opened(number, Table(), 0, START, 0, 0.0))
            waiting -= now

    def ends(self, numbers: Iterable[int]) -> dict[int, int]:
        return dict.fromkeys(numbers, 0)

    readable_ends = ends


class NoTransaction:
    """A Transaction for passes that are never made."""

    def __init__(self, *_asked: object) -> None:
        pass

    def begin(self) -> None: ...
    def produce(self, records: object) -> None: ...
    def offsets(self, positions: object, group: object) -> None: ...
    def commit(self) -> None: ...
    def abort(self) -> None: ...
    def close(self) -> None: ...


class TheEngine:
    """The engine itself: no broker, as it polls nothing and reads no changelog here."""

    def __init__(self) -> None:
        funnels = FakeFunnels(shop()).read()
        self.opener = OpenedByTheTest()
        self.failed = threading.Event()
        self.engine = Engine(
            processor=Processor(
                decode=_nothing_to_decode,
                names=Names("in", "out", "signals", "dead", "changelog"),
                topic_id="topic",
                forwarding=Forwarding("in", 4, "group", b""),
                grace=0,
                max_due=10,
            ),
            funnels=funnels,
            opener=self.opener,
            new_transaction=NoTransaction,
            limits=LIMITS,
            wall_clock=lambda: START,
            held=lambda: False,
            observer=Metrics(funnels, "in", lambda: START),
            on_failure=lambda _error: self.failed.set(),
        )
        self.engine.start(NothingToRead())
        self.view: EngineView = self.engine

    def give(self, numbers: Iterable[int]) -> None:
        self.opener.allowed = set()
        self.engine.assign(sorted(numbers), object())

    def open(self, number: int) -> None:
        with self.opener.changed:
            self.opener.allowed.add(number)
            self.opener.changed.notify_all()
        deadline = time.monotonic() + PATIENCE
        while number not in self.engine.open_partitions:
            assert time.monotonic() < deadline
            time.sleep(0.005)

    def take(self) -> None:
        self.engine.revoke(sorted(self.engine.assigned))

    def lose_opener(self) -> None:
        self.opener.fails = True
        self.engine.assign([0], object())
        assert self.failed.wait(PATIENCE)
        deadline = time.monotonic() + PATIENCE
        while not self.engine.dead_threads:
            assert time.monotonic() < deadline
            time.sleep(0.005)

    def close(self) -> None:
        self.engine.stop()


class NothingToRead:
    """A Reading without records."""

    def read_from(self, partition: int, epoch: int, position: int) -> None: ...
    def pause(self, partitions: list[int]) -> None: ...


def _nothing_to_decode(value: bytes | None) -> Any:
    raise AssertionError(value)


@pytest.fixture(params=[TheDouble, TheEngine])
def driven(request: pytest.FixtureRequest) -> Iterator[Driven]:
    made: Driven = request.param()
    yield made
    made.close()


def test_nothing_is_ours_at_first(driven: Driven) -> None:
    assert driven.view.assigned == frozenset()
    assert dict(driven.view.open_partitions) == {}
    assert list(driven.view.dead_threads) == []


def test_what_is_given_opens_one_by_one(driven: Driven) -> None:
    driven.give([1, 2])
    assert driven.view.assigned == {1, 2}
    assert dict(driven.view.open_partitions) == {}
    driven.open(2)
    assert driven.view.assigned == {1, 2}
    [(number, opened)] = driven.view.open_partitions.items()
    assert number == 2
    assert isinstance(opened, Partition)
    assert (opened.number, opened.clock, len(opened.table)) == (2, START, 0)
    assert list(driven.view.dead_threads) == []


def test_what_is_taken_is_gone_at_once(driven: Driven) -> None:
    driven.give([1, 2])
    driven.open(1)
    before = driven.view.open_partitions
    driven.take()
    assert driven.view.assigned == frozenset()
    assert dict(driven.view.open_partitions) == {}
    # Who reads has a picture of its own, and does not see it change.
    assert list(before) == [1]


def test_what_is_given_anew_is_opened_anew(driven: Driven) -> None:
    driven.give([1])
    driven.open(1)
    driven.give([1, 3])
    assert driven.view.assigned == {1, 3}
    assert dict(driven.view.open_partitions) == {}
    driven.open(3)
    assert set(driven.view.open_partitions) == {3}


def test_a_thread_that_has_ended_is_named(driven: Driven) -> None:
    driven.lose_opener()
    assert list(driven.view.dead_threads) == ["opener"]
