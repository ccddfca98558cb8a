"""What a measure is to the command and to the report."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, Protocol

if TYPE_CHECKING:
    from tests.benchmarks.bench import Bench


class Result(Protocol):
    """A dataclass: what was measured, and under what."""

    __dataclass_fields__: ClassVar[dict[str, Any]]


class Column(NamedTuple):
    """A figure of a result: its name there, its heading, how it is written, what it is divided by.

    Results that differ in a ``is_case`` column are not of the same thing: each has a line of its own.
    """

    name: str
    heading: str
    form: str = ",.0f"
    unit: float = 1
    is_case: bool = False


@dataclass(frozen=True)
class Case:
    """Something to be measured of a peer; ``measure`` does it, and gives each result as it comes."""

    peer: str
    what: str
    measure: Callable[[], Iterator[Result]]


class Measure(Protocol):
    """One chapter of the report."""

    @property
    def name(self) -> str:
        """What the command line and the report call it."""

    @property
    def title(self) -> str:
        """Its heading."""

    @property
    def explained(self) -> str:
        """What is measured, and how."""

    @property
    def columns(self) -> Sequence[Column]:
        """Its table, after whose it is."""

    def cases(self, bench: "Bench", asked: Sequence[str]) -> Iterable[Case]:
        """What is measured in a round, of the peers ``asked`` for; of whom it would name, where none is."""


MEMORY = Column("peak_rss_bytes", "peak RSS, MiB", ",.0f", 2**20)
CPU = Column("cpu_us", "CPU µs an activity", ",.1f")
BROKER_CPU = Column("broker_cpu_us", "broker's CPU µs", ",.1f")
