"""A lead's story, told in hours: a funnel as data, activities one after the other, what was decided."""

from typing import Any

from qualifiers import Funnel, compile_funnel
from qualifiers.replay import Replay
from schemas.activity import Activity
from schemas.decision import Decision, Place, Signal, StageChange, moves
from schemas.funnel_file import FunnelFile
from schemas.lead import Lead
from schemas.lead_state import decode_lead, encode_lead
from schemas.lead_view import LeadView
from schemas.moments import HOUR, parse_moment

START = 1_767_225_600_000  # 2026-01-01T00:00:00Z


def funnel(when: Any = None, **parts: Any) -> Funnel:
    """A funnel of the stages a, b, c; with ``when``, that is what leads from a to b."""
    file: dict[str, Any] = {"funnel": "tried", "stages": ["a", "b", "c"], "off_path": ["out"]}
    if when is not None:
        file["transitions"] = [{"to": "b", "when": when}]
    return compile_funnel(FunnelFile.model_validate(file | parts))


class Story:
    """One lead under one funnel. Moments are given in hours since the start, or as ms with ``ms``."""

    def __init__(self, told: Funnel) -> None:
        self.funnel = told
        self.lead: Lead | None = None
        self.said: list[StageChange] = []
        self.signals: list[Signal] = []
        self.outcome = ""
        self._told = 0

    def does(
        self,
        kind: str,
        hours: float = 0,
        *,
        ms: int = 0,
        named: str | None = None,
        traits: dict[str, Any] | None = None,
        source: str | None = None,
        **properties: Any,
    ) -> "Story":
        """The lead does something."""
        self._told += 1
        activity = Activity(
            id=named or f"activity-{self._told}",
            lead_id="lead",
            type=kind,
            occurred_at=START + round(hours * HOUR) + ms,
            properties=properties,
            traits=traits or {},
            source=source,
        )
        # Each step goes through the encoding: what is not in the state is not known.
        before = None if self.lead is None else decode_lead(encode_lead(self.lead))
        applied = self.funnel.apply(before, activity, Place(line=self._told))
        self.lead, self.outcome = applied.lead, applied.outcome
        self._heard(applied.decisions)
        return self

    def knows(self, hours: float = 0, *, ms: int = 0, **traits: Any) -> "Story":
        """Something is learnt about the lead."""
        return self.does("identified", hours, ms=ms, traits=traits)

    def waits(self, hours: float, *, ms: int = 0) -> "Story":
        """Time passes."""
        assert self.lead is not None
        moment = START + round(hours * HOUR) + ms
        self._heard(self.funnel.advance("lead", self.lead, moment, Place(line=self._told)))
        return self

    def comes_under(self, other: "Story", hours: float = 0, **renamed: str) -> "Story":
        """The lead goes on under another's funnel, which had been silent up to then."""
        assert self.lead is not None
        other.lead = decode_lead(encode_lead(self.lead))
        other.said, other._told = list(self.said), self._told
        since = START + round(hours * HOUR)
        place = Place("in", 3, 70)
        other._heard(other.funnel.reread("lead", other.lead, since, place, renamed=renamed))
        return other

    def _heard(self, decisions: list[Decision]) -> None:
        self.said += moves(decisions)
        self.signals += [one for one in decisions if isinstance(one, Signal)]

    @property
    def stage(self) -> str:
        """Where the lead is."""
        assert self.lead is not None
        return self.lead.stage

    @property
    def view(self) -> LeadView:
        """The lead as a person sees it."""
        assert self.lead is not None
        return self.funnel.view("lead", self.lead)

    @property
    def moves(self) -> list[tuple[str, str]]:
        """Rule and stage of every decision but the birth."""
        return [(one.rule, one.to) for one in self.said[1:]]

    @property
    def last(self) -> StageChange:
        """What was decided last."""
        return self.said[-1]


def tell(when: Any = None, **parts: Any) -> Story:
    """A story under such a funnel."""
    return Story(funnel(when, **parts))


def hours(change: Decision) -> float:
    """When something occurred, in hours since the start."""
    return (parse_moment(change.occurred_at) - START) / HOUR


class Leads:
    """The leads of a funnel; moments in hours."""

    def __init__(self, **parts: Any) -> None:
        self.replay = Replay(funnel(**parts))
        self.said: list[StageChange] = []
        self.signals: list[Signal] = []
        self._told = 0

    def does(
        self, lead_id: str, kind: str, at: float = 0, *, traits: Any = None, **properties: Any
    ) -> "Leads":
        self._told += 1
        moment = START + round(at * HOUR)
        activity = Activity(f"activity-{self._told}", lead_id, kind, moment, properties, traits or {})
        for decision in self.replay.apply(activity, Place(line=self._told)):
            if isinstance(decision, Signal):
                self.signals.append(decision)
            else:
                self.said.append(decision)
        # What is not in the state is not known.
        for name, lead in self.replay.leads.items():
            self.replay.leads[name] = decode_lead(encode_lead(lead))
        return self

    def merges(self, lead_id: str, into: str, at: float = 0, **more: Any) -> "Leads":
        return self.does(lead_id, "lead_merged", at, into=into, **more)

    def of(self, lead_id: str) -> list[tuple[int, str, str]]:
        return [(one.seq, one.rule, one.to) for one in self.said if one.lead_id == lead_id]

    def view(self, lead_id: str) -> LeadView:
        return self.replay.funnel.view(lead_id, self.replay.leads[lead_id])
