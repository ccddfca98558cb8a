"""The points of what a lead does, added up from its whole history (see ``brute_force``)."""

from typing import NamedTuple

from schemas.funnel_file import Calendar, OnLine, Score
from schemas.moments import DAY
from tests.properties.brute_force_calendar import later
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


class Gift(NamedTuple):
    """Points that a line gave: for an activity of which time, how many, and when that was (the clock)."""

    of: int
    points: float
    clock: int


class Points(NamedTuple):
    """What the `on` lines of a score are worth together at a clock, and what each of them gave."""

    total: float
    clock: int
    gave: list[list[Gift]]


def no_points(score: Score, clock: int) -> Points:
    """None at all."""
    return Points(0.0, clock, [[] for line in score.points if isinstance(line, OnLine)])


def points_after(score: Score, start: Points, happened: list[Happened], calendar: Calendar | None) -> Points:
    """The points after these, at the clock of the last of them.

    Every line remembers here all that it ever gave. The engine keeps a line's worth as one
    number and, with `per`, what can still fall into a window: no other of them can be asked for.
    """
    lines = [line for line in score.points if isinstance(line, OnLine)]
    total, clock, gave = start.total, start.clock, [list(gifts) for gifts in start.gave]
    for one in happened:
        total = decayed(score, total, one.clock - clock)
        clock = one.clock
        if clock - one.at > TOO_LATE_FOR_POINTS:
            continue
        added = 0.0
        for line, before in zip(lines, gave, strict=True):
            if matches(line, line.on, one.activity):
                points = _points(score, line, before, one, calendar)
                before.append(Gift(one.at, points, clock))
                added += points if line.per is None else decayed(score, points, clock - one.at)
        total = inside(score, total + added)
    return Points(total, clock, gave)


def united_points(score: Score, mine: Points, theirs: Points, now: int, calendar: Calendar | None) -> Points:
    """The points of two leads that are one from ``now`` on: their bounds hold for both together."""
    lines = [line for line in score.points if isinstance(line, OnLine)]
    total = sum(decayed(score, points.total, now - points.clock) for points in (mine, theirs))
    gave: list[list[Gift]] = []
    for line, one, other in zip(lines, mine.gave, theirs.gave, strict=True):
        if line.at_most is None:
            gave.append([])
        elif line.per is None:
            worth = sum(decayed(score, gift.points, now - gift.clock) for gift in (*one, *other))
            capped = max(-line.at_most, min(line.at_most, worth))
            total -= worth - capped
            gave.append([Gift(now, capped, now)])
        else:
            one, other = (
                [
                    gift
                    for gift in gifts
                    if gift.points and later(calendar, gift.of, line.per) > now - TOO_LATE_FOR_POINTS
                ]
                for gifts in (one, other)
            )
            if not one or not other:
                gave.append([*one, *other])
                continue
            kept: list[Gift] = []
            for gift in sorted((*one, *other), key=lambda gift: gift.of):
                room = line.at_most - sum(
                    abs(k.points) for k in kept if later(calendar, k.of, line.per) > gift.of
                )
                capped = max(-room, min(room, gift.points)) if room > 0 else 0.0
                total -= decayed(score, gift.points - capped, now - gift.of)
                kept.append(Gift(gift.of, capped, now))
            gave.append(kept)
    return Points(inside(score, total), now, gave)


def _points(
    score: Score, line: OnLine, before: list[Gift], one: Happened, calendar: Calendar | None
) -> float:
    """What a line gives for an activity: without `per` as worth now, with it nominally."""
    if line.at_most is None:
        return decayed(score, line.add, one.clock - one.at)
    if line.per is None:
        wanted = decayed(score, line.add, one.clock - one.at)
        used = sum(decayed(score, given.points, one.clock - given.clock) for given in before)
    else:
        wanted = line.add
        used = sum(
            given.points for given in before if given.of <= one.at < later(calendar, given.of, line.per)
        )
    room = max(0.0, line.at_most - abs(used))
    return max(-room, min(room, wanted))
