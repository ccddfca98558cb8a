"""What a failed pass means for the next one: how much it takes, and which records it leaves out.

A record on which the rules raise is left out at once, as it is known. One whose
outputs can't be sent is found by halving the pass. What has nothing to do with a
record (the broker, the group) is tried again as it was, and halved all the same
after the third time.
"""

from dataclasses import dataclass

import structlog

from schemas.dead_letter import Unreadable
from streams.engine.failed_evaluations import FailedEvaluations
from streams.engine.fencings import Fencings
from streams.engine.passes import EvaluationFailed, Pass, Work
from streams.engine.transaction import Fenced, Lost, TooLarge
from streams.errors import OutsideWorld

log = structlog.get_logger(__name__)

TRIES = 3


class EngineFailed(OutsideWorld):
    """The worker must end; the message says why and what to do."""


@dataclass(slots=True, frozen=True)
class Limits:
    """How much at once, and how long: records, seconds; when the rules fail too often.

    ``fenced_seconds`` must be enough for the group to say that another has our name, or our partitions.
    """

    pass_records: int
    revoke_seconds: float
    fenced_seconds: float
    failures_in_a_row: int
    failures_ratio: float


class Failures:
    """``limit`` records for the next pass; ``poison`` are the records that it dead-letters unread."""

    def __init__(self, limits: Limits) -> None:
        self.limit = self._most = limits.pass_records
        self.poison: dict[tuple[int, int], Unreadable] = {}
        self._in_a_row = 0
        self._turn = 0
        self._fenced_seconds = limits.fenced_seconds
        self._fencings = Fencings()
        self._evaluations = FailedEvaluations(limits.failures_in_a_row, limits.failures_ratio)

    def pick(self, works: list[Work]) -> list[Work]:
        """All of ``works``, or one at a time while the one record that can't be sent is looked for."""
        if self.limit > 1 or not works:
            return works
        self._turn += 1
        return [works[self._turn % len(works)]]

    def committed(self, made: Pass) -> None:
        """A pass went well: on with more."""
        self._in_a_row = 0
        positions = made.positions
        self.poison = {
            (partition, offset): why
            for (partition, offset), why in self.poison.items()
            if offset >= positions.get(partition, 0)
        }
        self.limit = min(self.limit * 2, self._most)
        self._evaluations.applied(made.records)

    def evaluation(self, failed: EvaluationFailed) -> None:
        """The rules raised on a record: it is poison, unless they do on too many. Raises EngineFailed."""
        log.error("evaluation_failed", reason=str(failed), exc_info=failed.__cause__)
        if failed.by_time:
            raise EngineFailed(
                f"leadgate's rules failed on a lead that time moves ({failed}): a fault of its own"
            )
        if self._evaluations.too_many(failed.partition, failed.offset, failed.after):
            raise EngineFailed(
                f"the rules fail on too many activities (the last: {failed}); the worker stops, so that they "
                f"do not all become dead letters. It goes on where it stood once the fault is mended"
            )
        self.poison[failed.partition, failed.offset] = Unreadable(
            "failed_evaluation", "the rules failed on this activity: a fault of leadgate's own"
        )

    def transaction(self, works: list[Work], failed: Exception) -> None:
        """The pass over ``works`` was not committed, as far as is known. Raises EngineFailed."""
        self._in_a_row += 1
        if isinstance(failed, TooLarge):
            self._narrow(works, failed)
        elif self._in_a_row % TRIES == 0:
            self.limit = max(1, self.limit // 2)

    def rebalanced(self) -> None:
        """The group has given us an assignment.

        Whoever fenced us may have been a new owner of what we had before it, and not another of our name.
        """
        self._fencings.forget()

    def fenced(self, failed: Fenced) -> float:
        """This producer is dead; how many seconds to wait before there is another. Raises EngineFailed."""
        if not isinstance(failed, Lost) and self._fencings.again():
            raise EngineFailed(
                "fenced three times within a minute: another process uses this worker's transactional id "
                "(give each worker its own: LEADGATE_WORKER_ID)"
            )
        return self._fenced_seconds

    def _narrow(self, works: list[Work], failed: TooLarge) -> None:
        """Half as many records the next time; a single one is found, and becomes a dead letter."""
        places = [(work.partition.number, record.offset()) for work in works for record in work.records]
        if not places:
            raise EngineFailed(f"what comes of leads that time moves can't be sent: {failed}")
        if len(places) == 1:
            if places[0] in self.poison:
                number, offset = places[0]
                raise EngineFailed(
                    f"the activity at offset {offset} of partition {number} can't be put aside, as its dead "
                    f"letter can't be sent: {failed}. Let the topic of the dead letters take larger records "
                    "(max.message.bytes; the limit is of records as they are compressed), and start the "
                    "worker again"
                )
            self.poison[places[0]] = Unreadable("too_large", f"what comes of it can't be sent: {failed}")
        self.limit = max(1, min(self.limit, len(places)) // 2)
