"""A report before it is drawn: sections of text, tables and flows, the same for a terminal and a page."""

from collections.abc import Sequence
from dataclasses import dataclass

Cell = str | int


@dataclass(frozen=True)
class Table:
    """Columns of ``words``, and then of ``figures``, which stand to the right."""

    words: Sequence[str]
    figures: Sequence[str]
    rows: Sequence[Sequence[Cell]]

    @property
    def heads(self) -> list[str]:
        """What stands above the columns."""
        return [*self.words, *self.figures]


@dataclass(frozen=True)
class Node:
    """A place of a flow, in a column from 0 on; ``aside``: it is where things go that fall out."""

    name: str
    column: int
    count: int
    aside: bool = False


@dataclass(frozen=True)
class Link:
    """How much flows from one place to another."""

    start: str
    end: str
    count: int


@dataclass(frozen=True)
class Flow:
    """What moves from where to where. Each node that a link names is one of the nodes."""

    title: str
    nodes: Sequence[Node]
    links: Sequence[Link]


@dataclass(frozen=True)
class Section:
    """A part of a report; ``notes`` are sentences under its table."""

    title: str
    table: Table | None = None
    notes: Sequence[str] = ()
    flows: Sequence[Flow] = ()


@dataclass(frozen=True)
class Document:
    """A whole report; ``notes`` are sentences under its title."""

    title: str
    notes: Sequence[str]
    sections: Sequence[Section]


def shown(cell: Cell) -> str:
    """A cell as it is read: a number with its thousands apart."""
    return f"{cell:,}" if isinstance(cell, int) else cell


def share(part: float | None) -> str:
    """A share of 0 to 1 in per cent."""
    return "" if part is None else f"{part:.1%}"


_SPANS = ((86_400, "d"), (3_600, "h"), (60, "min"))


def lasting(seconds: float | None) -> str:
    """A length of time in its largest unit: `3.5 d`."""
    if seconds is None:
        return ""
    for size, unit in _SPANS:
        if seconds >= size:
            return f"{seconds / size:.1f} {unit}"
    return f"{seconds:.0f} s"


def counted(count: int, one: str, many: str | None = None) -> str:
    """`1 lead`, `2,000 leads`."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"
