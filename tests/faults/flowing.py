"""How long after a fault's end every partition has said something again."""

from array import array
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from statistics import median
from typing import NamedTuple

from tests.faults.schedule import KINDS, Fault

Moments = Mapping[int, "array[int]"]
"""By partition, when each of its stage changes was produced (ms), in order."""


class Over(NamedTuple):
    """A fault, and when it was over (ms); one that does not last is over as it begins."""

    fault: Fault
    at: int


def seconds_after(moments: Moments, at: int) -> float | None:
    """From ``at`` (ms) until each partition has said something; None where one has nothing more to say."""
    firsts = [bisect_right(said, at) for said in moments.values()]
    if any(first == len(said) for first, said in zip(firsts, moments.values(), strict=True)):
        return None
    return max(said[first] - at for first, said in zip(firsts, moments.values(), strict=True)) / 1_000


def by_kind(faults: Iterable[Over], moments: Moments) -> Iterator[tuple[str, ...]]:
    """Rows of a table: each kind's times, the middle one and the longest."""
    taken: dict[str, list[float]] = defaultdict(list)
    for fault, at in faults:
        seconds = seconds_after(moments, at)
        if seconds is not None:
            taken[fault.kind].append(seconds)
    for kind, all_of_it in sorted(taken.items(), key=lambda one: -max(one[1])):
        yield (
            KINDS[kind].what,
            str(len(all_of_it)),
            f"{median(all_of_it):.1f}",
            f"{max(all_of_it):.1f}",
        )
