"""The table of how one input becomes another."""

import re
from collections.abc import Callable, Sequence
from random import Random

LONGEST = 4_096
"""Bytes of an input: what is longer finds no more, and takes its time."""

_BYTES = (
    b"\0",
    b"\x01",
    b"\x7f",
    b"\x80",
    b"\xff",
    b"\xc0",
    b"\xc1",
    b"\xfe|",
    b"\n",
    b'"',
    b"\\",
    b"%",
    b"/",
)
_NUMBERS = (
    b"0", b"-1", b"1e999", b"0.1", b"9" * 25, b"2147483648", b"-9223372036854775809",
    b"\xcf" + b"\xff" * 8, b"\xd3\x80" + b"\0" * 7, b"\xdd\xff\xff\xff\xff", b"\xdf\x7f\xff\xff\xff",
    b"\xc6\x7f\xff\xff\xff", b"\xcb\x7f\xf0" + b"\0" * 6, b"\xcb\x7f\xf8" + b"\0" * 6,
)  # fmt: skip
_WORD = re.compile(rb"[A-Za-z0-9_.:-]{2,24}")

Mutation = Callable[[Random, bytes, Sequence[bytes]], bytes]
"""From an input, and all that are known, to another."""


def _place(random: Random, data: bytes) -> tuple[int, int]:
    """A short stretch of an input."""
    start = random.randint(0, len(data))
    return start, min(len(data), start + random.choice((1, 1, 2, 4, 8, 32, len(data))))


def _flip(random: Random, data: bytes, known: Sequence[bytes]) -> bytes:
    if not data:
        return data
    at = random.randrange(len(data))
    return data[:at] + bytes([data[at] ^ (1 << random.randrange(8))]) + data[at + 1 :]


def _cut(random: Random, data: bytes, known: Sequence[bytes]) -> bytes:
    start, end = _place(random, data)
    return data[:start] + data[end:]


def _repeat(random: Random, data: bytes, known: Sequence[bytes]) -> bytes:
    start, end = _place(random, data)
    return data[:end] + data[start:end] * random.choice((1, 2, 50, 2_000)) + data[end:]


def _move(random: Random, data: bytes, known: Sequence[bytes]) -> bytes:
    start, end = _place(random, data)
    rest = data[:start] + data[end:]
    at = random.randint(0, len(rest))
    return rest[:at] + data[start:end] + rest[at:]


def _put_in(random: Random, data: bytes, known: Sequence[bytes]) -> bytes:
    at = random.randint(0, len(data))
    return data[:at] + random.choice((*_BYTES, *_NUMBERS, random.randbytes(random.randint(1, 8)))) + data[at:]


def _replace(random: Random, data: bytes, known: Sequence[bytes]) -> bytes:
    start, end = _place(random, data)
    return data[:start] + random.choice((*_BYTES, *_NUMBERS)) + data[end:]


def _word(random: Random, data: bytes, known: Sequence[bytes]) -> bytes:
    """A word becomes another's, of any input."""
    here, there = list(_WORD.finditer(data)), _WORD.findall(random.choice(known))
    if not here or not there:
        return data
    word = random.choice(here)
    other: bytes = random.choice(there)
    return data[: word.start()] + other + data[word.end() :]


def _cross(random: Random, data: bytes, known: Sequence[bytes]) -> bytes:
    """The beginning of one, the end of another; or a stretch of another within it."""
    other = random.choice(known)
    start, end = _place(random, other)
    at = random.randint(0, len(data))
    return data[:at] + (other[start:] if random.random() < 0.5 else other[start:end] + data[at:])


MUTATIONS: tuple[Mutation, ...] = (_flip, _cut, _repeat, _move, _put_in, _replace, _word, _cross)


def mutate(random: Random, data: bytes, known: Sequence[bytes]) -> bytes:
    """Another input, a few mutations away."""
    for _ in range(random.choice((1, 1, 1, 2, 3, 5))):
        data = random.choice(MUTATIONS)(random, data, known)[:LONGEST]
    return data
