"""What the harness needs to know of a peer."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

FUNNEL = "startup"
"""The preset that everybody runs."""


@dataclass(frozen=True)
class Run:
    """One run of a peer: ``name`` (group, prefix of its topics) is its own, ``activities`` is where it reads.

    With ``history`` the activities are of the past, and only they move a lead; else they are of this
    moment, and time does too.
    """

    bootstrap: str
    name: str
    activities: str
    directory: Path
    history: bool

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

    def prepare(self, run: Run) -> None:
        """Make the topics that it does not make itself."""

    def command(self, run: Run) -> Sequence[str]:
        """What starts one process of it, which ends on SIGTERM."""

    def environment(self, run: Run) -> Mapping[str, str]:
        """What that process needs in its environment."""


def environment(own: Mapping[str, str]) -> dict[str, str]:
    """The environment of a peer's process: this one's, without leadgate's settings, and its ``own``."""
    return {name: value for name, value in os.environ.items() if not name.startswith("LEADGATE_")} | dict(own)
