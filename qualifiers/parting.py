"""Two funnels over the same activities: of which leads they do not say the same, and from when on.

Both take each activity together, and each has decided by then all that came due before it. So as
long as what they say of a lead is the same, they say it at the same activity, and the first that is
not the same is seen when it is said. What is said is a move or a signal, and its moment; scores and
reasons may differ without a lead being anywhere else.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import zip_longest
from typing import NamedTuple

from qualifiers.backtest import Tally
from qualifiers.built_in import STAGE_ASSIGNED
from qualifiers.compiler import compile_funnel
from qualifiers.engine import UnknownStage
from qualifiers.renaming import rule_names
from qualifiers.replay import Replay
from schemas import funnel_diff
from schemas.activity import Activity
from schemas.backtest_report import History
from schemas.dead_letter import Unreadable
from schemas.decision import Decision, Place, StageChange
from schemas.funnel_diff import LeadsDiff, MoveAtOnce, PartedLead
from schemas.funnel_file import FunnelFile


class _Said(NamedTuple):
    """A decision, as far as two funnels can differ in it. ``start`` is None of a signal, and of a birth."""

    at: str
    rule: str | None
    signal: str | None
    start: str | None
    to: str


_First = tuple[_Said | None, _Said | None]
"""What the old and the new funnel say, where it is not the same for the first time."""


class Parting:
    """The leads of both funnels, and which of them go different ways."""

    def __init__(self, old: FunnelFile, new: FunnelFile) -> None:
        self.old = Replay(compile_funnel(old))
        self.new = Replay(compile_funnel(new))
        self._tallies = Tally(old), Tally(new)
        self._renamed = new.renamed
        self._rules = rule_names(new)
        self._parted: dict[str, _First] = {}

    def apply(self, activity: Activity, place: Place) -> None:
        """Have both take an activity. Raises Unreadable where neither can."""
        renamed = self._in_new_words(activity)
        try:
            said = self.old.apply(activity, place)
        except Unreadable:
            # If the new one can't either, the activity is at fault, and not a funnel.
            said = []
            would_say = self.new.apply(renamed, place)
        else:
            try:
                would_say = self.new.apply(renamed, place)
            except Unreadable:
                would_say = []
        if said or would_say:
            self._heard(said, would_say)

    def finish(self, until: int | None) -> int | None:
        """Let time go on to ``until`` (ms), or end at the newest activity; when it has ended."""
        ends = [end for end in (self.old.end(until), self.new.end(until)) if end is not None]
        end = max(ends, default=None)
        self._heard(list(self.old.finish(Place(), end)), list(self.new.finish(Place(), end)))
        return end

    def leads(self, old: History, new: History, end: int) -> LeadsDiff:
        """Which leads have gone different ways, and what the change would do when time has ended.

        Ends the comparison: the old funnel's leads are read again under the new one.
        """
        parted = [self._lead(lead_id, *self._parted[lead_id]) for lead_id in sorted(self._parted)]
        reports = [
            tally.report(history, replay.leads, replay.parts())
            for tally, history, replay in zip(self._tallies, (old, new), (self.old, self.new), strict=True)
        ]
        at_once, stranded = self._read_again(end)
        return LeadsDiff(
            ends=end,
            elsewhere=sum(lead.elsewhere for lead in parted),
            parted=parted,
            at_once=[
                MoveAtOnce(from_=start, to=to, rule=rule, count=count)
                for (start, to, rule), count in at_once.most_common()
            ],
            stranded=dict(stranded.most_common()),
            renamed=dict(self._renamed),
            old=reports[0],
            new=reports[1],
        )

    def _in_new_words(self, activity: Activity) -> Activity:
        """The activity; of a person's move, to the stage as the new file calls it."""
        to = activity.properties.get("to")
        if activity.type != STAGE_ASSIGNED or type(to) is not str or to not in self._renamed:
            return activity
        return activity.but(properties=activity.properties | {"to": self._renamed[to]})

    def _heard(self, said: Sequence[Decision], would_say: Sequence[Decision]) -> None:
        for tally, decisions in zip(self._tallies, (said, would_say), strict=True):
            tally.take(decisions)
        was = [(one.lead_id, _told(one, self._renamed, self._rules)) for one in said]
        now = [(one.lead_id, _told(one, {}, {})) for one in would_say]
        if was != now:
            ours, theirs = _by_lead(was), _by_lead(now)
            for lead_id in ours.keys() | theirs.keys():
                if lead_id in self._parted:
                    continue
                pairs = zip_longest(ours.get(lead_id, ()), theirs.get(lead_id, ()))
                first = next((pair for pair in pairs if pair[0] != pair[1]), None)
                if first is not None:
                    self._parted[lead_id] = first

    def _lead(self, lead_id: str, said: _Said | None, would_say: _Said | None) -> PartedLead:
        was, now = self.old.leads.get(lead_id), self.new.leads.get(lead_id)
        old_stage = None if was is None else self._renamed.get(was.stage, was.stage)
        new_stage = None if now is None else now.stage
        return PartedLead(
            lead_id=lead_id,
            old_stage=old_stage,
            new_stage=new_stage,
            elsewhere=old_stage != new_stage,
            old_said=_model(said),
            new_said=_model(would_say),
        )

    def _read_again(self, end: int) -> tuple[Counter[tuple[str, str, str]], Counter[str]]:
        """The moves by which the new funnel, put in force at ``end`` (ms), finds the old one's leads.

        And the leads that it can't find, by their stage.
        """
        found: Counter[tuple[str, str, str]] = Counter()
        stranded: Counter[str] = Counter()
        if self.old.funnel.hash == self.new.funnel.hash:
            return found, stranded
        for lead_id, lead in self.old.leads.items():
            stage = lead.stage
            try:
                decisions = self.new.funnel.reread(lead_id, lead, end, Place(), renamed=self._renamed)
            except UnknownStage:
                stranded[stage] += 1
                continue
            for decision in decisions:
                if isinstance(decision, StageChange) and decision.from_ is not None:
                    found[decision.from_, decision.to, decision.rule] += 1
        return found, stranded


def _told(decision: Decision, stages: Mapping[str, str], rules: Mapping[str, str]) -> _Said:
    """What a decision says; ``stages`` and ``rules`` are what some are called now."""
    if isinstance(decision, StageChange):
        start, to, rule = decision.from_, decision.to, decision.rule
        return _Said(
            decision.occurred_at,
            rules.get(rule, rule),
            None,
            None if start is None else stages.get(start, start),
            stages.get(to, to),
        )
    stage = decision.stage
    return _Said(decision.occurred_at, None, decision.signal, None, stages.get(stage, stage))


def _by_lead(told: Iterable[tuple[str, _Said]]) -> Mapping[str, list[_Said]]:
    found: defaultdict[str, list[_Said]] = defaultdict(list)
    for lead_id, said in told:
        found[lead_id].append(said)
    return found


def _model(said: _Said | None) -> funnel_diff.Said | None:
    if said is None:
        return None
    return funnel_diff.Said(at=said.at, rule=said.rule, signal=said.signal, from_=said.start, to=said.to)
