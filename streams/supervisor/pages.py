"""One address for all members: some pages are put together of what all say, others are any member's."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count

from aiohttp import hdrs, web

from streams.supervisor import health
from streams.supervisor.asking import Asking, Said
from streams.supervisor.health import Json
from streams.supervisor.member import Member
from streams.supervisor.scraping import Scraping
from streams.web.answers import ANSWERED_BY, later
from streams.web.tokens import guard

PROBE_SECONDS = 2.0
"""So long a member has to say how it is: an orchestrator waits not much longer."""
FORWARD_SECONDS = 8.0
"""So long a member has to answer for a lead: it may have to ask another for 5 of them."""

_PASSED_ON = (ANSWERED_BY, hdrs.RETRY_AFTER, hdrs.CONTENT_TYPE)


@dataclass(frozen=True)
class Pages:
    """The pages of the supervisor ``name``."""

    name: str
    members: Sequence[Member]
    asking: Asking
    scraping: Scraping
    _turns: Iterator[int] = field(default_factory=count)

    def application(self) -> web.Application:
        """Where each page lies. What is not named here is a member's to know."""
        pages: dict[str, Callable[[web.Request], Awaitable[web.Response]]] = {
            "/livez": self.livez,
            "/readyz": self.readyz,
            "/metrics": self.metrics,
            "/funnel": self.funnel,
            "/{path:.*}": self.any_member,
        }
        application = web.Application(middlewares=[guard(self.asking.tokens)])
        for path, page in pages.items():
            application.router.add_get(path, page)
        return application

    async def livez(self, _request: web.Request) -> web.Response:
        """200: a member that does not live is the supervisor's to start again, and nobody else's."""
        return _answer({"alive": True})

    async def readyz(self, _request: web.Request) -> web.Response:
        """200 while each member is ready or has nothing to wait for; else 503 and why not."""
        said = await self._ask_all("/readyz", (200, 503))
        known = [(one.name, one.state, one.ended, said.get(one.name)) for one in self.members]
        readiness = health.readiness(known)
        return _answer(readiness, 200 if readiness["ready"] else 503)

    async def metrics(self, request: web.Request) -> web.Response:
        """The metrics of all members, merged."""
        body, content_type = await self.scraping.page(request.headers.get(hdrs.ACCEPT, ""))
        return web.Response(body=body, headers={hdrs.CONTENT_TYPE: content_type})

    async def funnel(self, _request: web.Request) -> web.Response:
        """The funnel with the counts of all members that answer."""
        pages = await self._ask_all("/funnel", (200,))
        return _answer(health.funnel(list(pages.values()), self.name)) if pages else later(_NOBODY)

    async def any_member(self, request: web.Request) -> web.Response:
        """What a member says: each in its turn, and the next one where one does not answer."""
        up = [member for member in self.members if member.state == "up"]
        turn = next(self._turns)
        for number in range(len(up)):
            member = up[(turn + number) % len(up)]
            said = await self.asking.ask(member, request.rel_url.raw_path_qs, FORWARD_SECONDS)
            if said is not None:
                return _passed_on(said)
        return later(_NOBODY)

    async def _ask_all(self, path: str, statuses: Sequence[int]) -> dict[str, Json]:
        """What those say that are up, and answer with one of ``statuses``."""
        up = [member for member in self.members if member.state == "up"]
        said = await asyncio.gather(*(self.asking.ask(member, path, PROBE_SECONDS) for member in up))
        return {
            member.name: json.loads(one.body)
            for member, one in zip(up, said, strict=True)
            if one is not None and one.status in statuses
        }


_NOBODY = "no worker is up to answer: /readyz says why"


def _answer(said: Json, status: int = 200) -> web.Response:
    return web.json_response(text=json.dumps(said, separators=(",", ":")) + "\n", status=status)


def _passed_on(said: Said) -> web.Response:
    headers = {name: said.headers[name] for name in _PASSED_ON if name in said.headers}
    return web.Response(body=said.body, status=said.status, headers=headers)
