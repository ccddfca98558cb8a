"""What the rules of a valid funnel do that its author can hardly have meant."""

from collections.abc import Container, Mapping
from enum import IntEnum

from qualifiers import linter_order
from qualifiers.loader_tree import FunnelTree
from qualifiers.transitions import Resolved, reach, resolve
from schemas.conditions import (
    All,
    Any_,
    AtLeast,
    Condition,
    Did,
    Has,
    None_,
    Sequence,
    Sum,
    TraitIs,
    Use,
    Visited,
)
from schemas.funnel_file import FunnelFile


def check(funnel: FunnelTree, file: FunnelFile) -> None:
    """Note stages without a way in or out, rules that never fire, and rules that the past fires again."""
    rules = resolve(file)
    onward: dict[str, set[str]] = {}
    for rule in rules:
        for stage in rule.sources:
            onward.setdefault(stage, set()).add(rule.to)
    # A stage itself is reached only if rules lead back to it.
    reached = {stage: reach(onward, onward.get(stage, ())).keys() for stage in (*file.stages, *file.off_path)}
    _ways(funnel, file, onward)
    linter_order.check(funnel, file, rules, reached)
    _again(funnel, file, rules, reached)


def _ways(funnel: FunnelTree, file: FunnelFile, onward: Mapping[str, set[str]]) -> None:
    """Stages that leads never come to, and stages that they never leave.

    What only such a stage leads to is not told: it is mended with it.
    """
    by_hand = {*file.off_path} & {*file.final}  # where people put what is done with
    come_to = {*reach(onward, [file.stages[0], *by_hand])}
    led_to = set().union(*onward.values())
    lost = [stage for stage in funnel.stages if stage not in come_to]
    for stage in sorted(lost, key=lambda stage: stage in led_to):  # those first that no rule at all leads to
        if stage in come_to:
            continue
        come_to |= {*reach(onward, [stage])}
        others = "" if stage not in led_to else " but from where no lead comes"
        message = f"no rule leads to `{stage}`{others}: only a person can move a lead there"
        funnel.fault(funnel.stages[stage], "no-way-in", message, "write a transition to it, or take it out")
    for stage, node in funnel.stages.items():
        if stage not in onward and stage not in file.final and stage not in lost:
            message = f"no rule leads out of `{stage}`: a lead stays there until a person moves it"
            funnel.fault(node, "no-way-out", message, "write a transition from it, or name it under `final`")


class _Lasting(IntEnum):
    """Whether what made a condition true still makes it true when the lead comes back."""

    NOT = 0
    """Not for sure: it asks about this stay, a window, or what may have changed."""
    STATE = 1
    """It is about what the lead is."""
    DEED = 2
    """It is about what the lead did, whenever that was."""


def _again(
    funnel: FunnelTree, file: FunnelFile, rules: tuple[Resolved, ...], reached: Mapping[str, Container[str]]
) -> None:
    """Rules that move a lead on once more by what it did the first time, when it comes back."""
    known: dict[str, _Lasting] = {}
    for number, rule in enumerate(rules):
        back = [stage for stage in rule.sources if stage in reached[rule.to]]
        if back and rule.again_after is None and _lasting(file, rule.when, known) is _Lasting.DEED:
            message = f"`{rule.name}` moves a lead that comes back to `{back[0]}` on by what it did before"
            hint = "ask with `since: entry` or `within`, or slow it with `again_after`"
            funnel.fault(funnel.transitions[number].value["when"], "fires-again", message, hint)


def _lasting(file: FunnelFile, condition: Condition, known: dict[str, _Lasting]) -> _Lasting:
    """``known`` are the definitions that have been looked at."""

    def of(inner: list[Condition]) -> list[_Lasting]:
        return sorted((_lasting(file, one, known) for one in inner), reverse=True)

    match condition:
        case Did() | Sum() | Sequence():
            is_past = condition.since is None and condition.within is None
            return _Lasting.DEED if is_past else _Lasting.NOT
        case TraitIs() | Has() | Visited():
            return _Lasting.STATE
        case Use():
            if condition.use not in known:
                known[condition.use] = _lasting(file, file.define[condition.use], known)
            return known[condition.use]
        case All():
            parts = of(condition.all)
            return parts[0] if parts[-1] else _Lasting.NOT
        case Any_():
            return of(condition.any)[0]
        case AtLeast():
            parts = of(condition.of)[: condition.at_least]
            return parts[0] if parts[-1] else _Lasting.NOT
        case None_():
            return _Lasting.STATE if of(condition.none)[-1] else _Lasting.NOT
    return _Lasting.NOT
