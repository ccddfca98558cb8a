"""Which partitions are ours, which of them are open, and which are being opened.

A partition is open only while a pass may touch it, and it is never opened while it
is: opening reads what is committed, and a pass in between would go unseen. Of
several openings that were asked for, a ticket says which is the one still waited for.
"""

import queue
import threading
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from streams.engine.in_force import InForce
from streams.engine.inbox import Inbox
from streams.engine.opening import Opened
from streams.engine.partition import Partition


class Opening(NamedTuple):
    """Partitions to be opened."""

    numbers: list[int]
    ticket: int


class Assignment:
    """What the group has given this worker; used by all of its threads.

    ``group`` is the group's metadata for as long as the assignment holds, else None;
    ``numbers`` the partitions of it.
    """

    def __init__(self) -> None:
        self.group: Any = None
        self.numbers: frozenset[int] = frozenset()
        self._lock = threading.Lock()
        self._open: dict[int, Partition] = {}
        self._tickets: dict[int, int] = {}
        self._last_ticket = 0
        self._last_epoch = 0
        self._asked: queue.SimpleQueue[Opening | None] = queue.SimpleQueue()

    @property
    def open(self) -> dict[int, Partition]:
        """The open partitions by number, as they are now."""
        return dict(self._open)

    def get(self, number: int) -> Partition | None:
        """The partition, when it is open."""
        return self._open.get(number)

    def begin(self, numbers: list[int], group: Any) -> None:
        """These are ours from now on, and are to be opened."""
        with self._lock:
            self._forget(numbers, group)
            self._ask(numbers)

    def end(self) -> None:
        """Nothing is ours."""
        with self._lock:
            self._forget([], None)

    def reopen(self, partitions: Iterable[Partition], pause: Callable[[list[int]], None]) -> list[int]:
        """Close these and ask for them to be opened again; between passes only.

        Those that the group has taken meanwhile, and may have given again, are left alone.
        Returns the numbers of the others.
        """
        with self._lock:
            ours = [one.number for one in partitions if self._open.get(one.number) is one]
            if ours:
                pause(ours)
                self._ask(ours)
        return ours

    # Openings ---------------------------------------------------------------------

    @property
    def openings(self) -> int:
        """How many openings wait."""
        return self._asked.qsize()

    def next_opening(self) -> Opening | None:
        """What was asked for next, waiting for it; None once `stop` was called."""
        return self._asked.get()

    def stop(self) -> None:
        """Let whoever waits for an opening go."""
        self._asked.put(None)

    def waits_for(self, ticket: int) -> bool:
        """Whether what is opened under this ticket is still wanted."""
        return ticket in self._tickets.values()

    def opened(
        self, ticket: int, result: Opened, in_force: InForce, read_from: Callable[[int, int, int], None]
    ) -> bool:
        """A partition is ready: have it read under a new epoch. False when it is not waited for any more."""
        number = result.number
        with self._lock:
            if self._tickets.get(number) != ticket:
                return False
            del self._tickets[number]
            self._last_epoch += 1
            inbox = Inbox(self._last_epoch, result.position)
            self._open[number] = Partition(
                number, self.group, result.table, inbox, result.position, result.clock, in_force
            )
            read_from(number, self._last_epoch, result.position)
        return True

    def _forget(self, numbers: list[int], group: Any) -> None:
        # Assignments are whole: whatever was ours before, or was being opened, is so no more.
        self.group, self.numbers = group, frozenset(numbers)
        self._tickets.clear()
        self._open.clear()

    def _ask(self, numbers: list[int]) -> None:
        self._last_ticket += 1
        self._tickets.update(dict.fromkeys(numbers, self._last_ticket))
        for number in numbers:
            self._open.pop(number, None)
        self._asked.put(Opening(numbers, self._last_ticket))
