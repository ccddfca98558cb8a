"""What there is to show at a moment, whoever shows it."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import NamedTuple, Protocol

from schemas.moments import format_moment
from streams import clock
from streams.demo.read_back import Change
from streams.demo.readings import Reading

ENDING = "ENDING"
"""The phase in which what was sent is applied, and counted."""


class Scene(NamedTuple):
    """A moment of the demo.

    ``phase`` is what goes on, ``rate`` activities applied a second, ``sent`` how many were
    sent, ``moves`` the latest stage changes but births, oldest first, of ``told`` in all.
    """

    phase: str
    held: bool
    reading: Reading
    rate: float
    sent: int
    moves: Sequence[Change]
    told: int


class Audience(Protocol):
    """Whoever looks on: a person at a terminal, or a file."""

    def begin(self, what: str) -> None:
        """Something that takes a while begins."""

    def say(self, what: str) -> None:
        """Something is so now."""

    def show(self, scene: Scene) -> None:
        """Show how things are; called several times a second."""

    def leads(self, leads: Mapping[str, int]) -> None:
        """At the end: where all leads are."""

    def close(self) -> None:
        """No more scenes come."""


def moment(move: Change) -> str:
    """When a lead moved, in UTC: the time if it was today, else the day. Eight characters at most."""
    today = format_moment(clock.now())[:10]
    at = move.occurred_at
    return at[11:19] if at.startswith(today) else f"{date.fromisoformat(at[:10]):%d %b}"


def figures(scene: Scene) -> str:
    """The figures of a scene in one line."""
    reading = scene.reading
    line = (
        f"{scene.rate:,.0f} activities/s · {reading.done:,} of {scene.sent:,} applied · "
        f"lag {reading.lag:,} · {reading.stage_changes:,} stage changes"
    )
    if reading.broker_silent > 1:
        return f"Kafka has not answered for {reading.broker_silent:.0f} s · {line}"
    if reading.done and not reading.partitions:
        return f"the worker is opening its partitions · {line}"
    return line
