"""An assigned partition: its table, its inbox, its clock, and how far it has been applied."""

from dataclasses import dataclass
from typing import Any

from streams.engine.in_force import InForce
from streams.engine.inbox import Inbox
from streams.engine.table import Table


@dataclass(slots=True)
class Partition:
    """One partition of the input, open for this worker.

    ``group`` is the consumer group's metadata as of the assignment; ``position``
    the next input offset to apply; ``in_force`` the funnel that decides from there on;
    ``clock`` where its silent leads have been advanced to (ms, never backwards);
    ``wall`` the newest moment (ms, grace taken off) at which the partition was known
    to be applied to its end;
    ``broken`` that a chunk got lost, so that it must be opened again; ``awaits`` the
    version of the funnel that its next record needs; ``standing`` how many samples of
    its end in a row have found more to read, nothing in its inbox, and it where it was;
    ``version_told`` the version of which the changelog knows, since this opening, from where on it decides.
    """

    number: int
    group: Any
    table: Table
    inbox: Inbox
    position: int
    clock: int
    in_force: InForce
    wall: int | None = None
    broken: bool = False
    awaits: int = 0
    standing: int = 0
    version_told: int = 0
    _sampled_at: int | None = None

    @property
    def due(self) -> bool:
        """Whether time alone may move a lead of this partition now."""
        return self.table.due.earliest <= max(self.clock, self.wall or 0)

    def sample(self, end: int | None, wall: int) -> None:
        """The log's end was asked for at ``wall`` (ms, grace taken off); None: it is not known."""
        more = end is not None and self.position < end
        stands = more and not self.inbox and self.position == self._sampled_at
        self.standing = self.standing + 1 if stands else 0
        self._sampled_at = self.position
        if not self.inbox and self.position == end:
            self.wall = wall

    def is_done_with(self, held: bool) -> bool:
        """Whether the funnel in force has read every lead, and judged its silence up to the clock."""
        return not self.table.unread(1) and (held or self.table.due.earliest > self.clock)

    def come_under(self, in_force: InForce) -> None:
        """Let another funnel decide from here on. Between passes only."""
        self.in_force = in_force
        self.table.come_under(in_force.funnel.mark)
