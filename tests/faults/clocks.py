"""Where each partition's clock stood, transaction by transaction, by the workers' own word."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from streams.engine.changelog import META_KEY, RESTORING, decode_meta


class Clocks:
    """Read off the records of a changelog, none of which compaction has taken away."""

    def __init__(self, changelog: Iterable[Any] = ()) -> None:
        self._positions: dict[int, list[int]] = defaultdict(list)
        self._clocks: dict[int, list[int]] = defaultdict(list)
        for record in changelog:
            if record.key == META_KEY and record.value != RESTORING:
                meta = decode_meta(record.value)
                self._positions[record.partition].append(meta.position)
                self._clocks[record.partition].append(meta.clock)

    def before(self, number: int, offset: int) -> int:
        """Up to which moment (ms) a partition's leads had been moved when the record at ``offset`` came."""
        found = bisect_right(self._positions[number], offset)
        return self._clocks[number][found - 1] if found else 0
