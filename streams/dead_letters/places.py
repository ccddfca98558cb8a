"""Where a record lies in its topic, and stretches of such places, as people write them.

3          partition 3, all of it
3-17       its offset 17
3-17..40   its offsets 17 to 40, with both
3-17..     its offsets from 17 on
"""

import re
from typing import NamedTuple

LAST = 2**63 - 1
"""No offset lies behind this one."""

_SPAN = re.compile(r"(?P<partition>\d{1,9})(-(?P<first>\d{1,18})(?P<on>\.\.(?P<last>\d{1,18})?)?)?", re.ASCII)


class Place(NamedTuple):
    """A partition, and an offset in it."""

    partition: int
    offset: int

    def __str__(self) -> str:
        return f"{self.partition}-{self.offset}"


class Span(NamedTuple):
    """A stretch of a partition: its offsets from ``first`` to ``last``, with both."""

    partition: int
    first: int = 0
    last: int = LAST

    def holds(self, place: Place) -> bool:
        """Whether a place lies in it."""
        return self.partition == place.partition and self.first <= place.offset <= self.last


def parse_span(text: str) -> Span:
    """The stretch that is meant. Raises ValueError, with a sentence for a person."""
    match = _SPAN.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is no place: write 3 for a partition, 3-17, 3-17.. or 3-17..40")
    partition, first = int(match["partition"]), int(match["first"] or 0)
    if match["first"] is None:
        return Span(partition)
    if match["on"] is None:
        return Span(partition, first, first)
    last = LAST if match["last"] is None else int(match["last"])
    if last < first:
        raise ValueError(f"{text!r} ends before it begins")
    return Span(partition, first, last)


def parse_place(text: str) -> Place:
    """The one place that is meant. Raises ValueError, with a sentence for a person."""
    match = _SPAN.fullmatch(text)
    if match is None or match["first"] is None or match["on"] is not None:
        raise ValueError(f"{text!r} is not one place: write partition and offset, as in 3-17")
    return Place(int(match["partition"]), int(match["first"]))
