"""Conditions and scores, read directly at a moment from a lead's whole history.

Part of the brute-force reading of a funnel (see ``brute_force``). ``History`` is all
that ever happened to one lead; ``Reading`` answers, at one moment, what a condition
or a score is. Nothing is counted ahead or kept up to date: each question goes through
the history again (what depends on no moment, only on what has come in, is remembered
until more comes in, or the tests would take days).
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple, cast

from schemas.activity import Activity
from schemas.funnel_file import (
    All,
    Any_,
    AtLeast,
    Did,
    FunnelFile,
    Has,
    IfLine,
    InStage,
    None_,
    OnLine,
    Quiet,
    Score,
    ScoreIs,
    TraitIs,
    Use,
    Visited,
)
from schemas.moments import DAY
from tests.properties.brute_force_values import MISSING, at_path, comparable, is_there, merged, satisfies

BUILT_IN = {"stage_assigned", "lead_erased", "lead_merged"}
NO_SIGN_OF_LIFE = BUILT_IN | {"identified", "grouped"}
TOO_LATE_FOR_POINTS = 7 * DAY


class Happened(NamedTuple):
    """An activity that was applied: the how manieth of its lead, and the lead's clock just after it."""

    activity: Activity
    arrival: int
    clock: int

    @property
    def at(self) -> int:
        """When it happened, by its own account, ms."""
        return self.activity.occurred_at


@dataclass
class History:
    """Everything that happened to a lead, and its stays.

    A stay is what comes after ``entered``, in (time, arrival) order. Birth's own activity
    is the first arrival, and belongs to the first stay: that is entered at arrival 0.
    """

    happened: list[Happened] = field(default_factory=list)
    stages: list[str] = field(default_factory=list)
    entered: tuple[int, int] = (0, 0)
    clock: int = 0
    seq: int = 0
    passed_over: set[str] = field(default_factory=set)
    worked_out: dict[Any, Any] = field(default_factory=dict)

    @property
    def stage(self) -> str:
        """The present stage."""
        return self.stages[-1]

    @property
    def birth(self) -> int:
        """The moment of the lead's creation: that of its first arrival, older ones or not."""
        return self.happened[0].at

    def in_this_stay(self, one: Happened) -> bool:
        """Whether an activity belongs to the present stay."""
        return (one.at, one.arrival) > self.entered

    def traits(self) -> dict[str, Any]:
        """The traits: every patch in order of its own time, then of arrival."""
        in_order = sorted(self.happened, key=lambda one: (one.at, one.arrival))
        traits = self.once("traits", lambda: merged(one.activity.traits for one in in_order))
        return cast(dict[str, Any], traits)

    def once(self, name: str, work_out: Callable[[], Any]) -> Any:
        """What depends on the activities alone, worked out anew only after another has come in."""
        key = (name, len(self.happened))
        if key not in self.worked_out:
            self.worked_out = {key: work_out()} | {k: v for k, v in self.worked_out.items() if k[1] == key[1]}
        return self.worked_out[key]


class Reading:
    """What the conditions and scores of a file are for one lead at one moment (ms)."""

    def __init__(self, file: FunnelFile, history: History, at: int) -> None:
        self.file = file
        self.history = history
        self.at = at

    # Conditions ------------------------------------------------------------------------------------

    def holds(self, condition: Any) -> bool:
        """Whether a condition is true at this moment."""
        return _READ[type(condition)](self, condition)

    def did(self, condition: Did) -> bool:
        # The engine keeps the newest n of these, here all of them count: with n the number
        # wanted, n of them are among the newest n just when n of them are among all.
        counted = [one for one in self.history.happened if _matches(condition, condition.did, one.activity)]
        if condition.within is not None:
            counted = [one for one in counted if one.at <= self.at < one.at + condition.within]
        if condition.since == "entry":
            counted = [one for one in counted if self.history.in_this_stay(one)]
        if condition.distinct is None:
            return len(counted) >= condition.times
        values = [at_path(one.activity.properties, condition.distinct) for one in counted]
        return len({comparable(value) for value in values if value is not MISSING}) >= condition.times

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
        return self.at >= self.history.entered[0] + condition.in_stage

    def quiet(self, condition: Quiet) -> bool:
        of = condition.quiet.of
        signs = [
            one.at
            for one in self.history.happened
            if (one.activity.type in of if of is not None else one.activity.type not in NO_SIGN_OF_LIFE)
        ]
        return self.at >= max(signs, default=self.history.birth) + condition.quiet.for_

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
        return _inside(score, done + held)

    def _sum(self, name: str, score: Score) -> float:
        """What the `on` lines are worth together at the lead's clock."""
        happened = self.history.happened
        total = self.history.once(f"sum of {name}", lambda: _sum_of_points(score, happened))
        return decayed(score, total, self.history.clock - happened[-1].clock)


_READ: dict[type, Callable[[Reading, Any], bool]] = {
    Did: Reading.did,
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


def _matches(asked: Did | OnLine, types: list[str], activity: Activity) -> bool:
    """Whether an activity is one that a `did` or an `on` line asks for."""
    return (
        activity.type in types
        and activity.type not in BUILT_IN
        and all(satisfies(test, at_path(activity.properties, path)) for path, test in asked.where.items())
        and (asked.source is None or satisfies(asked.source, activity.source))
    )


def decayed(score: Score, points: float, age: int) -> float:
    """What points are worth when they are ``age`` ms old."""
    return points if score.half_life is None else points * 2.0 ** (-age / score.half_life)


def _inside(score: Score, points: float) -> float:
    if score.limits is None:
        return points
    lowest, highest = score.limits
    return max(lowest, min(highest, points))


class _Given(NamedTuple):
    """Points that a line gave: for an activity of which time, how many, and when that was (the clock)."""

    of: int
    points: float
    clock: int


def _sum_of_points(score: Score, happened: list[Happened]) -> float:
    """The `on` points after the last of these, at the clock of that one.

    Every line remembers here all that it ever gave. The engine keeps a line's worth as one
    number and, with `per`, what can still fall into a window: no other of them can be asked for.
    """
    lines = [line for line in score.points if isinstance(line, OnLine)]
    gave: list[list[_Given]] = [[] for _ in lines]
    total, clock = 0.0, happened[0].clock
    for one in happened:
        total = decayed(score, total, one.clock - clock)
        clock = one.clock
        if clock - one.at > TOO_LATE_FOR_POINTS:
            continue
        added = 0.0
        for line, before in zip(lines, gave, strict=True):
            if _matches(line, line.on, one.activity):
                points = _points(score, line, before, one)
                before.append(_Given(one.at, points, clock))
                added += points if line.per is None else decayed(score, points, clock - one.at)
        total = _inside(score, total + added)
    return total


def _points(score: Score, line: OnLine, before: list[_Given], one: Happened) -> float:
    """What a line gives for an activity: without `per` as worth now, with it nominally."""
    if line.at_most is None:
        return decayed(score, line.add, one.clock - one.at)
    if line.per is None:
        wanted = decayed(score, line.add, one.clock - one.at)
        used = sum(decayed(score, given.points, one.clock - given.clock) for given in before)
    else:
        wanted = line.add
        used = sum(given.points for given in before if one.at - line.per < given.of <= one.at)
    room = max(0.0, line.at_most - abs(used))
    return max(-room, min(room, wanted))
