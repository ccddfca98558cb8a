"""What the harness needs to know of a peer."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from tests.benchmarks.reference import FUNNEL_FILE


@dataclass(frozen=True)
class Run:
    """One run of a peer: ``name`` (group, prefix of its topics) is its own, ``activities`` is where it reads.

    With ``history`` the activities are of the past, and only they move a lead; else they are of this
    moment, and time does too. ``funnel`` is a file or a preset: another than the reference only for
    leadgate.
    """

    bootstrap: str
    name: str
    activities: str
    partitions: int
    directory: Path
    history: bool
    funnel: str = str(FUNNEL_FILE)

    @property
    def stage_changes(self) -> str:
        """Where the peer's stage changes go."""
        return f"{self.name}.stage-changes"


class Peer(Protocol):
    """A program that runs the funnel."""

    @property
    def label(self) -> str:
        """What the report calls it."""

    @property
    def guarantee(self) -> str:
        """How often a stage change is said, whatever crashes."""

    @property
    def software(self) -> str:
        """What it is made with, and of which version."""

    @property
    def decides(self) -> bool:
        """Whether it says stage changes: whoever does is held to them, whoever does not is a limit."""

    def build(self) -> None:
        """Make what it runs on, where that is missing. Raises OutsideWorld where it can't be had."""

    def prepare(self, run: Run) -> None:
        """Make the topics that it does not make itself."""

    def command(self, run: Run) -> Sequence[str]:
        """What starts one process of it, which ends on SIGTERM."""

    def environment(self, run: Run) -> Mapping[str, str]:
        """What that process needs in its environment."""


def told(run: Run) -> dict[str, str]:
    """What the benchmarks' own programs are told, in their environment."""
    return {
        "BENCH_NAME": run.name,
        "BENCH_BOOTSTRAP": run.bootstrap,
        "BENCH_ACTIVITIES": run.activities,
        "BENCH_STAGE_CHANGES": run.stage_changes,
        "BENCH_PARTITIONS": str(run.partitions),
        "BENCH_DATA": str(run.directory / f"{run.name}.data"),
        "BENCH_HISTORY": "1" if run.history else "",
    }


def environment(own: Mapping[str, str]) -> dict[str, str]:
    """The environment of a peer's process: this one's, without leadgate's settings, and its ``own``."""
    return {name: value for name, value in os.environ.items() if not name.startswith("LEADGATE_")} | dict(own)
