"""Spans: lengths of time that pass always, or only while a calendar is open.

An hour is open when the clock on the wall of the calendar's zone shows one of its opening
hours, on a day that is no holiday. Open time is counted as it passes: an hour that the
wall clock skips in spring does not pass, one that it shows twice in autumn passes twice.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from schemas.moments import DAY, LAST_MOMENT, LONG_AGO, NEVER

_MONDAY: Final = 4 * DAY
"""The first one since the epoch, a Thursday."""
_WEEK: Final = 7 * DAY


class Stretch(NamedTuple):
    """From a moment on: how far the wall clock is ahead of UTC (ms), and whether no hour is open."""

    begins: int
    offset: int
    is_closed: bool


class _Week:
    """The opening hours of every week, as one wall clock without zones and holidays shows them."""

    __slots__ = ("_lengths", "_opens", "_passed", "_total")

    def __init__(self, hours: Iterable[tuple[int, int]]) -> None:
        # It begins with a range of no length, so that there is one before any time of the week.
        self._opens = [0]
        self._lengths = [0]
        self._passed = [0]
        self._total = 0
        for opens, closes in hours:
            self._opens.append(opens)
            self._lengths.append(closes - opens)
            self._passed.append(self._total)
            self._total += closes - opens

    def passed(self, shown: int) -> int:
        """How many open ms there are before what the wall clock shows (ms); from the first Monday."""
        weeks, rest = divmod(shown - _MONDAY, _WEEK)
        at = bisect_right(self._opens, rest) - 1
        return weeks * self._total + self._passed[at] + min(rest - self._opens[at], self._lengths[at])

    def first(self, passed: int) -> int:
        """What the wall clock shows when so many open ms have just passed."""
        weeks, rest = divmod(passed - 1, self._total)
        at = bisect_right(self._passed, rest) - 1
        return _MONDAY + weeks * _WEEK + self._opens[at] + rest - self._passed[at] + 1


class Calendar:
    """When it is open. Never changes.

    ``hours`` are in order, from when to when (ms since Monday 00:00); ``stretches`` are in
    order of time, the first of them since ever (LONG_AGO).
    """

    __slots__ = ("_begins", "_offsets", "_reached", "_shifts", "_week")

    def __init__(self, hours: Iterable[tuple[int, int]], stretches: Sequence[Stretch]) -> None:
        self._week = week = _Week(hours)
        self._begins = [stretch.begins for stretch in stretches]
        self._offsets = [stretch.offset for stretch in stretches]
        self._shifts: list[int] = []
        """What to add to the week's count in each stretch: for holidays, and what clocks skip or repeat."""
        self._reached: list[int] = []
        """How many open ms have passed at the end of each stretch."""
        reached = week.passed(LONG_AGO + self._offsets[0])
        for (begins, offset, is_closed), ends in zip(stretches, [*self._begins[1:], NEVER], strict=True):
            shift = reached - week.passed(begins + offset)
            if not is_closed:
                reached = week.passed(ends + offset) + shift
            self._shifts.append(shift)
            self._reached.append(reached)

    def passed(self, moment: int) -> int:
        """How many open ms there are before a moment; counted from some moment, always the same."""
        at = bisect_right(self._begins, moment) - 1
        # In a stretch that is closed, no more than what was reached before it.
        return min(self._week.passed(moment + self._offsets[at]) + self._shifts[at], self._reached[at])

    def first(self, passed: int) -> int:
        """The first moment at which so many open ms have passed."""
        at = bisect_left(self._reached, passed)
        return self._week.first(passed - self._shifts[at]) - self._offsets[at]


class Span:
    """So many ms, or (with a calendar) so many open ms."""

    __slots__ = ("_calendar", "length")

    def __init__(self, length: int, calendar: Calendar | None = None) -> None:
        self.length = length
        """In ms of what it counts."""
        self._calendar = calendar

    @property
    def is_open_time(self) -> bool:
        """Whether it passes only while a calendar is open."""
        return self._calendar is not None

    def after(self, moment: int) -> int:
        """The first moment at which the span has passed since ``moment``; NEVER when no date can say it."""
        calendar = self._calendar
        if calendar is None:
            return moment + self.length
        ends = calendar.first(calendar.passed(moment) + self.length)
        return ends if ends <= LAST_MOMENT else NEVER

    def before(self, moment: int) -> int:
        """The last moment since when the span has passed at ``moment``.

        What came later lies in the window that ends at ``moment``: ``at > before(moment)``
        says the same as ``after(at) > moment``.
        """
        calendar = self._calendar
        if calendar is None:
            return moment - self.length
        return calendar.first(calendar.passed(moment) - self.length + 1) - 1

    def passed(self, since: int, now: int) -> int:
        """How much of what the span counts (ms) there is from ``since`` to ``now``."""
        calendar = self._calendar
        return now - since if calendar is None else calendar.passed(now) - calendar.passed(since)
