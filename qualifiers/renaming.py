"""An old funnel file in the words of a new one, in which stages have other names.

To leads, stages that are `renamed` are the same ones: a lead keeps its stay, what it has visited
and when rules fired (`Funnel.reread`). Files are compared by the same names.
"""

from collections.abc import Iterable, Mapping

from qualifiers.transitions import default_name, resolve
from schemas.conditions import All, Any_, AtLeast, Condition, None_, Visited
from schemas.funnel_file import FunnelFile


def rule_names(new: FunnelFile) -> dict[str, str]:
    """What rules are called now that were called by a stage which the new file has `renamed`.

    One whose old name is still a rule's is that rule, as it is to leads.
    """
    rules = {rule.name for rule in resolve(new)}
    names = {default_name(was): default_name(now) for was, now in new.renamed.items()}
    return {was: now for was, now in names.items() if was not in rules and now in rules}


def in_words_of(new: FunnelFile, old: FunnelFile) -> FunnelFile:
    """The old file with its stages, and the rules that are called by them, called as in the new one."""
    stages = new.renamed
    if not stages:
        return old
    resolved = resolve(old)

    def now(names: Iterable[str]) -> list[str]:
        # Several stages may have become one: then it is on the path, and left by rules, if any of them was.
        return list(dict.fromkeys(stages.get(name, name) for name in names))

    path = now(old.stages)
    left = {stage for rule in resolved for stage in now(rule.sources)}
    taken = {rule.name for rule in resolved}
    names = {was: now for was, now in rule_names(new).items() if now not in taken}
    rules = [
        rule.model_copy(
            update={
                "name": names.get(full.name, full.name),
                "to": stages.get(rule.to, rule.to),
                "from_": now(full.sources),
                "when": _condition(rule.when, stages),
            }
        )
        for rule, full in zip(old.transitions, resolved, strict=True)
    ]
    signals = [
        signal.model_copy(update={"in_": now(signal.in_), "when": _condition(signal.when, stages)})
        for signal in old.signals
    ]
    hold = old.hold
    return old.model_copy(
        update={
            "stages": path,
            "off_path": [stage for stage in now(old.off_path) if stage not in path],
            "final": [stage for stage in now(old.final) if stage not in left],
            "define": {name: _condition(when, stages) for name, when in old.define.items()},
            "hold": hold and hold.model_copy(update={"when": _condition(hold.when, stages)}),
            "transitions": rules,
            "signals": signals,
        }
    )


def _condition(condition: Condition, stages: Mapping[str, str]) -> Condition:
    """The condition, asking about the same stages; `visited` alone names one."""

    def each(parts: Iterable[Condition]) -> list[Condition]:
        return [_condition(part, stages) for part in parts]

    match condition:
        case Visited():
            return condition.model_copy(update={"visited": stages.get(condition.visited, condition.visited)})
        case All():
            return condition.model_copy(update={"all": each(condition.all)})
        case Any_():
            return condition.model_copy(update={"any": each(condition.any)})
        case None_():
            return condition.model_copy(update={"none": each(condition.none)})
        case AtLeast():
            return condition.model_copy(update={"of": each(condition.of)})
        case _:
            return condition
