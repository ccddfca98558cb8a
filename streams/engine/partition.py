"""An assigned partition: its table, its inbox, its clock, and how far it has been applied."""

from dataclasses import dataclass
from typing import Any

from streams.engine.inbox import Inbox
from streams.engine.table import Table


@dataclass(slots=True)
class Partition:
    """One partition of the input, open for this worker.

    ``group`` is the consumer group's metadata as of the assignment; ``position``
    the next input offset to apply; ``clock`` where its silent leads have been
    advanced to (ms, never backwards); ``wall`` the newest moment (ms,
    grace taken off) at which the partition was known to be applied to its end;
    ``broken`` that a chunk got lost, so that it must be opened again.
    """

    number: int
    group: Any
    table: Table
    inbox: Inbox
    position: int
    clock: int
    wall: int | None = None
    broken: bool = False

    @property
    def due(self) -> bool:
        """Whether time alone may move a lead of this partition now."""
        return self.wall is not None and self.wall > self.clock and self.table.due.earliest <= self.wall
