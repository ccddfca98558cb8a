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


class Did(Condition):
    """`did`: so many such activities, in all, in the last D, or in this stay."""

    __slots__ = ("_counter", "_times", "_within", "_words", "timed")

    def __init__(self, counter: Counter, times: int, within: Span | None, words: str) -> None:
        self._counter = counter
        self._times = times
        self._within = within
        self._words = words
        self.timed = within is not None
        counter.keep = max(counter.keep, times)

    def at(self, lead: Lead, now: int) -> Verdict:
        since = self._counter.nth_newest(lead, self._times)
        if since is None:
            return False, NEVER
        if self._within is None:
            return True, NEVER
        until = self._within.after(since)
        return (True, until) if until > now else (False, NEVER)

    def watches(self, wanted: bool) -> Iterator[Watch]:
        if wanted:
            yield Counted(self._counter, self._times, self._within)

    def because(self, lead: Lead, now: int, activity: Activity | None, proof: list[Evidence]) -> str:
        newest = self._counter.nth_newest(lead, 1)
        opened = None if self._within is None else self._within.before(now)
        value = min(self._counter.count(lead, opened), self._times)
        proof.append(_proved_by(self._counter, lead, activity, newest, self._words, value))
        return self._words


class SumIs(Condition):
    """`sum`: what a property adds up to, in all, in the last D, or in this stay."""

    __slots__ = ("_at_least", "_sum", "_within", "_words", "timed")

    def __init__(self, what: Sum, at_least: Number, within: Span | None, words: str) -> None:
        self._sum = what
        self._at_least = at_least
        self._within = within
        self._words = words
        self.timed = within is not None

    def at(self, lead: Lead, now: int) -> Verdict:
        reached, since = self._sum.reaches(lead, self._at_least, now, self._within)
        if reached and since is not None and self._within is not None:
            return True, self._within.after(since)
        return reached, NEVER

    def watches(self, wanted: bool) -> Iterator[Watch]:
        if wanted:
            yield Gathered(self._sum)

    def because(self, lead: Lead, now: int, activity: Activity | None, proof: list[Evidence]) -> str:
        total = self._sum.total(lead, now, self._within)
        proof.append(Evidence(self._words, total))
        return f"{self._words} ({total:.15g})"


class Happened(Condition):
    """`sequence`: activities in this order, the last of them in the last D."""

    __slots__ = ("_sequence", "_within", "_words", "timed")

    def __init__(self, sequence: Sequence, within: Span | None, words: str) -> None:
        self._sequence = sequence
        self._within = within
        self._words = words
        self.timed = within is not None

    def at(self, lead: Lead, now: int) -> Verdict:
        completed = self._sequence.completed(lead)
        if completed is None:
            return False, NEVER
        if self._within is None:
            return True, NEVER
        until = self._within.after(completed)
        return (True, until) if until > now else (False, NEVER)

    def watches(self, wanted: bool) -> Iterator[Watch]:
        if wanted:
            yield Gathered(self._sequence)

    def because(self, lead: Lead, now: int, activity: Activity | None, proof: list[Evidence]) -> str:
        completed = self._sequence.completed(lead)
        proof.append(_proved_by(self._sequence, lead, activity, completed, self._words, True))
        return self._words


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


class ScoreIs(Condition):
    """`score`: a score, decayed to now and rounded, against bounds."""

    __slots__ = ("_bounds", "_score", "_words", "timed")

    def __init__(self, score: Score, bounds: list[Bound], words: str) -> None:
        self._score = score
        self._bounds = tuple(bounds)
        self._words = words
        self.timed = score.half_life is not None

    def at(self, lead: Lead, now: int) -> Verdict:
        score = self._score
        total = score.total(lead, now)
        until = NEVER
        for wanted, points, strictly in self._bounds:
            past = is_past(total, points, strictly)
            turns = score.turns(lead, now, points, strictly, past) if self.timed else NEVER
            if past is not wanted:
                return False, turns
            if turns < until:
                until = turns
        return True, until

    def holds(self, lead: Lead, now: int) -> bool:
        return self._holds(self._score.total(lead, now))

    def _holds(self, total: Number) -> bool:
        return all(is_past(total, points, strictly) is wanted for wanted, points, strictly in self._bounds)

    def watches(self, wanted: bool) -> Iterator[Watch]:
        yield Weighed(self._score)
        for bound in self._bounds:
            if bound.past is wanted:
                yield Risen(self._score, bound.points)

    def because(self, lead: Lead, now: int, activity: Activity | None, proof: list[Evidence]) -> str:
        total = self._score.total(lead, now)
        value = self._score.shown(lead, now)
        if self._holds(value) is not self._holds(total):  # rounded, it would belie what is said of it
            value = round(float(total), COMPARED_DECIMALS)
        proof.append(Evidence(f"{self._score.name} {self._words}", value))
        verb = "reached" if self._bounds[0].past and len(self._bounds) == 1 else "is"
        return f"{self._score.name} {verb} {value} ({self._words})"


class TraitIs(Condition):
    """`trait`: a trait of the lead against operators."""

    __slots__ = ("_get", "_holds", "_path", "_words")

    def __init__(self, path: str, holds: Predicate, words: str) -> None:
        self._path = path
        self._get = trait_getter(path)
        self._holds = holds
        self._words = words

    def at(self, lead: Lead, now: int) -> Verdict:
        return self._holds(self._get(lead.traits)), NEVER

    def watches(self, wanted: bool) -> Iterator[Watch]:
        yield Learnt(self._path.partition(".")[0])

    def because(self, lead: Lead, now: int, activity: Activity | None, proof: list[Evidence]) -> str:
        value = self._get(lead.traits)
        proof.append(Evidence(f"{self._path} {self._words}", value))
        return f"{self._path} is {'missing' if value is None else shown(value)} ({self._words})"


class Has(Condition):
    """`has`: each of these traits is there and neither null nor empty."""

    __slots__ = ("_getters", "_paths")

    def __init__(self, paths: list[str]) -> None:
        self._paths = tuple(paths)
        self._getters: tuple[Callable[[dict[str, Any]], Any], ...] = tuple(map(trait_getter, paths))

    def at(self, lead: Lead, now: int) -> Verdict:
        traits = lead.traits
        for get in self._getters:
            if not is_there(get(traits)):
                return False, NEVER
        return True, NEVER

    def watches(self, wanted: bool) -> Iterator[Watch]:
        for path in self._paths:
            yield Learnt(path.partition(".")[0])

    def because(self, lead: Lead, now: int, activity: Activity | None, proof: list[Evidence]) -> str:
        traits = lead.traits
        values = [get(traits) for get in self._getters]
        value = values[0] if len(values) == 1 else dict(zip(self._paths, values, strict=True))
        proof.append(Evidence(f"has {joined(self._paths)}", value))
        return f"{joined(self._paths)} {'is' if len(self._paths) == 1 else 'are'} known"


class InStage(Condition):
    """`in_stage`: the lead has been in its present stage that long."""

    __slots__ = ("_span", "_words")
    timed = True

    def __init__(self, span: Span, words: str) -> None:
        self._span = span
        self._words = words

    def at(self, lead: Lead, now: int) -> Verdict:
        over = self._span.after(lead.since)
        return (True, NEVER) if now >= over else (False, over)

    def watches(self, wanted: bool) -> Iterator[Watch]:
        yield from ()

    def because(self, lead: Lead, now: int, activity: Activity | None, proof: list[Evidence]) -> str:
        entered = format_moment(lead.since)
        stayed = self._span.passed(lead.since, now) / SECOND
        proof.append(Evidence(f"in stage for {self._words}", stayed, occurred_at=entered))
        return f"{self._words} in {lead.stage}"


class Quiet(Condition):
    """`quiet`: no such activity for that long."""

    __slots__ = ("_counter", "_span", "_words")
    timed = True

    def __init__(self, counter: Counter, span: Span, words: str) -> None:
        self._counter = counter
        self._span = span
        self._words = words

    def _last(self, lead: Lead) -> int:
        newest = self._counter.nth_newest(lead, 1)
        return lead.created if newest is None else newest

    def at(self, lead: Lead, now: int) -> Verdict:
        over = self._span.after(self._last(lead))
        return (True, NEVER) if now >= over else (False, over)

    def watches(self, wanted: bool) -> Iterator[Watch]:
        yield Backdated(self._counter) if wanted else Stirred(self._counter)

    def because(self, lead: Lead, now: int, activity: Activity | None, proof: list[Evidence]) -> str:
        last = self._last(lead)
        quiet = self._span.passed(last, now) / SECOND
        proof.append(Evidence(self._words, quiet, occurred_at=format_moment(last)))
        return self._words


class Visited(Condition):
    """`visited`: the lead has ever been in that stage."""

    __slots__ = ("_stage",)

    def __init__(self, stage: str) -> None:
        self._stage = stage

    def at(self, lead: Lead, now: int) -> Verdict:
        return self._stage in lead.visited, NEVER

    def watches(self, wanted: bool) -> Iterator[Watch]:
        yield from ()

    def because(self, lead: Lead, now: int, activity: Activity | None, proof: list[Evidence]) -> str:
        proof.append(Evidence(f"visited {self._stage}", True))
        return f"it has been in {self._stage}"
