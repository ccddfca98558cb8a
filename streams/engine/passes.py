"""What a pass takes and what it makes: nothing of it is shared before its transaction is committed."""

from collections import Counter
from dataclasses import dataclass, field

from qualifiers.outcomes import Judged
from schemas.decision import Decision
from streams.engine.chunk import Record
from streams.engine.partition import Partition


class EvaluationFailed(Exception):
    """The funnel raised: our bug, at a known place in the input (``by_time``: on a lead due before it).

    ``after`` is the offset of the record before it: they need not be consecutive.
    """

    def __init__(
        self, partition: int, offset: int, after: int, error: Exception, by_time: bool = False
    ) -> None:
        super().__init__(f"partition {partition}, offset {offset}: {type(error).__name__}: {error}")
        self.partition, self.offset, self.after, self.by_time = partition, offset, after, by_time


@dataclass(slots=True, frozen=True)
class Names:
    """The topics that a pass writes to."""

    activities: str
    stage_changes: str
    signals: str
    dead_letters: str
    changelog: str


@dataclass(slots=True)
class Touched:
    """What a pass has made of one partition."""

    partition: Partition
    position: int
    clock: int
    states: dict[bytes, bytes | None] = field(default_factory=dict)
    """What leads have become, encoded; None: gone."""
    suppressed: set[bytes] = field(default_factory=set)
    moved: list[tuple[str | None, str | None]] = field(default_factory=list)
    awaits: int = 0
    """A version of the funnel that must be in force before the next record is taken."""

    def merge(self) -> None:
        """Make it the partition's state: its transaction has been committed."""
        partition = self.partition
        partition.table.merge(self.states, self.moved, self.suppressed)
        partition.position, partition.clock = self.position, self.clock
        partition.awaits = self.awaits
        partition.version_told = partition.in_force.version
        partition.inbox.drop_until(self.position)


@dataclass(slots=True)
class Pass:
    """What one pass has made of the partitions, and what it has to tell the metrics."""

    touched: list[Touched] = field(default_factory=list)
    records: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    types: Counter[str] = field(default_factory=Counter)
    dead: Counter[str] = field(default_factory=Counter)
    judged: Counter[Judged] = field(default_factory=Counter)
    decisions: list[Decision] = field(default_factory=list)
    decided_stamps: list[int] = field(default_factory=list)

    @property
    def positions(self) -> dict[int, int]:
        """The next input offset of every partition touched, also of those that time alone moved."""
        return {touched.partition.number: touched.position for touched in self.touched}


@dataclass(slots=True)
class Work:
    """What a pass takes of one partition: its first waiting records, and where they end."""

    partition: Partition
    records: list[Record]
    position: int
