"""Conditions in words, true or not: what the reasons of decisions are made of."""

from collections import abc
from collections.abc import Callable
from typing import Any

from qualifiers.operators import describe
from qualifiers.words import joined, length, spoken
from schemas.conditions import Did, ScoreIs, Sequence, Step, Sum, condition_form
from schemas.durations import Duration
from schemas.funnel_file import IfLine, OnLine


def _kind_words(kinds: abc.Sequence[str], asked: Did | Sum | Step | OnLine) -> list[str]:
    """Which activities are asked about."""
    words = [joined(map(spoken, kinds), "or")]
    tested = [f"{path} {describe(test)}" for path, test in asked.where.items()]
    if asked.source is not None:
        tested.append(f"source {describe(asked.source)}")
    if tested:
        words.append("where " + joined(tested))
    return words


def _span_words(asked: Did | Sum | Sequence) -> list[str]:
    """In which time."""
    words = []
    if asked.within is not None:
        words.append(f"within {length(asked.within)}")
    if asked.since == "entry":
        words.append("in this stay")
    return words


def sum_words(asked: Sum) -> str:
    """A `sum` in words."""
    words = [f"{asked.sum} of", *_kind_words(asked.of, asked), f"adds up to at least {asked.at_least}"]
    return " ".join([*words, *_span_words(asked)])


def sequence_words(asked: Sequence) -> str:
    """A `sequence` in words."""
    words = [", then ".join(" ".join(_kind_words(step.did, step)) for step in asked.sequence)]
    if asked.span is not None:
        words.append(f"in the span of {length(asked.span)}")
    return " ".join([*words, *_span_words(asked)])


def bound_words(asked: ScoreIs) -> str:
    """The bounds of a `score` in words."""
    words = []
    if asked.at_least is not None:
        words.append(f"at least {asked.at_least}")
    if asked.below is not None:
        words.append(f"below {asked.below}")
    if asked.between is not None:
        words.append(f"between {asked.between[0]} and {asked.between[1]}")
    return " and ".join(words)


def did_words(did: Did) -> str:
    """A `did` in words."""
    words = _kind_words(did.did, did)
    if did.distinct is not None:
        words.append(f"with {did.times} different {did.distinct}")
    elif did.times > 1:
        words.append(f"{did.times} times")
    return " ".join([*words, *_span_words(did)])


def _quiet_words(kinds: abc.Sequence[str] | None) -> str:
    """What has not been done."""
    return "of quiet" if kinds is None else f"without {joined(map(spoken, kinds), 'or')}"


_NAMES: dict[str, Callable[[Any], str]] = {
    "did": did_words,
    "sum": sum_words,
    "sequence": sequence_words,
    "score": lambda asked: f"{asked.score} {bound_words(asked)}",
    "trait": lambda asked: f"{asked.trait} {describe(asked)}",
    "has": lambda asked: f"{joined(asked.has)} known",
    "in_stage": lambda asked: f"{length(asked.in_stage)} in the stage",
    "quiet": lambda asked: f"{length(asked.quiet.for_)} {_quiet_words(asked.quiet.of)}",
    "visited": lambda asked: f"ever in {asked.visited}",
    "use": lambda asked: asked.use.replace("_", " "),
    "all": lambda asked: f"all of ({named(asked.all, 'and')})",
    "any": lambda asked: f"({named(asked.any)})",
    "none": lambda asked: f"none of ({named(asked.none)})",
    "at_least": lambda asked: f"{asked.at_least} of ({named(asked.of)})",
}


def named(conditions: abc.Sequence[Any], word: str = "or") -> str:
    """Conditions in words, true or not; several are joined by ``word``."""
    return joined([_NAMES[str(condition_form(one))](one) for one in conditions], word)


def line_words(line: OnLine | IfLine) -> str:
    """A points line in words: what it is for, what it gives, and its bound."""
    if isinstance(line, IfLine):
        return f"{named([line.if_])}: {_points(line.add)}"
    words = f"{' '.join(_kind_words(line.on, line))}: {_points(line.add)}"
    if line.at_most is None:
        return words
    return f"{words}, at most {line.at_most}{_per(line.per)}"


def _points(add: float) -> str:
    return f"{add:+.15g} point{'' if abs(add) == 1 else 's'}"


def _per(per: Duration | None) -> str:
    return "" if per is None else f" in any {length(per)}"
