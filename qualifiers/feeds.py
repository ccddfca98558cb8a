"""Feeds: what takes an activity in, and tells which rules of a stage that may have turned.

Rules are told as a bit mask over the stage's rules in file order, then its signals.
"""

from collections.abc import Iterable

from qualifiers.counters import Counter
from qualifiers.points import TOO_LATE, Number, OnLine
from qualifiers.scores import Score, is_past
from qualifiers.spans import Span
from schemas.activity import Activity
from schemas.lead import Lead


class Group:
    """Rules (a mask) that turn with the ``times``-th counted activity in the window ``within``."""

    __slots__ = ("mask", "times", "within")

    def __init__(self, times: int, within: Span | None, mask: int) -> None:
        self.times = times
        self.within = within
        self.mask = mask


class Feed:
    """What takes an activity in, and the rules that this may turn in one stage."""

    __slots__ = ()

    def feed(self, lead: Lead, activity: Activity, now: int) -> int:
        """Take in an activity, at the lead's clock; a mask of the rules that this may have turned."""
        raise NotImplementedError


class CounterFeed(Feed):
    """A counter, and the rules that it may turn in one stage."""

    __slots__ = ("_backdated", "_groups", "_stirred", "counter")

    def __init__(self, counter: Counter, groups: tuple[Group, ...], stirred: int, backdated: int) -> None:
        self.counter = counter
        self._groups = groups
        self._stirred = stirred
        """Rules that ask whether the lead is *not* quiet."""
        self._backdated = backdated
        """Rules that ask whether it is."""

    def feed(self, lead: Lead, activity: Activity, now: int) -> int:
        """Count the activity; the rules that it may have turned."""
        counter = self.counter
        if not counter.counts(lead, activity):
            return 0
        before = [counter.nth_newest(lead, group.times) for group in self._groups]
        newest = counter.nth_newest(lead, 1)
        if not counter.record(lead, activity):
            return 0
        touched = self._ends_quiet(lead, newest, activity.occurred_at)
        for group, old in zip(self._groups, before, strict=True):
            opened = None if group.within is None else group.within.before(now)
            if old is None or (opened is not None and old <= opened):
                new = counter.nth_newest(lead, group.times)
                if new is not None and (opened is None or new > opened):
                    touched |= group.mask
        return touched

    def _ends_quiet(self, lead: Lead, newest: int | None, at: int) -> int:
        """The rules on quiet that an activity may turn; ``newest`` is that of those before it."""
        if newest is None and at < lead.created:
            return self._stirred | self._backdated
        return self._stirred if newest is None or at > newest else 0


class SingleFeed(CounterFeed):
    """The same for a counter of which only the newest moment is asked: most are, so it is quick."""

    __slots__ = ("_key", "_since_entry", "_test")

    def __init__(self, counter: Counter, groups: tuple[Group, ...], stirred: int, backdated: int) -> None:
        super().__init__(counter, groups, stirred, backdated)
        self._key = counter.key
        self._test = counter.test
        self._since_entry = counter.since_entry

    def feed(self, lead: Lead, activity: Activity, now: int) -> int:
        """Count the activity; the rules that it may have turned."""
        if self._test is not None and not self._test(activity):
            return 0
        at = activity.occurred_at
        if self._since_entry and at < lead.since:
            return 0
        kept = lead.kept
        old = kept.get(self._key)
        if old is None:
            kept[self._key] = at
            touched = self._stirred | self._backdated if at < lead.created else self._stirred
        elif at > old:
            kept[self._key] = at
            touched = self._stirred
        else:
            return 0
        for group in self._groups:
            within = group.within
            if within is None:
                if old is None:
                    touched |= group.mask
            elif at > (opened := within.before(now)) and (old is None or old <= opened):
                touched |= group.mask
        return touched


class GatherFeed(Feed):
    """A sum or a sequence, and the rules that it may turn in one stage."""

    __slots__ = ("_touched", "counter")

    def __init__(self, counter: Counter, touched: int) -> None:
        self.counter = counter
        self._touched = touched

    def feed(self, lead: Lead, activity: Activity, now: int) -> int:  # noqa: ARG002 (other feeds need it)
        """Take the activity in; the rules that it may have turned."""
        counter = self.counter
        if counter.counts(lead, activity) and counter.record(lead, activity):
            return self._touched
        return 0


class ScoreFeed(Feed):
    """The lines of a score that take one type, and the rules that the score may turn in one stage."""

    __slots__ = ("_clips", "_floor", "_lines", "_risen", "_score", "_weighed")

    def __init__(self, score: Score, lines: Iterable[OnLine], floor: float, risen: int, weighed: int) -> None:
        self._score = score
        self._lines = tuple(lines)
        self._clips = score.limited(0) != 0
        """Whether the limits move even a score that nothing is added to."""
        self._floor = floor
        """Points below which the score, risen, turns no rule."""
        self._risen = risen
        self._weighed = weighed
        """Rules that ask about the score at all."""

    def feed(self, lead: Lead, activity: Activity, now: int) -> int:
        """Add the activity's points; the rules that this may have turned, or brought nearer to turning."""
        at = activity.occurred_at
        if now - at > TOO_LATE:
            return 0
        gained: Number = 0
        is_clipped = False
        for line in self._lines:
            if line.test is None or line.test(activity):
                gained += line.gift(lead, at, now)
                is_clipped = self._clips
        if not gained and not is_clipped:
            return 0
        score = self._score
        before, after = score.add(lead, gained, now)
        if after == before:
            return 0
        if after < before or before < 0:
            # Below zero, where lines of an earlier funnel may have left it, time raises a score.
            return self._weighed
        # It has risen: what waits for it to cool waits longer.
        if not self._risen:
            return 0
        total = score.limited(after + score.held(lead))
        return self._risen if is_past(total, self._floor, strictly=False) else 0
