"""The compiled funnel: a lead and an activity, or a moment, in; decisions out.

Pure: no clock, no I/O. All time is in the arguments, ms since the epoch.

The invariant that makes it quick: after each call every rule of the lead's stage was
false when last looked at, and stays so until an activity touches it or ``lead.due``
comes (rules that were passed over in a cascade apart). So an activity looks only at
the rules that it touched, and a due moment only at those that time can turn.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import blake2b
from typing import Literal, NamedTuple

from qualifiers.counters import Counter
from qualifiers.decisions import Decider, Occasion
from qualifiers.plans import Rule, Stage
from qualifiers.scores import Score
from qualifiers.traits import Room, as_json, merge
from qualifiers.transitions import CREATED
from schemas.activity import Activity
from schemas.decision import Place, StageChange
from schemas.lead import (
    ID_BYTES,
    KEPT_CHANGES,
    KEPT_IDS,
    LastTransition,
    Lead,
    LeadView,
    decode_lead,
    encode_lead,
)
from schemas.moments import LAST_MOMENT, NEVER

_OTHER_IDS = (KEPT_IDS - 1) * ID_BYTES


class Applied(NamedTuple):
    """What has become of an activity."""

    lead: Lead
    outcome: Literal["applied", "duplicate"]
    decisions: list[StageChange]


class UnknownStage(Exception):
    """A lead stands in a stage that the funnel does not have; the funnel file is at fault."""

    def __init__(self, stage: str, slug: str) -> None:
        super().__init__(f"a lead is in stage {stage}, which funnel {slug} lacks: keep it in the file")


class Funnel:
    """A funnel, compiled; made by ``compile_funnel``. Never changes; may be shared by threads."""

    def __init__(
        self,
        decider: Decider,
        stages: Mapping[str, Stage],
        scores: Sequence[Score],
        counters: Sequence[Counter],
        slots: frozenset[int],
        named_traits: frozenset[str],
        activity_types: frozenset[str],
        rules: tuple[str, ...],
    ) -> None:
        self.slug = decider.slug
        self.hash = decider.funnel_hash
        self.stages = tuple(stages)
        self.activity_types = activity_types
        self.rules = rules
        self.score_names = tuple(score.name for score in scores)
        self._mark = decider.mark
        self._decider = decider
        self._stages = stages
        self._first = next(iter(stages.values()))
        self._scores = tuple(scores)
        self._weighing = {
            top: tuple(score for score in scores if any(top in line.traits for line in score.if_lines))
            for top in {top for score in scores for line in score.if_lines for top in line.traits}
        }
        self._counters = tuple(counters)
        self._slots = slots
        self._named_traits = named_traits

    # What happens to a lead --------------------------------------------------

    def apply(
        self, lead: Lead | None, activity: Activity, place: Place, decided_at: int | None = None
    ) -> Applied:
        """Apply an activity to its lead (None: not known yet), which may be changed in place.

        What is due up to the activity's moment comes first. Decisions are in order;
        ``decided_at`` None means the moment at which each occurred.
        """
        at = activity.occurred_at
        name = blake2b(activity.id.encode("utf-8", "surrogatepass"), digest_size=ID_BYTES).digest()
        decisions: list[StageChange] = []
        if lead is None:
            lead = self._born(activity, name)
            stage = self._first
            self._absorb(lead, stage, activity, at)
            occasion = Occasion(activity.lead_id, place, decided_at, activity, late=False)
            decisions.append(self._decider.created(lead, occasion))
            self._settle(lead, at, stage, stage.rules, NEVER, occasion, decisions)
            return Applied(lead, "applied", decisions)

        ids = lead.ids
        if ids.find(name) >= 0 and _holds(ids, name):
            return Applied(lead, "duplicate", decisions)
        if lead.funnel != self._mark:
            decisions = self.advance(activity.lead_id, lead, max(at, lead.clock), place, decided_at)
        elif lead.due <= at:
            decisions = self.advance(activity.lead_id, lead, at, place, decided_at)
        lead.ids = ids[-_OTHER_IDS:] + name
        now = lead.clock
        late = at < now
        if at > now:
            lead.clock = now = at
        stage = self._stages[lead.stage]
        touched = self._absorb(lead, stage, activity, now)
        if lead.passed_over:
            touched |= self._freed(lead, stage)
        if touched:
            occasion = Occasion(activity.lead_id, place, decided_at, activity, late)
            self._settle(lead, now, stage, _picked(stage.rules, touched), lead.due, occasion, decisions)
        return Applied(lead, "applied", decisions)

    def advance(
        self, lead_id: str, lead: Lead, until: int, place: Place, decided_at: int | None = None
    ) -> list[StageChange]:
        """Let time move the lead: every due moment up to ``until``, in order. Changed in place."""
        decisions: list[StageChange] = []
        adopted = lead.funnel != self._mark
        if adopted:
            self._adopt(lead)
        while lead.due <= until:
            moment = lead.due
            stage = self._stages[lead.stage]
            occasion = Occasion(lead_id, place, decided_at, None, late=False)
            before = lead.seq
            rules = stage.rules if adopted else stage.timed
            self._settle(lead, moment, stage, rules, NEVER, occasion, decisions)
            if lead.seq != before:
                lead.clock = moment
            adopted = False
        return decisions

    def view(self, lead_id: str, lead: Lead, at: int | None = None) -> LeadView:
        """The lead as a person reads it, its scores at ``at`` (None: its own clock). Changes nothing."""
        if lead.funnel != self._mark:
            lead = decode_lead(encode_lead(lead))
            self._adopt(lead)
        due = self._exactly_due(lead)
        return LeadView(
            lead_id=lead_id,
            funnel=self.slug,
            funnel_hash=self.hash,
            stage=lead.stage,
            since=lead.since,
            created=lead.created,
            clock=lead.clock,
            seq=lead.seq,
            scores=self._decider.scores_of(lead, lead.clock if at is None else at),
            traits=as_json(lead.traits),
            source=lead.source,
            due=None if due > LAST_MOMENT else due,
            last_transitions=[LastTransition(rule=rule, to=to, at=moved) for rule, to, moved in lead.history],
        )

    # One activity ------------------------------------------------------------

    def _born(self, activity: Activity, name: bytes) -> Lead:
        at = activity.occurred_at
        stage = self._first.name
        lead = Lead(self._mark, stage, at, at, at, name, activity.source, ids=name)
        lead.history.append((CREATED, stage, at))
        if self._first.is_asked:
            lead.visited.append(stage)
        for score in self._scores:
            if score.if_lines:
                score.hold(lead)
        return lead

    def _absorb(self, lead: Lead, stage: Stage, activity: Activity, now: int) -> int:
        """Take in what the activity tells; a mask of the stage's rules that it may have turned."""
        plan = stage.plans.get(activity.type, stage.other)
        touched = 0
        for counter in plan.counters:
            touched |= counter.feed(lead, activity, now)
        for score in plan.scores:
            touched |= score.feed(lead, activity, now)
        if activity.traits:
            touched |= self._learn(lead, stage, activity)
        return touched

    def _learn(self, lead: Lead, stage: Stage, activity: Activity) -> int:
        touched = 0
        room = Room(self._named_traits, lead.traits)
        reweighed: set[int] = set()
        for top in merge(lead.traits, activity.traits, activity.occurred_at, room):
            touched |= stage.traits.get(top, 0)
            for score in self._weighing.get(top, ()):
                if score.key not in reweighed:
                    reweighed.add(score.key)
                    if score.hold(lead):
                        touched |= stage.weighed.get(score.key, 0)
        return touched

    def _freed(self, lead: Lead, stage: Stage) -> int:
        """An activity lets in again what was passed over; a mask of those rules."""
        freed = 0
        for index, rule in enumerate(stage.rules):
            if rule.name in lead.passed_over:
                freed |= 1 << index
        lead.passed_over.clear()
        return freed

    # One moment --------------------------------------------------------------

    def _settle(
        self,
        lead: Lead,
        now: int,
        stage: Stage,
        rules: Iterable[Rule],
        due: int,
        occasion: Occasion,
        decisions: list[StageChange],
    ) -> None:
        """One cascade: fire the first true rule, and go on in its stage, until none fires.

        ``rules`` are those that may have turned, in file order; ``due`` is what is
        known of the others. In the stages after, all are read.
        """
        been = {stage.name}
        while True:
            if lead.passed_over:
                _let_in(lead, stage, now)
            fired = None
            for rule in rules:
                value, until = rule.when.at(lead, now)
                if value and rule.name not in lead.passed_over:
                    if rule.to not in been:
                        fired = rule
                        break
                    lead.passed_over.append(rule.name)
                if until < due:
                    due = until
            if fired is None:
                lead.due = due
                return
            decisions.append(self._decider.moved(lead, fired, now, occasion))
            self._enter(lead, stage, fired, now)
            been.add(fired.to)
            stage = self._stages[fired.to]
            rules = stage.rules
            due = NEVER

    def _enter(self, lead: Lead, left: Stage, rule: Rule, now: int) -> None:
        for counter in left.stays:
            counter.forget(lead)
        lead.stage = rule.to
        lead.since = now
        lead.seq += 1
        lead.history.append((rule.name, rule.to, now))
        del lead.history[:-KEPT_CHANGES]
        if self._stages[rule.to].is_asked and rule.to not in lead.visited:
            lead.visited.append(rule.to)

    def _exactly_due(self, lead: Lead) -> int:
        """The first moment after the lead's clock at which a rule of its stage turns by time alone."""
        return min((_turns(rule, lead) for rule in self._stages[lead.stage].timed), default=NEVER)

    # A changed funnel --------------------------------------------------------

    def _adopt(self, lead: Lead) -> None:
        """Read a lead that another funnel has left: what still has a meaning stays.

        Every rule of its stage is due to be looked at, at the lead's clock.
        """
        stage = self._stages.get(lead.stage)
        if stage is None:
            raise UnknownStage(lead.stage, self.slug)
        for kept in (lead.latest, lead.times, lead.distinct, lead.sums, lead.decays, lead.gifts, lead.held):
            for key in kept.keys() - self._slots:
                del kept[key]
        for counter in self._counters:
            counter.adopt(lead)
        for score in self._scores:
            score.adopt(lead)
        lead.passed_over.clear()
        if stage.is_asked and stage.name not in lead.visited:
            lead.visited.append(stage.name)
        lead.funnel = self._mark
        lead.due = lead.clock


def _holds(ids: bytes, name: bytes) -> bool:
    at = ids.find(name)
    while at >= 0 and at % ID_BYTES:
        at = ids.find(name, at + 1)
    return at >= 0


def _picked(rules: tuple[Rule, ...], mask: int) -> Iterator[Rule]:
    """The rules of a mask, in file order."""
    while mask:
        lowest = mask & -mask
        yield rules[lowest.bit_length() - 1]
        mask ^= lowest


def _let_in(lead: Lead, stage: Stage, now: int) -> None:
    """A rule that was passed over and is false by now is passed over no longer."""
    for rule in stage.rules:
        if rule.name in lead.passed_over and not rule.when.holds(lead, now):
            lead.passed_over.remove(rule.name)


def _turns(rule: Rule, lead: Lead) -> int:
    present, until = rule.when.at(lead, lead.clock)
    while until < NEVER:
        value, later = rule.when.at(lead, until)
        if value is not present:
            return until
        until = later
    return NEVER
