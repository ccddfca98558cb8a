"""Which leads of a partition time alone may move, and when.

A heap of (due, lead) with lazy deletion: an entry counts only while it is what
the lead's state says. So a due moment that moves costs one push, a lead that
nothing awaits costs nothing, and no lead is ever swept.
"""

import heapq
from collections.abc import Callable, Iterable

from schemas.moments import NEVER

_SLACK = 1024


class DueIndex:
    """The due moments (ms) of one partition's leads; ``due_of`` reads a lead's present one."""

    def __init__(self, due_of: Callable[[bytes], int], leads: Iterable[tuple[int, bytes]] = ()) -> None:
        self._due_of = due_of
        self._heap = [entry for entry in leads if entry[0] < NEVER]
        heapq.heapify(self._heap)

    def __len__(self) -> int:
        return len(self._heap)

    @property
    def earliest(self) -> int:
        """No lead is due before this moment."""
        return self._heap[0][0] if self._heap else NEVER

    def until(self, moment: int) -> list[tuple[int, bytes]]:
        """The leads due up to ``moment``, that moment included, in order. Changes nothing."""
        heap = self._heap
        found: list[tuple[int, bytes]] = []
        nodes = [0] if heap and heap[0][0] <= moment else []
        while nodes:
            node = nodes.pop()
            entry = heap[node]
            if self._due_of(entry[1]) == entry[0]:
                found.append(entry)
            nodes += [
                child
                for child in (2 * node + 1, 2 * node + 2)
                if child < len(heap) and heap[child][0] <= moment
            ]
        # A lead whose due moment went away and came back stands here twice.
        return sorted(set(found))

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
