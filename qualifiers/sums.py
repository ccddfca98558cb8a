"""Sums: what a property of activities adds up to.

In its slot of the lead lies the total; where a window is asked, when, how much, when, how
much …, ascending. Only positive numbers count.
"""

from math import isfinite
from typing import Any, Final

from qualifiers.counters import ActivityTest, Counter
from qualifiers.pairs import in_order, place_of
from qualifiers.spans import Span
from qualifiers.traits import storable
from schemas.activity import Activity
from schemas.lead import Lead

KEPT_VALUES: Final = 64
"""Values that a sum in a window keeps of a lead."""
_DECIMALS: Final = 6


class Sum(Counter):
    """What is added up, and in which slot. ``windows`` are those that are asked; without any, it is all."""

    __slots__ = ("windows",)

    def __init__(
        self,
        key: str,
        types: frozenset[str],
        test: ActivityTest | None,
        path: str,
        since_entry: bool,
    ) -> None:
        super().__init__(key, types, test, path, since_entry)
        self.windows: list[Span] = []

    def record(self, lead: Lead, activity: Activity) -> bool:
        """Add the value of an activity that counts; whether that changed anything."""
        assert self.value_of is not None
        value = storable(self.value_of(activity.properties))
        if type(value) not in (int, float) or value <= 0 or not isfinite(value):
            return False
        if not self.windows:
            lead.kept[self.key] = storable(lead.kept.get(self.key, 0) + value)
            return True
        at = activity.occurred_at
        opened = min([window.before(lead.clock) for window in self.windows])
        if at <= opened:
            return False
        kept: list[Any] = lead.kept.setdefault(self.key, [])
        place = place_of(kept, at)
        kept[place:place] = (at, value)
        while kept[0] <= opened:
            del kept[:2]
        if len(kept) > 2 * KEPT_VALUES:
            _join_oldest(kept)
        return True

    def united(self, mine: Any, theirs: Any) -> Any:
        """What both have added up."""
        if not self.windows:
            return storable(mine + theirs)
        united = [part for pair in in_order(mine, theirs) for part in pair]
        while len(united) > 2 * KEPT_VALUES:
            _join_oldest(united)
        return united

    def reaches(self, lead: Lead, at_least: float, now: int, within: Span | None) -> tuple[bool, int | None]:
        """Whether it adds up to so much; and since when what is needed for that lies in the window."""
        if within is None:
            return _rounded(lead.kept.get(self.key, 0)) >= at_least, None
        kept: list[Any] = lead.kept.get(self.key, [])
        opened = within.before(now)
        total = 0.0
        for index in range(len(kept) - 2, -1, -2):
            if kept[index] <= opened:
                break
            total += kept[index + 1]
            if _rounded(total) >= at_least:
                return True, kept[index]
        return False, None

    def total(self, lead: Lead, now: int, within: Span | None) -> float:
        """What it adds up to."""
        if within is None:
            return _rounded(lead.kept.get(self.key, 0))
        kept: list[Any] = lead.kept.get(self.key, [])
        opened = within.before(now)
        return _rounded(sum(kept[index + 1] for index in range(0, len(kept), 2) if kept[index] > opened))


def _join_oldest(kept: list[Any]) -> None:
    """What is joined is held to be as old as the older one."""
    kept[1] = storable(kept[1] + kept[3])
    del kept[2:4]


def _rounded(total: float) -> float:
    return round(float(total), _DECIMALS)
