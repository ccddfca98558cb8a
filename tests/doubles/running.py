"""A `leadgate worker` as anyone starts it, in a process of its own, on a real Kafka."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from streams.ports import free_ports
from streams.settings import PREFIX

SECONDS = 60.0


def environment(settings: Mapping[str, Any]) -> dict[str, str]:
    """These settings as variables."""
    return {PREFIX + name.upper(): str(value) for name, value in settings.items()}


def wait(until: Callable[[], bool], said: Callable[[], str]) -> None:
    """Wait until something is so; ``said`` tells what was there instead."""
    deadline = time.monotonic() + SECONDS
    while not until():
        assert time.monotonic() < deadline, said()
        time.sleep(0.05)


@dataclass
class Running:
    """The process, and where its pages are."""

    process: subprocess.Popen[str]
    port: int

    def get(self, path: str, **headers: str) -> httpx.Response:
        """What it answers."""
        return httpx.get(f"http://127.0.0.1:{self.port}{path}", headers=headers, timeout=10)

    def ready(self) -> bool:
        """Whether it works on all of its partitions."""
        assert self.process.poll() is None, self.end()
        try:
            return self.get("/readyz").status_code == 200
        except httpx.TransportError:
            return False

    def end(self) -> str:
        """All that it has said, now that it has ended, or been told to."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.communicate(timeout=SECONDS)[0]


def start(settings: Mapping[str, Any], *command: str) -> Running:
    """A worker with these settings, and nobody else's; ``command`` is another module that runs it."""
    [port] = free_ports(1)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    own = environment({"session_timeout": "6s", "web_port": port} | dict(settings))
    root = str(Path(__file__).parents[2])
    process = subprocess.Popen(
        [sys.executable, "-m", *(command or ("streams",)), "worker"],
        env=kept | own | {"PYTHONPATH": root},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    return Running(process, port)


@contextmanager
def working(settings: Mapping[str, Any], *command: str) -> Iterator[Running]:
    """While such a worker is ready; it has to end well."""
    running = start(settings, *command)
    try:
        wait(running.ready, lambda: "it is not ready")
        yield running
    finally:
        said = running.end()
    assert running.process.returncode == 0, said
