"""How often another has been preferred to us lately: once may be our own doing, again and again is not."""

import time
from collections import deque

LIMIT = 3
SECONDS = 60.0


class Fencings:
    """Counts them; used by one thread."""

    def __init__(self) -> None:
        self._at: deque[float] = deque(maxlen=LIMIT)

    def again(self) -> bool:
        """One more; whether that makes ``LIMIT`` of them within ``SECONDS``."""
        now = time.monotonic()
        self._at.append(now)
        return len(self._at) == LIMIT and now - self._at[0] < SECONDS

    def forget(self) -> None:
        """What was counted had another reason."""
        self._at.clear()
