"""A lead, explained: where it is, since when and why, what would move it on, and what will.

Explaining is reading. It works on a copy of the lead, and asks the same compiled conditions that
decide; so it can say nothing else than what is decided.
"""

from collections.abc import Iterator, Mapping

from qualifiers.conditions import Condition, turns
from qualifiers.engine import NOTHING_RENAMED, Funnel
from qualifiers.explaining_conditions import explain_condition, when
from qualifiers.explaining_scores import explain_score
from qualifiers.forecast import forecast
from qualifiers.lacking import fewest
from qualifiers.rules import Rule, SignalRule
from qualifiers.transitions import CREATED, MANUAL, MERGED
from qualifiers.words import as_sentence
from schemas.explanation import (
    BLOCKS,
    Block,
    Blocked,
    Entry,
    ExplainedSignal,
    ExplainedTransition,
    Explanation,
)
from schemas.lead import Lead
from schemas.moments import LONG_AGO

BY_NO_RULE = {
    CREATED: "Its first activity",
    MANUAL: "A person moved it",
    MERGED: "A lead that was merged into it was there",
}
"""How a lead comes into a stage when no rule of the file brings it there."""


def explain(
    funnel: Funnel,
    lead_id: str,
    lead: Lead,
    at: int | None = None,
    renamed: Mapping[str, str] = NOTHING_RENAMED,
) -> Explanation:
    """All that can be said of a lead as of ``at`` (ms), or of its own clock where that is later.

    It is told as it stands: what is due by ``at`` and not decided yet is the forecast's first step. A
    lead that another funnel has left is told as this one will find it, before anything has fired;
    ``renamed`` says what the other's stages are called now. Changes nothing. Raises UnknownStage.
    """
    read = funnel.adopted(lead, renamed)
    at = read.clock if at is None else max(at, read.clock)
    stage = funnel.stage(read.stage)
    assert stage is not None
    return Explanation(
        lead_id=lead_id,
        funnel=funnel.slug,
        funnel_hash=funnel.hash,
        at=at,
        stage=read.stage,
        since=read.since,
        seq=read.seq,
        to_reread=lead.funnel != funnel.mark,
        entry=_entry(funnel, read),
        transitions=[_transition(rule, read, at, funnel.names) for rule in stage.rules],
        signals=[_signal(signal, read, at, funnel.names) for signal in stage.signals],
        scores=[explain_score(score, read, at) for score in funnel.scores],
        forecast=forecast(funnel, lead_id, lead, at, renamed),
    )


def _entry(funnel: Funnel, lead: Lead) -> Entry:
    """By what it came here."""
    name, _, at = lead.history[-1]
    left = lead.history[-2][1] if len(lead.history) > 1 else None
    return Entry(rule=name, from_=left, at=at, why=BY_NO_RULE.get(name) or _asked(funnel, left, name))


def _asked(funnel: Funnel, left: str | None, name: str) -> str | None:
    """What the rule asks by which it came."""
    stage = None if left is None else funnel.stage(left)
    rules = () if stage is None else stage.rules
    return next((as_sentence(rule.words) for rule in rules if rule.name == name), None)


def _transition(rule: Rule, lead: Lead, at: int, names: Mapping[Condition, str]) -> ExplainedTransition:
    condition = explain_condition(rule.when, lead, at, names)
    return ExplainedTransition(
        rule=rule.name,
        to=rule.to,
        condition=condition,
        blocked=list(_blocks(rule, lead, at, names)),
        lacking=fewest(condition),
    )


def _signal(signal: SignalRule, lead: Lead, at: int, names: Mapping[Condition, str]) -> ExplainedSignal:
    condition = explain_condition(signal.when, lead, at, names)
    given, ended = lead.kept.get(signal.key) or (0, LONG_AGO)
    said = condition.holds and at < ended
    return ExplainedSignal(
        signal=signal.name,
        given=given,
        said=said,
        condition=condition,
        blocked=[] if said else list(_held(signal.hold, lead, at, names)),
        lacking=fewest(condition),
    )


# What keeps a rule from firing -----------------------------------------------------------------------


def _blocks(rule: Rule, lead: Lead, at: int, names: Mapping[Condition, str]) -> Iterator[Blocked]:
    if rule.again_after is not None:
        fired: int | None = lead.kept.get(rule.fired)
        if fired is not None and at < (again := rule.again_after.after(fired)):
            yield _blocked("again_after", again)
    yield from _held(rule.hold, lead, at, names)
    ends = turns(rule.when.at, lead, at)
    if rule.name in lead.waiting and at < lead.waiting_until:
        yield _blocked("moved_by_hand", min(ends, lead.waiting_until))
    if rule.name in lead.passed_over:
        yield _blocked("passed_over", ends)


def _held(hold: Condition | None, lead: Lead, at: int, names: Mapping[Condition, str]) -> Iterator[Blocked]:
    if hold is not None and hold.holds(lead, at):
        condition = explain_condition(hold, lead, at, names)
        yield Blocked(by="hold", why=BLOCKS["hold"], until=condition.until, condition=condition)


def _blocked(by: Block, until: int) -> Blocked:
    return Blocked(by=by, why=BLOCKS[by], until=when(until), condition=None)
