"""What an activity feeds and what it may turn, resolved for each stage and type.

Rules are not tried one by one. For a stage and an activity type there are the *feeds*:
the counters and scores that take such an activity and, for each, the rules of the stage
that it might turn true, and the signals that it might turn, as a bit mask over the
stage's rules in file order, then its signals.
A rule that nothing touches stays false: what time alone turns was due before.
"""

from collections import abc, defaultdict
from collections.abc import Iterable, Iterator
from math import inf
from typing import Final

from qualifiers.built_in import BUILT_IN
from qualifiers.conditions import (
    Backdated,
    Condition,
    Counted,
    Gathered,
    Learnt,
    Risen,
    Stirred,
    Verdict,
    Watch,
    Weighed,
)
from qualifiers.counters import NOT_STIRRING, Counter
from qualifiers.points import TOO_LATE, Number, OnLine
from qualifiers.scores import Score, is_past
from qualifiers.sequences import Sequence
from qualifiers.spans import Span
from qualifiers.sums import Sum
from schemas.activity import Activity
from schemas.lead import Lead

_KEPT_PICKS: Final = 1024


class Rule:
    """A transition, compiled, as it leads out of one stage."""

    __slots__ = ("again_after", "fired", "hold", "name", "resets", "timed", "to", "when")

    def __init__(
        self,
        name: str,
        to: str,
        when: Condition,
        again_after: Span | None,
        fired: str,
        resets: tuple[Score, ...],
        hold: Condition | None,
    ) -> None:
        self.name = name
        self.to = to
        self.when = when
        self.again_after = again_after
        """It does not fire again sooner."""
        self.fired = fired
        """The slot of when it last fired, which is kept where that is asked."""
        self.resets = resets
        self.hold = hold
        """While it is true, the rule waits."""
        self.timed = when.timed or again_after is not None or (hold is not None and hold.timed)
        """Whether time alone can make it fire."""

    def watches(self) -> Iterator[Watch]:
        """What an activity can do that might make it fire."""
        yield from self.when.watches(True)
        if self.hold is not None:
            yield from self.hold.watches(False)

    def asks(self) -> Iterator[Watch]:
        """All that may turn its conditions, either way."""
        for condition in (self.when, self.hold):
            if condition is not None:
                yield from condition.watches(True)
                yield from condition.watches(False)

    def ready(self, lead: Lead, now: int) -> Verdict:
        """Whether it can fire at ``now``, and a moment up to which time alone leaves that so."""
        verdict = self.when.at(lead, now)
        if verdict[0] and (self.again_after is not None or self.hold is not None):
            return self._unless_held_back(lead, now, verdict)
        return verdict

    def _unless_held_back(self, lead: Lead, now: int, verdict: Verdict) -> Verdict:
        if self.again_after is not None:
            fired: int | None = lead.kept.get(self.fired)
            if fired is not None and now < (again := self.again_after.after(fired)):
                return False, min(verdict[1], again)
        if self.hold is not None:
            held, until = self.hold.at(lead, now)
            return not held, min(verdict[1], until)
        return verdict


class SignalRule:
    """A signal, compiled.

    In its slot lies, in a stay, how often it has been given, and the moment at which it was
    found false again since (NEVER while it is true).
    """

    __slots__ = ("hold", "key", "name", "timed", "when")

    def __init__(self, name: str, when: Condition, key: str, hold: Condition | None) -> None:
        self.name = name
        self.when = when
        self.key = key
        self.hold = hold
        """While it is true, the signal waits."""
        self.timed = when.timed or (hold is not None and hold.timed)
        """Whether time alone can turn it, either way."""

    def watches(self) -> Iterator[Watch]:
        """What an activity can do that might turn it: also to false, as it is given when it turns true."""
        yield from self.when.watches(True)
        yield from self.when.watches(False)
        if self.hold is not None:
            yield from self.hold.watches(False)

    def asks(self) -> Iterator[Watch]:
        """All that may turn its conditions, either way."""
        yield from self.watches()
        if self.hold is not None:
            yield from self.hold.watches(True)


class Looks:
    """What of a stage is to be looked at."""

    __slots__ = ("rules", "signals")

    def __init__(self, rules: tuple[Rule, ...], signals: tuple[SignalRule, ...]) -> None:
        self.rules = rules
        self.signals = signals


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
        if not counter.record(lead, activity):
            return 0
        touched = 0
        for group, old in zip(self._groups, before, strict=True):
            opened = None if group.within is None else group.within.before(now)
            if old is None or (opened is not None and old <= opened):
                new = counter.nth_newest(lead, group.times)
                if new is not None and (opened is None or new > opened):
                    touched |= group.mask
        return touched


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
        if after < before or not score.only_cools:
            return self._weighed
        # It has risen: what waits for it to cool waits longer.
        if not self._risen:
            return 0
        total = score.limited(after + score.held(lead))
        return self._risen if is_past(total, self._floor, strictly=False) else 0


class Stage:
    """One stage: its rules in file order, and what touches them."""

    __slots__ = (
        "_is_asked",
        "_picked",
        "all",
        "feeds",
        "name",
        "other",
        "rules",
        "signals",
        "stays",
        "timed",
        "traits",
        "weighed",
    )

    def __init__(
        self,
        name: str,
        rules: abc.Sequence[Rule],
        signals: abc.Sequence[SignalRule],
        counters: Iterable[Counter],
        scores: Iterable[Score],
        types: Iterable[str],
        is_asked: bool,
    ) -> None:
        self.name = name
        self.rules = tuple(rules)
        self.signals = tuple(signals)
        self.all = Looks(self.rules, self.signals)
        self.timed = Looks(
            tuple(rule for rule in rules if rule.timed), tuple(signal for signal in signals if signal.timed)
        )
        self._is_asked = is_asked
        self._picked: dict[int, Looks] = {}
        watched = _Watched((*self.rules, *self.signals))
        feeds = [
            watched.counter_feed(counter)
            for counter in counters
            if not counter.since_entry or watched.asks(counter)
        ]
        self.stays = tuple(feed.counter for feed in feeds if feed.counter.since_entry)
        """The counters of this stay, which end with it."""
        self.feeds: dict[str, tuple[Feed, ...]] = {
            name: (
                *(feed for feed in feeds if feed.counter.takes(name)),
                *(
                    watched.score_feed(score, lines)
                    for score in scores
                    if (lines := [line for line in score.on_lines if name in line.types])
                ),
            )
            for name in {*types, *BUILT_IN, *NOT_STIRRING}
        }
        """By activity type, of those that the funnel names or that are no sign of life."""
        self.other: tuple[Feed, ...] = tuple(feed for feed in feeds if feed.counter.types is None)
        """For all other types."""
        self.traits = dict(watched.traits)
        """By a trait's top name: the rules that ask about it."""
        self.weighed = dict(watched.weighed)
        """By score: the rules that ask about it."""

    def picked(self, mask: int) -> Looks:
        """What is in a mask, in file order. Few masks come again and again: they are worked out once."""
        looks = self._picked.get(mask)
        if looks is None:
            looks = Looks(
                tuple(rule for index, rule in enumerate(self.rules) if mask >> index & 1),
                tuple(
                    signal
                    for index, signal in enumerate(self.signals, start=len(self.rules))
                    if mask >> index & 1
                ),
            )
            if len(self._picked) < _KEPT_PICKS:
                self._picked[mask] = looks
        return looks

    def note_visit(self, lead: Lead) -> None:
        """The lead has been here, which is kept where some condition asks it."""
        if self._is_asked and self.name not in lead.visited:
            lead.visited += (self.name,)


class _Watched:
    """The watches of a stage's rules and signals, gathered by what sets them off."""

    def __init__(self, rules: abc.Sequence[Rule | SignalRule]) -> None:
        self._counted: dict[str, dict[tuple[int, Span | None], int]] = defaultdict(lambda: defaultdict(int))
        self._gathered: dict[str, int] = defaultdict(int)
        self._stirred: dict[str, int] = defaultdict(int)
        self._backdated: dict[str, int] = defaultdict(int)
        self._risen: dict[str, int] = defaultdict(int)
        self._floors: dict[str, float] = {}
        self._asked: set[str] = set()
        self.weighed: dict[str, int] = defaultdict(int)
        self.traits: dict[str, int] = defaultdict(int)
        for index, rule in enumerate(rules):
            for watch in rule.watches():
                self._gather(watch, 1 << index)
            for watch in rule.asks():
                if isinstance(watch, Counted | Gathered):
                    self._asked.add(watch.counter.key)

    def _gather(self, watch: Watch, bit: int) -> None:
        match watch:
            case Counted(counter, times, within):
                self._counted[counter.key][times, within] |= bit
            case Gathered(counter):
                self._gathered[counter.key] |= bit
            case Stirred(counter):
                self._stirred[counter.key] |= bit
            case Backdated(counter):
                self._backdated[counter.key] |= bit
            case Risen(score, points):
                self._risen[score.key] |= bit
                self._floors[score.key] = min(self._floors.get(score.key, points), points)
            case Weighed(score):
                self.weighed[score.key] |= bit
            case Learnt(trait):
                self.traits[trait] |= bit

    def asks(self, counter: Counter) -> bool:
        """Whether a rule of the stage asks the counter at all."""
        return counter.key in self._asked

    def counter_feed(self, counter: Counter) -> CounterFeed | GatherFeed:
        if isinstance(counter, Sum | Sequence):
            return GatherFeed(counter, self._gathered.get(counter.key, 0))
        groups = self._counted.get(counter.key, {})
        kind = SingleFeed if counter.is_single else CounterFeed
        return kind(
            counter,
            tuple(Group(times, within, mask) for (times, within), mask in groups.items()),
            self._stirred.get(counter.key, 0),
            self._backdated.get(counter.key, 0),
        )

    def score_feed(self, score: Score, lines: list[OnLine]) -> ScoreFeed:
        return ScoreFeed(
            score,
            lines,
            self._floors.get(score.key, inf),
            self._risen.get(score.key, 0),
            self.weighed.get(score.key, 0),
        )
