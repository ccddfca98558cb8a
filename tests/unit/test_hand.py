"""A hand makes calls for others, and holds on to nothing."""

import threading
import time
import weakref
from collections.abc import Callable

import pytest

from streams.engine.hand import Hand

PATIENCE = 30.0


class Client:
    def answer(self) -> int:
        return 42

    def fail(self) -> None:
        raise ZeroDivisionError


def sooner_or_later(holds: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + PATIENCE
    while not holds() and time.monotonic() < deadline:
        time.sleep(0.01)
    return holds()


def test_what_was_called_is_let_go_and_the_thread_ends_when_it_is_closed() -> None:
    hand, client = Hand("of-this-test"), Client()
    held = weakref.ref(client)
    assert hand.call(client.answer, lambda _: True) == 42
    with pytest.raises(ZeroDivisionError):
        hand.call(client.fail, lambda _: True)
    del client
    assert sooner_or_later(lambda: held() is None)
    hand.close()
    assert sooner_or_later(lambda: all(one.name != "of-this-test" for one in threading.enumerate()))
