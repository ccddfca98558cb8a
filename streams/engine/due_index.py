"""Which leads of a partition time alone may move, and when.

A heap of (due, lead) with lazy deletion: an entry counts only while it is what
the lead's state says. So a due moment that moves costs one push, a lead that
nothing awaits costs nothing, and no lead is ever swept.
"""

import heapq
from collections.abc import Callable, Iterator

from schemas.moments import NEVER

_SLACK = 1024
Entry = tuple[int, bytes]
"""A due moment (ms) and the lead that is due then."""


class DueIndex:
    """The due moments (ms) of one partition's leads; ``due_of`` reads a lead's present one.

    The ``entries`` that it is made of, each of a lead that is due at some time, become its own.
    """

    def __init__(self, due_of: Callable[[bytes], int], entries: list[Entry]) -> None:
        self._due_of = due_of
        self._heap = entries
        heapq.heapify(entries)

    def __len__(self) -> int:
        return len(self._heap)

    @property
    def earliest(self) -> int:
        """No lead is due before this moment."""
        return self._heap[0][0] if self._heap else NEVER

    def until(self, moment: int) -> Iterator[Entry]:
        """The leads due up to ``moment``, that moment included, in order.

        Found one by one as they are asked for, as a pass takes only so many of them.
        Changes nothing, and must not be gone on with once something else has.
        """
        heap = self._heap
        front = [(heap[0], 0)] if heap and heap[0][0] <= moment else []
        last: Entry | None = None
        while front:
            entry, node = heapq.heappop(front)
            for child in (2 * node + 1, 2 * node + 2):
                if child < len(heap) and heap[child][0] <= moment:
                    heapq.heappush(front, (heap[child], child))
            # A lead whose due moment went away and came back stands here twice.
            if entry != last and self._due_of(entry[1]) == entry[0]:
                yield entry
            last = entry

    def put(self, due: int, lead: bytes) -> None:
        """``lead``'s due moment is now ``due``, as its state says."""
        if due < NEVER:
            heapq.heappush(self._heap, (due, lead))

    def tidy(self, leads: int) -> None:
        """Drop entries that no longer count, where they are many; ``leads`` is the table's size."""
        heap = self._heap
        while heap and self._due_of(heap[0][1]) != heap[0][0]:
            heapq.heappop(heap)
        if len(heap) > 2 * leads + _SLACK:
            heap[:] = {entry for entry in heap if self._due_of(entry[1]) == entry[0]}
            heapq.heapify(heap)


class Upcoming:
    """Who is due, soonest first: ``entries``, which are in order, and whoever is put in besides."""

    def __init__(self, entries: Iterator[Entry]) -> None:
        self._entries = entries
        self._heap: list[Entry] = []
        self._newest: Entry | None = None
        self._go_on()

    @property
    def earliest(self) -> int:
        """The next one's moment (ms); NEVER when there is none."""
        return self._heap[0][0] if self._heap else NEVER

    def put(self, due: int, lead: bytes) -> None:
        """``lead`` is due then, too."""
        heapq.heappush(self._heap, (due, lead))

    def pop(self) -> Entry:
        """The next one, which is then gone."""
        entry = heapq.heappop(self._heap)
        if entry == self._newest:
            self._go_on()
        return entry

    def _go_on(self) -> None:
        self._newest = next(self._entries, None)
        if self._newest is not None:
            heapq.heappush(self._heap, self._newest)
