"""Scores: points for what a lead does, which may decay, and for who it is.

What activities gave lies in the lead as (points, moment) and is brought forward only
when it is asked for or added to. Scores are compared after rounding to 6 decimals.
"""

from collections.abc import Callable
from math import log2
from typing import NamedTuple

from qualifiers.conditions import Condition
from qualifiers.counters import ActivityTest
from schemas.activity import Activity
from schemas.lead import Lead
from schemas.moments import DAY, NEVER

Number = int | float

TOO_LATE = 7 * DAY
"""An activity that is older than the lead's clock by more than this adds no points."""
DECIMALS = 6
_MARGIN = 1e-6
_FORGOTTEN = 1_100
"""After so many half-lives a float is zero."""
_KEPT_GIFTS = 128
"""Twice what can lie in one `per` of activities that came in order."""


class OnLine(NamedTuple):
    """A points line for what a lead does; ``key`` is its slot when it has a bound."""

    key: int
    types: frozenset[str]
    test: ActivityTest | None
    add: Number
    at_most: Number | None
    per: int | None


class IfLine(NamedTuple):
    """A points line for who a lead is."""

    when: Condition
    add: Number
    traits: frozenset[str]
    """The top names of the traits it asks about."""


class Score:
    """One score of a funnel."""

    __slots__ = ("_low_high", "half_life", "if_lines", "key", "limits", "name", "on_lines", "only_rises")

    def __init__(
        self,
        name: str,
        key: int,
        half_life: int | None,
        limits: tuple[Number, Number] | None,
        on_lines: tuple[OnLine, ...],
        if_lines: tuple[IfLine, ...],
    ) -> None:
        self.name = name
        self.key = key
        self.half_life = half_life
        self.limits = limits
        self.on_lines = on_lines
        self.if_lines = if_lines
        self.only_rises = all(line.add >= 0 for line in on_lines) and (limits is None or limits[1] >= 0)
        """Activities can raise it only, and time can lower it only."""

    # Reading -----------------------------------------------------------------

    def total(self, lead: Lead, now: int) -> Number:
        """The score at ``now``, not rounded."""
        total = self._given(self.key, lead, now) + lead.held.get(self.key, 0)
        limits = self.limits
        if limits is not None:
            if total < limits[0]:
                return limits[0]
            if total > limits[1]:
                return limits[1]
        return total

    def _given(self, key: int, lead: Lead, now: int) -> Number:
        half_life = self.half_life
        if half_life is None:
            return lead.sums.get(key, 0)
        kept = lead.decays.get(key)
        if kept is None:
            return 0
        points, at = kept
        return points if at == now else points * 2.0 ** ((at - now) / half_life)

    def reaches(self, lead: Lead, now: int, points: Number) -> bool:
        """Whether the score, rounded, is at least ``points``."""
        total = self.total(lead, now)
        if total >= points + _MARGIN:
            return True
        return total >= points - _MARGIN and round(total, DECIMALS) >= points

    def exceeds(self, lead: Lead, now: int, points: Number) -> bool:
        """Whether the score, rounded, is above ``points``."""
        return round(self.total(lead, now), DECIMALS) > points

    def turns(self, lead: Lead, now: int, points: Number, holds: "Comparison") -> int:
        """The first moment after ``now`` at which decay alone changes ``holds(lead, moment, points)``."""
        kept = lead.decays.get(self.key)
        half_life = self.half_life
        if kept is None or half_life is None or not kept[0]:
            return NEVER
        present = holds(lead, now, points)
        if present is (kept[0] < 0):
            return NEVER
        early, late = now, now + _FORGOTTEN * half_life
        if holds(lead, late, points) is present:
            return NEVER
        # Where the curve meets the threshold, but for rounding and limits, is known; look near it first.
        meets = (points - lead.held.get(self.key, 0)) / kept[0]
        if meets > 0:
            guess = kept[1] - int(half_life * log2(meets))
            for near in (guess - half_life // 10_000_000 - 2, guess + half_life // 10_000_000 + 2):
                if early < near < late:
                    if holds(lead, near, points) is present:
                        early = near
                    else:
                        late = near
        while late - early > 1:
            middle = (early + late) // 2
            if holds(lead, middle, points) is present:
                early = middle
            else:
                late = middle
        return late

    # Adding ------------------------------------------------------------------

    def add(self, lead: Lead, activity: Activity, now: int, lines: tuple[OnLine, ...]) -> bool:
        """Add what ``lines`` give for an activity of their type; whether the score changed."""
        at = activity.occurred_at
        if now - at > TOO_LATE:
            return False
        gained: Number = 0
        matched = False
        for line in lines:
            if line.test is None or line.test(activity):
                matched = True
                gained += self._gift(line, lead, at, now)
        if not matched:
            return False
        limits = self.limits
        if not gained and (limits is None or limits[0] <= 0 <= limits[1]):
            return False
        points = self._given(self.key, lead, now) + gained
        if limits is not None:
            points = min(max(points, limits[0]), limits[1])
        self._put(self.key, lead, points, now)
        return True

    def _gift(self, line: OnLine, lead: Lead, at: int, now: int) -> Number:
        """What one line gives, by ``now``'s worth, for an activity at ``at``; its bound takes note."""
        half_life = self.half_life
        aged = 1 if half_life is None or at == now else 2.0 ** ((at - now) / half_life)
        if line.at_most is None:
            return line.add * aged
        if line.per is not None:
            return self._gift_per(line, lead, at, now) * aged
        had = self._given(line.key, lead, now)
        gift = _bounded(line.add * aged, line.at_most - abs(had))
        if gift:
            self._put(line.key, lead, had + gift, now)
        return gift

    def _gift_per(self, line: OnLine, lead: Lead, at: int, now: int) -> Number:
        """The nominal points of a line that gives so much in (at - per, at] only."""
        assert line.per is not None and line.at_most is not None
        gifts = lead.gifts.setdefault(line.key, [])
        opened = at - line.per
        room = line.at_most
        place = len(gifts)
        while place and gifts[place - 2] > at:
            place -= 2
        for index in range(place - 2, -1, -2):
            if gifts[index] <= opened:
                break
            room -= abs(gifts[index + 1])
        gift = _bounded(line.add, room)
        if gift:
            gifts[place:place] = (at, gift)
            # What a late activity could still look back to is kept.
            forgotten = now - TOO_LATE - line.per
            while gifts[0] <= forgotten or len(gifts) > 2 * _KEPT_GIFTS:
                del gifts[:2]
        return gift

    def _put(self, key: int, lead: Lead, points: Number, now: int) -> None:
        if self.half_life is None:
            lead.sums[key] = points
        else:
            lead.decays[key] = (points, now)

    # Who the lead is ---------------------------------------------------------

    def hold(self, lead: Lead) -> bool:
        """Weigh the `if` lines; whether they give otherwise than before."""
        before = lead.held.pop(self.key, 0)
        total: Number = sum(line.add for line in self.if_lines if line.when.at(lead, 0)[0])
        if total:
            lead.held[self.key] = total
        return total != before

    def adopt(self, lead: Lead) -> None:
        """Take over points kept under another funnel, in which they did, or did not, decay."""
        for key in (self.key, *(line.key for line in self.on_lines)):
            if self.half_life is None and key in lead.decays:
                lead.sums[key] = lead.decays.pop(key)[0]
            elif self.half_life is not None and key in lead.sums:
                lead.decays[key] = (lead.sums.pop(key), lead.clock)
        self.hold(lead)


Comparison = Callable[[Lead, int, Number], bool]


def _bounded(points: Number, room: Number) -> Number:
    if room <= 0:
        return 0
    if points >= 0:
        return points if points < room else room
    return points if -points < room else -room
