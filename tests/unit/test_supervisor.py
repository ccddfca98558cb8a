"""Members are started, started again and ended: real processes, which stand in for workers."""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import pytest
from prometheus_client.parser import text_string_to_metric_families

from streams.settings import Settings, load_settings
from streams.supervisor import endings, supervisor
from streams.supervisor.asking import Asking
from streams.supervisor.member import Launch, Member
from streams.supervisor.scraping import Scraping
from streams.supervisor.supervisor import Supervisor
from streams.web.tokens import Tokens
from tests.doubles import member as stand_in

DEADLINE_SECONDS = 30.0


@dataclass(frozen=True)
class StandIns(Launch):
    """Starts stand-ins. ``deeds`` are a member's, a life each; after the last one it serves."""

    settings: Settings = field(default_factory=Settings)
    options: tuple[str, ...] = ()
    members_end: int = -1
    deeds: dict[str, list[str]] = field(default_factory=dict)
    holding: dict[str, list[bool]] = field(default_factory=dict)
    journal: str = os.devnull

    async def start(self, name: str, port: int, hold_clock: bool) -> Process:
        self.holding.setdefault(name, []).append(hold_clock)
        deeds = self.deeds.get(name) or ["serve"]
        deed = deeds.pop(0)
        return await asyncio.create_subprocess_exec(
            sys.executable, str(stand_in.__file__), str(port), deed, self.journal
        )


@dataclass
class Scene:
    """A supervisor at work."""

    members: list[Member]
    launch: StandIns
    supervisor: Supervisor
    scraping: Scraping
    running: asyncio.Task[int]

    async def until(self, come_true: Callable[[], bool]) -> None:
        async with asyncio.timeout(DEADLINE_SECONDS):
            while not come_true():
                assert not self.running.done(), "all have ended"
                await asyncio.sleep(0.01)

    async def all_up(self) -> None:
        await self.until(lambda: all(member.answers for member in self.members))

    async def tell(self, number: int, path: str) -> None:
        try:
            async with aiohttp.ClientSession() as session, session.get(self.members[number].url + path):
                pass
        except aiohttp.ClientError:
            assert path.startswith("/exit"), path

    async def signals(self) -> float:
        """What all members have counted."""
        body, _ = await self.scraping.page("")
        return sum(
            sample.value
            for family in text_string_to_metric_families(body.decode())
            for sample in family.samples
            if sample.name == "leadgate_signals_total"
        )

    async def end(self) -> int:
        self.supervisor.end()
        return await self.running


@asynccontextmanager
async def supervised(journal: str = os.devnull, **deeds: list[str]) -> AsyncIterator[Scene]:
    """Two members, ``w0`` and ``w1``, which do as ``deeds`` says."""
    launch = StandIns(deeds=deeds, journal=journal)
    members = [Member(name, launch) for name in ("w0", "w1")]
    async with Asking(Tokens()) as asking:
        scraping = Scraping("w", members, asking)
        keeper = Supervisor(members, asking, scraping)
        running = asyncio.create_task(keeper.run(hold_clock=True))
        try:
            yield Scene(members, launch, keeper, scraping, running)
        finally:
            keeper.end()
            async with asyncio.timeout(DEADLINE_SECONDS):
                await running
            assert all(member.pid is None for member in members)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "LOOK_SECONDS", 0.05)
    monkeypatch.setattr(supervisor, "LOOK_AT_START_SECONDS", 0.02)
    monkeypatch.setattr(endings, "DELAYS", (0.01, 0.02))


def lives(scene: Scene) -> list[int]:
    return [member.life for member in scene.members]


@pytest.mark.parametrize("code", [2, 3, 70])
def test_what_is_wrong_at_the_start_is_told_by_one_and_ends_all(code: int) -> None:
    async def play() -> None:
        async with supervised(w0=[f"exit {code}"]) as scene:
            assert await scene.running == code
            assert lives(scene) == [1, 0]

    asyncio.run(play())


def test_the_others_follow_when_the_first_has_come_up() -> None:
    async def play() -> None:
        async with supervised(w0=["exit 0", "exit 0"]) as scene:
            await scene.all_up()
            assert lives(scene) == [3, 1]
            # The clock is held by whoever comes up first, however often it had to begin.
            assert scene.launch.holding == {"w0": [True] * 3, "w1": [False]}
            assert await scene.end() == 0

    asyncio.run(play())


@pytest.mark.parametrize("code", [0, 70])
def test_a_member_that_ends_is_started_again(code: int) -> None:
    async def play() -> None:
        async with supervised() as scene:
            await scene.all_up()
            assert await scene.signals() == 10
            await scene.tell(1, f"/exit/{code}")
            await scene.until(lambda: lives(scene) == [1, 2])
            assert await scene.signals() >= 10
            await scene.all_up()
            assert await scene.signals() == 15
            assert scene.members[1].ended == f"exit code {code}"
            assert scene.launch.holding["w1"] == [False, False]
            assert await scene.end() == 0

    asyncio.run(play())


def test_a_killed_member_is_started_again_under_its_name() -> None:
    async def play() -> None:
        async with supervised() as scene:
            await scene.all_up()
            pid = scene.members[0].pid
            assert pid is not None
            os.kill(pid, signal.SIGKILL)
            await scene.until(lambda: lives(scene) == [2, 1])
            await scene.all_up()
            assert (scene.members[0].name, scene.members[0].ended) == ("w0", "SIGKILL")

    asyncio.run(play())


def test_what_stands_in_the_way_of_a_restart_does_not_end_the_others() -> None:
    async def play() -> None:
        async with supervised(w1=["serve", "exit 2", "exit 3"]) as scene:
            await scene.all_up()
            await scene.tell(1, "/exit/70")
            await scene.until(lambda: lives(scene) == [1, 4])
            await scene.all_up()
            assert await scene.end() == 0

    asyncio.run(play())


@pytest.mark.parametrize("code", [2, 3])
def test_what_a_working_member_ends_with_for_a_person_to_mend_ends_all(code: int) -> None:
    async def play() -> None:
        async with supervised() as scene:
            await scene.all_up()
            await scene.tell(1, f"/exit/{code}")
            assert await scene.running == code
            assert lives(scene) == [1, 1]

    asyncio.run(play())


def test_a_member_that_is_not_alive_is_killed_and_started_again() -> None:
    async def play() -> None:
        async with supervised() as scene:
            await scene.all_up()
            await scene.tell(0, "/sicken")
            await scene.until(lambda: lives(scene) == [2, 1])
            await scene.all_up()
            assert scene.members[0].ended == "SIGKILL"

    asyncio.run(play())


def test_a_member_that_does_not_heed_the_end_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "STOP_SECONDS", 0.2)

    async def play() -> None:
        async with supervised(w1=["deaf"]) as scene:
            await scene.all_up()
            assert await scene.end() == 0
            assert [member.ended for member in scene.members] == ["exit code 0", "SIGKILL"]

    asyncio.run(play())


def test_all_can_end_while_one_waits_to_be_started_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endings, "DELAYS", (3600.0,))

    async def play() -> None:
        async with supervised() as scene:
            await scene.all_up()
            await scene.tell(1, "/exit/70")
            await scene.until(lambda: scene.members[1].state == "ended")
            assert await scene.end() == 0

    asyncio.run(play())


def test_a_member_has_settings_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.upper().startswith("LEADGATE_")]:
        monkeypatch.delenv(name)
    file = tmp_path / "leadgate.toml"
    file.write_text('worker_id = "box"\nprocesses = 8\nhold_clock = true\nweb_advertised = "box.lan:6066"\n')
    monkeypatch.setenv("leadgate_web_port", "6066")
    monkeypatch.setenv("LEADGATE_GRACE", "3s")
    launch = Launch(load_settings(file), (), -1)
    environment = launch.environment("box-2", 17000, hold_clock=False)
    monkeypatch.delenv("leadgate_web_port")
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    own = load_settings(file)
    assert (own.worker_id, own.processes, own.web_port, own.hold_clock) == ("box-2", 1, 17000, False)
    assert own.advertised(own.web_port) == "box.lan:17000"
    assert own.grace == launch.settings.grace == 3_000


def test_sighup_is_handed_on_to_those_that_are_up(tmp_path: Path) -> None:
    journal = tmp_path / "journal"

    async def play() -> None:
        async with supervised(journal=str(journal)) as scene:
            await scene.all_up()
            os.kill(os.getpid(), signal.SIGHUP)
            await scene.until(lambda: journal.exists() and len(journal.read_text().splitlines()) == 2)

    asyncio.run(play())
