"""The points of what a lead does, added up from its whole history (see ``brute_force``)."""

from typing import NamedTuple

from schemas.funnel_file import OnLine, Score
from schemas.moments import DAY
from tests.properties.brute_force_history import Happened, matches

TOO_LATE_FOR_POINTS = 7 * DAY


def decayed(score: Score, points: float, age: int) -> float:
    """What points are worth when they are ``age`` ms old."""
    return points if score.half_life is None else points * 2.0 ** (-age / score.half_life)


def inside(score: Score, points: float) -> float:
    """Points, kept inside the score's limits."""
    if score.limits is None:
        return points
    lowest, highest = score.limits
    return max(lowest, min(highest, points))


class _Given(NamedTuple):
    """Points that a line gave: for an activity of which time, how many, and when that was (the clock)."""

    of: int
    points: float
    clock: int


def sum_of_points(score: Score, happened: list[Happened], since: int = 0) -> float:
    """The `on` points after the last of these, at the clock of that one; the first ``since`` do not count.

    Every line remembers here all that it ever gave. The engine keeps a line's worth as one
    number and, with `per`, what can still fall into a window: no other of them can be asked for.
    """
    lines = [line for line in score.points if isinstance(line, OnLine)]
    gave: list[list[_Given]] = [[] for _ in lines]
    total, clock = 0.0, happened[0].clock
    for one in happened[since:]:
        total = decayed(score, total, one.clock - clock)
        clock = one.clock
        if clock - one.at > TOO_LATE_FOR_POINTS:
            continue
        added = 0.0
        for line, before in zip(lines, gave, strict=True):
            if matches(line, line.on, one.activity):
                points = _points(score, line, before, one)
                before.append(_Given(one.at, points, clock))
                added += points if line.per is None else decayed(score, points, clock - one.at)
        total = inside(score, total + added)
    return decayed(score, total, happened[-1].clock - clock)


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
