"""A member: a worker in a process of its own, and the next one when that has ended."""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, Process
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from streams.ports import free_ports, is_free
from streams.settings import PREFIX, Settings
from streams.supervisor.endings import BackOff

State = Literal["starting", "up", "ended"]
_ANY_ADDRESS = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 (looked for, not listened on)


@dataclass(frozen=True)
class Launch:
    """How members are started: as the supervisor was, but for what is each one's own.

    ``options`` are those of the command line that hold for all, ``members_end`` is the lifeline's.
    """

    settings: Settings
    options: Sequence[str]
    members_end: int

    async def start(self, name: str, port: int, hold_clock: bool) -> Process:
        """A process. Raises OSError when the system has none to give."""
        return await asyncio.create_subprocess_exec(
            sys.executable,
            *("-P", "-m", "streams", "worker", *self.options, f"--lifeline={self.members_end}"),
            env=self.environment(name, port, hold_clock),
            stdin=DEVNULL,
            pass_fds=[self.members_end],
            # A Ctrl-C is the supervisor's, which tells the members in its own way.
            process_group=0,
        )

    def environment(self, name: str, port: int, hold_clock: bool) -> dict[str, str]:
        """The environment of the member ``name``: ours, but for the settings that are its own.

        They weigh more than a settings file, and none of them is on the command line.
        """
        advertised = self.settings.web_advertised
        settings = {
            "processes": "1",
            "worker_id": name,
            "on_stop": "stay" if self.settings.stays else "leave",
            "web_port": str(port),
            "web_advertised": f"{advertised.partition(':')[0]}:{port}" if advertised else "",
            "hold_clock": str(hold_clock),
        }
        own = {PREFIX + setting.upper(): value for setting, value in settings.items()}
        # However their names are written, which is all the same to settings.
        return {
            variable: value for variable, value in os.environ.items() if variable.upper() not in own
        } | own


@dataclass
class Member:
    """One member through all its lives, of which ``life`` is the number of the last.

    ``came_up`` is whether it has answered in that life, ``answers`` whether it did when it was last
    asked; ``ended`` says how the life before ended.
    """

    name: str
    launch: Launch
    life: int = 0
    state: State = "starting"
    came_up: bool = False
    answers: bool = False
    told_to_end: bool = False
    ended: str = ""
    back_off: BackOff = field(default_factory=BackOff)
    port: int = 0
    _process: Process | None = None

    async def start(self, hold_clock: bool) -> None:
        """Begin a life. Raises OSError, OutsideWorld when there is no process or port to be had."""
        self.life += 1
        self.state, self.came_up, self.answers, self.told_to_end = "starting", False, False, False
        # Where the others look for it, unless another program has come to be there.
        self.port = self.port if self.port and is_free(self.port) else free_ports(1)[0]
        self._process = await self.launch.start(self.name, self.port, hold_clock)

    async def wait(self) -> int:
        """Until the life has ended; the exit code, below 0 for a signal."""
        assert self._process is not None
        code = await self._process.wait()
        self._process, self.state, self.answers = None, "ended", False
        self.ended = f"exit code {code}" if code >= 0 else signal.Signals(-code).name
        return code

    def heard(self, well: bool) -> None:
        """It has answered, or not."""
        self.answers = well
        if well and self._process is not None:
            self.state, self.came_up = "up", True

    def end(self) -> None:
        """Ask it to finish its pass and end."""
        self.told_to_end = self.send(signal.SIGTERM)

    def send(self, what: signal.Signals) -> bool:
        """Send the process a signal; False when there is none that lives."""
        if self._process is None or self._process.returncode is not None:
            return False
        self._process.send_signal(what)
        return True

    @property
    def pid(self) -> int | None:
        """The process's number, while there is one."""
        return self._process.pid if self._process else None

    @property
    def url(self) -> str:
        """Where its pages are, for this machine."""
        host = self.launch.settings.web_host
        host = _ANY_ADDRESS.get(host, host)
        return f"http://{f'[{host}]' if ':' in host else host}:{self.port}"
