"""What the transport relies on in Faust: the real app, agent and consumer, fed by a poller that a test plays.

A new Faust that starts, rebalances, drops or stops otherwise fails here.
"""

import asyncio
import socket
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, cast

import faust
import pytest

from streams import agents
from streams.app import LeadgateApp, Worker
from streams.engine.chunk import Chunk
from streams.engine.transport import ChunkConsumer
from streams.errors import OutsideWorld
from streams.ports import free_ports

PATIENCE = 30.0
TOPIC = "in"


class PlayedPoller:
    """A poller without a thread; it hands out what the test puts into it."""

    topic = TOPIC

    def __init__(self, on_chunk: Callable[[], None], log: list[str]) -> None:
        self._on_chunk, self._log = on_chunk, log
        self._lock = threading.Lock()
        self._chunks: list[Chunk] = []

    def put(self, *chunks: Chunk) -> None:
        with self._lock:
            self._chunks += chunks
        self._on_chunk()

    def take(self, wanted: Callable[[int], bool]) -> list[Chunk]:
        with self._lock:
            taken = [chunk for chunk in self._chunks if wanted(chunk.partition)]
            self._chunks = [chunk for chunk in self._chunks if not wanted(chunk.partition)]
        return taken

    def start(self) -> None:
        self._log.append("poller starts")

    def stop(self, _seconds: float) -> None:
        self._log.append("poller stops")


class PlayedEngine:
    """An engine that keeps what it is given."""

    def __init__(self, log: list[str]) -> None:
        self._log = log
        self.accepted: list[Chunk] = []
        self.arrived = threading.Condition()
        self.when_assigned: Callable[[], None] = lambda: None

    def start(self, _reading: object) -> None:
        self._log.append("engine starts")

    def hurry(self) -> None:
        self._log.append("engine hurries")

    def stop(self) -> None:
        self._log.append("engine stops")

    def assign(self, numbers: list[int], _group: object) -> None:
        self._log.append(f"assigned {numbers}")
        self.when_assigned()

    def revoke(self, numbers: list[int]) -> None:
        self._log.append(f"revoked {numbers}")

    def lose(self, numbers: list[int]) -> None:
        self._log.append(f"lost {numbers}")

    def accept(self, chunk: Chunk) -> None:
        with self.arrived:
            self.accepted.append(chunk)
            self.arrived.notify_all()

    def wait(self, number: int) -> list[Chunk]:
        """The chunks accepted, once there are ``number`` of them."""
        with self.arrived:
            enough = self.arrived.wait_for(lambda: len(self.accepted) >= number, PATIENCE)
            assert enough, f"{len(self.accepted)} of {number} chunks arrived"
            return list(self.accepted)


class Played:
    """An app with both."""

    def __init__(self) -> None:
        self.log: list[str] = []
        self.engine = PlayedEngine(self.log)
        self.pollers: list[PlayedPoller] = []
        self.subscribed = threading.Event()
        self.app = LeadgateApp(
            "played",
            broker="kafka://127.0.0.1:1",
            autodiscover=False,
            topic_disable_leader=True,
            topic_allow_declare=False,
            stream_wait_empty=False,
            web_host="127.0.0.1",
            web_port=free_ports(1)[0],
        )
        self.app.engine = cast(Any, self.engine)
        self.app.new_poller = cast(Any, self._new_poller)
        agents.install(self.app, cast(Any, self.engine), TOPIC)

    def _new_poller(self, _listener: object, on_chunk: Callable[[], None]) -> PlayedPoller:
        self.pollers.append(PlayedPoller(on_chunk, self.log))
        self.subscribed.set()
        return self.pollers[-1]

    @property
    def consumer(self) -> ChunkConsumer:
        return cast(ChunkConsumer, self.app.consumer)

    async def assign(self, *numbers: int) -> None:
        """As the poller's thread does it."""
        await asyncio.to_thread(self.consumer.assigned, list(numbers), object())

    async def revoke(self, *numbers: int, lost: bool = False) -> None:
        told = self.consumer.lost if lost else self.consumer.revoked
        await asyncio.to_thread(told, list(numbers))

    def put(self, *chunks: Chunk) -> None:
        self.pollers[0].put(*chunks)

    async def arrive(self, number: int) -> list[Chunk]:
        return await asyncio.to_thread(self.engine.wait, number)


@asynccontextmanager
async def playing() -> AsyncIterator[Played]:
    played = Played()
    # It has started only once something has been assigned, be it nothing.
    starting = asyncio.ensure_future(played.app.start())
    await asyncio.to_thread(played.subscribed.wait, PATIENCE)
    try:
        yield played
    finally:
        await played.app.stop()
        await starting


def chunk(partition: int, follows: int, epoch: int = 1) -> Chunk:
    return Chunk(partition, epoch, follows, follows + 1, [])


def test_faust_starts_the_poller_once_and_stops_it_before_the_engine() -> None:
    async def play() -> list[str]:
        async with playing() as played:
            await played.assign(0, 1)
        return played.log

    assert asyncio.run(play()) == [
        "engine starts",
        "poller starts",
        "assigned [0, 1]",
        "engine hurries",
        "poller stops",
        "engine stops",
    ]


def test_every_chunk_arrives_whole_and_in_order() -> None:
    """Also when they are more than Faust's buffers take at once."""
    chunks = [chunk(number % 2, number) for number in range(10_000)]

    async def play() -> list[Chunk]:
        async with playing() as played:
            await played.assign(0, 1)
            played.put(*chunks)
            return await played.arrive(len(chunks))

    arrived = asyncio.run(play())
    for partition in (0, 1):
        expected = [one for one in chunks if one.partition == partition]
        assert all(a is b for a, b in zip(of(arrived, partition), expected, strict=True))


def test_a_position_may_go_back() -> None:
    """A partition that is opened again goes on from what is committed; Faust has read further."""
    later, earlier = chunk(0, 1_000), chunk(0, 10, epoch=2)

    async def play() -> list[Chunk]:
        async with playing() as played:
            await played.assign(0)
            played.put(later)
            await played.arrive(1)
            played.put(earlier)
            return await played.arrive(2)

    assert asyncio.run(play()) == [later, earlier]


def test_what_is_put_in_as_soon_as_it_is_assigned_arrives() -> None:
    """Faust's own way of starting again clears its queues, some time after it has been told."""
    rounds = 30

    async def play() -> list[Chunk]:
        async with playing() as played:
            await played.assign()
            for number in range(rounds):
                played.engine.when_assigned = lambda at=number: played.put(chunk(0, at))  # type: ignore[misc]
                await played.revoke(*([0] if number else []))
                await played.assign(0)
                await played.arrive(number + 1)
            return played.engine.accepted

    assert [one.follows for one in asyncio.run(play())] == list(range(rounds))


@pytest.mark.parametrize("lost", [False, True])
def test_after_a_rebalance_it_goes_on_with_what_is_ours(lost: bool) -> None:
    async def play() -> Played:
        async with playing() as played:
            await played.assign(0, 1)
            played.put(chunk(0, 1), chunk(1, 1))
            await played.arrive(2)
            await played.revoke(0, 1, lost=lost)
            assert played.consumer.assignment() == set()
            await played.assign(1, 2)
            played.put(chunk(0, 7), chunk(1, 2), chunk(2, 1))
            await played.arrive(4)
        return played

    played = asyncio.run(play())
    assert {(one.partition, one.follows) for one in played.engine.accepted[2:]} == {(1, 2), (2, 1)}
    assert played.log[2:5] == [
        "assigned [0, 1]",
        f"{'lost' if lost else 'revoked'} [0, 1]",
        "assigned [1, 2]",
    ]


def test_a_message_of_another_generation_is_dropped() -> None:
    """Faust does so in silence: each message must bear the generation that the app has now."""

    async def play() -> list[Chunk]:
        async with playing() as played:
            await played.assign(0)
            to_message = played.consumer._to_message

            def outdated(tp: Any, one: Chunk) -> Any:
                message = to_message(tp, one)
                message.generation_id -= one.follows == 1
                return message

            played.consumer._to_message = outdated  # type: ignore[method-assign, assignment]
            played.put(chunk(0, 1), chunk(0, 2))
            return await played.arrive(1)

    assert [one.follows for one in asyncio.run(play())] == [2]


def test_nothing_is_asked_of_kafka_by_faust_itself() -> None:
    """No topic declared, no client connected: there is no broker at the app's address."""

    async def play() -> Any:
        async with playing() as played:
            await played.assign(0)
            played.put(chunk(0, 1))
            await played.arrive(1)
            assert await played.consumer.commit() is not None
            return played.app.crashed

    assert asyncio.run(play()) is False


def test_a_crash_in_faust_is_the_workers_failure() -> None:
    """Not an end like any other: whoever supervises the worker must see it."""
    played = Played()

    @played.app.timer(0.01)  # type: ignore[untyped-decorator]
    async def breaks() -> None:
        raise ZeroDivisionError("in a timer")

    def give() -> None:
        assert played.subscribed.wait(PATIENCE)
        played.consumer.assigned([0], object())

    giving = threading.Thread(target=give)
    giving.start()
    worker = _worker(played)
    with pytest.raises(ZeroDivisionError, match="in a timer"):
        worker.run()
    giving.join()


def test_a_web_address_in_use_is_said_with_what_to_do() -> None:
    """Faust alone would log a traceback and end as after good work."""
    played = Played()

    with socket.create_server(("127.0.0.1", 0)) as taken:
        played.app.conf.web_port = taken.getsockname()[1]
        worker = _worker(played)
        with pytest.raises(OutsideWorld, match=r"address already in use.*LEADGATE_WEB_PORT"):
            worker.run()


def _worker(played: Played) -> Worker:
    nothing: Any = Nothing()
    return Worker(played.app, cast(Any, played.engine), nothing, nothing, nothing)


class Nothing:
    """The parts of a worker that these tests do not look at."""

    def close(self) -> None: ...

    def look_again(self) -> None: ...


def of(chunks: list[Chunk], partition: int) -> list[Chunk]:
    return [one for one in chunks if one.partition == partition]


def test_the_version_is_the_one_that_this_was_read_for() -> None:
    assert faust.__version__.startswith("0.15.")
