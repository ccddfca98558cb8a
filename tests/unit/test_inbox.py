"""The inbox: chunks in order, without a gap, handed out piece by piece."""

import doctest
from dataclasses import dataclass
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.engine import inbox as inbox_module
from streams.engine.chunk import Chunk
from streams.engine.inbox import Inbox, LostChunk, fair_shares


@dataclass
class Placed:
    """As much of a record as an inbox looks at."""

    at: int

    def offset(self) -> int:
        return self.at


def chunk(follows: int, position: int, offsets: list[int], epoch: int = 1) -> Chunk:
    return Chunk(0, epoch, follows, position, cast(Any, [Placed(at) for at in offsets]))


def offsets(inbox: Inbox, limit: int) -> tuple[list[int], int | None]:
    records, position = inbox.peek(limit)
    return [record.offset() for record in records], position


def test_chunks_are_handed_out_in_pieces_and_dropped_once_committed() -> None:
    inbox = Inbox(epoch=1, position=10)
    assert offsets(inbox, 5) == ([], None)
    inbox.put(chunk(10, 13, [10, 11, 12]))
    inbox.put(chunk(13, 20, [15, 16]))  # a gap in the offsets is none in the chunks
    assert inbox.waiting == 5
    assert offsets(inbox, 2) == ([10, 11], 12)
    assert offsets(inbox, 4) == ([10, 11, 12, 15], 16)
    assert offsets(inbox, 9) == ([10, 11, 12, 15, 16], 20)
    inbox.drop_until(11)
    assert inbox.waiting == 4
    assert offsets(inbox, 9) == ([11, 12, 15, 16], 20)
    inbox.drop_until(16)
    assert offsets(inbox, 9) == ([16], 20)
    inbox.drop_until(20)
    assert not inbox
    assert inbox.waiting == 0


def test_a_chunk_without_records_moves_the_position() -> None:
    inbox = Inbox(epoch=1, position=3)
    inbox.put(chunk(3, 7, []))
    assert inbox
    assert offsets(inbox, 0) == ([], 7)
    inbox.drop_until(7)
    assert not inbox


def test_a_chunk_of_an_earlier_opening_is_refused() -> None:
    inbox = Inbox(epoch=2, position=0)
    assert not inbox.put(chunk(0, 1, [0], epoch=1))
    assert not inbox


def test_a_lost_chunk_is_seen() -> None:
    inbox = Inbox(epoch=1, position=0)
    inbox.put(chunk(0, 2, [0, 1]))
    with pytest.raises(LostChunk, match="after offset 2 did not arrive"):
        inbox.put(chunk(4, 5, [4]))


@given(
    st.dictionaries(st.integers(0, 9), st.integers(1, 10_000), min_size=1),
    st.integers(1, 5000),
)
def test_shares_fill_the_pass_and_starve_nobody(waiting: dict[int, int], limit: int) -> None:
    shares = fair_shares(waiting, limit)
    assert shares.keys() == waiting.keys()
    assert all(1 <= shares[partition] <= waiting[partition] for partition in waiting)
    assert sum(shares.values()) <= max(limit, len(waiting))
    if sum(waiting.values()) <= limit:
        assert shares == waiting


def test_the_example_in_the_docstring_holds() -> None:
    assert doctest.testmod(inbox_module).failed == 0
