"""Circles of transitions that time alone can turn: a lead would go round them for ever.

Time moves a lead on from a stage where it rests; what is true already moves it on at once
(one cascade), but never back to where that cascade began. So a circle turns by time alone
when time can take two of its steps, from two stages, and each way between the two can be
gone without an activity: a step that only `did … since: entry` can take slows it, and so
does one with `again_after`.
"""

import itertools
from collections.abc import Callable, Iterator
from typing import NamedTuple

from qualifiers.faults import Fault
from qualifiers.loader_nodes import Node
from qualifiers.loader_tree import inner_conditions
from qualifiers.transitions import reach, resolve
from schemas.conditions import (
    All,
    Any_,
    AtLeast,
    Condition,
    Did,
    InStage,
    None_,
    Quiet,
    ScoreIs,
    Sequence,
    Sum,
    Use,
)
from schemas.funnel_file import FunnelFile


class _Step(NamedTuple):
    """A way from one stage to another that no activity is needed for."""

    origin: str
    target: str
    by_time: bool
    number: int  # of its transition, in file order


def check(funnel: FunnelFile, tree: Node, file: str) -> list[Fault]:
    """Each circle that time alone can turn, at the last of its steps. Names must be sound."""
    steps = list(_steps(funnel))
    ways: dict[str, dict[str, None]] = {}
    by_time: dict[str, dict[str, int]] = {}
    for step in steps:
        ways.setdefault(step.origin, {})[step.target] = None
        if step.by_time:
            by_time.setdefault(step.origin, {}).setdefault(step.target, step.number)
    reached = {stage: reach(ways, targets, stage) for stage, targets in by_time.items()}
    listed = tree.get("transitions")
    nodes = listed.listed() if listed else []
    faults: dict[frozenset[int], Fault] = {}  # by the two rules: they may lead out of many stages
    for one, other in itertools.combinations(by_time, 2):
        if other in reached[one] and one in reached[other]:
            out, back = _trail(reached[one], other), _trail(reached[other], one)
            numbers = by_time[one][out[0]], by_time[other][back[0]]
            circle = [one, *out, *back]
            message = f"time alone could move a lead round and round: {' → '.join(circle)}"
            hint = "let one of these steps need `did: …, since: entry`, or give it `again_after`"
            node = nodes[max(numbers)]
            faults.setdefault(
                frozenset(numbers), Fault(file, node.line, node.column, "time-circle", message, hint)
            )
    return list(faults.values())


def _trail(before: dict[str, str | None], end: str) -> list[str]:
    """The way that led to ``end``, from its start on."""
    trail = [end]
    while (stage := before[trail[-1]]) is not None:
        trail.append(stage)
    return trail[::-1]


class _Asked(NamedTuple):
    """What is asked of conditions, each definition once: many may use it."""

    funnel: FunnelFile
    known: dict[tuple[str, str], bool]

    def of(self, name: str, question: "Callable[[_Asked, Condition], bool]") -> bool:
        key = question.__name__, name
        if key not in self.known:
            self.known[key] = question(self, self.funnel.define[name])
        return self.known[key]


def _steps(funnel: FunnelFile) -> Iterator[_Step]:
    asked = _Asked(funnel, {})
    for number, rule in enumerate(resolve(funnel)):
        if rule.again_after is None and not _needs_activity(asked, rule.when):
            by_time = _comes(asked, rule.when)
            for origin in rule.sources:
                if origin != rule.to:
                    yield _Step(origin, rule.to, by_time, number)


def _needs_activity(asked: _Asked, condition: Condition) -> bool:
    """Whether only something that is done in this very stay can make it true."""
    match condition:
        case Did() | Sum() | Sequence():
            return condition.since is not None
        case Use():
            return asked.of(condition.use, _needs_activity)
    needing = sum(_needs_activity(asked, inner) for inner in inner_conditions(condition))
    match condition:
        case All():
            return needing > 0
        case Any_():
            return needing == len(condition.any)
        case AtLeast():
            return len(condition.of) - needing < condition.at_least
    return False


def _comes(asked: _Asked, condition: Condition) -> bool:
    """Whether time alone can turn it from false to true."""
    match condition:
        case InStage() | Quiet():
            return True
        case ScoreIs():
            is_bounded_above = condition.below is not None or condition.between is not None
            return is_bounded_above and asked.funnel.scores[condition.score].half_life is not None
        case Use():
            return asked.of(condition.use, _comes)
        case None_():
            return any(_goes(asked, inner) for inner in condition.none)
    return any(_comes(asked, inner) for inner in inner_conditions(condition))


def _goes(asked: _Asked, condition: Condition) -> bool:
    """Whether time alone can turn it from true to false."""
    match condition:
        case Did() | Sum() | Sequence():
            return condition.within is not None
        case ScoreIs():
            is_bounded_below = condition.at_least is not None or condition.between is not None
            return is_bounded_below and asked.funnel.scores[condition.score].half_life is not None
        case Use():
            return asked.of(condition.use, _goes)
        case None_():
            return any(_comes(asked, inner) for inner in condition.none)
    return any(_goes(asked, inner) for inner in inner_conditions(condition))
