"""The points of a valid funnel: bounds that no score meets, lines that give twice, keys that do nothing."""

from collections.abc import Iterator
from math import inf
from typing import NamedTuple

from qualifiers.comparing import as_number
from qualifiers.loader_calendar import in_business_hours
from qualifiers.loader_nodes import Node
from qualifiers.loader_tree import FunnelTree, names_of
from qualifiers.loader_yaml import MAX_EXACT
from qualifiers.meaning import canonical
from qualifiers.operators import given
from schemas.activity import type_name
from schemas.conditions import All, Test, TraitIs, condition_form
from schemas.funnel_file import FunnelFile, IfLine, OnLine, Score


def check(funnel: FunnelTree, file: FunnelFile) -> None:
    """Note what the points of a funnel can hardly be meant to do."""
    _reach(funnel, file)
    for name, score in file.scores.items():
        lines = funnel.lines_of(name)
        _small_bounds(funnel, score, lines)
        _overlaps(funnel, score, lines)
    _no_effect(funnel, file)


# What a score can be ----------------------------------------------------------------------------------


def _reach(funnel: FunnelTree, file: FunnelFile) -> None:
    """Bounds that a score never reaches, and those that it never leaves."""
    spans = {name: _span(score) for name, score in file.scores.items()}
    for condition in funnel.conditions():
        if condition_form(condition.value) != "score":
            continue
        name = condition.value["score"].value
        least, most = spans[name]
        between = condition.get("between")
        low, high = between.value if between else (None, None)
        at_least, below = condition.get("at_least"), condition.get("below")
        too_high = [node for node in (at_least, low) if node and node.value > most]
        too_low = [node for node in (high,) if node and node.value < least]
        too_low += [below] if below and below.value <= least else []
        for node in too_high:
            message = f"`{name}` is at most {most:g}, so this is never true"
            funnel.fault(node, "out-of-reach", message, "lower it, or give more points")
        for node in too_low:
            message = f"`{name}` is at least {least:g}, so this is never true"
            funnel.fault(node, "out-of-reach", message, "raise it, or take points off")
        if (
            all(node.value <= least for node in (at_least, low) if node)
            and all(node.value >= most for node in (high,) if node)
            and all(node.value > most for node in (below,) if node)
        ):
            ends = [f"at least {least:g}"] * (least > -inf) + [f"at most {most:g}"] * (most < inf)
            message = f"`{name}` is always {' and '.join(ends)}, so this is always true"
            funnel.fault(condition, "always-true", message, "move the bound, or take it out")


def _span(score: Score) -> tuple[float, float]:
    """The least and the most that a score can be."""
    low, high = score.limits or (-inf, inf)
    worth = [(line.add, _most(line) if isinstance(line, OnLine) else abs(line.add)) for line in score.points]
    most = sum(points for add, points in worth if add > 0)
    least = -sum(points for add, points in worth if add < 0)
    return min(max(least, low), high), min(max(most, low), high)


def _most(line: OnLine) -> float:
    return inf if line.at_most is None or line.per is not None else line.at_most


def _small_bounds(funnel: FunnelTree, score: Score, lines: list[Node]) -> None:
    for line, node in zip(score.points, lines, strict=True):
        if isinstance(line, OnLine) and line.at_most is not None and line.at_most < abs(line.add):
            message = f"one such activity gives {line.at_most:g} of the {abs(line.add):g} points of `add`"
            hint = f"raise it to {abs(line.add):g} or more, or lower `add`"
            funnel.fault(node.value["at_most"], "bound-below-add", message, hint)


# Lines that give twice --------------------------------------------------------------------------------


_LOWER = {"above", "at_least", "between"}
_UPPER = {"below", "at_most", "between"}


class _Range(NamedTuple):
    """Numbers from one to another; ``high`` is followed by whether it is left out, ``low`` likewise."""

    low: tuple[float, bool]
    high: tuple[float, bool]


def _overlaps(funnel: FunnelTree, score: Score, lines: list[Node]) -> None:
    """Lines that fit the same activity, or the same trait, without one being a case of the other."""
    same: dict[bytes, Node] = {}
    ranges: dict[tuple[bytes, str], list[tuple[_Range, Node]]] = {}
    for line, node in zip(score.points, lines, strict=True):
        for fit in _on(line, node) if isinstance(line, OnLine) else (_if(line, node),):
            other = same.setdefault(fit.asked, node)
            if other is not node:
                message = f"{fit.what} gets the points of the line at {other.place} too"
                hint = "take it out of one of the two lines"
                funnel.fault(fit.place, "overlapping-points", message, hint)
            for path, span, others in fit.ranges:
                ranges.setdefault((others, path), []).append((span, node))
    for (_, path), spans in ranges.items():
        _partly(funnel, path, spans)


def _partly(funnel: FunnelTree, path: str, spans: list[tuple[_Range, Node]]) -> None:
    """Ranges of which neither is inside the other, and which share something."""
    spans.sort(key=lambda one: (one[0].low, (-one[0].high[0], one[0].high[1])))
    widest, at = spans[0]
    for span, node in spans[1:]:
        if widest.low < span.low and _is_before(widest.high, span.high) and _share(widest, span):
            low, high = span.low[0], widest.high[0]
            shared = f"{low:g}" if low == high else f"from {low:g} to {high:g}"
            message = (
                f"`{path}` {shared} is in this line and in that at {at.place}: it gets the points of both"
            )
            hint = "let one end where the next begins: `below` the one, `at_least` the next"
            funnel.fault(node, "overlapping-points", message, hint)
        if _is_before(widest.high, span.high):
            widest, at = span, node


def _is_before(one: tuple[float, bool], other: tuple[float, bool]) -> bool:
    """Whether an upper end is below another; one that is left out is below itself."""
    return (one[0], not one[1]) < (other[0], not other[1])


def _share(one: _Range, next_: _Range) -> bool:
    """Whether a range has something in common with one that begins after it."""
    low, is_open = next_.low
    high, is_closed_out = one.high
    return low < high or (low == high and not is_open and not is_closed_out)


class _Fit(NamedTuple):
    """What fits a line: in words, its place, all that is asked of it, and the ranges among that.

    Of each range there is the path, the range, and what else is asked.
    """

    what: str
    place: Node
    asked: bytes
    ranges: list[tuple[str, _Range, bytes]]


def _on(line: OnLine, node: Node) -> Iterator[_Fit]:
    """Each type of activity that fits the line."""
    spans = [(path, span) for path, test in line.where.items() if (span := _range(test))]
    for name in names_of(node.get("on")):
        kind = type_name(name.value)
        ranges = [
            (path, span, canonical(kind, line.where | {path: None}, line.source)) for path, span in spans
        ]
        yield _Fit(f"`{kind}`", name, canonical(kind, line.where, line.source), ranges)


def _if(line: IfLine, node: Node) -> _Fit:
    parts = line.if_.all if isinstance(line.if_, All) else [line.if_]
    said = [canonical(part) for part in parts]
    ranges = [
        (part.trait, span, b"".join(sorted(said[:at] + said[at + 1 :])))
        for at, part in enumerate(parts)
        if isinstance(part, TraitIs) and (span := _range(part))
    ]
    return _Fit("whoever fits it", node, b"".join(sorted(said)), ranges)


def _range(test: Test) -> _Range | None:
    """The numbers that a test asks for, when it asks for a range of numbers and nothing else."""
    low, high = (-inf, False), (inf, False)
    for name, argument in given(test):
        first, last = map(as_number, argument if name == "between" else (argument, argument))
        if name not in _LOWER | _UPPER or first is None or last is None:
            return None
        if max(abs(first), abs(last)) > MAX_EXACT:
            return None  # written in digits beyond all that is counted
        if name in _LOWER:
            low = max(low, (float(first), name == "above"))
        if name in _UPPER:
            high = min(high, (float(last), name == "below"), key=lambda end: (end[0], not end[1]))
    return _Range(low, high)


# Keys that do nothing ---------------------------------------------------------------------------------


def _no_effect(funnel: FunnelTree, file: FunnelFile) -> None:
    held_alone = {
        name
        for name, score in file.scores.items()
        if not any(isinstance(line, OnLine) for line in score.points)
    }
    for name in sorted(held_alone):
        half_life = funnel.scores[name].get("half_life")
        if half_life:
            message = f"only `on` lines cool, and `{name}` has none: its points hold as long as they are true"
            funnel.fault(half_life, "no-effect", message, "take it out")
    for rule in funnel.transitions:
        for score in names_of(rule.get("resets")):
            if score.value in held_alone:
                message = f"only `on` lines are reset, and `{score.value}` has none"
                funnel.fault(score, "no-effect", message, "take it out")
    if funnel.calendar and not any(in_business_hours(funnel)):
        message = "no duration of the file is in business hours (`4bh`), so the calendar is not asked"
        funnel.fault(
            funnel.calendar, "no-effect", message, "take it out, or write `bh` where nights do not count"
        )
