"""Sequences: activities that happened one after the other, others between them or not.

What is kept: how many activities have been taken in; when the sequence was last completed;
for each of its steps but the last, the latest moment at which the first step of a chain up to
there was taken; and for each step its newest activities, as when, how manieth, when, how manieth
…, ascending. An activity that comes in order needs the chains alone, however many have come
before; a late one is put among those that are kept, and the chains are worked out anew.
"""

from collections.abc import Iterable
from typing import Any, Final, NamedTuple

from qualifiers.counters import ActivityTest, Counter
from qualifiers.pairs import place_of
from qualifiers.spans import Span
from schemas.activity import Activity
from schemas.lead import Lead

KEPT_ACTIVITIES: Final = 8
"""Activities a step."""


class Step(NamedTuple):
    """What one step asks for."""

    types: frozenset[str]
    test: ActivityTest | None

    def is_filled_by(self, activity: Activity) -> bool:
        """Whether an activity is one of those that are asked for."""
        return activity.type in self.types and (self.test is None or self.test(activity))


class Sequence(Counter):
    """What happens in order, and in which slot. ``span`` is from the first to the last, at most."""

    __slots__ = ("_span", "_steps")

    def __init__(self, key: str, steps: Iterable[Step], span: Span | None, since_entry: bool) -> None:
        self._steps = tuple(steps)
        self._span = span
        types = frozenset(kind for step in self._steps for kind in step.types)
        super().__init__(key, types, since_entry=since_entry)

    @property
    def length(self) -> int:
        """How many steps it has."""
        return len(self._steps)

    def reached(self, lead: Lead, now: int) -> int:
        """How many steps the longest chain has taken that an activity at ``now`` could still complete."""
        kept = lead.kept.get(self.key)
        if kept is None:
            return 0
        for index in reversed(range(len(kept[2]))):
            start = kept[2][index]
            if start is not None and (self._span is None or now < self._span.after(start)):
                return index + 1
        return 0

    def completed(self, lead: Lead) -> int | None:
        """When it was last completed."""
        kept = lead.kept.get(self.key)
        return None if kept is None else kept[1]

    def ends_with(self, lead: Lead, activity: Activity) -> bool:
        """Whether an activity is one that the last step asks for, in this stay where that is asked."""
        return self._steps[-1].is_filled_by(activity) and self.counts(lead, activity)

    def record(self, lead: Lead, activity: Activity) -> bool:
        """Take in an activity of this stay, where that is asked; whether it completes the sequence anew."""
        # The last step first: one activity fills one step of a chain.
        fills = [
            index for index in reversed(range(len(self._steps))) if self._steps[index].is_filled_by(activity)
        ]
        if not fills:
            return False
        at = activity.occurred_at
        kept: list[Any] | None = lead.kept.get(self.key)
        if kept is None:
            kept = lead.kept[self.key] = [0, None, [None] * (len(self._steps) - 1), [[] for _ in self._steps]]
        _, before, starts, steps = kept
        in_order = all(not times or times[-2] <= at for times in steps)
        kept[0] += 1
        for index in fills:
            _insert(steps[index], at, kept[0])
        if in_order:
            kept[1] = self._go_on(starts, before, at, fills)
        else:
            kept[1] = self._work_out(starts, before, steps)
        return bool(kept[1] != before)

    def adopt(self, lead: Lead) -> None:
        """Nothing to do: the slot says all that what is kept there depends on."""

    def united(self, mine: Any, theirs: Any) -> Any:
        """What both have done: the other's activities have come later."""
        arrived, completed, starts, steps = mine
        for times, others in zip(steps, theirs[3], strict=True):
            for place in range(0, len(others), 2):
                _insert(times, others[place], arrived + others[place + 1])
        for index, start in enumerate(theirs[2]):
            starts[index] = _later(starts[index], start)
        completed = self._work_out(starts, _later(completed, theirs[1]), steps)
        return [arrived + theirs[0], completed, starts, steps]

    def _go_on(
        self, starts: list[int | None], completed: int | None, at: int, fills: list[int]
    ) -> int | None:
        """An activity that comes after all others; when the sequence was last completed."""
        last = len(self._steps) - 1
        for index in fills:
            start = at if index == 0 else starts[index - 1]
            if start is None:
                continue
            if index < last:
                starts[index] = start
            elif self._span is None or at < self._span.after(start):
                completed = at
        return completed

    def _work_out(
        self, starts: list[int | None], completed: int | None, steps: list[list[int]]
    ) -> int | None:
        """The chains of all that is kept; what was known of those before stays known."""
        chains: list[int | None] = [None] * len(starts)
        newest: int | None = None
        arrived: dict[tuple[int, int], list[int]] = {}
        for index in reversed(range(len(steps))):
            for place in range(0, len(steps[index]), 2):
                arrived.setdefault((steps[index][place], steps[index][place + 1]), []).append(index)
        for (at, _), fills in sorted(arrived.items()):
            newest = self._go_on(chains, newest, at, fills)
        for index, start in enumerate(chains):
            starts[index] = _later(starts[index], start)
        return _later(completed, newest)


def _insert(times: list[int], at: int, number: int) -> None:
    place = place_of(times, at)
    times[place:place] = (at, number)
    if len(times) > 2 * KEPT_ACTIVITIES:
        del times[:2]


def _later(one: int | None, other: int | None) -> int | None:
    if one is None or (other is not None and other > one):
        return other
    return one
