"""The search for inputs that raise: what reaches something new is gone on from."""

import resource
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from random import Random
from types import FrameType
from typing import Any, NamedTuple, TypeVar

from tests.fuzz.mutations import mutate
from tests.fuzz.reached import reached

SECONDS = 5
"""So long an input may take, traced: thousands of times what any needs."""
MORE_BYTES = 1 << 30
"""So much more memory than at the start: a length that an input only claims must not be taken at its word."""

Check = Callable[[bytes], None]
T = TypeVar("T")


class TooLong(Exception):
    """An input has taken more than SECONDS."""


class Found(NamedTuple):
    """An input that raises; of the shortest that was found for an error at that line."""

    data: bytes
    error: BaseException

    def __str__(self) -> str:
        return f"{type(self.error).__name__}: {self.error}\n{self.data!r}"


class Search:
    """``known`` are the inputs that reached something new, ``tried`` how many were tried."""

    def __init__(self, check: Check, seeds: Sequence[bytes], seed: int) -> None:
        self.known: list[bytes] = []
        self.tried = 0
        self._check, self._seeds = check, seeds
        self._random = Random(seed)
        self._steps: set[tuple[str, int, int]] = set()
        self._errors: set[Any] = set()

    def run(self, seconds: float) -> Iterator[Found]:
        """What is found until the time is over, each error once."""
        until = time.monotonic() + seconds
        with _bounded():
            for data in self._seeds:
                yield from self._try(data)
            while time.monotonic() < until:
                inputs = self.known or [b""]
                yield from self._try(mutate(self._random, self._random.choice(inputs), inputs))

    def _try(self, data: bytes) -> Iterator[Found]:
        self.tried += 1
        try:
            steps = _within_time(lambda: reached(self._check, data))
        except Exception as error:
            at = _line_of(error)
            if at not in self._errors:
                self._errors.add(at)
                yield Found(self._shortest(data, at), error)
            return
        if not steps <= self._steps:
            self._steps |= steps
            self.known.append(data)

    def _shortest(self, data: bytes, at: Any) -> bytes:
        """The same error, with less: stretches are left out for as long as it stays."""
        length = len(data) // 2
        while length:
            for start in range(0, len(data), length):
                shorter = data[:start] + data[start + length :]
                if self._raises(shorter, at):
                    data = shorter
                    break
            else:
                length //= 2
        return data

    def _raises(self, data: bytes, at: Any) -> bool:
        try:
            _within_time(lambda: self._check(data))
        except Exception as error:
            return bool(_line_of(error) == at)
        return False


def _line_of(error: BaseException) -> tuple[str, str, int]:
    """What was raised, and by which line."""
    trace = error.__traceback__
    assert trace is not None
    while trace.tb_next is not None:
        trace = trace.tb_next
    return type(error).__name__, trace.tb_frame.f_code.co_filename, trace.tb_lineno


def _within_time(doing: Callable[[], T]) -> T:
    signal.alarm(SECONDS)
    try:
        return doing()
    finally:
        signal.alarm(0)


@contextmanager
def _bounded() -> Iterator[None]:
    """An input that takes too long, or too much memory, raises."""

    def give_up(number: int, frame: FrameType | None) -> None:
        raise TooLong(f"it takes more than {SECONDS} s")

    before = signal.signal(signal.SIGALRM, give_up)
    limits = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (_address_space() + MORE_BYTES, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, limits)
        signal.signal(signal.SIGALRM, before)


def _address_space() -> int:
    with Path("/proc/self/statm").open(encoding="ascii") as file:
        return int(file.read().split()[0]) * resource.getpagesize()
