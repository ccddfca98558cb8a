"""Rules of a valid funnel that never fire, as another always comes first."""

from collections.abc import Container, Mapping, Sequence
from typing import NamedTuple

from qualifiers.claims import Claims, Degree, Reader
from qualifiers.loader_tree import FunnelTree
from qualifiers.transitions import Resolved, directions
from schemas.funnel_file import FunnelFile

MAX_OTHERS = 50
"""Rules before one that are looked at in each of its stages: a huge file is to be read in time."""


class _Sooner(NamedTuple):
    """A way in which a rule may be true, and the rule."""

    way: Claims
    number: int


class _Deadline(NamedTuple):
    """A time in the stage that is all that a rule asks for, and the rule."""

    time: Degree
    number: int


class _Order:
    """The rules in their order, and what is enough for each of them in a stage."""

    def __init__(
        self, file: FunnelFile, rules: Sequence[Resolved], reached: Mapping[str, Container[str]]
    ) -> None:
        self._rules = rules
        self._reached = reached
        self._is_held = file.hold is not None
        self._directed = directions(file)
        self._reader = Reader(file)
        self._before: dict[bytes, list[_Sooner]] = {}  # by something that is claimed in it
        self._deadlines: dict[tuple[str, bytes], list[_Deadline]] = {}
        for number, rule in enumerate(rules):
            for way in self._reader.ways(rule.when) if rule.again_after is None else ():
                if way.is_time_in_stage:
                    [claim] = way.held
                    for stage in rule.sources:
                        deadlines = self._deadlines.setdefault((stage, claim.subject), [])
                        deadlines.append(_Deadline(claim.degree, number))
        for deadlines in self._deadlines.values():
            deadlines.sort()

    def preventing(self, number: int) -> int | None:
        """The rule that comes before this one wherever it leads out of; None when it may fire.

        Rules are asked about in their order.
        """
        rule = self._rules[number]
        asked = self._reader.claims(rule.when)
        candidates = (one for subject in sorted(asked.subjects()) for one in self._before.get(subject, ()))
        sooner = [other for way, other in candidates if asked.imply(way)][:MAX_OTHERS]
        first = [self._first(number, asked, sooner, stage) for stage in rule.sources]
        if rule.again_after is None:
            for way in self._reader.ways(rule.when):
                self._before.setdefault(way.key, []).append(_Sooner(way, number))
        return first[0] if first and None not in first else None

    def _first(self, number: int, asked: Claims, sooner: Sequence[int], stage: str) -> int | None:
        """The rule that leads out of a stage whenever this one would, and first; ``sooner`` come before."""
        for other in sooner:
            if stage in self._rules[other].sources and not self._gives_way(other, number, stage):
                return other
        for claim in asked.held:
            for time, other in self._deadlines.get((stage, claim.subject), ())[:MAX_OTHERS]:
                if other > number and time < claim.degree and not self._is_stopped(other, number, stage):
                    return other
        return None

    def _gives_way(self, other: int, number: int, stage: str) -> bool:
        """Whether the rule before may be true and not fire, and this one fires instead."""
        to = self._rules[other].to
        # Where a cascade has come from it.
        is_passed_over = to != self._rules[number].to and stage in self._reached[to]
        return is_passed_over or self._is_stopped(other, number, stage)

    def _is_stopped(self, other: int, number: int, stage: str) -> bool:
        """Whether `hold` may stop the other rule, and not this one."""
        forward, is_forward = (
            self._directed[stage, self._rules[one].to] == "forward" for one in (other, number)
        )
        return self._is_held and forward and not is_forward


def check(
    funnel: FunnelTree, file: FunnelFile, rules: Sequence[Resolved], reached: Mapping[str, Container[str]]
) -> None:
    """Note rules before which another, true whenever they are, leads out of each of their stages.

    ``reached`` are the stages that rules lead to from each, at once or by way of others.
    """
    order = _Order(file, rules, reached)
    for number, rule in enumerate(rules):
        other = order.preventing(number)
        if other is None:
            continue
        place = funnel.transitions[other].place
        if other < number:
            message = f"when it is true, `{rules[other].name}` ({place}) is too, and comes first"
            hint = "put it first, or take it out"
        else:
            message = f"the time of `{rules[other].name}` ({place}) is up before"
            hint = "give it the shorter time, or take it out"
        funnel.fault(funnel.transitions[number], "never-fires", f"`{rule.name}` never fires: {message}", hint)
