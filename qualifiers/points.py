"""Points lines: what one activity, or what is known of a lead, gives to a score.

A line for activities is asked with the activity's own moment ``at`` and the lead's
clock ``now``, later than ``at`` when the activity is late: what it gives is worth less
by then. What a line has given is kept in the lead where the line has a bound. In a slot
of the lead lie points, with the moment at which they were that many where they decay;
of a line with `per`, when it gave, how much, when, how much …, ascending.
"""

from typing import Final, NamedTuple

from qualifiers.conditions import Condition
from qualifiers.counters import ActivityTest
from qualifiers.pairs import in_order, place_of
from qualifiers.spans import Span
from schemas.lead import Lead
from schemas.moments import DAY

Number = int | float

TOO_LATE: Final = 7 * DAY
"""An activity that is older than the lead's clock by more than this adds no points."""
_KEPT_GIFTS: Final = 128
"""Twice what can lie in one `per` of activities that came in order."""


class IfLine(NamedTuple):
    """A points line for who a lead is."""

    when: Condition
    add: Number
    traits: frozenset[str]
    """The top names of the traits it asks about."""
    words: str


class OnLine:
    """A points line for what a lead does, without a bound."""

    __slots__ = ("_half_life", "add", "key", "test", "types", "words")

    def __init__(
        self,
        key: str,
        types: frozenset[str],
        test: ActivityTest | None,
        add: Number,
        half_life: int | None,
        words: str,
    ) -> None:
        self.key = key
        """Its slot, in which it keeps what it has given when that is bounded."""
        self.types = types
        self.test = test
        self.add = add
        self._half_life = half_life
        self.words = words

    def gift(self, lead: Lead, at: int, now: int) -> Number:  # noqa: ARG002 (a bound needs the lead)
        """What an activity at ``at`` gives, by ``now``'s worth."""
        return self.add if at == now else self.add * self._aged(at, now)

    def worth(self, lead: Lead, now: int) -> Number | None:  # noqa: ARG002 (a bound needs them)
        """What its points are worth at ``now``; None where it keeps no account of that."""
        return None

    def room(self, lead: Lead, now: int) -> Number | None:  # noqa: ARG002 (likewise)
        """What it can still give at ``now``; None: there is no bound."""
        return None

    def unite(self, lead: Lead, came: Lead, now: int) -> Number:  # noqa: ARG002 (likewise)
        """Take over what the line has given to another lead; what of both is more than its bound, by now."""
        return 0

    def adopt(self, lead: Lead) -> None:
        """Take over what was kept under another funnel, in which it did, or did not, decay."""

    def _aged(self, at: int, now: int) -> float:
        return aged(at, now, self._half_life)


class BoundedLine(OnLine):
    """A line whose points together are worth so much at most (`at_most`)."""

    __slots__ = ("at_most",)

    def __init__(
        self,
        key: str,
        types: frozenset[str],
        test: ActivityTest | None,
        add: Number,
        half_life: int | None,
        words: str,
        at_most: Number,
    ) -> None:
        super().__init__(key, types, test, add, half_life, words)
        self.at_most = at_most

    def worth(self, lead: Lead, now: int) -> Number | None:
        """What its points are worth at ``now``."""
        return worth(lead, self.key, now, self._half_life)

    def room(self, lead: Lead, now: int) -> Number | None:
        """What it can still give at ``now``."""
        return max(0, self.at_most - abs(worth(lead, self.key, now, self._half_life)))

    def gift(self, lead: Lead, at: int, now: int) -> Number:
        """What room the line has now, filled with what the activity's points are worth by now."""
        had = worth(lead, self.key, now, self._half_life)
        room = self.at_most - abs(had)
        if room <= 0:
            return 0
        gift = _bounded(self.add if at == now else self.add * self._aged(at, now), room)
        if gift:
            put(lead, self.key, had + gift, now, self._half_life)
        return gift

    def unite(self, lead: Lead, came: Lead, now: int) -> Number:
        """Its bound holds for both together."""
        if self.key not in came.kept:
            return 0
        had = worth(lead, self.key, now, self._half_life) + worth(came, self.key, now, self._half_life)
        kept = _bounded(had, self.at_most)
        put(lead, self.key, kept, now, self._half_life)
        return had - kept

    def adopt(self, lead: Lead) -> None:
        """Take over what was kept under another funnel, in which it did, or did not, decay."""
        adopt(lead, self.key, self._half_life)


class PacedLine(BoundedLine):
    """A line that gives so much at most in any time of a length (`at_most` and `per`)."""

    __slots__ = ("_per", "_size")

    def __init__(
        self,
        key: str,
        types: frozenset[str],
        test: ActivityTest | None,
        add: Number,
        half_life: int | None,
        words: str,
        at_most: Number,
        per: Span,
    ) -> None:
        super().__init__(key, types, test, add, half_life, words, at_most)
        self._per = per
        self._size = abs(add)

    def worth(self, lead: Lead, now: int) -> Number | None:  # noqa: ARG002
        """None: only what it gave of late is kept."""
        return None

    def room(self, lead: Lead, now: int) -> Number | None:
        """What it can still give at ``now``: its bound without what it gave in the last `per`."""
        gifts: list[Number] = lead.kept.get(self.key, [])
        opened = self._per.before(now)
        given = sum([abs(gifts[index + 1]) for index in range(0, len(gifts), 2) if gifts[index] > opened])
        return max(0, self.at_most - given)

    def gift(self, lead: Lead, at: int, now: int) -> Number:
        """What was given in (at - per, at] leaves room for: nominal points, aged only then."""
        gifts: list[Number] | None = lead.kept.get(self.key)
        if gifts is None:
            gifts = lead.kept[self.key] = []
        opened = self._per.before(at)
        room = self.at_most
        place = place_of(gifts, at)
        index = place - 2
        while index >= 0 and gifts[index] > opened:
            room -= abs(gifts[index + 1])
            if room <= 0:
                return 0
            index -= 2
        gift = self.add if self._size < room else _bounded(self.add, room)
        if not gift:
            return 0
        if place == len(gifts):
            gifts += (at, gift)
        else:
            gifts[place:place] = (at, gift)
        # What a late activity could still look back to is kept.
        forgotten = self._per.before(now - TOO_LATE)
        while gifts[0] <= forgotten or len(gifts) > 2 * _KEPT_GIFTS:
            del gifts[:2]
        return gift if at == now else gift * self._aged(at, now)

    def adopt(self, lead: Lead) -> None:
        """Nothing to do: gifts are kept as they were given."""

    def unite(self, lead: Lead, came: Lead, now: int) -> Number:
        """Its bound holds for both together, in each span that a late activity could still look back to.

        Where only one of them was given anything of late, that stays.
        """
        forgotten = self._per.before(now - TOO_LATE)
        mine, theirs = (
            gifts[place_of(gifts, forgotten) :]
            for gifts in (lead.kept.get(self.key, []), came.kept.get(self.key, []))
        )
        if not mine or not theirs:
            if theirs:
                lead.kept[self.key] = theirs
            return 0
        over: Number = 0
        kept: list[tuple[int, Number]] = []
        for at, points in in_order(mine, theirs):
            opened = self._per.before(at)
            given = sum(abs(one) for when, one in kept if when > opened)
            gift = _bounded(points, self.at_most - given)
            over += (points - gift) * self._aged(at, now)
            if gift:
                kept.append((at, gift))
        lead.kept[self.key] = [part for pair in kept[-_KEPT_GIFTS:] for part in pair]
        return over


def aged(at: int, now: int, half_life: int | None) -> float:
    """The share that is left at ``now`` of points that were given at ``at``."""
    return 1.0 if half_life is None else 2.0 ** ((at - now) / half_life)


def worth(lead: Lead, key: str, now: int, half_life: int | None) -> Number:
    """What the points of a score, or of a line, are worth at ``now``."""
    kept = lead.kept.get(key)
    if kept is None:
        return 0
    if half_life is None:
        points: Number = kept
        return points
    return decayed(kept, now, half_life)


def decayed(kept: list[Number], now: int, half_life: int) -> Number:
    """What points of a moment, as they are kept, are worth at ``now``."""
    points, at = kept[0], kept[1]
    return points if at == now else points * 2.0 ** ((at - now) / half_life)


def adopt(lead: Lead, key: str, half_life: int | None) -> None:
    """Take over points kept under another funnel, in which they did, or did not, decay."""
    kept = lead.kept.get(key)
    if kept is None:
        return
    if half_life is None:
        lead.kept[key] = kept[0] if type(kept) is list else kept
    elif type(kept) is not list:
        lead.kept[key] = [kept, lead.clock]


def put(lead: Lead, key: str, points: Number, now: int, half_life: int | None) -> None:
    """Keep what the points of a score, or of a line, are worth at ``now``."""
    if half_life is None:
        lead.kept[key] = points
        return
    kept: list[Number] | None = lead.kept.get(key)
    if kept is None:
        lead.kept[key] = [points, now]
    else:
        kept[0] = points
        kept[1] = now


def _bounded(points: Number, room: Number) -> Number:
    """So many of ``points``, of either sign, as there is room for."""
    if -room < points < room:
        return points
    if room <= 0:
        return 0
    return room if points > 0 else -room
