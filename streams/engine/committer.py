"""Ends a pass's transaction while the next pass is run: the rules need not wait for the broker.

There is one transaction at a time. The next pass sends nothing until the one before has been
settled; only its rules are run meanwhile, on tables that the one before has been merged into
already. If that is not committed after all, its partitions are opened anew from what is, and
the pass that was built on it is dropped.
"""

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

from streams.engine.hand import Hand
from streams.engine.passes import Pass, Work
from streams.engine.transaction import Aborted, Fenced, Transaction


@dataclass(frozen=True, slots=True)
class Commit:
    """A pass whose transaction is being ended. ``future`` ends with it, or with why it was not committed."""

    made: Pass
    works: list[Work]
    future: Future[Any]


class NotCommitted(Exception):
    """A pass was not committed: what is built on it is to be dropped."""

    def __init__(self, works: list[Work], why: Aborted | Fenced) -> None:
        super().__init__(str(why))
        self.works, self.why = works, why


class Committer:
    """Commits one pass at a time."""

    def __init__(self) -> None:
        self._hand = Hand("committer")
        self._commit: Commit | None = None

    def begin(
        self,
        transaction: Transaction,
        made: Pass,
        works: list[Work],
        still_ours: Callable[[Any], bool],
        committed: Callable[[], None],
    ) -> None:
        """End the transaction that holds all of ``made`` but the offsets; ``committed`` is called then.

        It is aborted where the group, of which ``still_ours`` is asked, has gone on without us.
        """
        group = works[0].partition.group

        def end() -> None:
            try:
                transaction.offsets(made.positions, group)
                if not still_ours(group):
                    raise Aborted("the partitions were revoked during the pass")
                transaction.commit()
            except Aborted:
                transaction.abort()
                raise
            committed()

        self._commit = Commit(made, works, self._hand.start(end))

    def settle(self) -> Pass | None:
        """Wait for what is being committed; None when nothing is. Raises NotCommitted."""
        commit, self._commit = self._commit, None
        if commit is None:
            return None
        try:
            commit.future.result()
            return commit.made
        except (Aborted, Fenced) as why:
            raise NotCommitted(commit.works, why) from why
        finally:
            # An error knows this frame, and this frame the error: a circle, and producer and tables in it.
            del commit

    def ends_within(self, seconds: float) -> bool:
        """Wait that long for what is being committed, and leave it to be settled."""
        commit = self._commit
        if commit is None:
            return True
        try:
            commit.future.exception(seconds)
        except TimeoutError:
            return False
        return True
