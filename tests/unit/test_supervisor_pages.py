"""One address for all members, over real HTTP; their pages are the real ones, on a group that is told."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer, unused_port
from yarl import URL

from streams.engine.homes import home
from streams.settings import Settings
from streams.supervisor import health
from streams.supervisor.asking import Asking
from streams.supervisor.member import Launch, Member
from streams.supervisor.pages import Pages
from streams.supervisor.scraping import Scraping
from streams.web.pages import add_pages
from streams.web.tokens import Tokens
from streams.web.worker import WorkerView
from tests.doubles.workers import FakeEngine, FakeGroup, live, partition, shop, worker

PARTITIONS = 2
Get = Callable[[str], Awaitable[tuple[int, Any]]]


def leads_in(number: int) -> list[str]:
    names = (f"lead-{index}" for index in range(100))
    return [name for name in names if home(name.encode(), PARTITIONS) == number][:3]


def owner(group: FakeGroup, number: int, port: int, *tokens: str) -> WorkerView:
    """A worker that has a partition with three leads."""
    one = worker(f"w-{number}", group, f"127.0.0.1:{port}", PARTITIONS, *tokens)
    assert isinstance(one.engine, FakeEngine)
    one.engine.give([number])
    here = {lead: live(shop(), lead, "page_viewed")[0] for lead in leads_in(number)}
    one.engine.open(partition(number, here))
    assert group.by_partition is not None
    group.by_partition[number] = one.me
    return one


@asynccontextmanager
async def supervised(
    group: FakeGroup, *tokens: str, sent: str = ""
) -> AsyncIterator[tuple[list[Member], list[WorkerView], Get]]:
    """A supervisor's pages before two members that are up, and how to ask it.

    ``tokens`` are everybody's, and ``sent`` is the one that is sent to it.
    """
    headers = {"Authorization": f"Bearer {sent}"} if sent else {}
    launch = Launch(Settings(), (), -1)
    members, workers, servers = [], [], []
    for number in range(PARTITIONS):
        server = TestServer(web.Application())
        server.port = unused_port()
        one = owner(group, number, server.port, *tokens)
        add_pages(server.app, one)
        await server.start_server()
        members.append(Member(f"w-{number}", launch, life=1, state="up", port=server.port))
        workers.append(one)
        servers.append(server)
    async with Asking(Tokens(tokens)) as asking:
        scraping = Scraping("w", members, asking)
        for member in members:
            scraping.begun(member)
        application = Pages("w", members, asking, scraping).application()
        async with TestClient(TestServer(application)) as client:

            async def get(path: str) -> tuple[int, Any]:
                async with client.get(URL(path, encoded=True), headers=headers) as response:
                    text = await response.text()
                    is_json = response.content_type == "application/json"
                    return response.status, json.loads(text) if is_json else text

            try:
                yield members, workers, get
            finally:
                for server in servers:
                    await server.close()


def engine_of(one: WorkerView) -> FakeEngine:
    assert isinstance(one.engine, FakeEngine)
    return one.engine


def test_ready_when_all_are() -> None:
    async def scene() -> None:
        async with supervised(FakeGroup()) as (members, workers, get):
            assert await get("/readyz") == (200, {"ready": True, "reasons": []})
            engine_of(workers[1]).give([1])
            status, said = await get("/readyz")
            [reason] = said["reasons"]
            assert (status, said["ready"]) == (503, False)
            assert (reason["worker"], reason["reason"], reason["partitions"]) == ("w-1", "recovering", [1])
            members[0].state, members[0].ended = "ended", "SIGKILL"
            first, second = (await get("/readyz"))[1]["reasons"]
            assert (first["worker"], first["reason"], second["worker"]) == ("w-0", "ended", "w-1")
            assert "SIGKILL" in first["detail"]
            assert (await get("/livez"))[0] == 200

    asyncio.run(scene())


def test_a_member_to_spare_waits_for_nothing_but_one_that_is_balancing_does() -> None:
    async def scene() -> None:
        group = FakeGroup()
        async with supervised(group) as (_, workers, get):
            engine_of(workers[1]).take()
            status, said = await get("/readyz")
            assert (status, [reason["reason"] for reason in said["reasons"]]) == (503, ["no_assignment"])
            group.spare = frozenset({workers[1].me})
            assert await get("/readyz") == (200, {"ready": True, "reasons": []})
            group.by_partition = None
            reasons = (await get("/readyz"))[1]["reasons"]
            assert {reason["worker"] for reason in reasons} == {"w-0", "w-1"}

    asyncio.run(scene())


@pytest.mark.parametrize(
    ("state", "reason"), [("starting", "starting"), ("up", "silent"), ("ended", "ended")]
)
def test_of_a_member_that_says_nothing_it_is_said_why(state: Any, reason: str) -> None:
    said = health.readiness([("w-0", state, "exit code 70", None), ("w-1", "up", "", {"reasons": []})])
    assert not said["ready"]
    [why] = said["reasons"]
    assert (why["worker"], why["reason"]) == ("w-0", reason)
    assert ("exit code 70" in why["detail"]) == (state == "ended")


def test_the_funnel_with_the_leads_of_all() -> None:
    async def scene() -> None:
        async with supervised(FakeGroup()) as (members, workers, get):
            status, said = await get("/funnel")
            assert (status, said["worker"], said["leads"]) == (200, "w", 6)
            assert said["stages"] == [{"stage": "visitor", "leads": 6}, {"stage": "buyer", "leads": 0}]
            assert [(one["partition"], one["open"], one["leads"]) for one in said["partitions"]] == [
                (0, True, 3),
                (1, True, 3),
            ]
            # A partition on its way is in both; it is where it is open.
            engine_of(workers[0]).give([0, 1])
            assert [one["open"] for one in (await get("/funnel"))[1]["partitions"]] == [False, True]
            for member in members:
                member.state = "ended"
            assert (await get("/funnel"))[0] == 503

    asyncio.run(scene())


def test_any_member_leads_to_the_owner_of_a_lead() -> None:
    async def scene() -> None:
        async with supervised(FakeGroup()) as (_, _, get):
            for lead in (*leads_in(0), *leads_in(1)):
                for _ in range(PARTITIONS):  # each member in its turn
                    status, said = await get(f"/leads/{lead}")
                    assert (status, said["lead_id"]) == (200, lead)
            assert (await get("/leads/nobody"))[0] == 404
            assert (await get("/leads/%2E%2E"))[1]["error"] == "there is no lead '..'"
            assert (await get("/leads/"))[0] == 400
            assert (await get("/elsewhere"))[0] == 404

    asyncio.run(scene())


def test_the_next_member_answers_where_one_is_silent() -> None:
    async def scene() -> None:
        async with supervised(FakeGroup()) as (members, _, get):
            members[0].port = unused_port()
            for _ in range(PARTITIONS):
                assert (await get(f"/leads/{leads_in(1)[0]}"))[0] == 200
            members[1].state = "starting"
            status, said = await get(f"/leads/{leads_in(1)[0]}")
            assert (status, "/readyz" in said["error"]) == (503, True)

    asyncio.run(scene())


def test_the_metrics_of_all_and_the_supervisors_own() -> None:
    async def scene() -> None:
        async with supervised(FakeGroup()) as (members, _, get):
            members[0].answers = True
            lines = (await get("/metrics"))[1].splitlines()
            assert 'leadgate_leads{stage="visitor"} 6.0' in lines
            assert 'leadgate_table_leads{partition="0"} 3.0' in lines
            assert 'leadgate_table_leads{partition="1"} 3.0' in lines
            assert 'leadgate_member_up{worker="w-0"} 1.0' in lines
            assert 'leadgate_member_restarts_total{worker="w-1"} 0.0' in lines
            of_processes = [line for line in lines if line.startswith("process_resident_memory_bytes{")]
            assert [line.partition(" ")[0][-6:] for line in of_processes] == ['"w-0"}', '"w-1"}', 'r="w"}']
            members[1].port = unused_port()
            lines = (await get("/metrics"))[1].splitlines()
            assert 'leadgate_leads{stage="visitor"} 3.0' in lines

    asyncio.run(scene())


def test_with_tokens_the_supervisor_lets_in_who_has_one_and_is_let_in_by_its_members() -> None:
    async def scene() -> None:
        first, second = "first-token-of-all", "second-token-of-all"
        async with supervised(FakeGroup(), first, second, sent=second) as (_, _, get):
            assert (await get("/readyz"))[0] == 200
            assert (await get("/funnel"))[1]["leads"] == 6
            assert 'leadgate_leads{stage="visitor"} 6.0' in (await get("/metrics"))[1].splitlines()
            for lead in (*leads_in(0), *leads_in(1)):
                assert (await get(f"/leads/{lead}"))[0] == 200
        async with supervised(FakeGroup(), first, second) as (_, _, get):
            assert [(await get(path))[0] for path in ("/livez", "/readyz")] == [200, 200]
            for path in ("/funnel", "/metrics", "/leads/lead-1", "/elsewhere"):
                assert (await get(path))[0] == 401

    asyncio.run(scene())


def test_a_member_is_asked_where_it_listens() -> None:
    hosts = {
        "127.0.0.1": "127.0.0.1",
        "0.0.0.0": "127.0.0.1",
        "::": "[::1]",
        "fd00::7": "[fd00::7]",
        "box": "box",
    }
    for host, asked in hosts.items():
        member = Member("w-0", Launch(Settings(web_host=host), (), -1), port=80)
        assert member.url == f"http://{asked}:80"
