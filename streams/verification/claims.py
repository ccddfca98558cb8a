"""Where time has moved leads, as decisions say.

A partition's clock cannot be had again: it depends on when workers ran, and whether the clocks were
held. So each lead is moved where its own decisions say that time moved it. A claim that
is false moves nobody else, and is found out by what comes of it.
"""

from bisect import bisect_right
from collections.abc import Iterable
from typing import NamedTuple

from streams.verification.said import Said


class Claim(NamedTuple):
    """Time moved a lead before the record at ``before`` (an input offset), as something was due then (ms)."""

    before: int
    due: int
    lead: bytes
    funnel_hash: str


class Claims:
    """The claims about one partition, taken as the input is gone through."""

    def __init__(self, said: Iterable[Said]) -> None:
        self._claims = sorted({
            Claim(one.offset, one.due, one.head.lead_id.encode(), one.head.funnel_hash)
            for one in said
            if one.due is not None and one.offset is not None
        })  # fmt: skip
        self._befores = [claim.before for claim in self._claims]
        self._reached = 0
        self._waiting: list[Claim] = []

    def until(self, before: int, funnel_hash: str) -> list[Claim]:
        """Those of this funnel up to the record at offset ``before`` that are not taken yet, in order."""
        first = self._reached
        self._reached = max(first, bisect_right(self._befores, before))
        reached = self._waiting + self._claims[first : self._reached]
        self._waiting = [claim for claim in reached if claim.funnel_hash != funnel_hash]
        return [claim for claim in reached if claim.funnel_hash == funnel_hash]

    def mark(self) -> tuple[int, list[Claim]]:
        """Which have been taken by now, for `reset`."""
        return self._reached, self._waiting

    def reset(self, mark: tuple[int, list[Claim]]) -> None:
        """Let those be taken again that have been since."""
        self._reached, self._waiting = mark
