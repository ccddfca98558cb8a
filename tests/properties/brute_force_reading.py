"""Conditions and scores, read directly at a moment from a lead's whole history.

Part of the brute-force reading of a funnel (see ``brute_force``). ``Reading`` answers,
at one moment, what a condition or a score is. Nothing is counted ahead or kept up to
date: each question goes through the history again (what depends on no moment, only on
what has come in, is remembered until more comes in, or the tests would take days).
"""

from collections.abc import Callable, Iterator
from functools import partial
from math import fsum
from typing import Any, cast

from schemas.conditions import (
    All,
    Any_,
    AtLeast,
    Did,
    Has,
    InStage,
    None_,
    Quiet,
    ScoreIs,
    Sequence,
    Sum,
    TraitIs,
    Use,
    Visited,
)
from schemas.durations import Duration
from schemas.funnel_file import FunnelFile, IfLine, Score
from tests.properties.brute_force_calendar import later
from tests.properties.brute_force_history import BUILT_IN, Happened, History, matches
from tests.properties.brute_force_points import Points, decayed, inside, no_points, points_after
from tests.properties.brute_force_values import MISSING, at_path, comparable, is_there, satisfies

NO_SIGN_OF_LIFE = (BUILT_IN - {"stage_assigned"}) | {"identified", "grouped"}


class Reading:
    """What the conditions and scores of a file are for one lead at one moment (ms)."""

    def __init__(self, file: FunnelFile, history: History, at: int) -> None:
        self.file = file
        self.history = history
        self.at = at

    def later(self, moment: int, duration: Duration) -> int:
        """The moment at which a duration has passed."""
        return later(self.file.calendar, moment, duration)

    # Conditions ------------------------------------------------------------------------------------

    def holds(self, condition: Any) -> bool:
        """Whether a condition is true at this moment."""
        return _READ[type(condition)](self, condition)

    def did(self, condition: Did) -> bool:
        # The engine keeps the newest n of these, here all of them count: with n the number
        # wanted, n of them are among the newest n just when n of them are among all.
        counted = self._counted(condition, condition.did)
        if condition.distinct is None:
            return len(counted) >= condition.times
        values = [at_path(one.activity.properties, condition.distinct) for one in counted]
        return len({comparable(value) for value in values if value is not MISSING}) >= condition.times

    def sum_is(self, condition: Sum) -> bool:
        counted = self._counted(condition, condition.of)
        values = [at_path(one.activity.properties, condition.sum) for one in counted]
        positive = [value for value in values if type(value) in (int, float) and value > 0]
        return round(fsum(positive), 6) >= condition.at_least

    def sequence(self, condition: Sequence) -> bool:
        stay = condition.since == "entry"
        steps = [
            [
                one
                for one in self.history.happened
                if matches(step, step.did, one.activity) and not (stay and not self.history.in_this_stay(one))
            ]
            for step in condition.sequence
        ]
        if condition.within is not None:
            steps[-1] = [one for one in steps[-1] if one.at <= self.at < self.later(one.at, condition.within)]
        return any(
            condition.span is None or chain[-1].at < self.later(chain[0].at, condition.span)
            for chain in _chains(steps)
        )

    def _counted(self, condition: Did | Sum, types: list[str]) -> list[Happened]:
        """The activities that a condition asks about, in its window and its stay."""
        counted = [one for one in self.history.happened if matches(condition, types, one.activity)]
        if condition.within is not None:
            counted = [one for one in counted if one.at <= self.at < self.later(one.at, condition.within)]
        if condition.since == "entry":
            counted = [one for one in counted if self.history.in_this_stay(one)]
        return counted

    def score_is(self, condition: ScoreIs) -> bool:
        score = round(self.score(condition.score), 6)
        return (
            (condition.at_least is None or score >= condition.at_least)
            and (condition.below is None or score < condition.below)
            and (condition.between is None or condition.between[0] <= score <= condition.between[1])
        )

    def trait(self, condition: TraitIs) -> bool:
        return satisfies(condition, at_path(self.history.traits(), condition.trait))

    def has(self, condition: Has) -> bool:
        traits = self.history.traits()
        return all(is_there(at_path(traits, path)) for path in condition.has)

    def in_stage(self, condition: InStage) -> bool:
        return self.at >= self.later(self.history.entered[0], condition.in_stage)

    def quiet(self, condition: Quiet) -> bool:
        of = condition.quiet.of
        signs = [
            one.at
            for one in self.history.happened
            if (one.activity.type in of if of is not None else one.activity.type not in NO_SIGN_OF_LIFE)
        ]
        return self.at >= self.later(max(signs, default=self.history.created), condition.quiet.for_)

    def visited(self, condition: Visited) -> bool:
        return condition.visited in self.history.stages

    def use(self, condition: Use) -> bool:
        return self.holds(self.file.define[condition.use])

    def all(self, condition: All) -> bool:
        return all(self.holds(one) for one in condition.all)

    def any(self, condition: Any_) -> bool:
        return any(self.holds(one) for one in condition.any)

    def none(self, condition: None_) -> bool:
        return not any(self.holds(one) for one in condition.none)

    def at_least(self, condition: AtLeast) -> bool:
        return sum(self.holds(one) for one in condition.of) >= condition.at_least

    # Scores ----------------------------------------------------------------------------------------

    def score(self, name: str) -> float:
        """A score, unrounded: the points of what was done, decayed, and of who the lead is, inside limits."""
        score = self.file.scores[name]
        done = decayed(score, self._sum(name, score), self.at - self.history.clock)
        held = sum(line.add for line in score.points if isinstance(line, IfLine) and self.holds(line.if_))
        return inside(score, done + held)

    def _sum(self, name: str, score: Score) -> float:
        """What the `on` lines are worth together at the lead's clock."""
        points = points_of(self.file, name, self.history)
        return decayed(score, points.total, self.history.clock - points.clock)


def points_of(file: FunnelFile, name: str, history: History) -> Points:
    """The points of what a lead did, at the clock of the last that it did."""
    score = file.scores[name]
    start, since = history.points.get(name, (no_points(score, history.happened[0].clock), 0))
    work_out = partial(points_after, score, start, history.happened[since:], file.calendar)
    return cast(Points, history.once(f"points of {name} since {since}", work_out))


def _chains(steps: list[list[Happened]]) -> Iterator[list[Happened]]:
    """Every way to take one activity of each step, each after the one before."""
    first, *others = steps
    for one in first:
        if not others:
            yield [one]
            continue
        later = [
            [other for other in step if (other.at, other.arrival) > (one.at, one.arrival)] for step in others
        ]
        yield from ([one, *chain] for chain in _chains(later))


_READ: dict[type, Callable[[Reading, Any], bool]] = {
    Did: Reading.did,
    Sum: Reading.sum_is,
    Sequence: Reading.sequence,
    ScoreIs: Reading.score_is,
    TraitIs: Reading.trait,
    Has: Reading.has,
    InStage: Reading.in_stage,
    Quiet: Reading.quiet,
    Visited: Reading.visited,
    Use: Reading.use,
    All: Reading.all,
    Any_: Reading.any,
    None_: Reading.none,
    AtLeast: Reading.at_least,
}
