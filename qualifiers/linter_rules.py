"""What the rules of a valid funnel do that its author can hardly have meant."""

from collections.abc import Container, Mapping
from enum import IntEnum

from qualifiers.loader_tree import FunnelTree
from qualifiers.meaning import canonical
from qualifiers.transitions import Resolved, directions, reach, resolve
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
    """Note stages that no rule leads to, rules that never fire, and rules that the past fires again."""
    rules = resolve(file)
    onward: dict[str, set[str]] = {}
    for rule in rules:
        for stage in rule.sources:
            onward.setdefault(stage, set()).add(rule.to)
    # A stage itself is reached only if rules lead back to it.
    reached = {stage: reach(onward, onward.get(stage, ())).keys() for stage in (*file.stages, *file.off_path)}
    _led_to(funnel, file, rules)
    _never(funnel, file, rules, reached)
    _again(funnel, file, rules, reached)


def _led_to(funnel: FunnelTree, file: FunnelFile, rules: tuple[Resolved, ...]) -> None:
    led_to = {file.stages[0], *(rule.to for rule in rules if rule.sources)}
    led_to |= {*file.off_path} & {*file.final}  # where people put by hand what is done with
    for stage, node in funnel.stages.items():
        if stage not in led_to:
            message = f"no rule leads to `{stage}`: only a person can move a lead there"
            funnel.fault(node, "no-way-in", message, "write a transition to it, or take it out")


# Rules that never fire ------------------------------------------------------------------------------


def _never(
    funnel: FunnelTree, file: FunnelFile, rules: tuple[Resolved, ...], reached: Mapping[str, Container[str]]
) -> None:
    """Rules before which another, true whenever they are, leads out of each of their stages."""
    directed = directions(file)
    held = file.hold is not None
    first: dict[str, dict[bytes, int]] = {}  # by stage: what is enough for a rule that is read before
    for number, rule in enumerate(rules):
        named = file.define[rule.when.use] if isinstance(rule.when, Use) else rule.when
        needed = [named, *(named.all if isinstance(named, All) else ())]
        enough = [named, *(named.any if isinstance(named, Any_) else ())]
        needs = [canonical(rule.when), *map(canonical, needed)]
        before: list[int] = []
        for stage in rule.sources:
            forward = directed[stage, rule.to] == "forward"
            seen = first.get(stage, {})
            sooner = (seen[need] for need in needs if need in seen)
            for one in sooner:
                to = rules[one].to
                is_stopped = held and directed[stage, to] == "forward" and not forward
                is_passed_over = to != rule.to and stage in reached[to]  # where a cascade has come from it
                if not (is_stopped or is_passed_over):
                    before.append(one)
                    break
        if rule.sources and len(before) == len(rule.sources):
            node = funnel.transitions[number]
            other = rules[before[0]].name
            place = funnel.transitions[before[0]].place
            message = (
                f"`{rule.name}` never fires: when it is true, `{other}` ({place}) is too, and comes first"
            )
            funnel.fault(node, "never-fires", message, "put it first, or take it out")
        if rule.again_after is None:
            for stage in rule.sources:
                for part in (canonical(rule.when), *map(canonical, enough)):
                    first.setdefault(stage, {}).setdefault(part, number)


# Rules that the past fires again --------------------------------------------------------------------


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
