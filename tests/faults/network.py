"""A network that can be made to fail: a proxy that the broker names as its address.

It knows Kafka's frames (a length, then of a request its API, version and correlation id, of an
answer that id), so that it can lose the answer to what the broker has done already. How
long a client waits for an answer that never comes is the client's own affair, a minute with
librdkafka; so an answer is lost with its connection, as it is when a machine goes.
"""

import asyncio
import random
import struct
import threading
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import contextmanager, suppress
from enum import IntEnum
from pathlib import Path

from streams.local_kafka import LocalKafka
from streams.ports import HOST, free_ports
from tests.conftest import HOME


class Api(IntEnum):
    """The requests that a transaction is made of, by their keys in Kafka's protocol."""

    PRODUCE = 0
    ADD_PARTITIONS_TO_TXN = 24
    ADD_OFFSETS_TO_TXN = 25
    END_TXN = 26
    TXN_OFFSET_COMMIT = 28


class Network:
    """Listens on ``port`` and carries everything to ``broker_port``. Use as a context."""

    def __init__(self, port: int, broker_port: int, seed: int) -> None:
        self._port, self._broker_port = port, broker_port
        self.address = f"{HOST}:{port}"
        """Where workers reach the broker."""
        self._chance = random.Random(seed)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._losing: Api | None = None
        self._every = 1
        self._answers = 0
        self._delay = 0.0
        self.lost = 0
        """How many answers, or connections, it has lost."""

    def __enter__(self) -> "Network":
        self._thread.start()
        self._run(self._listen())
        return self

    def __exit__(self, *_: object) -> None:
        self._run(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    # What fails ---------------------------------------------------------------------

    def lose_answers(self, api: Api, every: int) -> None:
        """Lose each ``every``-th answer to this request, until `heal`."""
        self._losing, self._every = api, every

    def delay(self, seconds: float) -> None:
        """Let each answer take up to that long, until `heal`."""
        self._delay = seconds

    def cut(self) -> None:
        """Break every connection; new ones can be made at once."""
        self._run(self._cut())

    def unplug(self) -> None:
        """Break every connection, and let none be made until `heal`."""
        self._run(self._unplug())

    def heal(self) -> None:
        """Carry everything, from now on."""
        self._losing, self._delay = None, 0.0
        self._run(self._listen())

    # How it carries -------------------------------------------------------------------

    def _run(self, what: Coroutine[None, None, None]) -> None:
        asyncio.run_coroutine_threadsafe(what, self._loop).result(30)

    async def _listen(self) -> None:
        if self._server is None:
            self._server = await asyncio.start_server(self._carry, HOST, self._port)

    async def _unplug(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
        await self._cut()

    async def _cut(self) -> None:
        self.lost += len(self._writers)
        for writer in list(self._writers):
            writer.transport.abort()

    async def _close(self) -> None:
        await self._unplug()
        if self._tasks:
            await asyncio.wait(self._tasks)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        try:
            from_broker, to_broker = await asyncio.open_connection(HOST, self._broker_port)
        except OSError:
            writer.transport.abort()
            return
        if self._server is None:  # it was unplugged meanwhile, and had not heard of this connection
            for one in (writer, to_broker):
                one.transport.abort()
            return
        self._writers |= {writer, to_broker}
        asked: dict[int, int] = {}
        ways = [
            asyncio.ensure_future(self._requests(reader, to_broker, asked)),
            asyncio.ensure_future(self._answer(from_broker, writer, asked)),
        ]
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        for one in (writer, to_broker):
            one.transport.abort()
            self._writers.discard(one)
        for way in ways:
            way.cancel()
        await asyncio.gather(*ways, return_exceptions=True)

    async def _requests(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, asked: dict[int, int]
    ) -> None:
        async for frame in _frames(reader):
            api, _version, correlation = struct.unpack_from(">hhi", frame, 4)
            asked[correlation] = api
            writer.write(frame)
            await writer.drain()

    async def _answer(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, asked: dict[int, int]
    ) -> None:
        async for frame in _frames(reader):
            (correlation,) = struct.unpack_from(">i", frame, 4)
            if asked.pop(correlation, None) == self._losing is not None:
                self._answers += 1
                if self._answers % self._every == 0:
                    self.lost += 1
                    return
            if self._delay:
                await asyncio.sleep(self._chance.uniform(0.0, self._delay))
            writer.write(frame)
            await writer.drain()


@contextmanager
def beyond_a_network(folder: Path) -> Iterator[tuple[LocalKafka, str, Callable[[], Network]]]:
    """A broker, its address for whoever is beside it, and what makes the network that others reach it by.

    It has been started, and is stopped at the end.
    """
    direct, network, behind, controller = free_ports(4)
    properties = {
        "controller.quorum.voters": f"1@{HOST}:{controller}",
        "listeners": f"BROKER://{HOST}:{direct},NETWORK://{HOST}:{behind},CONTROLLER://{HOST}:{controller}",
        "advertised.listeners": f"BROKER://{HOST}:{direct},NETWORK://{HOST}:{network}",
        "listener.security.protocol.map": "BROKER:PLAINTEXT,NETWORK:PLAINTEXT,CONTROLLER:PLAINTEXT",
    }
    kafka = LocalKafka(folder, port=direct, properties=properties, home=HOME)
    kafka.start()
    try:
        yield kafka, f"{HOST}:{direct}", lambda: Network(network, behind, seed=1)
    finally:
        kafka.stop()


async def _frames(reader: asyncio.StreamReader) -> AsyncIterator[bytes]:
    """Whole frames, their length in front, until the connection ends."""
    with suppress(asyncio.IncompleteReadError, ConnectionError):
        while True:
            length = await reader.readexactly(4)
            yield length + await reader.readexactly(int.from_bytes(length, "big"))
