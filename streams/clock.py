"""The wall clock: the one place that reads it. Everything else is told the time."""

import time
from collections.abc import Callable

Clock = Callable[[], int]
"""Something that tells the time, in ms since the epoch."""

__all__ = ["Clock", "now"]


def now() -> int:
    """The wall clock, in ms since the epoch."""
    return time.time_ns() // 1_000_000
