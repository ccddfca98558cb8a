"""One pass: what waits in the inboxes, run through the funnel, becomes what one transaction sends.

A pass changes nothing that is shared. It works on leads of its own, decoded from the
tables, and what it has made is merged only after its transaction has been committed;
until then it can be thrown away.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from schemas.activity import Activity
from schemas.dead_letter import Unreadable
from streams.engine.forwarding import Forwarding
from streams.engine.partition_pass import PartitionPass
from streams.engine.passes import Names, Pass, Work
from streams.engine.transaction import Outgoing

REREAD = 500
"""Leads that a pass reads again in the background, after a change of the funnel: some 20 ms of it."""

NO_POISON: Mapping[tuple[int, int], Unreadable] = {}


@dataclass
class Processor:
    """Runs passes. ``grace`` in ms; ``max_due`` leads moved by time cut a partition's part of a pass.

    While the clock is held, ``move_by_time`` may move leads in its place: it is asked before each record,
    with its offset and its activity, and at the end, with the offset that comes next.
    """

    decode: Callable[[bytes | None], Activity]
    names: Names
    topic_id: str
    forwarding: Forwarding
    grace: int
    max_due: int
    move_by_time: Callable[[PartitionPass, int, object], None] | None = None

    def run(
        self,
        works: Collection[Work],
        send: Callable[[list[Outgoing]], None],
        now: int,
        held: bool,
        poison: Mapping[tuple[int, int], Unreadable] = NO_POISON,
    ) -> Pass:
        """The pass over ``works`` at the wall-clock moment ``now`` (ms).

        What comes of a partition is sent as soon as that has been run: it is on its way
        while the next one is. While ``held`` no clock moves. Records in ``poison`` (by
        partition and offset) are dead-lettered unread, each for its reason. Raises
        EvaluationFailed, and whatever ``send`` raises.
        """
        made = Pass()
        reread = max(1, REREAD // max(1, len(works)))
        for work in works:
            send(PartitionPass(self, made, work, now, held, poison, reread).run())
        return made
