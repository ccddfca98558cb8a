"""Which dead letters are meant: those at places that were said, or those that a filter takes."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from streams.dead_letters.letter import Letter
from streams.dead_letters.places import Place, Span

_ASKS: Mapping[str, Callable[[Letter, Any], bool]] = {
    "reasons": lambda letter, reasons: letter.reason in reasons,
    "at": lambda letter, spans: any(span.holds(letter.place) for span in spans),
    "original": lambda letter, spans: any(span.holds(letter.original) for span in spans),
    "lead": lambda letter, lead: letter.is_of(lead),
    "since": lambda letter, since: letter.at >= since,
    "until": lambda letter, until: letter.at < until,
}
"""What each member of a filter asks of a letter."""


@dataclass(frozen=True)
class Filter:
    """Takes a letter of which all is true that is asked; what is empty or None is not asked.

    ``at`` is where it lies, ``original`` where it lay as an activity; from ``since`` on and before
    ``until`` (ms) it became a dead letter.
    """

    reasons: Sequence[str] = ()
    at: Sequence[Span] = ()
    original: Sequence[Span] = ()
    lead: str | None = None
    since: int | None = None
    until: int | None = None

    @property
    def asks(self) -> dict[str, Any]:
        """What is asked, by member."""
        asked = {one.name: getattr(self, one.name) for one in fields(self)}
        return {name: value for name, value in asked.items() if value is not None and value != ()}

    def takes(self, letter: Letter) -> bool:
        """Whether the letter is among those that are meant."""
        return all(_ASKS[name](letter, value) for name, value in self.asks.items())


@dataclass(frozen=True)
class Selection:
    """The letters at ``places``; or, where none is said, those that the filter takes.

    ``again``: also those that have come back, which a filter alone does not mean to replay.
    """

    places: tuple[Place, ...] = ()
    filter: Filter = Filter()
    again: bool = False

    @property
    def spans(self) -> Sequence[Span]:
        """Where to look; everywhere when empty."""
        return tuple(Span(one.partition, one.offset, one.offset) for one in self.places) or self.filter.at

    def takes(self, letter: Letter) -> bool:
        """Whether the letter is meant."""
        return letter.place in self.places if self.places else self.filter.takes(letter)
