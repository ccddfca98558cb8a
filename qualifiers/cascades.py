"""Cascades: rules fire one after the other, at one moment, until none is true; then signals are given."""

from collections.abc import Callable, Iterable

from qualifiers.conditions import Verdict
from qualifiers.decisions import Decider, Occasion
from qualifiers.plans import Looks, Rule, SignalRule, Stage
from schemas.decision import Decision
from schemas.lead import Lead, remember
from schemas.moments import LONG_AGO, NEVER


class Cascades:
    """Moves leads through the stages of one funnel."""

    def __init__(self, stages: dict[str, Stage], decider: Decider) -> None:
        self._stages = stages
        self._decider = decider

    def run(
        self,
        lead: Lead,
        now: int,
        looks: Looks,
        due: int,
        occasion: Occasion,
        decisions: list[Decision],
    ) -> None:
        """One cascade: fire the first true rule, and go on in its stage, until none fires; then its signals.

        ``looks`` are the rules and signals of the lead's stage that may have turned; ``due``
        is when the others may. In the stages after, all are read. What is decided is
        added to ``decisions``.
        """
        been = [lead.stage]
        while True:
            stage = self._stages[been[-1]]
            if lead.passed_over:
                _let_in(lead, stage, now)
            for rule in looks.rules:
                value, until = rule.ready(lead, now)
                if value and rule.name not in lead.passed_over:
                    if rule.to not in been:
                        break
                    lead.passed_over += (rule.name,)
                if until < due:
                    due = until
            else:
                if looks.signals:
                    due = self._signal(lead, looks.signals, now, due, occasion, decisions)
                lead.due = due
                return
            decisions.append(self._decider.moved(lead, rule, now, occasion))
            been.append(rule.to)
            looks = self._enter(lead, stage, rule, now).all
            due = NEVER

    def _signal(
        self,
        lead: Lead,
        signals: Iterable[SignalRule],
        now: int,
        due: int,
        occasion: Occasion,
        decisions: list[Decision],
    ) -> int:
        """Give the signals that have turned true; when the first of all may turn by time alone."""
        for signal in signals:
            value, until = signal.when.at(lead, now)
            due = min(due, until)
            given: list[int] = lead.kept.get(signal.key) or [0, LONG_AGO]
            n, ended = given
            if not value:
                if ended == NEVER:
                    lead.kept[signal.key] = [n, now]
                continue
            if now < ended:
                # It is what has been given already: found false at a moment that lies after this one.
                if ended != NEVER:
                    lead.kept[signal.key] = [n, NEVER]
                continue
            if signal.hold is not None:
                held, until = signal.hold.at(lead, now)
                due = min(due, until)
                if held:
                    continue
            if not occasion.silent:
                n += 1
                decisions.append(self._decider.given(lead, signal, n, now, occasion))
            lead.kept[signal.key] = [n, NEVER]
        return due

    def _enter(self, lead: Lead, left: Stage, rule: Rule, now: int) -> Stage:
        for counter in left.stays:
            counter.forget(lead)
        for signal in left.signals:
            lead.kept.pop(signal.key, None)
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
    """The first moment after the lead's clock at which time alone turns a rule, or a signal, of its stage."""
    asked = [
        *(rule.ready for rule in stage.timed.rules),
        *(signal.when.at for signal in stage.timed.signals),
    ]
    return min((_turns(verdict, lead) for verdict in asked), default=NEVER)


def _turns(verdict: Callable[[Lead, int], Verdict], lead: Lead) -> int:
    present, until = verdict(lead, lead.clock)
    while until < NEVER:
        value, later = verdict(lead, until)
        if value is not present:
            return until
        until = later
    return NEVER
