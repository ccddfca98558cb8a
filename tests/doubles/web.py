"""The pages of workers over real HTTP, each at an address of its own."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import aiohttp
from aiohttp import web
from aiohttp.test_utils import TestServer, unused_port
from yarl import URL

from streams.ownership import Advertised
from streams.web.pages import add_pages
from streams.web.worker import WorkerView


class Answer:
    """A response, read."""

    def __init__(self, response: aiohttp.ClientResponse, text: str) -> None:
        self.status, self.headers, self.text = response.status, response.headers, text

    @property
    def said(self) -> Any:
        assert self.headers["Content-Type"].startswith("application/json"), self.headers["Content-Type"]
        return json.loads(self.text)

    @property
    def is_later(self) -> bool:
        return self.status == 503 and int(self.headers["Retry-After"]) > 0


Get = Callable[..., Awaitable[Answer]]


@asynccontextmanager
async def served(*workers: WorkerView) -> AsyncIterator[list[tuple[WorkerView, Get]]]:
    """Each worker at an address of its own, which it advertises; and how to ask it."""
    async with aiohttp.ClientSession() as session:
        running: list[tuple[WorkerView, Get]] = []
        servers = []
        for one in workers:
            # The address is known once it is bound, and pages are put on before that.
            server = TestServer(web.Application())
            port = server.port = unused_port()
            one = replace(one, me=Advertised(one.me.worker, f"127.0.0.1:{port}"))
            add_pages(server.app, one)
            await server.start_server()
            servers.append(server)

            async def get(path: str, port: int = port, **headers: str) -> Answer:
                url = URL(f"http://127.0.0.1:{port}{path}", encoded=True)
                async with session.get(url, headers=headers) as response:
                    return Answer(response, await response.text())

            running.append((one, get))
        try:
            yield running
        finally:
            for server in servers:
                await server.close()
