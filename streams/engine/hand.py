"""A thread that makes calls which may never return, so that whoever needs them can go on without.

It handles no error when it makes one, which confluent-kafka asks for: see docs/decisions.md, "What has
gone is gone at once".
"""

import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any


class Hand:
    """Makes one call at a time. A hand whose call never returns is left behind: take a new one."""

    def __init__(self, name: str) -> None:
        self._calls: queue.SimpleQueue[tuple[Future[Any], Callable[[], Any]] | None] = queue.SimpleQueue()
        # A daemon: a call that never returns must not keep the process from ending.
        threading.Thread(target=self._work, name=name, daemon=True).start()

    def call(self, what: Callable[[], Any], patience: Callable[[float], bool], step: float = 0.5) -> Any:
        """What ``what`` returns, or raises; TimeoutError once ``patience`` is over.

        ``patience`` is asked every ``step`` seconds with the seconds waited.
        """
        answer = self.start(what)
        waited = 0.0
        try:
            while True:
                try:
                    return answer.result(step)
                except TimeoutError:
                    if answer.done():  # it has come this very moment; or the call itself has raised this
                        return answer.result()
                    waited += step
                    if not patience(waited):
                        raise
        finally:
            # An error knows this frame, and this frame the error: a circle, and whose method it was in it.
            del answer, what

    def start(self, what: Callable[[], Any]) -> Future[Any]:
        """Make the call once those before it have ended; what it returns, or raises."""
        answer: Future[Any] = Future()
        self._calls.put((answer, what))
        return answer

    def close(self) -> None:
        """Let the thread end once the calls that were asked for have ended."""
        self._calls.put(None)

    def _work(self) -> None:
        while (asked := self._calls.get()) is not None:
            answer, what = asked
            try:
                answer.set_result(what())
            except BaseException as error:
                answer.set_exception(error)
            # A client whose method it was would live on with it, with all its threads and connections.
            del asked, answer, what
