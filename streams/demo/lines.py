"""The demo where no one can be shown moving pictures: a line now and then."""

import time
from collections.abc import Mapping, Sequence

from rich.console import Console

from streams.demo.scene import Scene, figures, moment

_EVERY_SECONDS = 5.0
_MOVES = 3


class Lines:
    """An audience that reads lines: a pipe, a file, a build's log."""

    def __init__(self, console: Console, stages: Sequence[str]) -> None:
        self._console = console
        self._stages = stages
        self._last = time.monotonic()
        self._told = 0

    def begin(self, what: str) -> None:
        """A line."""
        self._print(f"{what} …")

    def say(self, what: str) -> None:
        """A line."""
        self._print(what)

    def show(self, scene: Scene) -> None:
        """Every few seconds: the figures, the funnel, the latest moves."""
        now = time.monotonic()
        if now - self._last < _EVERY_SECONDS:
            return
        self._last = now
        clock = "held" if scene.held else "going"
        self._print(f"{scene.phase} · clock {clock} · {figures(scene)}")
        self._print("  " + self._funnel(scene.reading.leads))
        new = min(scene.told - self._told, _MOVES)
        self._told = scene.told
        for move in list(scene.moves)[-new:] if new else []:
            self._print(f"  {moment(move)} {move.lead_id} {move.from_} → {move.to}: {move.reason}")

    def leads(self, leads: Mapping[str, int]) -> None:
        """A line."""
        self._print(self._funnel(leads))

    def close(self) -> None:
        """Nothing is open."""

    def _funnel(self, leads: Mapping[str, int]) -> str:
        return " · ".join(f"{stage} {leads.get(stage, 0):,}" for stage in self._stages)

    def _print(self, line: str) -> None:
        # A reader of lines has no width: nothing is folded or coloured.
        self._console.file.write(line + "\n")
        self._console.file.flush()
