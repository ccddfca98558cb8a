"""A case run through a funnel: what it expects, held against what the engine decides."""

from collections.abc import Iterator

from qualifiers.cases.expecting import Then, Unmet, unmet_at, unmet_in_all
from qualifiers.cases.living import Life
from qualifiers.cases.loader import LoadedCase
from qualifiers.cases.missing import missing
from qualifiers.cases.outcomes import Failure, Outcome
from qualifiers.engine import Funnel
from qualifiers.loader_nodes import Node
from schemas.case_file import DEEDS, EXPECTATIONS, OWN_LEAD
from schemas.dead_letter import Unreadable
from schemas.decision import Decision, Signal
from schemas.moments import parse_moment


def run_case(loaded: LoadedCase, funnel: Funnel) -> Outcome:
    """Run a case that was loaded for this funnel. That it fails is an outcome, no error."""
    return Outcome(loaded.case.name, loaded.node.line, tuple(_Run(loaded, funnel).failures()))


class _Run:
    """A case while it is run."""

    def __init__(self, loaded: LoadedCase, funnel: Funnel) -> None:
        self._loaded = loaded
        self._life = Life(loaded.case, funnel, loaded.moments[0])

    def failures(self) -> Iterator[Failure]:
        """Live the story; all that is not as it should be, in the order in which it is found out."""
        case, node = self._loaded.case, self._loaded.node
        for number, at in enumerate(self._loaded.moments):
            yield from self._live(number, at)
        for unmet in unmet_in_all(case, self._life.decided(OWN_LEAD)):
            yield self._failure(node, unmet, OWN_LEAD, self._life.now)

    def _live(self, number: int, at: int) -> Iterator[Failure]:
        line, node = self._loaded.case.story[number], self._loaded.lines[number]
        try:
            now = self._life.goes_on(number + 1, line, at)
        except Unreadable as error:
            done = next(key for key in DEEDS if key in line.model_fields_set)
            yield self._failure(node, Unmet(done, f"this can't be done: {error}"), line.lead, at)
            return
        lead = self._life.lead(line.lead)
        if lead is None:
            expected = next((key for key in EXPECTATIONS if key in line.model_fields_set), None)
            if expected is not None:
                yield self._failure(node, Unmet(expected, self._gone(line.lead)), line.lead, at)
            return
        view = self._life.funnel.view(line.lead, lead, self._life.now)
        then = Then(lead, view.scores, self._life.decided(line.lead), now, self._loaded.clock.said)
        for unmet in unmet_at(line, then):
            yield self._failure(node, unmet, line.lead, at)

    def _gone(self, name: str) -> str:
        survivor = self._life.survivor(name)
        if survivor is not None:
            return f"`{name}` is a part of `{survivor}` by then"
        erased = self._life.decided(name)
        return f"`{name}` has been erased by then" if erased else f"`{name}` has not done anything by then"

    def _failure(self, node: Node, unmet: Unmet, name: str, at: int) -> Failure:
        """What is not as it should be, at its place in the file, and what there is to know about it."""
        place = node.get(unmet.key) or node
        decision = unmet.decision
        message = unmet.message if decision is None else f"{unmet.message}: {decision.reason}"
        when = at if decision is None else parse_moment(decision.occurred_at)
        lead = self._life.lead(name)
        lacking = (
            missing(self._life.funnel, name, lead, self._life.now, unmet.wanted)
            if lead and unmet.wanted
            else ()
        )
        return Failure(
            line=place.line,
            column=place.column,
            at=self._loaded.clock.said(when),
            message=message if name == OWN_LEAD else f"{name}: {message}",
            missing=lacking,
            happened=tuple(map(self._told, self._life.decided(name))),
        )

    def _told(self, decision: Decision) -> str:
        at = self._loaded.clock.said(parse_moment(decision.occurred_at))
        if isinstance(decision, Signal):
            return f"{at} signal {decision.signal}: {decision.reason}"
        return f"{at} {decision.to}, by {decision.rule}: {decision.reason}"
