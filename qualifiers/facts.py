"""The single facts that conditions are made of: a class for each form that asks one thing."""

# What a method does is said once, in `Condition`; not every form needs all that it is given.
# ruff: noqa: ARG002, D102

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

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
from qualifiers.counters import Counter
from qualifiers.operators import Predicate
from qualifiers.personal import Personal
from qualifiers.points import Number
from qualifiers.scores import COMPARED_DECIMALS, Score, is_past
from qualifiers.sequences import Sequence
from qualifiers.spans import Span
from qualifiers.sums import Sum
from qualifiers.traits import is_there, trait_getter
from qualifiers.words import joined, shown
from schemas.activity import Activity
from schemas.decision import Evidence
from schemas.lead import Lead
from schemas.moments import NEVER, SECOND, format_moment


class Fact(Condition):
    """A condition that asks one thing."""

    __slots__ = ("wanted",)
    wanted: str
    """What it asks, in words: as evidence and explanations name it."""


class Did(Fact):
    """`did`: so many such activities, in all, in the last D, or in this stay."""

    __slots__ = ("counter", "timed", "times", "within")

    def __init__(self, counter: Counter, times: int, within: Span | None, words: str) -> None:
        self.counter = counter
        self.times = times
        self.within = within
        self.wanted = words
        self.timed = within is not None
        counter.keep = max(counter.keep, times)

    def at(self, lead: Lead, now: int) -> Verdict:
        since = self.counter.nth_newest(lead, self.times)
        if since is None:
            return False, NEVER
        if self.within is None:
            return True, NEVER
        until = self.within.after(since)
        return (True, until) if until > now else (False, NEVER)

    def watches(self, wanted: bool) -> Iterator[Watch]:
        if wanted:
            yield Counted(self.counter, self.times, self.within)

    def because(self, lead: Lead, now: int, activity: Activity | None, proof: list[Evidence]) -> str:
        newest = self.counter.nth_newest(lead, 1)
        opened = None if self.within is None else self.within.before(now)
        value = min(self.counter.count(lead, opened), self.times)
        proof.append(_proved_by(self.counter, lead, activity, newest, self.wanted, value))
        return self.wanted


class SumIs(Fact):
    """`sum`: what a property adds up to, in all, in the last D, or in this stay."""

    __slots__ = ("at_least", "sum", "timed", "within")

    def __init__(self, what: Sum, at_least: Number, within: Span | None, words: str) -> None:
        self.sum = what
        self.at_least = at_least
        self.within = within
        self.wanted = words
        self.timed = within is not None

    def at(self, lead: Lead, now: int) -> Verdict:
        reached, since = self.sum.reaches(lead, self.at_least, now, self.within)
        if reached and since is not None and self.within is not None:
            return True, self.within.after(since)
        return reached, NEVER

    def watches(self, wanted: bool) -> Iterator[Watch]:
        if wanted:
            yield Gathered(self.sum)

    def because(self, lead: Lead, now: int, activity: Activity | None, proof: list[Evidence]) -> str:
        total = self.sum.total(lead, now, self.within)
        proof.append(Evidence(self.wanted, total))
        return f"{self.wanted} ({total:.15g})"


class Happened(Fact):
    """`sequence`: activities in this order, the last of them in the last D."""

    __slots__ = ("sequence", "timed", "within")

    def __init__(self, sequence: Sequence, within: Span | None, words: str) -> None:
        self.sequence = sequence
        self.within = within
        self.wanted = words
        self.timed = within is not None

    def at(self, lead: Lead, now: int) -> Verdict:
        completed = self.sequence.completed(lead)
        if completed is None:
            return False, NEVER
        if self.within is None:
            return True, NEVER
        until = self.within.after(completed)
        return (True, until) if until > now else (False, NEVER)

    def watches(self, wanted: bool) -> Iterator[Watch]:
        if wanted:
            yield Gathered(self.sequence)

    def because(self, lead: Lead, now: int, activity: Activity | None, proof: list[Evidence]) -> str:
        completed = self.sequence.completed(lead)
        proof.append(_proved_by(self.sequence, lead, activity, completed, self.wanted, True))
        return self.wanted


def _proved_by(
    counter: Counter, lead: Lead, activity: Activity | None, at: int | None, words: str, value: Any
) -> Evidence:
    """Evidence of the moment ``at``, with the activity that is being applied where that is what made it."""
    made_it = activity is not None and activity.occurred_at == at and counter.ends_with(lead, activity)
    return Evidence(
        words,
        value,
        activity.id if activity is not None and made_it else None,
        None if at is None else format_moment(at),
    )


class Bound(NamedTuple):
    """What a score must be: ``past`` the points, or not; ``strictly``, when they themselves are not past."""

    past: bool
    points: Number
    strictly: bool


class ScoreIs(Fact):
    """`score`: a score, decayed to now and rounded, against bounds."""

    __slots__ = ("_words", "bounds", "score", "timed")

    def __init__(self, score: Score, bounds: list[Bound], words: str) -> None:
        self.score = score
        self.bounds = tuple(bounds)
        self._words = words
        self.wanted = f"{score.name} {words}"
        self.timed = score.half_life is not None

    def at(self, lead: Lead, now: int) -> Verdict:
        score = self.score
        total = score.total(lead, now)
        until = NEVER
        for wanted, points, strictly in self.bounds:
            past = is_past(total, points, strictly)
            turns = score.turns(lead, now, points, strictly, past) if self.timed else NEVER
            if past is not wanted:
                return False, turns
            if turns < until:
                until = turns
        return True, until

    def holds(self, lead: Lead, now: int) -> bool:
        return self._holds(self.score.total(lead, now))

    def _holds(self, total: Number) -> bool:
        return all(is_past(total, points, strictly) is wanted for wanted, points, strictly in self.bounds)

    def value(self, lead: Lead, now: int) -> float:
        """The score as it is shown, with more decimals where fewer would belie what is said of it."""
        total, value = self.score.total(lead, now), self.score.shown(lead, now)
        return value if self._holds(value) is self._holds(total) else round(float(total), COMPARED_DECIMALS)

    def watches(self, wanted: bool) -> Iterator[Watch]:
        yield Weighed(self.score)
        for bound in self.bounds:
            if bound.past is wanted:
                yield Risen(self.score, bound.points)

    def because(self, lead: Lead, now: int, activity: Activity | None, proof: list[Evidence]) -> str:
        value = self.value(lead, now)
        proof.append(Evidence(self.wanted, value))
        verb = "reached" if self.bounds[0].past and len(self.bounds) == 1 else "is"
        return f"{self.score.name} {verb} {value} ({self._words})"


class TraitIs(Fact):
    """`trait`: a trait of the lead against operators."""

    __slots__ = ("_get", "_holds", "_path", "_personal", "_words")

    def __init__(self, path: str, holds: Predicate, words: str, personal: Personal | None) -> None:
        self._path = path
        self._get = trait_getter(path)
        self._holds = holds
        self._words = words
        self.wanted = f"{path} {words}"
        self._personal = personal

    def at(self, lead: Lead, now: int) -> Verdict:
        return self._holds(self._get(lead.traits)), NEVER

    def watches(self, wanted: bool) -> Iterator[Watch]:
        yield Learnt(self._path.partition(".")[0])

    def value(self, lead: Lead) -> Any:
        """The trait, as it is said; None where it is missing."""
        value = self._get(lead.traits)
        return value if self._personal is None else self._personal.shown(self._path, value)

    def because(self, lead: Lead, now: int, activity: Activity | None, proof: list[Evidence]) -> str:
        value = self.value(lead)
        proof.append(Evidence(self.wanted, value))
        return f"{self._path} is {'missing' if value is None else shown(value)} ({self._words})"


class Has(Fact):
    """`has`: each of these traits is there and neither null nor empty."""

    __slots__ = ("_getters", "_personal", "paths")

    def __init__(self, paths: list[str], personal: Personal | None) -> None:
        self.paths = tuple(paths)
        self._personal = personal
        self._getters: tuple[Callable[[dict[str, Any]], Any], ...] = tuple(map(trait_getter, paths))
        self.wanted = f"has {joined(paths)}"

    def at(self, lead: Lead, now: int) -> Verdict:
        traits = lead.traits
        for get in self._getters:
            if not is_there(get(traits)):
                return False, NEVER
        return True, NEVER

    def watches(self, wanted: bool) -> Iterator[Watch]:
        for path in self.paths:
            yield Learnt(path.partition(".")[0])

    def missing(self, lead: Lead) -> list[str]:
        """The paths of those that are not there."""
        return [
            path
            for path, get in zip(self.paths, self._getters, strict=True)
            if not is_there(get(lead.traits))
        ]

    def value(self, lead: Lead) -> Any:
        """The trait, or all of them by their paths, as they are said."""
        values = [get(lead.traits) for get in self._getters]
        if self._personal is not None:
            values = [self._personal.shown(*one) for one in zip(self.paths, values, strict=True)]
        return values[0] if len(values) == 1 else dict(zip(self.paths, values, strict=True))

    def because(self, lead: Lead, now: int, activity: Activity | None, proof: list[Evidence]) -> str:
        proof.append(Evidence(self.wanted, self.value(lead)))
        return f"{joined(self.paths)} {'is' if len(self.paths) == 1 else 'are'} known"


class InStage(Fact):
    """`in_stage`: the lead has been in its present stage that long."""

    __slots__ = ("_words", "span")
    timed = True

    def __init__(self, span: Span, words: str) -> None:
        self.span = span
        self._words = words
        self.wanted = f"in stage for {words}"

    def at(self, lead: Lead, now: int) -> Verdict:
        over = self.span.after(lead.since)
        return (True, NEVER) if now >= over else (False, over)

    def watches(self, wanted: bool) -> Iterator[Watch]:
        yield from ()

    def because(self, lead: Lead, now: int, activity: Activity | None, proof: list[Evidence]) -> str:
        entered = format_moment(lead.since)
        stayed = self.span.passed(lead.since, now) / SECOND
        proof.append(Evidence(self.wanted, stayed, occurred_at=entered))
        return f"{self._words} in {lead.stage}"


class Quiet(Fact):
    """`quiet`: no such activity for that long."""

    __slots__ = ("counter", "span")
    timed = True

    def __init__(self, counter: Counter, span: Span, words: str) -> None:
        self.counter = counter
        self.span = span
        self.wanted = words

    def last(self, lead: Lead) -> int:
        """Since when it has been quiet."""
        newest = self.counter.nth_newest(lead, 1)
        return lead.created if newest is None else newest

    def at(self, lead: Lead, now: int) -> Verdict:
        over = self.span.after(self.last(lead))
        return (True, NEVER) if now >= over else (False, over)

    def watches(self, wanted: bool) -> Iterator[Watch]:
        yield Backdated(self.counter) if wanted else Stirred(self.counter)

    def because(self, lead: Lead, now: int, activity: Activity | None, proof: list[Evidence]) -> str:
        last = self.last(lead)
        quiet = self.span.passed(last, now) / SECOND
        proof.append(Evidence(self.wanted, quiet, occurred_at=format_moment(last)))
        return self.wanted


class Visited(Fact):
    """`visited`: the lead has ever been in that stage."""

    __slots__ = ("stage",)

    def __init__(self, stage: str) -> None:
        self.stage = stage
        self.wanted = f"visited {stage}"

    def at(self, lead: Lead, now: int) -> Verdict:
        return self.stage in lead.visited, NEVER

    def watches(self, wanted: bool) -> Iterator[Watch]:
        yield from ()

    def because(self, lead: Lead, now: int, activity: Activity | None, proof: list[Evidence]) -> str:
        proof.append(Evidence(self.wanted, True))
        return f"it has been in {self.stage}"
