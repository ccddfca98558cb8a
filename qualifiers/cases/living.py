"""A case's story lived, line by line, by the engine of `leadgate qualify` (`qualifiers.replay`).

Time goes on from line to line for every lead of the case; what is due at a line's moment comes
before what is done at it.
"""

from collections.abc import Iterable
from typing import Any

from qualifiers.built_in import LEAD_MERGED, STAGE_ASSIGNED
from qualifiers.engine import Funnel
from qualifiers.replay import Replay
from schemas.activity import Activity
from schemas.case_file import OWN_LEAD, Case, Line
from schemas.decision import ActivityCause, Decision, Place
from schemas.lead import Lead
from schemas.moments import format_moment

LEARNT = "identified"
"""The activity by which something is learnt about a lead, and nothing else is done."""


class Life:
    """The leads of a case, and all that has been decided about them up to ``now`` (ms)."""

    def __init__(self, case: Case, funnel: Funnel, now: int) -> None:
        self.funnel = funnel
        self.now = now
        self._case = case
        self._replay = Replay(funnel)
        self._decided: dict[str, list[Decision]] = {}
        self._has_begun = False
        """Whether the case's own lead has done anything: with that its traits have come."""

    def lead(self, name: str) -> Lead | None:
        """A lead as it is now; None where there is none of that name (any more)."""
        return self._replay.leads.get(name)

    def survivor(self, name: str) -> str | None:
        """The lead that this one has been merged into, when it has."""
        return self._replay.merged.get(name)

    def decided(self, name: str) -> list[Decision]:
        """All that was decided about a lead, in order."""
        return self._decided.get(name, [])

    def goes_on(self, number: int, line: Line, at: int) -> list[Decision]:
        """Live the line ``number`` (from 1), which is at ``at`` (ms).

        Gives what was decided at just this moment, or by what is done at it. Raises Unreadable
        when that can't be done; time has gone on then.
        """
        self.now = max(self.now, at)
        place = Place(line=number)
        for name, lead in self._replay.leads.items():
            self._hear(self.funnel.advance(name, lead, self.now, place))
        activity = self._activity(number, line, at)
        came = [] if activity is None else self._replay.apply(activity, place)
        self._hear(came)
        self._has_begun |= activity is not None and line.lead == OWN_LEAD
        moment = format_moment(at)
        return [
            decision
            for decision in self.decided(line.lead)
            if decision.occurred_at == moment
            or (decision in came and isinstance(decision.cause, ActivityCause))
        ]

    def _activity(self, number: int, line: Line, at: int) -> Activity | None:
        """What is done at a line; None where it only expects something."""
        done = _done(line)
        if done is None:
            return None
        traits = line.traits
        if line.lead == OWN_LEAD and not self._has_begun:
            traits = _overlaid(self._case.traits, traits)
        name = line.id or f"line {number}"
        return Activity(name, line.lead, done[0], at, done[1], traits, line.source)

    def _hear(self, decisions: Iterable[Decision]) -> None:
        for decision in decisions:
            self._decided.setdefault(decision.lead_id, []).append(decision)


def _done(line: Line) -> tuple[str, dict[str, Any]] | None:
    """The type of activity that a line is, and its properties."""
    if line.moved_to is not None:
        return STAGE_ASSIGNED, {"to": line.moved_to}
    if line.merged_into is not None:
        return LEAD_MERGED, {"into": line.merged_into}
    if line.did is not None:
        return line.did, line.properties
    return (LEARNT, {}) if "traits" in line.model_fields_set else None


def _overlaid(known: dict[str, Any], said: dict[str, Any]) -> dict[str, Any]:
    """Traits, and over them those that are said, name by name."""
    both = {
        name: _overlaid(known[name], value)
        for name, value in said.items()
        if isinstance(value, dict) and isinstance(known.get(name), dict)
    }
    return {**known, **said, **both}
