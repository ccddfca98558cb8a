"""The pages of a worker, over real HTTP; the group and the engine say what the test lets them."""

import asyncio
import json
from urllib.parse import quote

import faust
import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer, unused_port

from qualifiers import explain
from schemas.explanation import Explanation
from schemas.lead_state import encode_mark
from schemas.moments import DAY
from streams.engine.homes import home
from streams.web.leads import FORWARDED_BY, LONGEST_ID
from streams.web.pages import install
from streams.web.worker import WorkerView
from tests.doubles.web import served
from tests.doubles.workers import FakeEngine, FakeGroup, live, partition, worker

PARTITIONS = 4


def engine_of(one: WorkerView) -> FakeEngine:
    assert isinstance(one.engine, FakeEngine)
    return one.engine


def owning(name: str, group: FakeGroup, *leads: str, numbers: tuple[int, ...] = (0, 1, 2, 3)) -> WorkerView:
    """A worker with these partitions open, and those of the leads that are at home there."""
    one = worker(name, group, partitions=PARTITIONS)
    engine_of(one).give(numbers)
    for number in numbers:
        here = {
            lead: live(one.funnels.in_force.funnel, lead, "page_viewed")[0]
            for lead in leads
            if home_of(lead) == number
        }
        engine_of(one).open(partition(number, here))
    return one


def home_of(lead: str) -> int:
    return home(lead.encode(), PARTITIONS)


def say_owner(group: FakeGroup, one: WorkerView, numbers: tuple[int, ...] = (0, 1, 2, 3)) -> None:
    assert group.by_partition is not None
    group.by_partition.update(dict.fromkeys(numbers, one.me))


# Probes -----------------------------------------------------------------------------


def test_alive_while_the_brokers_are_away() -> None:
    async def scene() -> None:
        group = FakeGroup(None)
        async with served(worker("w", group)) as [(one, get)]:
            one.metrics.waiting("commit_transaction: timed out")  # type: ignore[attr-defined]
            assert (await get("/livez")).status == 200
            engine_of(one).dead_threads = ["engine"]
            answer = await get("/livez")
            assert (answer.status, "engine" in answer.said["error"]) == (503, True)

    asyncio.run(scene())


def test_ready_when_all_that_was_given_is_open() -> None:
    async def scene() -> None:
        group = FakeGroup()
        async with served(worker("w", group)) as [(one, get)]:
            answer = await get("/readyz")
            assert answer.status == 503
            assert [reason["reason"] for reason in answer.said["reasons"]] == ["no_assignment"]
            engine_of(one).give([0, 1, 2])
            engine_of(one).open(partition(1, {}))
            answer = await get("/readyz")
            assert answer.status == 503
            [reason] = answer.said["reasons"]
            assert (reason["reason"], reason["partitions"]) == ("recovering", [0, 2])
            engine_of(one).open(partition(0, {}))
            engine_of(one).open(partition(2, {}))
            answer = await get("/readyz")
            assert (answer.status, answer.said) == (200, {"ready": True, "reasons": []})

    asyncio.run(scene())


def test_a_worker_to_spare_says_so() -> None:
    async def scene() -> None:
        group = FakeGroup()
        async with served(worker("w", group)) as [(one, get)]:
            group.spare = frozenset({one.me})
            answer = await get("/readyz")
            assert answer.status == 503
            assert [reason["reason"] for reason in answer.said["reasons"]] == ["spare"]
            engine_of(one).give([0])
            engine_of(one).open(partition(0, {}))
            assert (await get("/readyz")).status == 200

    asyncio.run(scene())


def test_not_ready_while_the_brokers_are_away() -> None:
    async def scene() -> None:
        group = FakeGroup()
        async with served(owning("w", group)) as [(one, get)]:
            one.metrics.waiting("commit_transaction: timed out")  # type: ignore[attr-defined]
            group.by_partition = None
            answer = await get("/readyz")
            assert (answer.status, answer.said["ready"]) == (503, False)
            waiting, unconfirmed = answer.said["reasons"]
            assert waiting["reason"] == "waiting_for_broker"
            assert waiting["since"] == "2026-01-01T00:00:00.000Z"
            assert waiting["detail"] == "commit_transaction: timed out"
            assert unconfirmed["reason"] == "membership_unconfirmed"

    asyncio.run(scene())


def test_metrics_as_prometheus_reads_them() -> None:
    async def scene() -> None:
        async with served(owning("w", FakeGroup(), "ada")) as [(_, get)]:
            answer = await get("/metrics")
            assert answer.headers["Content-Type"].startswith("text/plain")
            assert 'leadgate_leads{stage="visitor"} 1.0' in answer.text
            answer = await get("/metrics", Accept="application/openmetrics-text; version=1.0.0")
            assert answer.headers["Content-Type"].startswith("application/openmetrics-text")
            assert answer.text.endswith("# EOF\n")

    asyncio.run(scene())


# The funnel -------------------------------------------------------------------------


def test_the_funnel_with_this_workers_counts() -> None:
    async def scene() -> None:
        one = worker("w", FakeGroup(), partitions=PARTITIONS)
        engine_of(one).give([1, 2])
        bought = live(one.funnels.in_force.funnel, "bob", "page_viewed", "paid")[0]
        looked = {lead: live(one.funnels.in_force.funnel, lead, "page_viewed")[0] for lead in ("ada", "eve")}
        engine_of(one).open(partition(2, {"bob": bought, **looked}))
        async with served(one) as [(one, get)]:
            assert (await get("/funnel")).said == {
                "funnel": "shop",
                "version": 1,
                "hash": one.funnels.in_force.funnel.hash,
                "worker": "w",
                "leads": 3,
                "stages": [{"stage": "visitor", "leads": 2}, {"stage": "buyer", "leads": 1}],
                "partitions": [
                    dict.fromkeys(("version", "leads", "leads_to_reread", "clock"))
                    | {"partition": 1, "open": False},
                    {
                        "partition": 2,
                        "open": True,
                        "version": 1,
                        "leads": 3,
                        "leads_to_reread": 0,
                        "clock": "2026-01-01T00:00:00.000Z",
                    },
                ],
            }

    asyncio.run(scene())


# Leads ------------------------------------------------------------------------------


def test_the_owner_shows_a_lead_as_the_funnel_views_it() -> None:
    async def scene() -> None:
        group = FakeGroup()
        one = worker("w", group, partitions=PARTITIONS)
        lead = live(one.funnels.in_force.funnel, "ada", "page_viewed", "paid")[0]
        number = home_of("ada")
        engine_of(one).give([number])
        engine_of(one).open(partition(number, {"ada": lead}, clock=lead.clock + DAY))
        async with served(one) as [(one, get)]:
            say_owner(group, one)
            answer = await get("/leads/ada")
            assert answer.status == 200
            wanted = one.funnels.in_force.funnel.view("ada", lead, lead.clock + DAY)
            assert answer.said == json.loads(wanted.model_dump_json()) | {"funnel_version": 1}
            assert answer.said["stage"] == "buyer"
            # Half a life after 8 points, at the partition's clock and not at the lead's.
            assert 3.9 < answer.said["scores"]["interest"] < 4.1

    asyncio.run(scene())


def test_the_owner_explains_a_lead_as_of_its_partitions_clock() -> None:
    async def scene() -> None:
        group = FakeGroup()
        one = worker("w", group, partitions=PARTITIONS)
        funnel = one.funnels.in_force.funnel
        lead = live(funnel, "ada", "page_viewed")[0]
        number = home_of("ada")
        engine_of(one).give([number])
        engine_of(one).open(partition(number, {"ada": lead}, clock=lead.clock + DAY))
        async with served(one) as [(one, get)]:
            say_owner(group, one)
            answer = await get("/leads/ada/explain")
            assert answer.status == 200
            wanted = explain(funnel, "ada", lead, lead.clock + DAY)
            assert answer.said == json.loads(wanted.model_dump_json()) | {"funnel_version": 1}
            assert answer.said["scores"][0]["value"] == 4
            assert Explanation.model_validate_json(answer.text) == wanted

    asyncio.run(scene())


def test_a_lead_that_was_merged_is_explained_by_what_it_is_now() -> None:
    async def scene() -> None:
        group = FakeGroup()
        one = owning("w", group)
        table = engine_of(one).open_partitions[home_of("ada")].table
        table.merge({b"ada": encode_mark("grace")}, [])
        async with served(one) as [(one, get)]:
            say_owner(group, one)
            answer = await get("/leads/ada/explain")
            assert (answer.status, answer.said) == (200, {"lead_id": "ada", "merged_into": "grace"})

    asyncio.run(scene())


def test_a_lead_ahead_of_its_partitions_clock_is_shown_at_its_own() -> None:
    async def scene() -> None:
        group = FakeGroup()
        one = owning("w", group, "ada")
        engine_of(one).open_partitions[home_of("ada")].clock = 0
        async with served(one) as [(one, get)]:
            say_owner(group, one)
            assert (await get("/leads/ada")).said["scores"] == {"interest": 8.0}

    asyncio.run(scene())


def test_an_unknown_lead() -> None:
    async def scene() -> None:
        group = FakeGroup()
        async with served(owning("w", group)) as [(one, get)]:
            say_owner(group, one)
            answer = await get("/leads/nobody")
            assert (answer.status, "'nobody'" in answer.said["error"]) == (404, True)

    asyncio.run(scene())


ODD_IDS = [
    "a/b",
    "..",
    ".",
    "100%",
    "%2F",
    "a b+c",
    "a?b=c#d",
    "ada@example.com",
    "żółć",
    "\u0000",
    "x" * LONGEST_ID,
    "ż" * (LONGEST_ID // 2),
]


@pytest.mark.parametrize("lead_id", ODD_IDS, ids=ascii)
def test_odd_ids_are_found_at_their_owner_and_from_elsewhere(lead_id: str) -> None:
    async def scene() -> None:
        group = FakeGroup()
        two = (owning("owner", group, lead_id), worker("other", group, partitions=PARTITIONS))
        async with served(*two) as [(owner, ask_owner), (_, ask_other)]:
            say_owner(group, owner)
            for get in (ask_owner, ask_other):
                for page in ("", "/explain"):
                    answer = await get("/leads/" + quote(lead_id, safe="") + page)
                    assert (answer.status, answer.said.get("lead_id")) == (200, lead_id)

    asyncio.run(scene())


@pytest.mark.parametrize(
    "encoded",
    ["", "%", "%zz", "100%", "%ff", "%c3", "x" * (LONGEST_ID + 1)],
    ids=lambda encoded: encoded[:9],
)
def test_ids_that_are_none(encoded: str) -> None:
    async def scene() -> None:
        group = FakeGroup()
        async with served(owning("w", group)) as [(one, get)]:
            say_owner(group, one)
            for page in ("", "/explain") if encoded else ("",):
                answer = await get("/leads/" + encoded + page)
                assert (answer.status, bool(answer.said["error"])) == (400, True)

    asyncio.run(scene())


@pytest.mark.parametrize(
    "path", ["/", "/leads", "/leads/a/b", "/leads/ada/", "/leads/ada/explain/", "/leads//explain"]
)
def test_there_is_nothing_else(path: str) -> None:
    async def scene() -> None:
        async with served(owning("w", FakeGroup())) as [(_, get)]:
            assert (await get(path)).status == 404

    asyncio.run(scene())


def test_on_faust_there_is_nothing_of_its_own() -> None:
    async def scene() -> None:
        app = faust.App("shop", broker="kafka://127.0.0.1:1", autodiscover=False)
        install(app, owning("w", FakeGroup(), "ada"))
        server = TestServer(await app.web.wsgi())
        async with TestClient(server) as client:
            assert (await client.get("/livez")).status == 200
            assert (await client.get("/funnel")).status == 200
            for path in ("/", "/router/", "/table/", "/graph/", "/stats"):
                assert (await client.get(path)).status == 404

    asyncio.run(scene())


# Whose lead it is -------------------------------------------------------------------


def test_another_workers_lead_is_asked_of_it() -> None:
    async def scene() -> None:
        group = FakeGroup()
        two = (owning("owner", group, "ada"), worker("other", group, partitions=PARTITIONS))
        async with served(*two) as [(owner, _), (_, ask_other)]:
            say_owner(group, owner)
            for page in ("/leads/ada", "/leads/ada/explain"):
                answer = await ask_other(page)
                assert (answer.status, answer.said["lead_id"]) == (200, "ada")
                assert answer.headers["Leadgate-Answered-By"] == "owner"
            assert (await ask_other("/leads/nobody")).status == 404
            # What the owner says of itself is passed on with its time to wait.
            engine_of(owner).give(range(PARTITIONS))
            answer = await ask_other("/leads/ada")
            assert answer.is_later
            assert "recovered" in answer.said["error"]

    asyncio.run(scene())


def test_a_question_is_passed_on_once() -> None:
    async def scene() -> None:
        first, second = FakeGroup(), FakeGroup()
        two = (worker("one", first, partitions=PARTITIONS), worker("two", second, partitions=PARTITIONS))
        async with served(*two) as [(one, ask_one), (two_, ask_two)]:
            # Each takes the other for the owner.
            say_owner(first, two_)
            say_owner(second, one)
            for get, who in ((ask_one, "one"), (ask_two, "two")):
                answer = await get("/leads/ada")
                assert answer.is_later
                assert f"moved on, to {who}" in answer.said["error"]
            assert (await ask_one("/leads/ada", **{FORWARDED_BY: "two"})).is_later

    asyncio.run(scene())


def test_an_owner_that_does_not_answer() -> None:
    async def scene() -> None:
        group = FakeGroup()
        gone = worker("gone", group, address=f"127.0.0.1:{unused_port()}")
        async with served(worker("w", group, partitions=PARTITIONS)) as [(_, get)]:
            say_owner(group, gone)
            answer = await get("/leads/ada")
            assert answer.is_later
            assert "gone" in answer.said["error"]

    asyncio.run(scene())


def test_an_address_that_something_else_has_taken() -> None:
    async def scene() -> None:
        group = FakeGroup()
        async with TestServer(web.Application()) as stranger, served(owning("w", group)) as [(_, get)]:
            say_owner(group, worker("w2", group, address=f"127.0.0.1:{stranger.port}"))
            # It says 404, but not as a worker does: not a word about the lead.
            assert (await get("/leads/ada")).is_later

    asyncio.run(scene())


def test_nobody_answers_for_a_lead_without_the_groups_word() -> None:
    async def scene() -> None:
        group = FakeGroup()
        async with served(owning("w", group, "ada")) as [(one, get)]:
            number = home_of("ada")
            # The table is there, but the partition is on its way to somebody.
            answer = await get("/leads/ada")
            assert answer.is_later
            assert f"partition {number} is moving" in answer.said["error"]
            say_owner(group, one)
            assert (await get("/leads/ada")).status == 200
            group.by_partition = None
            assert (await get("/leads/ada")).is_later
            group.by_partition = {number: one.me}
            engine_of(one).give([number])
            assert (await get("/leads/ada")).is_later
            engine_of(one).take()
            assert (await get("/leads/ada")).is_later

    asyncio.run(scene())
