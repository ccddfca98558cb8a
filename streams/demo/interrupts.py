"""Being asked to end: once, and again."""

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType, TracebackType
from typing import Any, Self

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

_SAME_SECONDS = 0.5
"""So close together it is one request: make passes a SIGTERM on that its child has had already."""


class EndAtOnce(KeyboardInterrupt):
    """Asked to end a second time: nothing is waited for any more."""


class Interrupts:
    """Ctrl-C, SIGTERM and SIGHUP while this is entered, in the main thread.

    The first sets `asked`, for the work to see at its next `check`. The second
    raises EndAtOnce wherever the main thread is; what comes after that is not heard.
    """

    def __init__(self) -> None:
        self.asked = threading.Event()
        self._first = 0.0
        self._at_any_point = False
        self._at_once = False
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Self:
        self._before = {number: signal.signal(number, self._hear) for number in SIGNALS}
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def check(self) -> None:
        """Raises KeyboardInterrupt when asked to end."""
        if self.asked.is_set():
            raise KeyboardInterrupt

    @contextmanager
    def at_any_point(self) -> Iterator[None]:
        """In here the first request raises, too, wherever the main thread is: for calls that may be cut."""
        self.check()
        self._at_any_point = True
        try:
            yield
        finally:
            self._at_any_point = False

    def _hear(self, _number: int, _frame: FrameType | None) -> None:
        now = time.monotonic()
        if not self.asked.is_set():
            self._first = now
            self.asked.set()
            if self._at_any_point:
                raise KeyboardInterrupt
        elif now - self._first > _SAME_SECONDS and not self._at_once:
            self._at_once = True
            raise EndAtOnce
