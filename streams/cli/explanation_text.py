"""An explanation as text, for a person at a terminal: what matters first, a line for each thing."""

from collections.abc import Iterable, Iterator

from qualifiers.words import elapsed, joined, length
from schemas.explanation import (
    ENDS,
    Blocked,
    Entry,
    ExplainedCondition,
    ExplainedLine,
    ExplainedRule,
    ExplainedScore,
    Explanation,
    Forecast,
    Lacking,
    Step,
)
from schemas.moments import SECOND, format_moment
from streams.printable import one_line

_INDENT = "  "
_LONGEST = 120
"""Characters of a trait that are shown."""
_SINCE = {"did": "last", "sequence": "completed", "in_stage": "since", "quiet": "since"}
"""What the moment of each form is."""


def lines(told: Explanation) -> Iterator[str]:
    """The lines of an explanation, without what would move a cursor: ids and traits may have it."""
    yield from map(one_line, _lines(told))


def _lines(told: Explanation) -> Iterator[str]:
    yield f"{told.lead_id} is in {told.stage} since {_date(told.since)} ({elapsed(told.at - told.since)})"
    yield f"{_INDENT}{_came(told.entry)}"
    yield f"as of {_date(told.at)}, under {told.funnel} {told.funnel_hash[:16]}"
    if told.to_reread:
        yield "The funnel has changed, and has still to read this lead."
    yield from _section("What can move it", _transitions(told), f"no rule leads out of {told.stage}")
    if told.signals:
        yield from _section("What it signals", _signals(told))
    if told.scores:
        yield from _section("What its scores are made of", _scores(told.scores))
    yield from _section("What will happen if it does nothing more", _forecast(told.forecast, told.at))


def _section(title: str, some: Iterable[str], otherwise: str = "") -> Iterator[str]:
    yield ""
    yield title
    found = list(some) or [otherwise]
    yield from (f"{_INDENT}{line}" for line in found)


def _came(entry: Entry) -> str:
    left = f" from {entry.from_}" if entry.from_ else ""
    return f"by {entry.rule}{left}{f': {entry.why}' if entry.why else ''}"


# Rules ---------------------------------------------------------------------------------------------


def _transitions(told: Explanation) -> Iterator[str]:
    for one in told.transitions:
        yield from _rule(f"{one.rule} → {one.to}", one, told.at)


def _signals(told: Explanation) -> Iterator[str]:
    for one in told.signals:
        given = f", given {one.given} times in this stay" if one.given > 1 else ", given" if one.given else ""
        yield from _rule(f"{one.signal}{given}", one, told.at)


def _rule(name: str, rule: ExplainedRule, at: int) -> Iterator[str]:
    yield f"{_mark(rule.condition.holds)} {name}{_lacks(rule.lacking) if rule.condition.parts else ''}"
    for blocked in rule.blocked:
        yield from (f"{_INDENT}{line}" for line in _blocked(blocked, at))
    yield from (f"{_INDENT}{line}" for line in _condition(rule.condition, at))


def _lacks(lacking: list[Lacking]) -> str:
    """What lacks: how many facts, and the nearest of them."""
    if not lacking:
        return ""
    nearest = lacking[0].fact
    words = f"{'' if lacking[0].must_be else 'not '}{nearest.wanted} ({_actual(nearest)})"
    return f", lacks {words}" if len(lacking) == 1 else f", lacks {len(lacking)}: {words} is the nearest"


def _blocked(blocked: Blocked, at: int) -> Iterator[str]:
    until = "" if blocked.until is None else f" Until {_ahead(blocked.until, at)}."
    yield f"blocked by {blocked.by}: {blocked.why}{until}"
    if blocked.condition is not None:
        yield from (f"{_INDENT}{line}" for line in _condition(blocked.condition, at))


def _condition(condition: ExplainedCondition, at: int) -> Iterator[str]:
    wanted = f"{condition.name}, {condition.wanted}" if condition.name else condition.wanted
    yield f"{_mark(condition.holds)} {wanted}: {_actual(condition)}{_since(condition)}{_turns(condition, at)}"
    for part in condition.parts:
        yield from (f"{_INDENT}{line}" for line in _condition(part, at))


def _actual(condition: ExplainedCondition) -> str:
    """What there is; of a long trait as much as shows which it is."""
    actual = condition.actual
    return actual if len(actual) <= _LONGEST else f"{actual[:_LONGEST]}…"


def _since(condition: ExplainedCondition) -> str:
    return "" if condition.since is None else f", {_SINCE[condition.form]} {_date(condition.since)}"


def _turns(condition: ExplainedCondition, at: int) -> str:
    """When time alone turns it."""
    if condition.until is None:
        return ""
    return f"; {'until' if condition.holds else 'true'} {_ahead(condition.until, at)}"


def _mark(holds: bool) -> str:
    return "✓" if holds else "✗"


# Scores --------------------------------------------------------------------------------------------


def _scores(scores: list[ExplainedScore]) -> Iterator[str]:
    for score in scores:
        parts = f"{_number(score.done)} for what it does, {_number(score.known)} for who it is"
        yield f"{score.score} {_number(score.value)}: {parts}{_bounds(score)}"
        yield from (f"{_INDENT}{_line(line)}" for line in score.lines)
        if together := [str(line.line) for line in score.lines if line.worth is None]:
            yield f"{_INDENT}{_together(together, score)}"


def _together(lines: list[str], score: ExplainedScore) -> str:
    """What those lines are worth of which no state keeps how much each has given."""
    which = f"Line {lines[0]}" if len(lines) == 1 else f"Lines {joined(lines)} together"
    within = "" if score.limits is None else ", within the limits"
    return f"{which}: worth {_number(score.unaccounted)} now{within}"


def _bounds(score: ExplainedScore) -> str:
    said = ""
    if score.half_life_seconds is not None:
        said += f"; of what it does, half is left after {length(round(score.half_life_seconds * SECOND))}"
    if score.limits is not None:
        said += f"; limits {_number(score.limits[0])} to {_number(score.limits[1])}"
    return said


def _line(line: ExplainedLine) -> str:
    said = f"{line.line}. {line.words}"
    if line.holds is not None:
        return f"{said}: {'gives them' if line.holds else 'not now'}"
    if line.worth is not None:
        said += f": worth {_number(line.worth)} now"
    if line.room is not None:
        said += f"{': ' if line.worth is None else ', '}room for {_number(line.room)}"
    return said


def _number(points: float) -> str:
    return f"{points:.15g}"


# The forecast --------------------------------------------------------------------------------------


def _forecast(forecast: Forecast, at: int) -> Iterator[str]:
    for step in forecast.steps:
        yield f"{_ahead(step.at, at)}: {_step(step)}: {step.reason}"
    until = f" (it looks up to {_date(forecast.until)})" if forecast.ends == "horizon" else ""
    yield f"{ENDS[forecast.ends]}{until}"


def _step(step: Step) -> str:
    return f"signal {step.signal} in {step.stage}" if step.signal else f"{step.rule} → {step.stage}"


# Moments -------------------------------------------------------------------------------------------


def _ahead(moment: int, at: int) -> str:
    """A moment, and how far ahead it is; `now` where it has come."""
    return f"{_date(moment)} ({f'in {elapsed(moment - at)}' if moment > at else 'due'})"


def _date(moment: int) -> str:
    """To the second, which is as much as one reads; RFC 3339 all the same."""
    return f"{format_moment(moment)[:19].replace('T', ' ')}Z"
