"""Which conditions were missing for what a case expects: asked of the explanation of its lead."""

from qualifiers.cases.expecting import Wanted
from qualifiers.engine import Funnel
from qualifiers.explaining import explain
from qualifiers.words import joined
from schemas.explanation import ExplainedCondition, ExplainedSignal, ExplainedTransition, Explanation, Lacking
from schemas.lead import Lead

_Asked = dict[str, ExplainedTransition | ExplainedSignal]
"""Rules that would do what is wanted, by what they are called."""


def missing(funnel: Funnel, name: str, lead: Lead, at: int, wanted: Wanted) -> tuple[str, ...]:
    """What keeps the funnel from doing what is wanted to a lead at ``at`` (ms), a sentence for each rule.

    Where no rule of the lead's stage would do it, that is what is said.
    """
    explained = explain(funnel, name, lead, at)
    asked = _asked(explained, wanted)
    if not asked:
        return (_NOWHERE[wanted.kind].format(name=wanted.name, stage=lead.stage),)
    return tuple(f"for `{rule}`: {_lacks(each)}" for rule, each in asked.items())


_NOWHERE = {
    "stage": "no transition leads from `{stage}` to `{name}`",
    "rule": "`{name}` does not lead out of `{stage}`",
    "signal": "`{name}` is not given in `{stage}`",
}


def _asked(explained: Explanation, wanted: Wanted) -> _Asked:
    if wanted.kind == "signal":
        return {each.signal: each for each in explained.signals if each.signal == wanted.name}
    return {
        each.rule: each
        for each in explained.transitions
        if wanted.name == (each.to if wanted.kind == "stage" else each.rule)
    }


def _lacks(rule: ExplainedTransition | ExplainedSignal) -> str:
    facts = [_fact(lacking) for lacking in rule.lacking]
    if facts and _is_one_way(rule.condition):
        facts[-1] += ", or another of its ways"
    blocked = [f"held back: {blocked.why}" for blocked in rule.blocked]
    if isinstance(rule, ExplainedSignal) and rule.said:
        blocked.append("it has been given, and is true since")
    return (
        joined(facts + blocked) if facts or blocked else "nothing: it is true, and something else came first"
    )


def _is_one_way(condition: ExplainedCondition) -> bool:
    """Whether other facts than the fewest would make a condition true as well."""
    unmet = [part for part in condition.parts if not part.holds]
    lacks = (condition.needs or 0) - (len(condition.parts) - len(unmet))
    return condition.form != "none" and (0 < lacks < len(unmet) or any(map(_is_one_way, unmet)))


def _fact(lacking: Lacking) -> str:
    fact = lacking.fact
    return f"{'' if lacking.must_be else 'not '}{fact.wanted} ({fact.actual})"
