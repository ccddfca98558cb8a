"""Cascades: rules fire one after the other, at one moment, until none is true; then signals are given."""

from collections.abc import Iterable

from qualifiers.built_in import Assignment
from qualifiers.conditions import turns
from qualifiers.decisions import Decider, Occasion
from qualifiers.plans import Stage
from qualifiers.rules import Looks, SignalRule
from qualifiers.transitions import MANUAL, MERGED
from schemas.decision import Decision
from schemas.lead import Lead
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
            if lead.passed_over or lead.waiting:
                due = _let_in(lead, stage, now, due)
            for rule in looks.rules:
                value, until = rule.ready(lead, now)
                if value and rule.name not in lead.passed_over and rule.name not in lead.waiting:
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
            for score in rule.resets:
                score.reset(lead)
            if rule.again_after is not None:
                lead.kept[rule.fired] = now
            looks = self._enter(lead, stage, rule.to, rule.name, now).all
            due = NEVER

    def assign(
        self, lead: Lead, assignment: Assignment, now: int, occasion: Occasion, decisions: list[Decision]
    ) -> None:
        """Move a lead where a person wants it; what is true there then waits, so that no rule undoes it."""
        if assignment.to != lead.stage:
            decisions.append(self._decider.assigned(lead, assignment, now, occasion))
            stage = self._enter(lead, self._stages[lead.stage], assignment.to, MANUAL, now)
            lead.waiting = tuple(rule.name for rule in stage.rules if rule.when.holds(lead, now))
            lead.waiting_until = now + assignment.hold
        self.run(lead, now, self._stages[lead.stage].all, NEVER, occasion, decisions)

    def merge(
        self,
        lead: Lead,
        came: Lead,
        came_id: str,
        goes_on: bool,
        occasion: Occasion,
        decisions: list[Decision],
    ) -> None:
        """A lead has been united with another, whose stay ``goes_on`` where it was further."""
        if goes_on:
            decisions.append(self._decider.merged(lead, came, came_id, occasion))
            self._move(lead, came.stage, MERGED, came.since)
        self.run(lead, lead.clock, self._stages[lead.stage].all, NEVER, occasion, decisions)

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

    def _enter(self, lead: Lead, left: Stage, to: str, rule: str, now: int) -> Stage:
        for key in left.of_the_stay:
            lead.kept.pop(key, None)
        lead.waiting = ()
        return self._move(lead, to, rule, now)

    def _move(self, lead: Lead, to: str, rule: str, now: int) -> Stage:
        stage = self._stages[to]
        lead.stage = stage.name
        lead.since = now
        lead.seq += 1
        lead.remember((rule, stage.name, now))
        stage.note_visit(lead)
        return stage


def _let_in(lead: Lead, stage: Stage, now: int, due: int) -> int:
    """A rule that stays out and has become false stays out no longer; ``due``, or when the last is let in.

    The next activity looks at it all the same: it may be older than the moment of which
    this is known, and find the rule true.
    """
    if now >= lead.waiting_until:
        lead.waiting = ()
    for rule in stage.rules:
        name = rule.name
        if (name in lead.passed_over or name in lead.waiting) and not rule.when.holds(lead, now):
            lead.passed_over = tuple(other for other in lead.passed_over if other != name)
            lead.waiting = tuple(other for other in lead.waiting if other != name)
            lead.let_in += (name,)
    return min(due, lead.waiting_until) if lead.waiting else due


def free(lead: Lead, stage: Stage) -> int:
    """An activity lets in what was passed over; a mask of the rules to look at, those that wait too."""
    freed = 0
    for index, rule in enumerate(stage.rules):
        if rule.name in lead.passed_over or rule.name in lead.let_in or rule.name in lead.waiting:
            freed |= 1 << index
    lead.passed_over = lead.let_in = ()
    return freed


def exactly_due(lead: Lead, stage: Stage) -> int:
    """The first moment after the lead's clock at which time alone turns a rule, or a signal, of its stage."""
    asked = [
        *(rule.ready for rule in stage.timed.rules),
        *(signal.ready for signal in stage.timed.signals),
    ]
    let_in = lead.waiting_until if lead.waiting else NEVER
    return min([let_in, *(turns(verdict, lead, lead.clock) for verdict in asked)])
