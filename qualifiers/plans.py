"""What an activity feeds and what it may turn, resolved for each stage and type.

Rules are not tried one by one. For a stage and an activity type there are the *feeds*:
the counters and scores that take such an activity and, for each, the rules of the stage
that it might turn true, and the signals that it might turn, as a bit mask over the
stage's rules in file order, then its signals.
A rule that nothing touches stays false: what time alone turns was due before.
"""

from collections import abc, defaultdict
from collections.abc import Iterable
from math import inf
from typing import Final

from qualifiers.built_in import BUILT_IN
from qualifiers.conditions import (
    Backdated,
    Counted,
    Gathered,
    Learnt,
    Risen,
    Stirred,
    Watch,
    Weighed,
)
from qualifiers.counters import NOT_STIRRING, Counter
from qualifiers.feeds import CounterFeed, Feed, GatherFeed, Group, ScoreFeed, SingleFeed
from qualifiers.points import OnLine
from qualifiers.rules import Looks, Rule, SignalRule
from qualifiers.scores import Score
from qualifiers.sequences import Sequence
from qualifiers.spans import Span
from qualifiers.sums import Sum
from schemas.lead import Lead

_KEPT_PICKS: Final = 1024


class Stage:
    """One stage: its rules in file order, and what touches them."""

    __slots__ = (
        "_is_asked",
        "_picked",
        "all",
        "feeds",
        "name",
        "of_the_stay",
        "other",
        "rules",
        "signals",
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
        self.of_the_stay = frozenset(
            {feed.counter.key for feed in feeds if feed.counter.since_entry}
            | {signal.key for signal in signals}
        )
        """The slots of what ends with the stay."""
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
