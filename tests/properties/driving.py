"""The engine driven over a stream, and what it says made comparable with the brute force."""

import json
from collections.abc import Iterable
from typing import Any

import msgspec
from hypothesis import reject

from qualifiers import Funnel, FunnelFaults, compile_funnel, load_funnel
from qualifiers.replay import Replay
from schemas.activity import Activity
from schemas.dead_letter import Unreadable
from schemas.decision import ActivityCause, Decision, DueCause, Place, StageChange
from schemas.funnel_file import FunnelFile
from schemas.lead import Lead
from schemas.lead_state import decode_lead, encode_lead
from schemas.moments import DAY, parse_moment
from tests.properties.brute_force import BruteForce, Given, Move
from tests.properties.strategies import Case

# Every funnel that is drawn has fallen silent by then: its longest duration is 7 days, or 40
# business hours of which a week has 24 and more; no score that is drawn needs longer than 40
# half-lives to be zero to six decimals.
SILENCE = 300 * DAY


class Driven:
    """The leads of one funnel, driven by the engine; all that was said, in order."""

    def __init__(self, funnel: Funnel) -> None:
        self.funnel = funnel
        self.replay = Replay(funnel)
        self.said: list[Decision] = []

    def apply(self, activity: Activity, place: Place | None = None) -> str:
        """Apply one activity; the outcome."""
        duplicates = self.replay.duplicates
        try:
            self.said += self.replay.apply(activity, place or Place())
        except Unreadable:
            return "dead letter"
        return "applied" if self.replay.duplicates == duplicates else "duplicate"

    @property
    def leads(self) -> dict[str, Lead]:
        """Those that there are."""
        return self.replay.leads

    def apply_all(self, activities: Iterable[Activity]) -> "Driven":
        """Apply a whole stream."""
        for activity in activities:
            self.apply(activity)
        return self

    def advance(self, lead_id: str, until: int) -> None:
        """Let time pass for a lead."""
        self.said += self.funnel.advance(lead_id, self.leads[lead_id], until, Place())

    def fall_silent(self, activities: list[Activity]) -> "Driven":
        """Let time pass for every lead until nothing happens any more."""
        for lead_id in sorted(self.leads):
            self.advance(lead_id, end_of(activities))
        return self

    def store_and_load(self, lead_id: str) -> None:
        """Send a lead's state through its encoding."""
        if lead_id in self.leads:
            self.leads[lead_id] = decode_lead(encode_lead(self.leads[lead_id]))

    def by_lead(self) -> dict[str, list[dict[str, Any]]]:
        """What was said about each lead, word for word."""
        return {
            lead_id: [msgspec.to_builtins(one) for one in self.said if one.lead_id == lead_id]
            for lead_id in sorted({one.lead_id for one in self.said} | self.leads.keys())
        }


def end_of(activities: list[Activity]) -> int:
    """When all is silent after a stream."""
    return max(activity.occurred_at for activity in activities) + SILENCE


def funnel_text(funnel: dict[str, Any]) -> str:
    """A small funnel as YAML; JSON is YAML."""
    return json.dumps(funnel)


def loaded(case: Case) -> FunnelFile:
    """The case's syntax tree, by the real loader; only a circle may have been drawn by mistake."""
    try:
        return load_funnel(case.text)
    except FunnelFaults as refused:
        if {fault.code for fault in refused.faults} != {"time-circle"}:
            raise
        reject()


def compiled(case: Case) -> Funnel:
    """The case's funnel, by the real loader and compiler."""
    return compile_funnel(loaded(case))


def by_engine(case: Case) -> Driven:
    """The case, run straight through."""
    return Driven(compiled(case)).apply_all(case.activities).fall_silent(case.activities)


def by_brute_force(case: Case) -> list[Move | Given]:
    """What the brute force says, in the order of `by_engine`."""
    brute = BruteForce(loaded(case))
    said = [one for activity in case.activities for one in brute.apply(activity) or []]
    for lead_id in sorted(brute.leads):
        said += brute.advance(lead_id, end_of(case.activities))
    return said


def comparable(said: Move | Given | Decision) -> dict[str, Any]:
    """A decision as both sides must have it, but for the scores."""
    if isinstance(said, Move | Given):
        return {name: value for name, value in said._asdict().items() if name != "scores"}
    if isinstance(said.cause, ActivityCause):
        cause: tuple[str, str | int] = ("activity", said.cause.activity_id)
    else:
        assert isinstance(said.cause, DueCause)
        cause = ("due", parse_moment(said.cause.due))
    fields = Move._fields if isinstance(said, StageChange) else Given._fields
    told = {name: getattr(said, name) for name in fields if name != "scores"}
    return told | {"occurred_at": parse_moment(said.occurred_at), "cause": cause}


def assert_same(said: list[Decision], expected: list[Move | Given]) -> None:
    """The engine's decisions are the brute force's, their scores to 4 decimals.

    A score is shown with 4 decimals; where it lies just between two of them, floating point
    decides, so it may be off by half a unit of the fourth and a hair.
    """
    assert [comparable(one) for one in said] == [comparable(one) for one in expected]
    for one, other in zip(said, expected, strict=True):
        assert one.scores.keys() == other.scores.keys()
        for name, score in other.scores.items():
            assert abs(one.scores[name] - score) <= 0.00005 + 1e-9, (one, name, score)
