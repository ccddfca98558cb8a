"""Starts the members, starts again what has died, ends them."""

import asyncio
import signal
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress

import structlog
from aiohttp import web

from streams import logs
from streams.engine.identity import identify
from streams.errors import OutsideWorld
from streams.ports import free_ports
from streams.settings import Settings
from streams.supervisor.asking import Asking
from streams.supervisor.endings import ends_all
from streams.supervisor.lifeline import STOP_SECONDS, open_lifeline
from streams.supervisor.member import Launch, Member
from streams.supervisor.pages import Pages
from streams.supervisor.scraping import Scraping
from streams.web.tokens import Tokens

log = structlog.get_logger(__name__)

ALIVE_SECONDS = 5.0
"""So long a member has to say that it lives."""
LOOK_SECONDS = 5.0
"""So often it is asked, and so much of what it has counted may be lost with it."""
LOOK_AT_START_SECONDS = 0.2
MISSES = 6
"""So often in a row a member that has come up may say nothing, or that it is not alive; then it is killed."""


def supervise(settings: Settings, number: int, options: Sequence[str]) -> int:
    """Run ``number`` members until SIGTERM or SIGINT; the exit code. ``options`` are the command line's.

    Raises OutsideWorld when there is no place for the pages, or for the name, Misuse when the tokens
    can't be used.
    """
    identity = identify(settings.worker_id, settings.state_directory)
    logs.configure(settings.log_level, json=settings.log_json, worker=identity.name)
    return asyncio.run(_supervise(settings, number, options, identity.name))


async def _supervise(settings: Settings, number: int, options: Sequence[str], name: str) -> int:
    launch = Launch(settings, options, open_lifeline())
    members = [Member(f"{name}-{place}", launch) for place in range(number)]
    async with Asking(Tokens.of(settings)) as asking:
        scraping = Scraping(name, members, asking)
        supervisor = Supervisor(members, asking, scraping)
        async with _served(Pages(name, members, asking, scraping).application(), settings) as port:
            log.info("supervisor_starts", group=settings.group, members=number)
            log.info("web_listens", address=settings.advertised(port))
            code = await supervisor.run(settings.hold_clock)
    log.info("supervisor_ended", code=code)
    return code


@asynccontextmanager
async def _served(application: web.Application, settings: Settings) -> AsyncIterator[int]:
    """The port at which the pages are served."""
    port = settings.web_port or free_ports(1)[0]
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    try:
        await web.TCPSite(runner, settings.web_host, port).start()
    except OSError as error:
        raise OutsideWorld(
            f"the supervisor's pages can't be served: {error.strerror}; "
            "give them another place (LEADGATE_WEB_HOST, LEADGATE_WEB_PORT)"
        ) from error
    try:
        yield port
    finally:
        await runner.cleanup()


class Supervisor:
    """Keeps the members. The first goes ahead: what is wrong with the settings is told by one."""

    def __init__(self, members: Sequence[Member], asking: Asking, scraping: Scraping) -> None:
        self._members, self._asking, self._scraping = members, asking, scraping
        self._any_came_up = False
        self._others_follow = asyncio.Event()
        self._ending = asyncio.Event()
        self._code = 0

    async def run(self, hold_clock: bool) -> int:
        """Until told to end, or until a member's end is that of all; the exit code."""
        loop = asyncio.get_running_loop()
        for told in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(told, self.end)
        loop.add_signal_handler(signal.SIGHUP, self._look_again)
        async with asyncio.TaskGroup() as tasks:
            keepers = [tasks.create_task(self._keep(member, hold_clock)) for member in self._members]
            await self._ending.wait()
            await self._stop(keepers)
        return self._code

    def end(self, code: int = 0) -> None:
        """End all members, and then `run`, with this code unless one was given before."""
        self._code = self._code or code
        self._ending.set()
        self._others_follow.set()

    def _look_again(self) -> None:
        """Members that have not come up yet look at the funnel anyway, and would not survive the signal."""
        for member in self._members:
            if member.came_up:
                member.send(signal.SIGHUP)

    async def _stop(self, keepers: Sequence[asyncio.Task[None]]) -> None:
        """All at once: one after another, they would hand their partitions to those that end next."""
        for member in self._members:
            member.end()
        _, late = await asyncio.wait(keepers, timeout=STOP_SECONDS)
        for member in self._members if late else ():
            if member.send(signal.SIGKILL):
                log.warning("member_killed", member=member.name, reason="it did not end in time")

    async def _keep(self, member: Member, hold_clock: bool) -> None:
        """Let the member live again and again, until all end."""
        if member is not self._members[0]:
            await self._others_follow.wait()
        clock = asyncio.get_running_loop().time
        while not self._ending.is_set():
            began = clock()
            # The word is the first one's to say: what a person has let go since then stays so.
            code = await self._live(member, hold_clock and not self._any_came_up)
            if self._ending.is_set():
                # One that died at the same moment was not ended badly by this.
                self._code = self._code or (max(0, code) if member.told_to_end else 0)
            elif ends_all(code, member.came_up, self._any_came_up):
                log.error("all_end", member=member.name, how=member.ended)
                self.end(code)
            else:
                delay = member.back_off.delay(clock() - began)
                log.warning("member_ended", member=member.name, how=member.ended, again_in_seconds=delay)
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._ending.wait(), delay)

    async def _live(self, member: Member, hold_clock: bool) -> int:
        """One life; the exit code."""
        try:
            await member.start(hold_clock)
        except (OSError, OutsideWorld) as error:
            member.state, member.ended = "ended", str(error)
            return OutsideWorld.exit_code
        self._scraping.begun(member)
        async with asyncio.TaskGroup() as tasks:
            watching = tasks.create_task(self._watch(member))
            if self._ending.is_set():  # meanwhile, and so it has not been told
                member.end()
            code = await member.wait()
            watching.cancel()
        self._scraping.ended(member)
        return code

    async def _watch(self, member: Member) -> None:
        """Look after a life: has it come up, does it still live, what has it counted."""
        misses = 0
        while True:
            said = await self._asking.ask(member, "/livez", ALIVE_SECONDS)
            well = said is not None and said.status == 200
            if well and not member.came_up:
                log.info(
                    "member_up", member=member.name, life=member.life, pid=member.pid, address=member.url
                )
                self._any_came_up = True
                self._others_follow.set()
            member.heard(well)
            misses = 0 if well else misses + 1
            if member.came_up and misses == MISSES:
                log.error(
                    "member_killed", member=member.name, reason=said.body.decode() if said else "silent"
                )
                member.send(signal.SIGKILL)
            if member.came_up:
                await self._scraping.scrape(member)
            await asyncio.sleep(LOOK_SECONDS if member.came_up else LOOK_AT_START_SECONDS)
