"""The meaning of a file of cases: names that the funnel has, lines that say something, moments in order.

The checks run also when the model has found faults, so that an author hears of all at once. So
nothing here assumes that the file fits the model: what does not is left out.
"""

from collections.abc import Iterable, Iterator

from qualifiers.built_in import BUILT_IN
from qualifiers.cases.moments import WallClock
from qualifiers.engine import Funnel
from qualifiers.faults import Fault, did_you_mean
from qualifiers.linter_words import one_off
from qualifiers.loader_nodes import Node
from qualifiers.loader_tree import names_of, spelt
from qualifiers.words import joined
from schemas.activity import type_name
from schemas.case_file import DEEDS, EXPECTATIONS, OWN_LEAD, Case, CaseFile, Line, Never
from schemas.case_moments import Later, parse_case_moment, parse_start
from schemas.durations import BusinessHours

_SHORTEST = 5
"""Letters of an activity type below which one letter makes another word."""
_NAMED = {"moved_to": "stage", "becomes": "stage", "stage": "stage", "rule": "rule", "signal": "signal"}
"""What is named under a line's keys."""


class Checks:
    """The faults of meaning that are found in one file of cases."""

    def __init__(self, name: str, funnel: Funnel, clock: WallClock) -> None:
        self.faults: list[Fault] = []
        self._name = name
        self._clock = clock
        self._types = funnel.activity_types | BUILT_IN
        self._known: dict[str, tuple[str, ...]] = {
            "stage": funnel.stages,
            "rule": funnel.rules,
            "signal": funnel.signals,
            "score": funnel.score_names,
        }

    def file(self, tree: Node) -> list[tuple[int, ...]]:
        """Note all that is wrong; the moments (ms) of each case's lines, to be used where nothing is."""
        named: dict[object, Node] = {}
        moments = []
        for node in _mappings(spelt(tree, CaseFile).get("cases")):
            case = spelt(node, Case)
            name = case.get("name")
            if name is not None and isinstance(name.value, str):
                first = named.setdefault(name.value, name)
                if first is not name:
                    said = f"the case `{name.value}` is there twice (the first is at {first.place})"
                    self._fault(name, "duplicate-case", said, "give one of them another name")
            moments.append(self._case(case))
        return moments

    def _case(self, case: Node) -> tuple[int, ...]:
        lines = [spelt(line, Line) for line in _mappings(case.get("story"))]
        expects = [key for key in ("moves", "signals", "never") if case.get(key)]
        if lines and not expects and not any(line.get(key) for line in lines for key in EXPECTATIONS):
            said = "the case expects nothing, so it can't fail"
            self._fault(case, "no-expectation", said, "add `moves: […]`, or `stage` to a line")
        if lines and not any(map(_is_of_own_lead, lines)):
            for key in expects:
                said = f"`{key}` is about `{OWN_LEAD}`, and no line is"
                self._fault_at_key(
                    case, key, "no-expectation", said, "leave `lead` out of the lines about it"
                )
        for line in lines:
            self._line(line)
        self._names(case.get("moves"), "stage")
        self._names(case.get("signals"), "signal")
        never = case.get("never")
        if never is not None and never.is_mapping:
            if not never.keys:
                said = "`never` names nothing that must not be"
                self._fault(never, "no-expectation", said, "name a stage, a rule or a signal, or take it out")
            never = spelt(never, Never)
            for kind in ("stage", "rule", "signal"):
                self._names(never.get(kind), kind)
        else:
            self._names(never, "stage")
        return tuple(self._moments(case, lines))

    # A line -------------------------------------------------------------------------------------

    def _line(self, line: Node) -> None:
        deeds = [key for key in DEEDS if line.get(key) is not None]
        if len(deeds) > 1 and deeds != ["did", "traits"]:
            several = joined([f"`{key}`" for key in deeds])
            said = f"a line says one thing that is done, and here are {several}"
            self._fault_at_key(line, deeds[1], "several-deeds", said, "give each a line of its own")
        if not deeds and not any(line.get(key) for key in EXPECTATIONS):
            said = "the line says neither what is done nor what is expected"
            self._fault(line, "no-line", said, f"add one of: {', '.join((*DEEDS, *EXPECTATIONS))}")
        for key in ("properties", "source", "id"):
            if line.get(key) is not None and line.get("did") is None:
                said = f"`{key}` is an activity's, and there is no `did` here"
                self._fault_at_key(line, key, "not-of-a-deed", said, "add `did`, or take it out")
        self._activity_type(line.get("did"))
        for key, kind in _NAMED.items():
            self._names(line.get(key), kind)
        if scores := line.get("score"):
            self._scores(scores)

    def _activity_type(self, did: Node | None) -> None:
        """A type that no rule asks for is fine; one that is a letter off is a case that shows nothing."""
        if did is None or not isinstance(did.value, str):
            return
        kind = type_name(did.value)
        if kind not in self._types and len(kind) >= _SHORTEST:
            meant = next((known for known in sorted(self._types) if one_off(kind, known)), None)
            if meant:
                said = f"no rule asks for `{kind}`, and it is one letter from `{meant}`"
                self._fault(did, "odd-activity", said, f"did you mean `{meant}`?")

    def _scores(self, scores: Node) -> None:
        for name, test in scores.items():
            if name not in self._known["score"]:
                self._fault_at_key(scores, name, *self._unknown("score", name))
            if test.is_mapping and not test.keys:
                said = f"nothing says what `{name}` is to be"
                self._fault(test, "no-operator", said, "write a number, or bounds such as {at_least: 40}")

    # Names --------------------------------------------------------------------------------------

    def _names(self, node: Node | None, kind: str) -> None:
        for name in names_of(node):
            if name.value not in self._known[kind]:
                self._fault(name, *self._unknown(kind, name.value))

    def _unknown(self, kind: str, name: str) -> tuple[str, str, str]:
        known = self._known[kind]
        there_are = f"there are: {', '.join(known[:12])}" if known else f"the funnel has no {kind}"
        return f"unknown-{kind}", f"unknown {kind} `{name}`", did_you_mean(name, known) or there_are

    # Moments ------------------------------------------------------------------------------------

    def _moments(self, case: Node, lines: Iterable[Node]) -> Iterator[int]:
        """The moment of each line; where one can't be told, that of the line before."""
        start = now = at = self._start(case.get("starts"))
        for line in lines:
            node = line.get("at")
            at = self._moment(node, start, at)
            yield at
            if at < now and not any(line.get(key) is not None for key in DEEDS):
                said = f"this is before {self._clock.said(now)}, to which the lines above have come"
                hint = "only what is done may come late; put an expectation where its moment is"
                self._fault(node or line, "moment-before", said, hint)
            now = max(now, at)

    def _start(self, node: Node | None) -> int:
        usual = self._clock.start(None)
        if node is None or not isinstance(node.value, str):
            return usual
        try:
            written = parse_start(node.value)
        except ValueError:
            return usual  # the model has told it
        try:
            return self._clock.start(written)
        except ValueError as error:
            self._fault(node, "bad-moment", f"`starts`: {error}")
            return usual

    def _moment(self, node: Node | None, start: int, before: int) -> int:
        if node is None or not isinstance(node.value, str):
            return before
        try:
            written = parse_case_moment(node.value)
        except ValueError:
            return before  # the model has told it
        durations = written.durations if isinstance(written, Later) else ()
        if not self._clock.has_calendar and any(isinstance(one, BusinessHours) for one in durations):
            said = f"`{node.value}` needs a `calendar`, and the funnel has none"
            self._fault(node, "calendar-needed", said, "count in hours: +4h")
            return before
        try:
            return self._clock.moment(written, start, before)
        except ValueError as error:
            self._fault(node, "bad-moment", f"`at`: {error}")
            return before

    # Faults -------------------------------------------------------------------------------------

    def _fault(self, node: Node, code: str, message: str, hint: str = "") -> None:
        self.faults.append(Fault(self._name, node.line, node.column, code, message, hint))

    def _fault_at_key(self, mapping: Node, key: str, code: str, message: str, hint: str = "") -> None:
        line, column = mapping.keys.get(key, (mapping.line, mapping.column))
        self.faults.append(Fault(self._name, line, column, code, message, hint))


def _is_of_own_lead(line: Node) -> bool:
    """Whether it is about the lead that need not be named, which may be what another turns out to be."""
    lead, into = line.get("lead"), line.get("merged_into")
    return lead is None or OWN_LEAD in (lead.value, into and into.value)


def _mappings(node: Node | None) -> list[Node]:
    return [each for each in node.listed() if each.is_mapping] if node else []
