"""Stage changes and signals, as they are said: ids, directions, scores, reasons."""

from collections.abc import Sequence
from hashlib import sha256

import msgspec

from qualifiers.built_in import STAGE_ASSIGNED, Assignment
from qualifiers.conditions import Condition
from qualifiers.rules import Rule, SignalRule
from qualifiers.scores import Score
from qualifiers.transitions import CREATED, MANUAL, MERGED
from qualifiers.words import as_sentence, spoken
from schemas.activity import Activity
from schemas.decision import Cause, Direction, Evidence, Place, Signal, StageChange
from schemas.lead import Lead, funnel_mark
from schemas.moments import SECOND, format_moment

_encode = msgspec.msgpack.Encoder().encode


class Occasion:
    """On what occasion a lead is looked at: an activity, or (None) a due moment, or a changed funnel."""

    __slots__ = ("activity", "decided_at", "late", "lead_id", "place", "read_under", "silent")

    def __init__(
        self,
        lead_id: str,
        place: Place,
        decided_at: int | None,
        activity: Activity | None,
        late: bool,
        read_under: bytes | None = None,
    ) -> None:
        self.lead_id = lead_id
        self.place = place
        self.decided_at = decided_at
        self.activity = activity
        self.late = late
        self.read_under = read_under
        """It is read again: the mark of the funnel that read it before."""
        self.silent = read_under is not None
        """Whether signals take their present value, and are not given."""

    def decided(self, now: int) -> str:
        """When a decision at ``now`` is made, as it is written."""
        return format_moment(now if self.decided_at is None else self.decided_at)

    def cause(self, now: int) -> Cause:
        """What a decision at ``now`` names as its cause."""
        if self.activity is not None:
            return self.place.of_activity(self.activity.id)
        if self.read_under is not None:
            return self.place.of_change(self.read_under)
        return self.place.of_time(now)


class Decider:
    """Puts a funnel's decisions into words and numbers."""

    def __init__(
        self,
        slug: str,
        funnel_hash: str,
        directions: dict[tuple[str, str], Direction],
        scores: Sequence[Score],
    ) -> None:
        self.slug = slug
        self.funnel_hash = funnel_hash
        self.mark = funnel_mark(funnel_hash)
        self._directions = directions
        self._scores = tuple(scores)

    def created(self, lead: Lead, occasion: Occasion) -> StageChange:
        """A lead's birth."""
        activity = occasion.activity
        reason = f"First activity: {spoken(activity.type)}" if activity is not None else "First activity"
        return self._change(lead, lead.stage, CREATED, lead.created, reason, [], occasion)

    def moved(self, lead: Lead, rule: Rule, now: int, occasion: Occasion) -> StageChange:
        """A move that is about to be made: the lead is as it was when the rule was found true."""
        reason, proof = _why(rule.when, lead, now, occasion)
        return self._change(lead, rule.to, rule.name, now, reason, proof, occasion)

    def assigned(self, lead: Lead, assignment: Assignment, now: int, occasion: Occasion) -> StageChange:
        """A move that a person is about to make."""
        reason = f"Moved by {assignment.by}" if assignment.by else "Moved by hand"
        if assignment.why:
            reason = f"{reason}: {assignment.why}"
        activity = occasion.activity
        activity_id = None if activity is None else activity.id
        assigned = format_moment(now if activity is None else activity.occurred_at)
        proof = [Evidence(spoken(STAGE_ASSIGNED), assignment.to, activity_id, assigned)]
        return self._change(lead, assignment.to, MANUAL, now, reason, proof, occasion)

    def merged(self, lead: Lead, came: Lead, came_id: str, occasion: Occasion) -> StageChange:
        """A move to where a lead that was merged into this one has been; with the entry of that one."""
        activity_id = None if occasion.activity is None else occasion.activity.id
        entered = format_moment(came.since)
        proof = [Evidence(f"merged with {came_id}", came.stage, activity_id, entered)]
        reason = f"Merged with {came_id}, which was in {came.stage}"
        change = self._change(lead, came.stage, MERGED, lead.clock, reason, proof, occasion)
        stayed = max(0, came.since - lead.since) / SECOND
        return msgspec.structs.replace(change, occurred_at=entered, previous_stage_seconds=stayed)

    def given(self, lead: Lead, signal: SignalRule, n: int, now: int, occasion: Occasion) -> Signal:
        """A signal that has turned true, for the ``n``-th time in this stay."""
        reason, proof = _why(signal.when, lead, now, occasion)
        return Signal(
            id=self._id(lead, occasion.lead_id, lead.seq, signal.name, n),
            lead_id=occasion.lead_id,
            seq=lead.seq,
            n=n,
            funnel=self.slug,
            funnel_hash=self.funnel_hash,
            signal=signal.name,
            stage=lead.stage,
            late=occasion.late,
            occurred_at=format_moment(now),
            decided_at=occasion.decided(now),
            scores=self.scores_of(lead, now),
            source=lead.source,
            reason=reason,
            evidence=proof,
            cause=occasion.cause(now),
        )

    def scores_of(self, lead: Lead, now: int) -> dict[str, float]:
        """Each score at ``now``, as it is shown."""
        return {score.name: score.shown(lead, now) for score in self._scores}

    def _change(
        self,
        lead: Lead,
        to: str,
        rule: str,
        now: int,
        reason: str,
        proof: list[Evidence],
        occasion: Occasion,
    ) -> StageChange:
        is_birth = rule == CREATED
        seq = lead.seq if is_birth else lead.seq + 1
        return StageChange(
            id=self._id(lead, occasion.lead_id, seq),
            lead_id=occasion.lead_id,
            seq=seq,
            funnel=self.slug,
            funnel_hash=self.funnel_hash,
            from_=None if is_birth else lead.stage,
            to=to,
            direction="created" if is_birth else self._directions[lead.stage, to],
            rule=rule,
            late=occasion.late,
            occurred_at=format_moment(now),
            decided_at=occasion.decided(now),
            scores=self.scores_of(lead, now),
            source=lead.source,
            reason=reason,
            evidence=proof,
            previous_stage_seconds=None if is_birth else (now - lead.since) / SECOND,
            cause=occasion.cause(now),
        )

    def _id(self, lead: Lead, lead_id: str, seq: int, *of_a_signal: str | int) -> str:
        """The same decision has the same id, whoever makes it again."""
        parts = (self.slug, self.funnel_hash, lead_id, lead.origin, seq, *of_a_signal)
        return sha256(_encode(parts)).hexdigest()[:32]


def _why(when: Condition, lead: Lead, now: int, occasion: Occasion) -> tuple[str, list[Evidence]]:
    """The reason of what has been found true, and its evidence."""
    proof: list[Evidence] = []
    return as_sentence(when.because(lead, now, occasion.activity, proof)), proof
