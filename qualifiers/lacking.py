"""What lacks for a condition to be true: the fewest of its facts that would have to turn."""

from schemas.explanation import ExplainedCondition, Lacking


def fewest(condition: ExplainedCondition) -> list[Lacking]:
    """The fewest facts that must turn to make a condition true, the nearest of them first.

    Of several such sets it is the one of which there is most already, then the first in the file.
    Empty where it is true. Facts are taken for independent, though one may turn two of them.
    """
    return sorted(_to_turn(condition, True), key=lambda lacking: -_nearness(lacking))


def _to_turn(condition: ExplainedCondition, wanted: bool) -> list[Lacking]:
    """The fewest facts that must turn to make a condition ``wanted``, in file order."""
    if condition.holds is wanted:
        return []
    if not condition.parts:
        return [Lacking(must_be=wanted, fact=condition)]
    count, each = _parts_needed(condition, wanted)
    ways = [_to_turn(part, each) for part in condition.parts]
    cheapest = sorted(range(len(ways)), key=lambda index: _cost(ways[index]))[:count]
    return [lacking for index in sorted(cheapest) for lacking in ways[index]]


def _parts_needed(condition: ExplainedCondition, wanted: bool) -> tuple[int, bool]:
    """How many of its parts must be what, so that a combination is ``wanted``."""
    parts, needs = len(condition.parts), condition.needs or 0
    if condition.form == "none":
        return (parts, False) if wanted else (1, True)
    return (needs, True) if wanted else (parts - needs + 1, False)


def _cost(way: list[Lacking]) -> tuple[int, float]:
    return len(way), -sum(map(_nearness, way))


def _nearness(lacking: Lacking) -> float:
    return lacking.fact.share if lacking.must_be else 0.0
