"""Conditions, explained: what each wants, what there is instead, and until when.

One table, FACTS, says for each form that asks one thing what there is of it. Combinations keep
their shape, and are explained by their parts.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from qualifiers import facts
from qualifiers.conditions import All, AnyOf, AtLeast, Combination, Condition, NoneOf, turns
from qualifiers.spans import Span
from qualifiers.words import elapsed, joined, open_hours, shown
from schemas.explanation import ExplainedCondition
from schemas.lead import Lead
from schemas.moments import LAST_MOMENT, SECOND

_SHARE_DECIMALS = 4


class Found(NamedTuple):
    """What there is of a fact: in words, as a value, as a share of what is wanted, and since when."""

    actual: str
    value: Any
    share: float
    since: int | None = None


def explain_condition(
    condition: Condition, lead: Lead, at: int, names: Mapping[Condition, str]
) -> ExplainedCondition:
    """A condition about a lead at ``at`` (ms). ``names`` are those of `define`. Changes nothing."""
    holds, until = condition.at(lead, at)[0], turns(condition.at, lead, at)
    name = names.get(condition)
    if isinstance(condition, Combination):
        return _combination(condition, holds, until, name, lead, at, names)
    assert isinstance(condition, facts.Fact)
    form, found_of = FACTS[type(condition)]
    found: Found = found_of(condition, lead, at)
    return ExplainedCondition(
        form=form,
        name=name,
        wanted=condition.wanted,
        actual=found.actual,
        value=found.value,
        holds=holds,
        until=when(until),
        since=found.since,
        share=1.0 if holds else round(min(max(found.share, 0.0), 1.0), _SHARE_DECIMALS),
        needs=None,
        parts=[],
    )


def when(moment: int) -> int | None:
    """A moment, or None where it never comes (or so late that no date can say it)."""
    return None if moment > LAST_MOMENT else moment


def _combination(
    condition: Combination,
    holds: bool,
    until: int,
    name: str | None,
    lead: Lead,
    at: int,
    names: Mapping[Condition, str],
) -> ExplainedCondition:
    parts = [explain_condition(part, lead, at, names) for part in condition.parts]
    true = sum(part.holds for part in parts)
    form, needs, wanted = _shape(condition)
    nearest = sorted((part.share for part in parts), reverse=True)[:needs]
    return ExplainedCondition(
        form=form,
        name=name,
        wanted=wanted,
        actual=f"{true} of {len(parts)} true",
        value=true,
        holds=holds,
        until=when(until),
        since=None,
        share=1.0 if holds else round(sum(nearest) / max(needs, 1), _SHARE_DECIMALS),
        needs=needs,
        parts=parts,
    )


def _shape(condition: Combination) -> tuple[str, int, str]:
    """Its form, how many parts must be true, and what it asks."""
    match condition:
        case All():
            return "all", len(condition.parts), "all of these"
        case AnyOf():
            return "any", 1, "any of these"
        case AtLeast():
            return "at_least", condition.needed, f"at least {condition.needed} of these"
        case NoneOf():
            return "none", 0, "none of these"
    raise TypeError(f"no such combination: {type(condition)}")


# The facts -------------------------------------------------------------------------------------------


def _did(fact: facts.Did, lead: Lead, at: int) -> Found:
    newest = fact.counter.nth_newest(lead, 1)
    opened = None if fact.within is None else fact.within.before(at)
    count = min(fact.counter.count(lead, opened), fact.times)
    if newest is None:
        said = "never"
    elif fact.times == 1:
        said = "done" if count else "longer ago"
    else:
        said = f"{count} of {fact.times}"
    return Found(said, count, count / fact.times, newest)


def _sum(fact: facts.SumIs, lead: Lead, at: int) -> Found:
    total = fact.sum.total(lead, at, fact.within)
    return Found(f"{total:.15g} of {fact.at_least:.15g}", total, total / fact.at_least)


def _sequence(fact: facts.Happened, lead: Lead, at: int) -> Found:
    length = fact.sequence.length
    steps = length if fact.holds(lead, at) else fact.sequence.reached(lead, at)
    return Found(f"{steps} of {length} steps", steps, steps / length, fact.sequence.completed(lead))


def _score(fact: facts.ScoreIs, lead: Lead, at: int) -> Found:
    value = fact.value(lead, at)
    shares, said = [1.0], f"{value:.15g}"
    for past, points, _ in fact.bounds:
        if past:
            shares.append(_share(value, points))
            said = f"{value:.15g} of {points:.15g}"
        else:
            shares.append(_share(points, value))
    return Found(said, value, min(shares))


def _trait(fact: facts.TraitIs, lead: Lead, at: int) -> Found:  # noqa: ARG001 (others need the moment)
    value = fact.value(lead)
    return Found("missing" if value is None else shown(value), value, 0)


def _has(fact: facts.Has, lead: Lead, at: int) -> Found:  # noqa: ARG001
    missing = fact.missing(lead)
    said = f"{joined(missing)} missing" if missing else "known"
    return Found(said, fact.value(lead), 1 - len(missing) / len(fact.paths))


def _in_stage(fact: facts.InStage, lead: Lead, at: int) -> Found:
    return _passed(fact.span, lead.since, at)


def _quiet(fact: facts.Quiet, lead: Lead, at: int) -> Found:
    return _passed(fact.span, fact.last(lead), at)


def _visited(fact: facts.Visited, lead: Lead, at: int) -> Found:  # noqa: ARG001
    has_been = fact.stage in lead.visited
    return Found("visited" if has_been else "never", has_been, 0)


def _passed(span: Span, since: int, at: int) -> Found:
    passed = max(span.passed(since, at), 0)
    said = open_hours(passed) if span.is_open_time else elapsed(passed)
    return Found(said, passed / SECOND, passed / span.length, since)


def _share(part: float, whole: float) -> float:
    """How much of the whole there is; 0 where that says nothing, as with points below zero."""
    if part >= whole:
        return 1.0
    return part / whole if part > 0 else 0.0


FACTS: dict[type[facts.Fact], tuple[str, Callable[[Any, Lead, int], Found]]] = {
    facts.Did: ("did", _did),
    facts.SumIs: ("sum", _sum),
    facts.Happened: ("sequence", _sequence),
    facts.ScoreIs: ("score", _score),
    facts.TraitIs: ("trait", _trait),
    facts.Has: ("has", _has),
    facts.InStage: ("in_stage", _in_stage),
    facts.Quiet: ("quiet", _quiet),
    facts.Visited: ("visited", _visited),
}
"""The form of each fact, and what there is of it."""
