"""A commit that failed: what it worked on, a producer and tables, is let go at once."""

import gc
import weakref
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from streams.engine.committer import Committer, NotCommitted
from streams.engine.transaction import Fenced
from tests.unit.test_hand import sooner_or_later


class Dead:
    """A transaction whose producer has been fenced."""

    def offsets(self, _positions: Any, _group: Any) -> None:
        raise Fenced("there is a newer producer")


class Partition:
    """One whose tables may be large."""

    group = None


@pytest.fixture
def uncollected() -> Iterator[None]:
    """Without Python's collector of circles, which a worker lets look seldom."""
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("uncollected")
def test_nothing_of_a_failed_commit_is_held_on_to() -> None:
    committer, transaction, partition = Committer(), Dead(), Partition()
    held = weakref.ref(transaction), weakref.ref(partition)
    works: Any = [SimpleNamespace(partition=partition)]
    made: Any = SimpleNamespace(positions={})
    begun: Any = transaction
    committer.begin(begun, made, works, lambda _: True, lambda: None)
    with pytest.raises(NotCommitted):
        committer.settle()
    del transaction, begun, works, partition
    assert sooner_or_later(lambda: [one() for one in held] == [None, None])
