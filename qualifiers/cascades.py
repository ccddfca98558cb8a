"""Cascades: rules fire one after the other, at one moment, until none is true."""

from collections.abc import Iterable

from qualifiers.decisions import Decider, Occasion
from qualifiers.plans import Rule, Stage
from schemas.decision import StageChange
from schemas.lead import Lead, remember
from schemas.moments import NEVER


class Cascades:
    """Moves leads through the stages of one funnel."""

    def __init__(self, stages: dict[str, Stage], decider: Decider) -> None:
        self._stages = stages
        self._decider = decider

    def run(
        self,
        lead: Lead,
        now: int,
        rules: Iterable[Rule],
        due: int,
        occasion: Occasion,
        decisions: list[StageChange],
    ) -> None:
        """One cascade: fire the first true rule, and go on in its stage, until none fires.

        ``rules`` are those of the lead's stage that may have turned, in file order; ``due``
        is when the others may. In the stages after, all are read. What is decided is
        added to ``decisions``.
        """
        been = [lead.stage]
        while True:
            stage = self._stages[been[-1]]
            if lead.passed_over:
                _let_in(lead, stage, now)
            for rule in rules:
                value, until = rule.ready(lead, now)
                if value and rule.name not in lead.passed_over:
                    if rule.to not in been:
                        break
                    lead.passed_over += (rule.name,)
                if until < due:
                    due = until
            else:
                lead.due = due
                return
            decisions.append(self._decider.moved(lead, rule, now, occasion))
            been.append(rule.to)
            rules = self._enter(lead, stage, rule, now).rules
            due = NEVER

    def _enter(self, lead: Lead, left: Stage, rule: Rule, now: int) -> Stage:
        for counter in left.stays:
            counter.forget(lead)
        for score in rule.resets:
            score.reset(lead)
        if rule.again_after is not None:
            lead.kept[rule.fired] = now
        stage = self._stages[rule.to]
        lead.stage = stage.name
        lead.since = now
        lead.seq += 1
        remember(lead, (rule.name, stage.name, now))
        stage.note_visit(lead)
        return stage


def _let_in(lead: Lead, stage: Stage, now: int) -> None:
    """A rule that was passed over and has become false is passed over no longer.

    The next activity looks at it all the same: it may be older than the moment of which
    this is known, and find the rule true.
    """
    for rule in stage.rules:
        if rule.name in lead.passed_over and not rule.when.holds(lead, now):
            lead.passed_over = tuple(name for name in lead.passed_over if name != rule.name)
            lead.let_in += (rule.name,)


def free(lead: Lead, stage: Stage) -> int:
    """An activity lets in what was passed over; a mask of the rules to look at for that."""
    freed = 0
    for index, rule in enumerate(stage.rules):
        if rule.name in lead.passed_over or rule.name in lead.let_in:
            freed |= 1 << index
    lead.passed_over = lead.let_in = ()
    return freed


def exactly_due(lead: Lead, stage: Stage) -> int:
    """The first moment after the lead's clock at which a rule of its stage turns by time alone."""
    return min((_turns(rule, lead) for rule in stage.timed), default=NEVER)


def _turns(rule: Rule, lead: Lead) -> int:
    present, until = rule.ready(lead, lead.clock)
    while until < NEVER:
        value, later = rule.ready(lead, until)
        if value is not present:
            return until
        until = later
    return NEVER
