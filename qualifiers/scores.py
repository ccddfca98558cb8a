"""Scores: points for what a lead does, which may decay, and for who it is.

What activities gave lies in the lead as (points, moment) and is brought forward only
when it is asked for or added to. Scores are compared after rounding to 6 decimals.
"""

from collections.abc import Sequence
from functools import lru_cache
from math import log2
from typing import Final

from qualifiers.points import IfLine, Number, OnLine, adopt, put, worth
from schemas.lead import Lead
from schemas.moments import NEVER

COMPARED_DECIMALS: Final = 6
_SHOWN_DECIMALS: Final = 4
_MARGIN: Final = 1e-6
_HALF: Final = 5e-7
_FORGOTTEN: Final = 1_100
"""After so many half-lives a float is zero."""


class Score:
    """One score of a funnel."""

    __slots__ = (
        "half_life",
        "held_key",
        "if_lines",
        "key",
        "limits",
        "lines",
        "name",
        "on_lines",
        "weighs",
    )

    def __init__(
        self,
        name: str,
        key: str,
        held_key: str,
        half_life: int | None,
        limits: tuple[Number, Number] | None,
        lines: Sequence[OnLine | IfLine],
    ) -> None:
        self.name = name
        self.key = key
        """The slot of what activities gave."""
        self.held_key = held_key
        """The slot of what the `if` lines give."""
        self.half_life = half_life
        self.limits = limits
        self.lines = tuple(lines)
        self.on_lines = tuple(line for line in lines if isinstance(line, OnLine))
        self.if_lines = tuple(line for line in lines if isinstance(line, IfLine))
        self.weighs = frozenset(trait for line in self.if_lines for trait in line.traits)
        """The top names of the traits that its `if` lines ask about."""

    # Reading -----------------------------------------------------------------

    def total(self, lead: Lead, now: int) -> Number:
        """The score at ``now``, not rounded."""
        return self.limited(worth(lead, self.key, now, self.half_life) + self.held(lead))

    def held(self, lead: Lead) -> Number:
        """What the `if` lines give."""
        points: Number = lead.kept.get(self.held_key, 0)
        return points

    def limited(self, points: Number) -> Number:
        """So many of ``points`` as the limits allow."""
        limits = self.limits
        if limits is not None:
            if points < limits[0]:
                return limits[0]
            if points > limits[1]:
                return limits[1]
        return points

    def shown(self, lead: Lead, now: int) -> float:
        """The score at ``now``, as people read it."""
        return as_shown(self.total(lead, now))

    def turns(self, lead: Lead, now: int, points: Number, strictly: bool, present: bool) -> int:
        """The first moment after ``now`` at which decay alone makes ``is_past`` other than ``present``."""
        half_life = self.half_life
        kept = None if half_life is None else lead.kept.get(self.key)
        if kept is None or half_life is None or not kept[0] or present is (kept[0] < 0):
            return NEVER
        # Where the curve meets the points is known but for limits and odd roundings: look there first.
        edge = points + (_HALF if strictly else -_HALF) - self.held(lead)
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

    def add(self, lead: Lead, gained: Number, now: int) -> tuple[Number, Number]:
        """Add what an activity gave, inside the limits; the points before and after."""
        key, half_life = self.key, self.half_life
        before = worth(lead, key, now, half_life)
        after = before + gained
        if self.limits is not None:
            after = self.limited(after)
        put(lead, key, after, now, half_life)
        return before, after

    def reset(self, lead: Lead) -> None:
        """What activities gave is gone, and what bounded it."""
        for key in (self.key, *(line.key for line in self.on_lines)):
            lead.kept.pop(key, None)

    def unite(self, lead: Lead, came: Lead, now: int) -> None:
        """Take over the points of another lead, which is part of this one now; its traits are already."""
        key, half_life = self.key, self.half_life
        over = sum(line.unite(lead, came, now) for line in self.on_lines)
        if key in came.kept:
            both = worth(lead, key, now, half_life) + worth(came, key, now, half_life)
            put(lead, key, self.limited(both - over), now, half_life)
        self.hold(lead)

    # Who the lead is ---------------------------------------------------------

    def hold(self, lead: Lead) -> bool:
        """Weigh the `if` lines; whether they give otherwise than before."""
        before: Number = lead.kept.pop(self.held_key, 0)
        total: Number = 0
        for line in self.if_lines:
            if line.when.at(lead, 0)[0]:
                total += line.add
        if total:
            lead.kept[self.held_key] = total
        return total != before

    def adopt(self, lead: Lead) -> None:
        """Take over points kept under another funnel, in which they did, or did not, decay."""
        adopt(lead, self.key, self.half_life)
        for line in self.on_lines:
            line.adopt(lead)
        self.hold(lead)


@lru_cache(maxsize=1024)
def as_shown(total: Number) -> float:
    """Points as people read them."""
    # A decision shows the same number several times, and rounding costs more than looking up.
    return round(float(total), _SHOWN_DECIMALS) + 0.0  # a zero has no sign


def is_past(total: Number, points: Number, strictly: bool) -> bool:
    """Whether a score, rounded, is at least ``points``, or ``strictly`` above them."""
    if total >= points + _MARGIN:
        return True
    if total < points - _MARGIN:
        return False
    rounded = round(total, COMPARED_DECIMALS)
    return rounded > points if strictly else rounded >= points
