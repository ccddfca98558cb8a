"""What became of the leads that a rule moved on, read from where they went next and where they ended.

No activity is named here: the path, the final stages, and who or what caused a move say it
all, under every funnel. A transition *moves a lead on* when it brings it forward, or
back onto the path. Of each such move at most one of the first three outcomes is told, and
at most one of the last two; until then it is open:

========== ======================================================================================
outcome    the lead's next move, or its end
========== ======================================================================================
accepted   it moves forward, by an activity
rejected   it moves back or off the path, by an activity
ignored    it moves back or off the path by time alone: nobody did anything
won        it comes into a final stage of the path while the move stands
lost       it comes into a final stage off the path while the move stands
========== ======================================================================================

What a person does is an activity too. A move *stands* until the lead is behind the stage that it
was moved to, or off the path; so the end is told of each rule of the way that led there, and
not of the one whose move is that end. The others say nothing of a rule:

- a move forward by time alone: nobody has looked at the lead;
- what a changed funnel or a merge does: it is no answer to the rule;
- what happens at the moment of the move itself: a stage that is only passed through judges nobody;
- a way that is longer than the stage changes that a lead's state keeps: of these it is told.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Literal

from qualifiers.transitions import CREATED, MERGED, NOT_TRANSITIONS
from schemas.decision import ActivityCause, Direction, FunnelCause, StageChange
from schemas.lead import KEPT_CHANGES
from schemas.lead_packing import PastChange
from schemas.moments import parse_moment

RuleOutcome = Literal["accepted", "rejected", "ignored", "won", "lost"]
OUTCOMES: dict[RuleOutcome, str] = {
    "accepted": "The lead's next move is forward, by an activity.",
    "rejected": "Its next move is back or off the path, by an activity.",
    "ignored": "Its next move is back or off the path, by time alone.",
    "won": "It comes into a final stage of the path while the rule's move stands.",
    "lost": "It comes into a final stage off the path while the rule's move stands.",
}
"""What each outcome means."""

NEXT: Mapping[tuple[Direction, bool], RuleOutcome] = {
    ("forward", True): "accepted",
    ("back", True): "rejected",
    ("off_path", True): "rejected",
    ("back", False): "ignored",
    ("off_path", False): "ignored",
}
"""By the direction of the next move, and whether an activity caused it."""

Judged = tuple[str, RuleOutcome]
"""A rule, and an outcome of a move that it made."""


class Outcomes:
    """Judges rules by the stages of one funnel.

    ``ranks`` are those of `qualifiers.transitions.ranks`: of each stage its class (2: final) and
    its place along the path (-1: it is not on it).
    """

    def __init__(self, ranks: Mapping[str, tuple[int, int]]) -> None:
        self._along = {stage: along for stage, (_, along) in ranks.items()}
        self._final = frozenset(stage for stage, (kind, _) in ranks.items() if kind == 2)

    def judged(self, history: Sequence[PastChange], changes: Sequence[StageChange]) -> list[Judged]:
        """What ``changes`` say of the rules that moved their lead before.

        ``history`` are the lead's last stage changes, as its state keeps them, the newest
        last; its end are ``changes`` themselves.
        """
        judged: list[Judged] = []
        for index, change in enumerate(changes, len(history) - len(changes)):
            # Of the first one kept nobody knows where it came from.
            if index < 2 or change.rule == MERGED or type(change.cause) is FunnelCause:
                continue
            at = history[index][2]
            outcome = NEXT.get((change.direction, type(change.cause) is ActivityCause))
            if outcome is not None and self._moved_on(history, index - 1, at):
                judged.append((history[index - 1][0], outcome))
            if change.to in self._final:
                end: RuleOutcome = "won" if self._along[change.to] >= 0 else "lost"
                judged += [(history[one][0], end) for one in self._standing(history, index, at)]
        return judged

    def _standing(self, history: Sequence[PastChange], end: int, at: int) -> Iterator[int]:
        """Which of the changes before the one at ``end``, made then (ms), moved the lead on, and stand."""
        nearest = len(self._along)
        for index in range(end - 1, 0, -1):
            stage = history[index][1]
            along = self._along.get(stage, -1)
            if along < 0 or stage in self._final:
                return
            if along <= nearest:
                nearest = along
                if self._moved_on(history, index, at):
                    yield index

    def _moved_on(self, history: Sequence[PastChange], index: int, at: int) -> bool:
        """Whether a change is a transition's that led forward, or back onto the path, before ``at`` (ms)."""
        rule, to, moved = history[index]
        if rule in NOT_TRANSITIONS or moved == at:
            return False
        start, along = self._along.get(history[index - 1][1]), self._along.get(to)
        return start is not None and along is not None and along > start


class Journeys:
    """The last stage changes of many leads, gathered from decisions one by one, as their states keep them."""

    def __init__(self, outcomes: Outcomes) -> None:
        self._outcomes = outcomes
        self._of: dict[str, list[PastChange]] = {}

    def judged(self, changes: Iterable[StageChange]) -> Iterator[Judged]:
        """What each change says of the rules that moved its lead before; a lead's are given in order."""
        for change in changes:
            past = (change.rule, change.to, parse_moment(change.occurred_at))
            if change.rule == CREATED:
                self._of[change.lead_id] = [past]
                continue
            history = self._of.setdefault(change.lead_id, [])
            history.append(past)
            del history[:-KEPT_CHANGES]
            yield from self._outcomes.judged(history, (change,))
