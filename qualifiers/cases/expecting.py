"""What a case expects, held against what has happened: of a line, and of the whole story.

Each expectation gives what is not so, in words, and what the funnel would have had to do: that
is asked for the conditions that it lacks.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Literal, NamedTuple

from qualifiers.words import joined
from schemas.case_file import Case, Line, Never, ScoreTest
from schemas.decision import Decision, Signal, StageChange, moves
from schemas.lead import Lead


class Wanted(NamedTuple):
    """What should have happened: a move to a stage, or by a rule, or a signal."""

    kind: Literal["stage", "rule", "signal"]
    name: str


class Unmet(NamedTuple):
    """Something that should be so and is not: under which key it is expected, and in words.

    ``decision`` is what should not have been; else it is missed at the line's moment.
    """

    key: str
    message: str
    wanted: Wanted | None = None
    decision: Decision | None = None


class Then(NamedTuple):
    """A lead at the moment of a line: its scores, all that was decided of it, and what of that just now."""

    lead: Lead
    scores: dict[str, float]
    decided: list[Decision]
    now: list[Decision]
    said: Callable[[int], str]
    """Puts a moment (ms) into words."""


# Of a line ----------------------------------------------------------------------------------------


def unmet_at(line: Line, then: Then) -> Iterator[Unmet]:
    """What a line expects and is not so."""
    for key, look in _LOOKS.items():
        if key in line.model_fields_set:
            yield from look(line, then)


def _becomes(line: Line, then: Then) -> Iterator[Unmet]:
    stage = str(line.becomes)
    if then.lead.stage != stage:
        message = f"it should become `{stage}`, and is in `{then.lead.stage}`"
        yield Unmet("becomes", message, _wanted(stage, then))
    elif not any(change.to == stage for change in moves(then.now)):
        message = f"it should become `{stage}` now, and has been in it since {then.said(then.lead.since)}"
        yield Unmet("becomes", message)


def _stage(line: Line, then: Then) -> Iterator[Unmet]:
    stage = str(line.stage)
    if then.lead.stage != stage:
        message = f"it should be in `{stage}`, and is in `{then.lead.stage}`"
        yield Unmet("stage", message, _wanted(stage, then))


def _wanted(stage: str, then: Then) -> Wanted | None:
    """The move that is missed; none of a lead that was there and has left, as it lacks nothing."""
    return None if stage in _entered(then.decided) else Wanted("stage", stage)


def _rule(line: Line, then: Then) -> Iterator[Unmet]:
    rule, last = str(line.rule), moves(then.decided)[-1]
    if last.rule != rule:
        message = f"`{rule}` should have moved it, and the last that did is `{last.rule}`, to `{last.to}`"
        yield Unmet("rule", message, Wanted("rule", rule))


def _signal(line: Line, then: Then) -> Iterator[Unmet]:
    given = _signals(then.now)
    for signal in line.signal:
        if signal not in given:
            message = f"`{signal}` should be given now, and is not"
            yield Unmet("signal", message, Wanted("signal", signal))


def _score(line: Line, then: Then) -> Iterator[Unmet]:
    for name, test in line.score.items():
        if wanted := _missed(test, then.scores[name]):
            yield Unmet("score", f"`{name}` should be {wanted}, and is {then.scores[name]:.15g}")


_LOOKS: dict[str, Callable[[Line, Then], Iterator[Unmet]]] = {
    "becomes": _becomes,
    "stage": _stage,
    "rule": _rule,
    "signal": _signal,
    "score": _score,
}
"""What a line can expect, by its key."""


def _missed(test: ScoreTest, score: float) -> str:
    """What the score should be and is not, in words; empty where it is."""
    if test.is_ is not None and score != round(test.is_, 4):
        return f"{test.is_:.15g}"
    if test.at_least is not None and score < test.at_least:
        return f"at least {test.at_least:.15g}"
    if test.below is not None and score >= test.below:
        return f"below {test.below:.15g}"
    if test.between is not None and not test.between[0] <= score <= test.between[1]:
        return f"between {test.between[0]:.15g} and {test.between[1]:.15g}"
    return ""


# Of the whole -------------------------------------------------------------------------------------


def unmet_in_all(case: Case, decided: list[Decision]) -> Iterator[Unmet]:
    """What is expected of the whole story and is not so; ``decided`` is all that was, of the lead."""
    entered = _entered(decided)
    if case.moves is not None and case.moves != entered:
        message = f"it should go through {_listed(case.moves)}, and went through {_listed(entered)}"
        # Where it has only not come far enough, the next step can be asked what it lacks.
        is_short = len(entered) < len(case.moves) and case.moves[: len(entered)] == entered
        yield Unmet("moves", message, Wanted("stage", case.moves[len(entered)]) if is_short else None)
    given = _signals(decided)
    if case.signals is not None and case.signals != given:
        message = f"the signals should be {_listed(case.signals)}, and are {_listed(given)}"
        lacking = next((signal for signal in case.signals if signal not in given), None)
        yield Unmet("signals", message, Wanted("signal", lacking) if lacking else None)
    if case.never is not None:
        for decision in decided:
            yield from _forbidden(case.never, decision)


def _forbidden(never: Never, decision: Decision) -> Iterator[Unmet]:
    if isinstance(decision, StageChange):
        if decision.to in never.stage:
            message = f"it should never be in `{decision.to}`, and `{decision.rule}` moves it there"
            yield Unmet("never", message, decision=decision)
        if decision.rule in never.rule:
            message = f"`{decision.rule}` should never move it, and does, to `{decision.to}`"
            yield Unmet("never", message, decision=decision)
    elif decision.signal in never.signal:
        yield Unmet("never", f"`{decision.signal}` should never be given, and is", decision=decision)


def _entered(decided: Iterable[Decision]) -> list[str]:
    return [change.to for change in moves(decided)]


def _signals(decided: Iterable[Decision]) -> list[str]:
    return [one.signal for one in decided if isinstance(one, Signal)]


def _listed(names: list[str]) -> str:
    return joined([f"`{name}`" for name in names]) if names else "none"
