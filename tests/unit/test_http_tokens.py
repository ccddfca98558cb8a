"""With tokens set, each page but health is for those who send one; workers send each other theirs."""

import asyncio
import os
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from structlog.testing import capture_logs

from streams.errors import Misuse
from streams.settings import SettingsError, load_settings
from streams.web.leads import FORWARDED_BY
from streams.web.tokens import Tokens, guard
from tests.doubles.web import served
from tests.doubles.workers import FakeEngine, FakeGroup, partition, worker

FIRST, SECOND, OTHER = "first-of-the-tokens", "second-of-the-tokens", "nobody-has-this-one"
EVERYWHERE = (0, 1, 2, 3)


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


@pytest.mark.parametrize("path", ["/metrics", "/funnel", "/leads/", "/leads/ada", "/", "/elsewhere"])
def test_each_page_but_health_needs_one_of_the_tokens(path: str) -> None:
    async def scene() -> None:
        group = FakeGroup()
        secured, public = worker("w", group, "127.0.0.1:1", 4, FIRST, SECOND), worker("p", group)
        async with served(secured, public) as [(_, get), (_, get_public)]:
            without = await get(path)
            assert (without.status, "LEADGATE_HTTP_TOKENS" in without.said["error"]) == (401, True)
            assert without.headers["WWW-Authenticate"] == 'Bearer realm="leadgate"'
            wrong = await get(path, **bearer(OTHER))
            assert wrong.status == 401
            assert 'error="invalid_token"' in wrong.headers["WWW-Authenticate"]
            as_without_any = (await get_public(path)).status
            assert as_without_any != 401
            for token in (FIRST, SECOND):
                assert (await get(path, **bearer(token))).status == as_without_any

    asyncio.run(scene())


def test_health_is_open() -> None:
    async def scene() -> None:
        async with served(worker("w", FakeGroup(), "127.0.0.1:1", 4, FIRST)) as [(_, get)]:
            assert (await get("/livez")).status == 200
            assert (await get("/readyz")).status == 503
            # Written in another way, it is no page of those.
            assert (await get("/%6Civez")).status == 401

    asyncio.run(scene())


@pytest.mark.parametrize(
    "said",
    [
        None,
        "",
        "Bearer",
        "Bearer ",
        FIRST,
        f"Basic {FIRST}",
        f"Bearer {FIRST}x",
        f"Bearer {FIRST[:-1]}",
        f"Bearer {FIRST},{SECOND}",
        "Bearer żółć",
        "Bearer \udcff",
    ],
    ids=ascii,
)
def test_what_is_not_one_of_the_tokens(said: str | None) -> None:
    assert not Tokens((FIRST, SECOND)).let_in(said)


def test_the_word_bearer_may_be_written_small_and_blanks_do_not_count() -> None:
    assert Tokens((FIRST,)).let_in(f"bearer  {FIRST} ")


def test_a_worker_sends_its_first_token_to_the_owner_of_a_lead() -> None:
    async def scene() -> None:
        group = FakeGroup()
        owner = worker("owner", group, "127.0.0.1:1", 4, SECOND, FIRST)
        other = worker("other", group, "127.0.0.1:1", 4, FIRST, OTHER)
        assert isinstance(owner.engine, FakeEngine)
        owner.engine.give(EVERYWHERE)
        for number in EVERYWHERE:
            owner.engine.open(partition(number, {}))
        async with served(owner, other) as [(at_its_address, _), (_, ask_other)]:
            group.by_partition = dict.fromkeys(EVERYWHERE, at_its_address.me)
            # Of what the asker sends nothing is passed on: the owner would not let it in.
            answer = await ask_other("/leads/ada", **bearer(OTHER))
            assert (answer.status, answer.headers["Leadgate-Answered-By"]) == (404, "owner")
            # Nor is one let in who says that a worker asks.
            assert (await ask_other("/leads/ada", **{FORWARDED_BY: "owner"})).status == 401

    asyncio.run(scene())


def test_an_owner_with_other_tokens_is_named() -> None:
    async def scene() -> None:
        group = FakeGroup()
        owner = worker("owner", group, "127.0.0.1:1", 4, SECOND)
        async with served(owner, worker("other", group, "127.0.0.1:1", 4, FIRST)) as [(one, _), (_, get)]:
            group.by_partition = dict.fromkeys(EVERYWHERE, one.me)
            answer = await get("/leads/ada", **bearer(FIRST))
            assert answer.is_later
            assert "owner" in answer.said["error"]
            assert "LEADGATE_HTTP_TOKENS" in answer.said["error"]

    asyncio.run(scene())


# A file of tokens -------------------------------------------------------------------


def test_a_file_is_read_again_when_it_has_changed(tmp_path: Path) -> None:
    file = tmp_path / "tokens"
    file.write_text(f"{FIRST}\n")
    tokens = Tokens(file=file)

    async def page(_request: web.Request) -> web.Response:
        return web.Response()

    async def scene() -> None:
        application = web.Application(middlewares=[guard(tokens)])
        application.router.add_get("/page", page)
        async with TestClient(TestServer(application)) as client:

            async def let_in() -> list[bool]:
                answers = [await client.get("/page", headers=bearer(token)) for token in (FIRST, SECOND)]
                return [answer.status == 200 for answer in answers]

            assert await let_in() == [True, False]
            file.write_text(f"{FIRST}\n{SECOND}\n")
            assert await let_in() == [True, True]
            # As a mounted secret is changed: another file in its place, be it as long.
            (tmp_path / "new").write_text(f"{SECOND}\n{FIRST}\n")
            (tmp_path / "new").replace(file)
            assert tokens.sent() == bearer(SECOND)
            file.write_text(SECOND)
            assert await let_in() == [False, True]

    asyncio.run(scene())


@pytest.mark.parametrize("text", [b"", b" \n", b"short\n", b"\xff" * 20, None], ids=repr)
def test_a_file_that_has_become_useless_leaves_the_tokens_that_were(
    text: bytes | None, tmp_path: Path
) -> None:
    file = tmp_path / "tokens"
    file.write_text(FIRST)
    tokens = Tokens(file=file)
    if text is None:
        file.unlink()
    else:
        file.write_bytes(text)
    with capture_logs() as said:
        for _ in range(3):
            assert tokens.let_in(f"Bearer {FIRST}")
        assert not tokens.let_in(None)
    assert ([one["event"] for one in said], FIRST in str(said)) == (["http_tokens_not_read"], False)
    file.write_text(SECOND)
    assert tokens.let_in(f"Bearer {SECOND}")


@pytest.mark.parametrize(
    ("text", "why"), [(b"", "no token is in it"), (b"tiny", "16 characters"), (b"\xff", "not UTF-8")]
)
def test_a_useless_file_ends_a_worker_before_it_begins(text: bytes, why: str, tmp_path: Path) -> None:
    file = tmp_path / "tokens"
    file.write_bytes(text)
    with pytest.raises(Misuse, match=f"LEADGATE_HTTP_TOKENS_FILE: {file} can't be used: .*{why}"):
        Tokens.of(load_settings(http_tokens_file=str(file)))


# Settings ---------------------------------------------------------------------------


def test_tokens_are_written_with_commas_or_blanks_between_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEADGATE_HTTP_TOKENS", f"{FIRST}, {SECOND}\n{OTHER}")
    settings = load_settings()
    tokens = Tokens.of(settings)
    assert all(tokens.let_in(f"Bearer {token}") for token in (FIRST, SECOND, OTHER))
    assert tokens.sent() == bearer(FIRST)
    assert FIRST not in repr(settings)


@pytest.mark.parametrize("text", ["tiny", f"{FIRST},tiny", ",", f"{FIRST}ż", f"{FIRST};{SECOND}"])
def test_a_bad_token_is_refused_and_not_shown(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEADGATE_HTTP_TOKENS", text)
    with pytest.raises(SettingsError, match=r"LEADGATE_HTTP_TOKENS: (a token is 16|no token)") as refused:
        load_settings()
    assert FIRST not in str(refused.value)


def test_tokens_and_a_file_of_them_are_one_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEADGATE_HTTP_TOKENS", FIRST)
    monkeypatch.setenv("LEADGATE_HTTP_TOKENS_FILE", os.fspath(Path(__file__)))
    with pytest.raises(SettingsError, match="set one of the two"):
        load_settings()


def test_without_tokens_everybody_is_let_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEADGATE_HTTP_TOKENS", "")
    monkeypatch.setenv("LEADGATE_HTTP_TOKENS_FILE", "")
    tokens = Tokens.of(load_settings())
    assert tokens.let_in(None)
    assert tokens.sent() == {}
