"""The compiled funnel: a lead and an activity, or a moment, in; decisions out.

Pure: no clock, no I/O. All time is in the arguments, ms since the epoch.

The invariant that makes it quick: after each call every rule of the lead's stage was
false when last looked at, and stays so until an activity touches it or ``lead.due``
comes (rules that were passed over in a cascade apart). So an activity looks only at
the rules that it touched, and a due moment only at those that time can turn.
"""

from collections.abc import Container, Mapping, Sequence
from typing import Final, Literal

from xxhash import xxh3_64_digest

from qualifiers.built_in import (
    BUILT_IN,
    Departure,
    Erased,
    Erasure,
    Merged,
    Merging,
    circle,
    read_built_in,
)
from qualifiers.cascades import Cascades, exactly_due, free
from qualifiers.conditions import Condition
from qualifiers.counters import Counter
from qualifiers.decisions import Decider, Occasion
from qualifiers.meaning import canonical, firing, slot_key
from qualifiers.merging import Merger
from qualifiers.outcomes import Outcomes
from qualifiers.personal import Personal
from qualifiers.plans import Stage
from qualifiers.scores import Score
from qualifiers.traits import NamedTraits, as_json, learn
from qualifiers.transitions import CREATED, default_name
from schemas.activity import Activity
from schemas.decision import Decision, Place
from schemas.lead import ID_BYTES, KEPT_IDS, Lead
from schemas.lead_state import decode_lead, encode_lead
from schemas.lead_view import LastTransition, LeadView
from schemas.moments import LAST_MOMENT, NEVER

Outcome = Literal["applied", "duplicate"]
_OTHER_IDS = (KEPT_IDS - 1) * ID_BYTES
NOTHING_RENAMED: Final[Mapping[str, str]] = {}


class Applied:
    """What has become of an activity."""

    __slots__ = ("decisions", "departure", "lead", "outcome")

    def __init__(
        self,
        lead: Lead | None,
        outcome: Outcome,
        decisions: list[Decision],
        departure: Departure | None = None,
    ) -> None:
        self.lead = lead
        self.outcome = outcome
        self.decisions = decisions
        self.departure = departure
        """How the lead has come to its end, when it has."""


class UnknownStage(Exception):
    """A lead stands in a stage that the funnel does not have; the funnel file is at fault."""

    def __init__(self, stage: str, slug: str) -> None:
        super().__init__(
            f"a lead is in stage {stage}, which funnel {slug} lacks: keep it in the file, "
            f"or say what it is called now (renamed: {{{stage}: …}})"
        )


class Funnel:
    """A funnel, compiled; made by ``compile_funnel``. Never changes; may be shared by threads.

    A lead bears the ``mark`` of the funnel that has read it. One that another funnel has
    left is to be read again (``reread``) before anything else happens to it.
    """

    def __init__(
        self,
        *,
        decider: Decider,
        stages: dict[str, Stage],
        ranks: dict[str, tuple[int, int]],
        scores: Sequence[Score],
        counters: Sequence[Counter],
        slots: frozenset[str],
        named_traits: frozenset[str],
        activity_types: frozenset[str],
        rules: tuple[str, ...],
        signals: tuple[str, ...],
        renamed: Mapping[str, str],
        names: Mapping[Condition, str],
        personal: Personal | None,
    ) -> None:
        self.slug = decider.slug
        self.hash = decider.funnel_hash
        self.stages = tuple(stages)
        self.activity_types = activity_types
        self.rules = rules
        self.signals = signals
        self.renamed = renamed
        self.names = names
        """What conditions are called that have a name under `define`."""
        self.score_names = tuple(score.name for score in scores)
        self.mark = decider.mark
        self.outcomes = Outcomes(ranks)
        self._personal = personal
        self._decider = decider
        self._stages = stages
        self._cascades = Cascades(stages, decider)
        self._first = next(iter(stages.values()))
        self.scores = tuple(scores)
        self._counters = tuple(counters)
        self._lasting = slots.difference(
            (counter.key for counter in counters if counter.since_entry),
            *(stage.of_the_stay for stage in stages.values()),
        )
        """The slots of what does not end with a stay."""
        self._named_traits = NamedTraits(named_traits)
        self._merger = Merger(stages, ranks, self.scores, self._counters, self._named_traits)

    # What happens to a lead --------------------------------------------------

    def apply(
        self, lead: Lead | None, activity: Activity, place: Place, decided_at: int | None = None
    ) -> Applied:
        """Apply an activity to its lead (None: not known yet), which may be changed in place.

        What is due up to the activity's moment comes first. Decisions are in order;
        ``decided_at`` None means the moment at which each occurred. Raises Unreadable, and
        has changed nothing then, when an activity of a built-in type says what can't be done.
        """
        at = activity.occurred_at
        digest = xxh3_64_digest(activity.id.encode())
        name = digest[:ID_BYTES]
        decisions: list[Decision] = []
        built_in = read_built_in(activity, self._stages) if activity.type in BUILT_IN else None
        if built_in is not None and isinstance(built_in, Erasure | Merging):
            return self._depart(lead, activity, built_in, name, place, decided_at)
        if lead is None:
            lead = self._born(activity, digest)
            stage = self._first
            self._absorb(lead, stage, activity, at)
            occasion = Occasion(activity.lead_id, place, decided_at, activity, late=False)
            decisions.append(self._decider.created(lead, occasion))
            if built_in is None:
                self._cascades.run(lead, at, stage.all, NEVER, occasion, decisions)
            else:
                self._cascades.assign(lead, built_in, at, occasion, decisions)
            return Applied(lead, "applied", decisions)

        ids = lead.ids
        if ids.find(name) >= 0 and _holds(ids, name):
            return Applied(lead, "duplicate", decisions)
        if lead.due <= at:
            decisions = self.advance(activity.lead_id, lead, at, place, decided_at)
        lead.ids = ids[-_OTHER_IDS:] + name
        now = lead.clock
        late = at < now
        if at > now:
            lead.clock = now = at
        stage = self._stages[lead.stage]
        touched = self._absorb(lead, stage, activity, now)
        if lead.passed_over or lead.let_in or lead.waiting:
            touched |= free(lead, stage)
        if touched or built_in is not None:
            occasion = Occasion(activity.lead_id, place, decided_at, activity, late)
            if built_in is None:
                self._cascades.run(lead, now, stage.picked(touched), lead.due, occasion, decisions)
            else:
                self._cascades.assign(lead, built_in, now, occasion, decisions)
        return Applied(lead, "applied", decisions)

    def advance(
        self, lead_id: str, lead: Lead, until: int, place: Place, decided_at: int | None = None
    ) -> list[Decision]:
        """Let time move the lead: every due moment up to ``until``, in order. Changed in place."""
        decisions: list[Decision] = []
        self._advance(lead, until, Occasion(lead_id, place, decided_at, None, late=False), decisions)
        return decisions

    def reread(
        self,
        lead_id: str,
        lead: Lead,
        since: int,
        place: Place,
        decided_at: int | None = None,
        renamed: Mapping[str, str] = NOTHING_RENAMED,
    ) -> list[Decision]:
        """Read a lead that another funnel has left, once; changed in place.

        It is read as of its own clock, and then moved by time up to ``since``, up to where
        the other funnel had judged its silence. What fires on the way has the change of
        funnel as its cause; signals take their present value and are not given. ``renamed``
        says what the other funnel's stages are called now. Raises UnknownStage.
        """
        decisions: list[Decision] = []
        occasion = Occasion(lead_id, place, decided_at, None, late=False, read_under=lead.funnel)
        self._adopt(lead, renamed)
        stage = self._stages[lead.stage]
        self._cascades.run(lead, lead.clock, stage.all, NEVER, occasion, decisions)
        self._advance(lead, since, occasion, decisions)
        return decisions

    def merge(
        self,
        lead_id: str,
        lead: Lead | None,
        came_id: str,
        came: Lead,
        activity: Activity,
        place: Place,
        decided_at: int | None = None,
        renamed: Mapping[str, str] = NOTHING_RENAMED,
    ) -> Applied:
        """Make ``came`` part of ``lead`` (None: not known yet); both may be changed in place.

        ``activity`` is the ``lead_merged`` that departed with ``came``, which another funnel may
        have left: ``renamed`` says what that one's stages are called now. Raises UnknownStage.
        """
        at = activity.occurred_at
        digest = xxh3_64_digest(activity.id.encode())
        decisions: list[Decision] = []
        if came.funnel != self.mark:
            self._adopt(came, renamed)
        if lead is None:
            lead = self._born(activity, digest)
            occasion = Occasion(lead_id, place, decided_at, activity, late=False)
            decisions.append(self._decider.created(lead, occasion))
        else:
            decisions = self.advance(lead_id, lead, max(at, came.clock, lead.clock), place, decided_at)
            lead.ids = lead.ids[-_OTHER_IDS:] + digest[:ID_BYTES]
        lead.clock = max(at, came.clock, lead.clock)
        goes_on = self._merger.unite(lead, came, came_id)
        occasion = Occasion(lead_id, place, decided_at, activity, late=at < lead.clock)
        self._cascades.merge(lead, came, came_id, goes_on, occasion, decisions)
        return Applied(lead, "applied", decisions)

    def view(
        self,
        lead_id: str,
        lead: Lead,
        at: int | None = None,
        renamed: Mapping[str, str] = NOTHING_RENAMED,
    ) -> LeadView:
        """The lead as a person reads it. Changes nothing.

        Its scores are those of ``at``, or of its own clock where that is later. One that is
        still to be read again is shown as that will find it, before anything has fired.
        """
        if lead.funnel != self.mark:
            lead = self.adopted(lead, renamed)
        due = exactly_due(lead, self._stages[lead.stage])
        traits = as_json(lead.traits)
        return LeadView(
            lead_id=lead_id,
            funnel=self.slug,
            funnel_hash=self.hash,
            stage=lead.stage,
            since=lead.since,
            created=lead.created,
            clock=lead.clock,
            seq=lead.seq,
            scores=self._decider.scores_of(lead, lead.clock if at is None else max(at, lead.clock)),
            traits=traits if self._personal is None else self._personal.of_all(traits),
            source=lead.source,
            due=None if due > LAST_MOMENT else due,
            last_transitions=[LastTransition(rule=rule, to=to, at=moved) for rule, to, moved in lead.history],
        )

    def adopted(self, lead: Lead, renamed: Mapping[str, str] = NOTHING_RENAMED) -> Lead:
        """A copy of a lead, read under this funnel where another has left it; nothing has fired yet.

        Raises UnknownStage.
        """
        copy = decode_lead(encode_lead(lead))
        if copy.funnel != self.mark:
            self._adopt(copy, renamed)
        return copy

    def stage(self, name: str) -> Stage | None:
        """A stage with its rules; None where the funnel has none of that name."""
        return self._stages.get(name)

    def _depart(
        self,
        lead: Lead | None,
        activity: Activity,
        built_in: Erasure | Merging,
        name: bytes,
        place: Place,
        decided_at: int | None,
    ) -> Applied:
        """A lead is erased, or leaves for another; what is due before is decided first."""
        at = activity.occurred_at
        decisions: list[Decision] = []
        absorbed: tuple[str, ...] = ()
        if lead is not None:
            absorbed = lead.absorbed
            if isinstance(built_in, Merging) and built_in.into in absorbed:
                raise circle(activity.lead_id, built_in.into)
            if _holds(lead.ids, name):
                return Applied(lead, "duplicate", decisions)
            decisions = self.advance(activity.lead_id, lead, max(at, lead.clock), place, decided_at)
        if isinstance(built_in, Erasure):
            return Applied(None, "applied", decisions, Erased(built_in.suppress, absorbed))
        if lead is not None:
            lead.clock = max(at, lead.clock)
            lead.ids = lead.ids[-_OTHER_IDS:] + name
            if activity.traits:
                self._learn(lead, self._stages[lead.stage], activity)
        return Applied(None, "applied", decisions, Merged(built_in.into, lead))

    # One activity ------------------------------------------------------------

    def _born(self, activity: Activity, digest: bytes) -> Lead:
        at = activity.occurred_at
        stage = self._first.name
        lead = Lead(
            funnel=self.mark,
            stage=stage,
            since=at,
            created=at,
            clock=at,
            origin=digest,
            source=activity.source,
            ids=digest[:ID_BYTES],
        )
        lead.remember((CREATED, stage, at))
        self._first.note_visit(lead)
        for score in self.scores:
            if score.if_lines:
                score.hold(lead)
        return lead

    def _absorb(self, lead: Lead, stage: Stage, activity: Activity, now: int) -> int:
        """Take in what the activity tells; a mask of the stage's rules that it may have turned."""
        touched = 0
        for feed in stage.feeds.get(activity.type, stage.other):
            touched |= feed.feed(lead, activity, now)
        if activity.traits:
            touched |= self._learn(lead, stage, activity)
        return touched

    def _learn(self, lead: Lead, stage: Stage, activity: Activity) -> int:
        changed = learn(lead.traits_to_change(), activity.traits, activity.occurred_at, self._named_traits)
        if not changed:
            return 0
        touched = 0
        for top in changed:
            touched |= stage.traits.get(top, 0)
        for score in self.scores:
            if not score.weighs.isdisjoint(changed) and score.hold(lead):
                touched |= stage.weighed.get(score.key, 0)
        return touched

    # Time, and a changed funnel ----------------------------------------------

    def _advance(self, lead: Lead, until: int, occasion: Occasion, decisions: list[Decision]) -> None:
        while lead.due <= until:
            moment = lead.due
            before = len(decisions)
            stage = self._stages[lead.stage]
            looks = stage.all if lead.waiting else stage.timed
            self._cascades.run(lead, moment, looks, NEVER, occasion, decisions)
            if len(decisions) != before:
                lead.clock = moment

    def _adopt(self, lead: Lead, renamed: Mapping[str, str]) -> None:
        """What the lead keeps still has a meaning here, or goes."""
        lead.rename_stages(renamed)
        _rename_rules(lead, renamed, self.rules)
        stage = self._stages.get(lead.stage)
        if stage is None:
            raise UnknownStage(lead.stage, self.slug)
        for key in lead.kept.keys() - self._lasting - stage.of_the_stay:
            del lead.kept[key]
        for counter in self._counters:
            counter.adopt(lead)
        for score in self.scores:
            score.adopt(lead)
        lead.passed_over = lead.let_in = ()
        stage.note_visit(lead)
        lead.funnel = self.mark


def _rename_rules(lead: Lead, renamed: Mapping[str, str], rules: Container[str]) -> None:
    """A rule without a name of its own goes on where the stage that it is called by has another name."""
    for old, new in renamed.items():
        before, after = default_name(old), default_name(new)
        if before in rules:
            continue  # it has that name of its own
        lead.waiting = tuple(after if name == before else name for name in lead.waiting)
        fired, known = (slot_key(canonical(*firing(name))) for name in (before, after))
        if fired in lead.kept:
            moment = lead.kept.pop(fired)
            lead.kept[known] = max(moment, lead.kept.get(known, moment))


def _holds(ids: bytes, name: bytes) -> bool:
    at = ids.find(name)
    while at >= 0 and at % ID_BYTES:
        at = ids.find(name, at + 1)
    return at >= 0
