"""Scores: points for what a lead does, which may decay, and for who it is.

What activities gave lies in the lead as (points, moment) and is brought forward only
when it is asked for or added to. Scores are compared after rounding to 6 decimals.
"""

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
_COMPARED_DECIMALS = 6
_SHOWN_DECIMALS = 4
_MARGIN = 10.0**-_COMPARED_DECIMALS
_HALF = _MARGIN / 2
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

    __slots__ = ("_low_high", "half_life", "if_lines", "key", "limits", "name", "on_lines", "only_cools")

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
        self.only_cools = (
            all(line.add >= 0 for line in on_lines) or (limits is not None and limits[0] >= 0)
        ) and (limits is None or limits[1] >= 0)
        """What activities gave is never below zero, so that time can only lower it."""

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

    def shown(self, lead: Lead, now: int) -> float:
        """The score at ``now``, as people read it."""
        return round(float(self.total(lead, now)), _SHOWN_DECIMALS) + 0.0  # a zero has no sign

    def _given(self, key: int, lead: Lead, now: int) -> Number:
        half_life = self.half_life
        if half_life is None:
            return lead.sums.get(key, 0)
        kept = lead.decays.get(key)
        if kept is None:
            return 0
        points, at = kept
        return points if at == now else points * 2.0 ** ((at - now) / half_life)

    def turns(self, lead: Lead, now: int, points: Number, strictly: bool, present: bool) -> int:
        """The first moment after ``now`` at which decay alone makes ``is_past`` other than ``present``."""
        kept = lead.decays.get(self.key)
        half_life = self.half_life
        if kept is None or half_life is None or not kept[0] or present is (kept[0] < 0):
            return NEVER
        # Where the curve meets the points is known but for limits and odd roundings: look there first.
        edge = points + (_HALF if strictly else -_HALF) - lead.held.get(self.key, 0)
        meets = edge / kept[0]
        guess = kept[1] - int(half_life * log2(meets)) if meets > 0 else now
        early, late = now, now + _FORGOTTEN * half_life
        moments = iter((guess - 1, guess + 1, guess, late - 1))
        while late - early > 1:
            moment = next(moments, (early + late) // 2)
            if early < moment < late:
                if is_past(self.total(lead, moment), points, strictly) is present:
                    early = moment
                else:
                    late = moment
        return NEVER if early == now + _FORGOTTEN * half_life - 1 else late

    # Adding ------------------------------------------------------------------

    def add(self, lead: Lead, activity: Activity, now: int, lines: tuple[OnLine, ...]) -> Number:
        """Add what ``lines`` give for an activity of their type; what that was."""
        at = activity.occurred_at
        if now - at > TOO_LATE:
            return 0
        gained: Number = 0
        matched = False
        for line in lines:
            if line.test is None or line.test(activity):
                matched = True
                gained += self._gift(line, lead, at, now)
        if not matched:
            return 0
        limits = self.limits
        if not gained and (limits is None or limits[0] <= 0 <= limits[1]):
            return 0
        before = self._given(self.key, lead, now)
        points = before + gained
        if limits is not None:
            points = min(max(points, limits[0]), limits[1])
        self._put(self.key, lead, points, now)
        return points - before

    def _gift(self, line: OnLine, lead: Lead, at: int, now: int) -> Number:
        """What one line gives, by ``now``'s worth, for an activity at ``at``; its bound takes note."""
        half_life = self.half_life
        aged = 1 if half_life is None or at == now else 2.0 ** ((at - now) / half_life)
        if line.at_most is None:
            return line.add * aged
        if line.per is not None:
            return self._gift_per(line, line.at_most, line.per, lead, at, now) * aged
        had = self._given(line.key, lead, now)
        gift = _bounded(line.add * aged, line.at_most - abs(had))
        if gift:
            self._put(line.key, lead, had + gift, now)
        return gift

    def _gift_per(self, line: OnLine, at_most: Number, per: int, lead: Lead, at: int, now: int) -> Number:
        """The nominal points of a line that gives so much in (at - per, at] only."""
        gifts = lead.gifts.setdefault(line.key, [])
        opened = at - per
        room = at_most
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
            forgotten = now - TOO_LATE - per
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


def is_past(total: Number, points: Number, strictly: bool) -> bool:
    """Whether a score, rounded, is at least ``points``, or ``strictly`` above them."""
    if total >= points + _MARGIN:
        return True
    if total < points - _MARGIN:
        return False
    rounded = round(total, _COMPARED_DECIMALS)
    return rounded > points if strictly else rounded >= points


def _bounded(points: Number, room: Number) -> Number:
    if room <= 0:
        return 0
    if points >= 0:
        return min(room, points)
    return points if -points < room else -room
