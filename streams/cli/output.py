"""Files and streams as the commands use them: big blocks, clear errors, progress for a person."""

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from io import BufferedReader
from pathlib import Path
from typing import BinaryIO, Self, TypeVar, cast

import typer

from streams.errors import NOBODY_READS, Misuse

STDIN = "-"
"""What stands for it among names of files."""
_BLOCK = 1 << 20
_T = TypeVar("_T")


def input_file(path: Path) -> BufferedReader:
    """A file to read, in big blocks. Raises Misuse when it cannot be opened."""
    try:
        return BufferedReader(path.open("rb", buffering=0), _BLOCK)
    except OSError as error:
        raise Misuse(f"{path}: cannot be read: {error.strerror}") from None


def input_lines(name: str, stack: ExitStack) -> BufferedReader:
    """The file of this name, open for as long as ``stack`` is; `-` is stdin. Raises Misuse."""
    if name == STDIN:
        return cast(BufferedReader, sys.stdin.buffer)
    return stack.enter_context(input_file(Path(name)))


def output_file(path: Path) -> BinaryIO:
    """A file to write, in big blocks. Raises Misuse when it cannot be opened."""
    try:
        return path.open("wb", buffering=_BLOCK)
    except OSError as error:
        raise Misuse(f"{path}: cannot be written: {error.strerror}") from None


@contextmanager
def standard_output() -> Iterator[BinaryIO]:
    """Stdout for bytes, flushed at the end. When its reader has gone (`| head`), the command ends quietly."""
    out = sys.stdout.buffer
    try:
        yield out
        out.flush()
    except BrokenPipeError:
        # Python flushes stdout once more when it ends; let that find a reader.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise typer.Exit(NOBODY_READS) from None


class Progress:
    """A line on stderr that says how far long work has come; nothing unless a person is looking."""

    EVERY = 8_192
    """Items between two looks at the time."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._shown = False

    def over(self, items: Iterator[_T], counts: Callable[[_T], int] | None = None) -> Iterator[_T]:
        """The items, as they are taken; ``counts`` says for how many one stands."""
        return self._watched(items, counts) if sys.stderr.isatty() else items

    def _watched(self, items: Iterator[_T], counts: Callable[[_T], int] | None) -> Iterator[_T]:
        start = last = time.monotonic()
        count = looked = 0
        for item in items:
            yield item
            count += 1 if counts is None else counts(item)
            if count - looked >= self.EVERY and (now := time.monotonic()) - last > 0.5:
                last, looked, self._shown = now, count, True
                sys.stderr.write(f"\r{count:,} {self._what}, {count / (now - start):,.0f}/s ")
                sys.stderr.flush()

    def clear(self) -> None:
        """Make room for another line."""
        if self._shown:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.clear()
