"""Flat lists of pairs, as a lead's state keeps them: when, what, when, what …, ascending."""

from operator import itemgetter
from typing import Any


def place_of(pairs: list[Any], at: int) -> int:
    """Where a pair of the moment ``at`` (ms) comes to stand: behind those of the same moment."""
    place = len(pairs)
    while place and pairs[place - 2] > at:
        place -= 2
    return place


def in_order(pairs: list[Any], others: list[Any]) -> list[tuple[Any, Any]]:
    """The pairs of both, ascending; of one moment, those of ``others`` behind."""
    both = [(part[index], part[index + 1]) for part in (pairs, others) for index in range(0, len(part), 2)]
    return sorted(both, key=itemgetter(0))
