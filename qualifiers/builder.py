"""From the syntax tree of conditions and scores to what can be asked of a lead.

One table, EVALUATORS, says how each form of condition is made; its keys are those of
`schemas.conditions.CONDITIONS`. What two conditions both count is counted once.
"""

from collections import Counter as Counts
from collections import abc
from collections.abc import Callable, Mapping
from typing import Any

from qualifiers import facts
from qualifiers.calendars import Spans
from qualifiers.conditions import All, AnyOf, AtLeast, Condition, Learnt, NoneOf
from qualifiers.counters import Counter, compile_filter
from qualifiers.meaning import canonical, firing, slot_key
from qualifiers.operators import compile_test, describe
from qualifiers.personal import Personal
from qualifiers.points import BoundedLine, IfLine, OnLine, PacedLine
from qualifiers.rules import Rule, SignalRule
from qualifiers.scores import Score
from qualifiers.sequences import Sequence, Step
from qualifiers.sums import Sum
from qualifiers.transitions import directions, resolve
from qualifiers.wording import bound_words, did_words, line_words, named, sequence_words, sum_words
from qualifiers.words import joined, length, spoken
from schemas import conditions as tree
from schemas import funnel_file
from schemas.conditions import Test, condition_form
from schemas.funnel_file import FunnelFile


class Builder:
    """What a funnel file asks, gathered while its conditions are built."""

    def __init__(self, file: FunnelFile, personal: Personal | None = None) -> None:
        self._personal = personal
        self._define = file.define
        self._spans = Spans(file.calendar)
        self._uses: dict[str, Condition] = {}
        self._meanings: dict[str, bytes] = {}
        self._lines: Counts[bytes] = Counts()
        self.counters: dict[str, Counter] = {}
        self.scores: dict[str, Score] = {}
        self.traits: set[str] = set()
        self.visited: set[str] = set()
        for name, score in file.scores.items():
            self.scores[name] = self._score(name, score)
        self._hold = None if file.hold is None else self.condition(file.hold.when)

    @property
    def names(self) -> dict[Condition, str]:
        """What conditions are called that have a name under `define` and are used."""
        return {condition: name for name, condition in self._uses.items()}

    @property
    def slots(self) -> frozenset[str]:
        """The keys of everything that is kept."""
        return frozenset(self._meanings)

    # Conditions --------------------------------------------------------------

    def condition(self, condition: Any) -> Condition:
        """The compiled form of one condition of the tree."""
        form = condition_form(condition)
        if form is None:
            raise ValueError(f"no such condition: {condition!r}")
        return EVALUATORS[form](self, condition)

    def _all_of(self, parts: abc.Sequence[Any]) -> list[Condition]:
        return [self.condition(part) for part in parts]

    def _did(self, did: tree.Did) -> Condition:
        counter = self._counter(did.did, did.where, did.source, did.distinct, did.since == "entry")
        return facts.Did(counter, did.times, self._spans.maybe(did.within), did_words(did))

    def _sum(self, asked: tree.Sum) -> Condition:
        windowed = asked.within is not None
        since_entry = asked.since == "entry"
        kinds = frozenset(asked.of)
        key = self._slot("sum", asked.sum, sorted(kinds), asked.where, asked.source, since_entry, windowed)
        counter = self.counters.get(key)
        if counter is None:
            test = compile_filter(asked.where, asked.source)
            counter = self.counters[key] = Sum(key, kinds, test, asked.sum, since_entry)
        assert isinstance(counter, Sum)
        within = self._spans.maybe(asked.within)
        if within is not None and within not in counter.windows:
            counter.windows.append(within)
        return facts.SumIs(counter, asked.at_least, within, sum_words(asked))

    def _sequence(self, asked: tree.Sequence) -> Condition:
        since_entry = asked.since == "entry"
        key = self._slot("sequence", asked.sequence, self._spans.meaning(asked.span), since_entry)
        counter = self.counters.get(key)
        if counter is None:
            steps = [
                Step(frozenset(step.did), compile_filter(step.where, step.source)) for step in asked.sequence
            ]
            counter = self.counters[key] = Sequence(key, steps, self._spans.maybe(asked.span), since_entry)
        assert isinstance(counter, Sequence)
        return facts.Happened(counter, self._spans.maybe(asked.within), sequence_words(asked))

    def _score_is(self, asked: tree.ScoreIs) -> Condition:
        bounds: list[facts.Bound] = []
        if asked.at_least is not None:
            bounds.append(facts.Bound(True, asked.at_least, strictly=False))
        if asked.below is not None:
            bounds.append(facts.Bound(False, asked.below, strictly=False))
        if asked.between is not None:
            low, high = asked.between
            bounds += [facts.Bound(True, low, strictly=False), facts.Bound(False, high, strictly=True)]
        return facts.ScoreIs(self.scores[asked.score], bounds, bound_words(asked))

    def _trait_is(self, asked: tree.TraitIs) -> Condition:
        self.traits.add(asked.trait)
        return facts.TraitIs(asked.trait, compile_test(asked), describe(asked), self._personal)

    def _has(self, asked: tree.Has) -> Condition:
        self.traits.update(asked.has)
        return facts.Has(asked.has, self._personal)

    def _in_stage(self, asked: tree.InStage) -> Condition:
        return facts.InStage(self._spans.of(asked.in_stage), length(asked.in_stage))

    def _quiet(self, asked: tree.Quiet) -> Condition:
        kinds = asked.quiet.of
        words = "no activity" if kinds is None else f"no {joined(map(spoken, kinds), 'or')}"
        span = self._spans.of(asked.quiet.for_)
        return facts.Quiet(self._counter(kinds), span, f"{words} for {length(asked.quiet.for_)}")

    def _visited(self, asked: tree.Visited) -> Condition:
        self.visited.add(asked.visited)
        return facts.Visited(asked.visited)

    def _use(self, asked: tree.Use) -> Condition:
        if asked.use not in self._uses:
            self._uses[asked.use] = self.condition(self._define[asked.use])
        return self._uses[asked.use]

    def _all(self, asked: tree.All) -> Condition:
        return All(self._all_of(asked.all))

    def _any(self, asked: tree.Any_) -> Condition:
        return AnyOf(self._all_of(asked.any))

    def _none(self, asked: tree.None_) -> Condition:
        # "not A or B" might say that B is true.
        words = f"not {named(asked.none)}" if len(asked.none) == 1 else f"neither {named(asked.none, 'nor')}"
        return NoneOf(self._all_of(asked.none), words)

    def _at_least(self, asked: tree.AtLeast) -> Condition:
        return AtLeast(self._all_of(asked.of), asked.at_least)

    # Rules -------------------------------------------------------------------

    def rules(self, file: FunnelFile) -> dict[str, list[Rule]]:
        """The rules of each stage, in file order."""
        rules: dict[str, list[Rule]] = {stage: [] for stage in (*file.stages, *file.off_path)}
        ways = directions(file)
        for one in resolve(file):
            when = self.condition(one.when)
            words = named([one.when])
            again_after = self._spans.maybe(one.again_after)
            fired = self._slot(*firing(one.name))
            resets = tuple(self.scores[score] for score in one.resets)
            for stage in one.sources:
                waits = self._hold if ways[stage, one.to] == "forward" else None
                rules[stage].append(Rule(one.name, one.to, when, again_after, fired, resets, waits, words))
        return rules

    def signals(self, file: FunnelFile) -> dict[str, list[SignalRule]]:
        """The signals of each stage, in file order."""
        signals: dict[str, list[SignalRule]] = {stage: [] for stage in (*file.stages, *file.off_path)}
        for one in file.signals:
            signal = SignalRule(
                one.name, self.condition(one.when), self._slot("signal", one.name), self._hold
            )
            for stage in dict.fromkeys(one.in_):
                signals[stage].append(signal)
        return signals

    # Slots -------------------------------------------------------------------

    def _counter(
        self,
        types: abc.Sequence[str] | None,
        where: Mapping[str, Test] | None = None,
        source: Test | None = None,
        distinct: str | None = None,
        since_entry: bool = False,
    ) -> Counter:
        kinds = None if types is None else frozenset(types)
        named = None if kinds is None else sorted(kinds)
        key = self._slot("counter", named, dict(where or {}), source, distinct, since_entry)
        if key not in self.counters:
            test = compile_filter(where or {}, source)
            self.counters[key] = Counter(key, kinds, test, distinct, since_entry)
        return self.counters[key]

    def _slot(self, *parts: object) -> str:
        meaning = canonical(*parts)
        key = slot_key(meaning)
        other = self._meanings.setdefault(key, meaning)
        if other != meaning:
            raise ValueError(
                f"by a rare chance {meaning.decode()} and {other.decode()} would share one counter: "
                "say one of them in another way"
            )
        return key

    # Scores ------------------------------------------------------------------

    def _score(self, name: str, score: funnel_file.Score) -> Score:
        lines = [
            self._if_line(line)
            if isinstance(line, funnel_file.IfLine)
            else self._on_line(name, line, score.half_life)
            for line in score.points
        ]
        key, held_key = self._slot("score", name), self._slot("held", name)
        return Score(name, key, held_key, score.half_life, score.limits, lines)

    def _on_line(self, score: str, line: funnel_file.OnLine, half_life: int | None) -> OnLine:
        key = self._line_slot(score, line)
        types = frozenset(line.on)
        test = compile_filter(line.where, line.source)
        words = line_words(line)
        if line.at_most is None:
            return OnLine(key, types, test, line.add, half_life, words)
        if line.per is None:
            return BoundedLine(key, types, test, line.add, half_life, words, line.at_most)
        per = self._spans.of(line.per)
        return PacedLine(key, types, test, line.add, half_life, words, line.at_most, per)

    def _line_slot(self, score: str, line: funnel_file.OnLine) -> str:
        """By what the line is for, so that it keeps its slot when its points change.

        Lines for the same thing have a bound each: they are told apart by their number.
        """
        form = "points" if line.per is None else "gifts"
        parts = (form, score, sorted(set(line.on)), line.where, line.source)
        meaning = canonical(*parts)
        self._lines[meaning] += 1
        return self._slot(*parts, self._lines[meaning])

    def _if_line(self, line: funnel_file.IfLine) -> IfLine:
        when = self.condition(line.if_)
        tops = frozenset(watch.trait for watch in when.watches(True) if isinstance(watch, Learnt))
        return IfLine(when, line.add, tops, line_words(line))


EVALUATORS: dict[str, Callable[[Builder, Any], Condition]] = {
    "did": Builder._did,
    "sum": Builder._sum,
    "sequence": Builder._sequence,
    "score": Builder._score_is,
    "trait": Builder._trait_is,
    "has": Builder._has,
    "in_stage": Builder._in_stage,
    "quiet": Builder._quiet,
    "visited": Builder._visited,
    "use": Builder._use,
    "all": Builder._all,
    "any": Builder._any,
    "none": Builder._none,
    "at_least": Builder._at_least,
}
"""How each form of condition is made; one entry for each of `schemas.conditions.CONDITIONS`."""
