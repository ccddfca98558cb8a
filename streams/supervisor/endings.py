"""What the end of a member means for all, and how long to wait before it is started again.

    a member ended with     before any had come up    before it had, others had    after it had come up
    2, 3 (to be mended)     all end with it           it is started again          all end with it
    another exit code       all end with it           it is started again          it is started again
    0, a signal             it is started again       it is started again          it is started again

So until one has come up, whoever starts a supervisor hears what one worker would have told. A member that is
started again while others work may find that the funnel file has been spoilt meanwhile, or that the broker is
away: the others live with that too. What a person must mend and a working member met, the next one would
meet with its partitions.
"""

from streams.errors import Misuse, OutsideWorld

DELAYS = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0)
"""Seconds before a member is started again, after its first end, its second, …; then always the last."""
LIVED_SECONDS = 60.0
"""A member that lived so long begins at the first delay again."""


def ends_all(code: int, came_up: bool, any_came_up: bool) -> bool:
    """Whether all members end because one has, with ``code``."""
    if not any_came_up:
        return code > 0
    return came_up and code in (Misuse.exit_code, OutsideWorld.exit_code)


class BackOff:
    """How long a member stays away."""

    def __init__(self) -> None:
        self._ends = 0

    def delay(self, lived: float) -> float:
        """Seconds to wait, now that a life of ``lived`` seconds has ended."""
        if lived >= LIVED_SECONDS:
            self._ends = 0
        self._ends += 1
        return DELAYS[min(self._ends, len(DELAYS)) - 1]
