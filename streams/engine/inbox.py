"""Where a partition's chunks wait for the next pass."""

import threading
from bisect import bisect_left
from collections import deque
from collections.abc import Mapping

from streams.engine.chunk import Chunk, Record


def _offset(record: Record) -> int:
    return record.offset()


class LostChunk(Exception):
    """A chunk did not arrive between the poll and the inbox: the partition must be opened again."""


class Inbox:
    """The chunks of one opening of a partition, in order and without a gap.

    Filled by the agent's thread, emptied by that of the passes.
    """

    def __init__(self, epoch: int, position: int) -> None:
        self.epoch = epoch
        self.expects = position
        self.waiting = 0
        self._lock = threading.Lock()
        self._chunks: deque[Chunk] = deque()

    def put(self, chunk: Chunk) -> bool:
        """Take ``chunk`` in; False when it is of an earlier opening. Raises LostChunk."""
        if chunk.epoch != self.epoch:
            return False
        if chunk.follows != self.expects:
            raise LostChunk(
                f"partition {chunk.partition}: a chunk after offset {self.expects} did not arrive "
                f"(the next one follows {chunk.follows})"
            )
        with self._lock:
            self._chunks.append(chunk)
            self.expects = chunk.position
            self.waiting += len(chunk.records)
        return True

    def __bool__(self) -> bool:
        return bool(self._chunks)

    def peek(self, limit: int) -> tuple[list[Record], int | None]:
        """The first records, at most ``limit``, and the position after them; nothing is removed.

        The position is None when nothing waits. Chunks without records move the
        position alone.
        """
        records: list[Record] = []
        position: int | None = None
        with self._lock:
            for chunk in self._chunks:
                room = limit - len(records)
                if len(chunk.records) > room:
                    if room:
                        records += chunk.records[:room]
                        position = records[-1].offset() + 1
                    break
                records += chunk.records
                position = chunk.position
        return records, position

    def drop_until(self, position: int) -> None:
        """Forget what lies before ``position``: it has been committed."""
        with self._lock:
            chunks = self._chunks
            while chunks and chunks[0].position <= position:
                self.waiting -= len(chunks.popleft().records)
            if chunks and chunks[0].records and chunks[0].records[0].offset() < position:
                first = chunks.popleft()
                kept = first.records[bisect_left(first.records, position, key=_offset) :]
                self.waiting -= len(first.records) - len(kept)
                chunks.appendleft(Chunk(first.partition, first.epoch, position, first.position, kept))


def fair_shares(waiting: Mapping[int, int], limit: int) -> dict[int, int]:
    """How many records each partition gives to a pass of ``limit``, none starving another.

    >>> fair_shares({0: 10, 1: 5000, 2: 9000}, 5000)
    {0: 10, 1: 2495, 2: 2495}
    """
    shares: dict[int, int] = {}
    left, many = limit, len(waiting)
    for partition, count in sorted(waiting.items(), key=lambda item: item[1]):
        shares[partition] = min(count, max(1, left // many))
        left -= shares[partition]
        many -= 1
    return shares
