"""The path of an HTTP request, over a socket: an answer that says what is wrong, no fault of ours."""

import asyncio
import atexit
import socket
from functools import cache

from aiohttp import web

from streams.web.pages import add_pages
from tests.doubles.workers import FakeEngine, FakeGroup, live, partition, shop, worker

ANSWERS = {200, 400, 404, 503}
LEADS = ("anna@example.com", "..", "a/b", "å")


def check(data: bytes) -> None:
    """Ask for it. Raises AssertionError."""
    answer = _pages().get(data.translate(None, b"\r\n"))
    status = int(answer.split(b" ", 2)[1])
    assert status in ANSWERS, answer


class Pages:
    """A worker that has all partitions, and whoever asks it, at the two ends of a pair of sockets."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        group = FakeGroup()
        one = worker("w", group, partitions=1)
        assert isinstance(one.engine, FakeEngine)
        assert group.by_partition is not None
        group.by_partition[0] = one.me
        one.engine.give([0])
        one.engine.open(partition(0, {name: live(shop(), name, "page_viewed")[0] for name in LEADS}))
        application = web.Application()
        add_pages(application, one)
        self._runner = web.AppRunner(application, access_log=None)
        self._loop.run_until_complete(self._runner.setup())

    def get(self, path: bytes) -> bytes:
        """The whole answer."""
        return self._loop.run_until_complete(self._get(path))

    async def _get(self, path: bytes) -> bytes:
        ours, theirs = socket.socketpair()
        assert self._runner.server is not None
        await self._loop.connect_accepted_socket(self._runner.server, theirs)
        reader, writer = await asyncio.open_connection(sock=ours)
        writer.write(b"GET /" + path + b" HTTP/1.1\r\nHost: worker\r\nConnection: close\r\n\r\n")
        answer = await reader.read()
        writer.close()
        await writer.wait_closed()
        return answer

    def close(self) -> None:
        """Let the worker go."""
        self._loop.run_until_complete(self._runner.cleanup())
        self._loop.close()


@cache
def _pages() -> Pages:
    pages = Pages()
    atexit.register(pages.close)
    return pages
