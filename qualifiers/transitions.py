"""Transitions with their names and sources made explicit, and which way they lead."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, NamedTuple

from schemas.conditions import Condition
from schemas.durations import Duration
from schemas.funnel_file import FunnelFile, Transition

if TYPE_CHECKING:  # the documents of decisions take their time to import, and only the type is needed
    from schemas.decision import Direction

CREATED = "created"
"""The rule by which a lead's first activity brings it into the first stage."""
MANUAL = "manual"
"""The rule by which a person moves a lead."""
MERGED = "merged"
"""The rule by which a lead moves to where one that was merged into it has been."""

NOT_TRANSITIONS = frozenset((CREATED, MANUAL, MERGED))
"""What a stage change names as its rule where no transition of the file has made it."""


class Resolved(NamedTuple):
    """A transition in which nothing is left out."""

    name: str
    sources: tuple[str, ...]
    to: str
    when: Condition
    again_after: Duration | None = None
    resets: tuple[str, ...] = ()


def default_name(to: str) -> str:
    """What a transition is called that has no name of its own."""
    return f"to-{to}"


def resolve(file: FunnelFile) -> tuple[Resolved, ...]:
    """The file's transitions in their order, each with its name and the stages it leads out of.

    Raises ValueError where the stage before `to` is asked for and there is none.
    """
    return tuple(
        Resolved(
            rule.name or default_name(rule.to),
            _sources(file, rule),
            rule.to,
            rule.when,
            rule.again_after,
            tuple(sorted(set(rule.resets))),
        )
        for rule in file.transitions
    )


def _sources(file: FunnelFile, rule: Transition) -> tuple[str, ...]:
    """The stages that `from` names. None of them is final: no rule leads out of those."""
    if isinstance(rule.from_, list):
        named = set(rule.from_)
    elif rule.from_ == "any":
        named = {*file.stages, *file.off_path} - {rule.to}
    elif rule.to not in file.stages or (rule.from_ is None and rule.to == file.stages[0]):
        raise ValueError(f"the transition to {rule.to} must say `from`: no stage of the path is before it")
    else:
        before = file.stages[: file.stages.index(rule.to)]
        named = set(before if rule.from_ == "earlier" else before[-1:])
    return tuple(stage for stage in (*file.stages, *file.off_path) if stage in named - set(file.final))


def directions(file: FunnelFile) -> "dict[tuple[str, str], Direction]":
    """For each pair of stages, which way a move between them leads."""
    rank = {stage: index for index, stage in enumerate(file.stages)}

    def direction(start: str, to: str) -> "Direction":
        if to not in rank:
            return "off_path"
        if start not in rank:
            return "return"
        return "forward" if rank[to] > rank[start] else "back"

    every = (*file.stages, *file.off_path)
    return {(start, to): direction(start, to) for start in every for to in every}


def ranks(file: FunnelFile) -> dict[str, tuple[int, int]]:
    """How far each stage is: final ones before those of the path before others, then along the path."""
    along = {stage: index for index, stage in enumerate(file.stages)}
    return {
        stage: (2 if stage in file.final else int(stage in along), along.get(stage, -1))
        for stage in (*file.stages, *file.off_path)
    }


def reach(
    ways: Mapping[str, Iterable[str]], starts: Iterable[str], avoided: str | None = None
) -> dict[str, str | None]:
    """The stages that can be reached from ``starts``, past ``avoided``, each with the one before it.

    ``ways`` are the stages that rules lead to from each.
    """
    before: dict[str, str | None] = dict.fromkeys(starts)
    waiting = list(before)
    for stage in waiting:
        for target in ways.get(stage, ()):
            if target not in before and target != avoided:
                before[target] = stage
                waiting.append(target)
    return before
