"""A funnel file, read by brute force: the language as a specification that runs.

It keeps the whole history of a lead, reads every condition anew at every moment that
could matter, and shares no code with ``qualifiers``: from there the tests take the
syntax tree (``FunnelFile``) alone. It is slow and plain on purpose. Where it and the
engine disagree, one of them does not do what the language says.

A *moment that could matter* is generous here: any moment of the lead's past plus any
duration that the file names, and the first millisecond at which a decaying score
compares otherwise. Reading at a moment too many changes nothing; the engine, which
works out the one next moment at which something can turn, must find the same.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Literal, NamedTuple

from hypothesis import reject
from pydantic import BaseModel

from schemas.activity import Activity
from schemas.conditions import Did, InStage, QuietFor, ScoreIs, Sequence, Sum
from schemas.durations import Duration, parse_elapsed
from schemas.funnel_file import FunnelFile, Transition
from tests.properties.brute_force_calendar import later
from tests.properties.brute_force_history import Happened, History, matches
from tests.properties.brute_force_merging import REMEMBERED_IDS, unite
from tests.properties.brute_force_points import no_points
from tests.properties.brute_force_reading import Reading

REMEMBERED_STEPS = 8
"""So many activities of each step of a sequence are told apart when a late one comes."""


Cause = tuple[Literal["activity", "due"], str | int]
"""The activity's id, or the moment that was due."""


class Move(NamedTuple):
    """A stage change, without its names and reasons. Moments in ms, scores unrounded."""

    lead_id: str
    seq: int
    from_: str | None
    to: str
    direction: str
    rule: str
    late: bool
    occurred_at: int
    previous_stage_seconds: float | None
    scores: dict[str, float]
    cause: Cause


class Given(NamedTuple):
    """A signal, without its reasons. Moments in ms, scores unrounded."""

    lead_id: str
    seq: int
    n: int
    signal: str
    stage: str
    late: bool
    occurred_at: int
    scores: dict[str, float]
    cause: Cause


def moved(said: Iterable["Move | Given"] | None) -> list[Move]:
    """The moves among what was said."""
    return [one for one in said or () if isinstance(one, Move)]


class BruteForce:
    """All leads of a funnel. ``apply`` and ``advance`` as the engine's, without places."""

    def __init__(self, file: FunnelFile) -> None:
        self.file = file
        self.leads: dict[str, History] = {}
        self._merged: dict[str, str] = {}
        self._known: set[str] = set()
        """Leads that were merged, and that the survivor, or who comes after it, knows to be part of it."""
        self._suppressed: set[str] = set()
        self._stages = [*file.stages, *file.off_path]
        self._sequences = [part for part in _parts(file) if isinstance(part, Sequence)]
        self._durations = set(_durations(file))
        self._bounds = sorted(set(_bounds(file)))

    def apply(self, activity: Activity) -> list[Move | Given] | None:
        """What an activity, and time before it, change. None: it is a repeat, or a dead letter."""
        lead_id = self._survivor(activity.lead_id)
        if lead_id in self._suppressed:
            return []
        if activity.type == "stage_assigned" and activity.properties["to"] not in self._stages:
            return None
        if activity.type == "lead_merged" and self._survivor(activity.properties["into"]) == lead_id:
            return None if activity.lead_id == lead_id else []
        lead = self.leads.get(lead_id)
        if lead is not None and activity.id in lead.ids[-REMEMBERED_IDS:]:
            return None
        said = [] if lead is None else self.advance(lead_id, activity.occurred_at)
        if activity.type == "lead_erased":
            return said + self._erase(lead_id, activity.properties.get("suppress", False))
        if activity.type == "lead_merged":
            return said + self._merge(lead_id, activity)
        lead = lead or self._new(lead_id, activity)
        late = activity.occurred_at < lead.clock
        if late and self._forgets(lead, activity):
            reject()
        self._happen(lead, activity)
        lead.passed_over.clear()
        cause: Cause = ("activity", activity.id)
        if not lead.stages:
            said.append(self._enter(lead, self.file.stages[0], "created", late=False, cause=cause))
        if activity.type == "stage_assigned" and activity.properties["to"] != lead.stage:
            said.append(self._enter(lead, activity.properties["to"], "manual", late, cause))
            lead.waiting = {name_of(one) for one in self._true(lead, Reading(self.file, lead, lead.clock))}
            lead.waiting_until = lead.clock + parse_elapsed(activity.properties.get("hold", "30d"))
        return said + self._cascade(lead, lead.clock, late, cause)

    def _new(self, lead_id: str, activity: Activity) -> History:
        at = activity.occurred_at
        self.leads[lead_id] = History(lead_id, at, clock=at)
        return self.leads[lead_id]

    def _happen(self, lead: History, activity: Activity) -> None:
        lead.clock = lead.looked = max(lead.clock, activity.occurred_at)
        lead.happened.append(Happened(activity, len(lead.happened) + 1, lead.clock))
        lead.ids.append(activity.id)

    # Leads that end --------------------------------------------------------------------------------

    def _survivor(self, lead_id: str) -> str:
        """Whose activities a lead's are by now."""
        while lead_id in self._merged:
            lead_id = self._merged[lead_id]
        return lead_id

    def _erase(self, lead_id: str, suppress: bool) -> list[Move | Given]:
        absorbed = {one for one in self._merged if self._survivor(one) == lead_id and one in self._known}
        self.leads.pop(lead_id, None)
        for one in absorbed:
            del self._merged[one]
        if suppress:
            self._suppressed |= {lead_id, *absorbed}
        return []

    def _merge(self, lead_id: str, activity: Activity) -> list[Move | Given]:
        """A lead becomes part of another."""
        into = self._merged[lead_id] = activity.properties["into"]
        survivor = self._survivor(into)
        came = self.leads.pop(lead_id, None)
        lead = self.leads.get(survivor)
        if came is not None or lead is not None:
            self._known.add(lead_id)
        else:
            self._known.discard(lead_id)
        if came is None or survivor in self._suppressed:
            return []
        self._happen(came, activity)
        cause: Cause = ("activity", activity.id)
        said: list[Move | Given] = []
        if lead is None:
            lead = self._new(survivor, activity)
            self._happen(lead, activity.but(traits={}))
            said.append(self._enter(lead, self.file.stages[0], "created", late=False, cause=cause))
        else:
            said += self.advance(survivor, came.clock)
            lead.ids.append(activity.id)
        now = lead.clock = max(lead.clock, came.clock)
        late = activity.occurred_at < now
        from_, entered = lead.stage, lead.entered[0]
        if unite(self.file, lead, came, now):
            lead.seq += 1
            stayed = max(0, lead.entered[0] - entered) / 1000
            scores = self._scores(lead)
            direction = self._direction(from_, lead.stage)
            said.append(
                Move(
                    lead.lead_id,
                    lead.seq,
                    from_,
                    lead.stage,
                    direction,
                    "merged",
                    late,
                    lead.entered[0],
                    stayed,
                    scores,
                    cause,
                )
            )
        if any(
            sum(matches(step, step.did, one.activity) for one in lead.happened) > REMEMBERED_STEPS
            for sequence in self._sequences
            for step in sequence.sequence
        ):
            reject()
        return said + self._cascade(lead, now, late, cause)

    # Time ------------------------------------------------------------------------------------------

    def advance(self, lead_id: str, until: int) -> list[Move | Given]:
        """What time alone changes, up to and at ``until``."""
        lead = self.leads[lead_id]
        said: list[Move | Given] = []
        while fired := self._first_due(lead, until):
            said += fired
        lead.looked = max(lead.looked, until)
        return said

    def _forgets(self, lead: History, late: Activity) -> bool:
        """Whether a late activity is of a sequence of which the language lets something be forgotten."""
        return any(
            any(matches(step, step.did, late) for step in sequence.sequence)
            and any(
                sum(matches(step, step.did, one.activity) for one in lead.happened) >= REMEMBERED_STEPS
                for step in sequence.sequence
            )
            for sequence in self._sequences
        )

    def score_at(self, lead_id: str, score: str, at: int) -> float:
        """A lead's score at a moment not before its clock, unrounded."""
        return Reading(self.file, self.leads[lead_id], at).score(score)

    def _first_due(self, lead: History, until: int) -> list[Move | Given]:
        """The cascade of the first moment after the lead's clock at which something fires."""
        start = max(lead.clock, lead.looked)
        for moment in sorted(m for m in self._moments(lead, until) if start < m <= until):
            if said := self._cascade(lead, moment, late=False, cause=("due", moment)):
                return said
        return []

    # Moments that could matter ---------------------------------------------------------------------

    def _moments(self, lead: History, until: int) -> Iterator[int]:
        yield lead.waiting_until
        for start in {
            lead.created,
            lead.entered[0],
            *(one.at for one in lead.happened),
            *lead.fired.values(),
        }:
            yield from (later(self.file.calendar, start, duration) for duration in self._durations)
        for score, bound in self._bounds:
            yield from self._crossings(lead, until, score, bound)

    def _crossings(self, lead: History, until: int, score: str, bound: float) -> Iterator[int]:
        """The first ms at which a score, rounded, is on (or has left, or is past) a bound.

        From the clock on nothing is done, so the score only decays: it moves one way, and
        where it compares to a bound changes once for each of `>=` and `>`.
        """

        def rounded(at: int) -> float:
            return round(Reading(self.file, lead, at).score(score), 6)

        comparisons: tuple[Callable[[int], bool], ...] = (
            lambda at: rounded(at) >= bound,
            lambda at: rounded(at) > bound,
        )
        for compares in comparisons:
            before, after = lead.clock, until
            if before < after and compares(before) != compares(after):
                while after - before > 1:
                    middle = (before + after) // 2
                    if compares(middle) == compares(until):
                        after = middle
                    else:
                        before = middle
                yield after

    # Transitions -----------------------------------------------------------------------------------

    def _cascade(self, lead: History, at: int, late: bool, cause: Cause) -> list[Move | Given]:
        """Fire the first true transition, read again from the top, until none fires; then give signals."""
        been_in = {lead.stage}
        said: list[Move | Given] = []
        while transition := self._choose(lead, Reading(self.file, lead, at), been_in):
            lead.clock = at
            move = self._enter(lead, transition.to, name_of(transition), late, cause)
            said.append(move)
            lead.fired[name_of(transition)] = at
            lead.worked_out.clear()
            for score in transition.resets:
                lead.points[score] = (no_points(self.file.scores[score], lead.clock), len(lead.happened))
            been_in.add(lead.stage)
        return said + self._signals(lead, at, late, cause)

    def _signals(self, lead: History, at: int, late: bool, cause: Cause) -> list[Move | Given]:
        """Give those of the present stage that have turned true."""
        reading = Reading(self.file, lead, at)
        held = self.file.hold is not None and reading.holds(self.file.hold.when)
        given: list[Move | Given] = []
        for signal in self.file.signals:
            if lead.stage not in signal.in_:
                continue
            n, ended = lead.given.get(signal.name, (0, None))
            if not reading.holds(signal.when):
                if n and ended is None:
                    lead.given[signal.name] = (n, at)
            elif n and (ended is None or at < ended):
                lead.given[signal.name] = (n, None)
            elif not held:
                lead.given[signal.name] = (n + 1, None)
                lead.clock = at
                scores = self._scores(lead)
                given.append(
                    Given(lead.lead_id, lead.seq, n + 1, signal.name, lead.stage, late, at, scores, cause)
                )
        return given

    def _choose(self, lead: History, reading: Reading, been_in: set[str]) -> Transition | None:
        """The transition that fires in the present stage; those that are passed over are marked."""
        true = self._true(lead, reading)
        held = self.file.hold is not None and reading.holds(self.file.hold.when)
        # Looked at before choosing: whoever has become false is let in again.
        names = {name_of(one) for one in true}
        lead.passed_over -= {name_of(one) for one in self._open(lead)} - names
        lead.waiting &= names if reading.at < lead.waiting_until else set()
        for transition in true:
            name = name_of(transition)
            if name in lead.passed_over or name in lead.waiting:
                continue
            if held and self._direction(lead.stage, transition.to) == "forward":
                continue
            if (
                name in lead.fired
                and transition.again_after is not None
                and reading.at < reading.later(lead.fired[name], transition.again_after)
            ):
                continue
            if transition.to not in been_in:
                return transition
            lead.passed_over.add(name)
        return None

    def _open(self, lead: History) -> list[Transition]:
        """The transitions of the present stage."""
        return [one for one in self.file.transitions if lead.stage in self.from_stages(one)]

    def _true(self, lead: History, reading: Reading) -> list[Transition]:
        """Those of them whose `when` is true."""
        return [one for one in self._open(lead) if reading.holds(one.when)]

    def from_stages(self, transition: Transition) -> list[str]:
        """The stages that a transition leads out of."""
        path, off_path, final = self.file.stages, self.file.off_path, self.file.final
        if transition.from_ is None:
            return [path[path.index(transition.to) - 1]]
        if transition.from_ == "earlier":
            return path[: path.index(transition.to)]
        if transition.from_ == "any":
            return [stage for stage in path + off_path if stage not in final and stage != transition.to]
        return list(transition.from_)

    def _enter(
        self,
        lead: History,
        to: str,
        rule: str,
        late: bool,
        cause: Cause,
    ) -> Move:
        """Move a lead. It enters at its clock; what has arrived so far is not part of the stay."""
        came_from = lead.stage if lead.stages else None
        stayed = (lead.clock - lead.entered[0]) / 1000 if lead.stages else None
        lead.seq += 1
        lead.stages.append(to)
        lead.given.clear()
        lead.waiting.clear()
        lead.entered = (lead.clock, len(lead.happened) if came_from else 0)
        return Move(
            lead_id=lead.lead_id,
            seq=lead.seq,
            from_=came_from,
            to=to,
            direction=self._direction(came_from, to),
            rule=rule,
            late=late,
            occurred_at=lead.clock,
            previous_stage_seconds=stayed,
            scores=self._scores(lead),
            cause=cause,
        )

    def _scores(self, lead: History) -> dict[str, float]:
        """Each score at the lead's clock."""
        reading = Reading(self.file, lead, lead.clock)
        return {name: reading.score(name) for name in self.file.scores}

    def _direction(self, from_: str | None, to: str) -> str:
        path = self.file.stages
        if from_ is None:
            return "created"
        if to not in path:
            return "off_path"
        if from_ not in path:
            return "return"
        return "forward" if path.index(to) > path.index(from_) else "back"


def name_of(transition: Transition) -> str:
    """A transition's name: `to-<stage>` when none is given."""
    return transition.name or f"to-{transition.to}"


def _parts(model: Any) -> Iterable[BaseModel]:
    """A model of the syntax tree and every model inside it."""
    if isinstance(model, BaseModel):
        yield model
        model = [getattr(model, name) for name in type(model).model_fields]
    elif isinstance(model, dict):
        model = model.values()
    elif not isinstance(model, list):
        return
    for part in model:
        yield from _parts(part)


def _durations(file: FunnelFile) -> Iterator[Duration]:
    for part in _parts(file):
        if isinstance(part, Did | Sum | Sequence) and part.within is not None:
            yield part.within
        elif isinstance(part, InStage):
            yield part.in_stage
        elif isinstance(part, QuietFor):
            yield part.for_
        elif isinstance(part, Transition) and part.again_after is not None:
            yield part.again_after


def _bounds(file: FunnelFile) -> Iterator[tuple[str, float]]:
    for part in _parts(file):
        if isinstance(part, ScoreIs):
            bounds = (part.at_least, part.below, *(part.between or ()))
            yield from ((part.score, bound) for bound in bounds if bound is not None)
