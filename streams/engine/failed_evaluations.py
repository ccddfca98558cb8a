"""When to stop: rules that fail on record after record are broken, and must not dead-letter a topic."""

_WINDOW = 10_000


class FailedEvaluations:
    """Counts the records that the rules failed on: in a row, and as a part of the records lately."""

    def __init__(self, in_a_row: int, ratio: float) -> None:
        self._most_in_a_row = in_a_row
        self._most_ratio = ratio
        self._last: tuple[int, int] | None = None
        self._in_a_row = 0
        self._failed = 0.0
        self._records = 0.0

    def applied(self, records: int) -> None:
        """``records`` more were taken, the failed ones among them."""
        self._records += records
        if self._records > _WINDOW:
            self._records /= 2
            self._failed /= 2

    def too_many(self, partition: int, offset: int, after: int) -> bool:
        """The rules failed on this record, the next after that at ``after``: is that one too many?"""
        follows = self._last == (partition, after)
        self._in_a_row = self._in_a_row + 1 if follows else 1
        self._last = (partition, offset)
        self._failed += 1
        if self._in_a_row > self._most_in_a_row:
            return True
        return self._failed > self._most_in_a_row and self._failed > self._most_ratio * self._records
