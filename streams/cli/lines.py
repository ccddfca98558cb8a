"""The input of `leadgate qualify`: blocks of whole lines, and whose lines they are.

What one lead does never changes what another gets. So a block's lines may be taken lead by lead, or
shared out among processes, as long as each lead's own are in order, and those of leads that are
merged with each other are taken for one lead's.
"""

from codecs import BOM_UTF8
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from io import BufferedReader, BytesIO
from itertools import chain
from tempfile import TemporaryFile
from typing import Any, cast
from zlib import crc32

import msgspec

from qualifiers.built_in import LEAD_MERGED
from schemas.activity import type_name
from streams.intake.native import decode_lines

_BLOCK = 1 << 24
"""Bytes that are read at once, where there are so many: enough that busy leads have several lines."""
_PIECE = 1 << 16
"""Bytes that are decoded at once: their activities fit into the processor's caches."""


def blocks(inputs: Iterable[BufferedReader]) -> Iterator[bytes]:
    """Whole lines, as many as can be had at once; without the mark that some programs begin a file with."""
    for file in inputs:
        parts: list[bytes] = []
        mark = BOM_UTF8
        while block := file.read1(_BLOCK):
            block, mark = block.removeprefix(mark), b""
            end = block.rfind(b"\n") + 1
            if end:
                yield b"".join([*parts, block[:end]])
                parts.clear()
            parts.append(block[end:])
        if any(parts):
            yield b"".join(parts)


def count(block: bytes) -> int:
    """How many lines a block has."""
    return block.count(b"\n") + (not block.endswith(b"\n"))


def numbered(some: Iterable[bytes], first: int = 1) -> Iterator[tuple[bytes, range]]:
    """Blocks of whole lines with their lines' numbers, counted from ``first`` through all of them."""
    for block in some:
        ends = first + count(block)
        yield block, range(first, ends)
        first = ends


def rereadable(file: BufferedReader) -> BufferedReader:
    """The file, or where it can be read but once (a pipe), a copy of it on disk."""
    if file.seekable():
        return file
    copy = cast(BufferedReader, TemporaryFile())  # noqa: SIM115 - it goes when nobody holds it
    while block := file.read1(_BLOCK):
        copy.write(block)
    copy.seek(0)
    return copy


class _Whose(msgspec.Struct, gc=False):
    lead_id: str


class _Merge(_Whose):
    type: str
    properties: dict[str, Any] = {}


_whose = msgspec.json.Decoder(_Whose)
_merge = msgspec.json.Decoder(_Merge)


class Kin:
    """Which leads are merged with each other."""

    def __init__(self) -> None:
        self._with: dict[str, str] = {}

    def learn(self, block: bytes) -> None:
        """Take note of the merges in a block."""
        # Most blocks have none, which is seen quickly; an escape may hide one.
        if b'"into"' not in block and b"\\u" not in block:
            return
        for line in BytesIO(block):
            try:
                merge = _merge.decode(line)
            except (ValueError, RecursionError):
                continue
            into = merge.properties.get("into")
            if type(into) is str and type_name(merge.type) == LEAD_MERGED:
                one, other = self.head(merge.lead_id), self.head(into)
                if one != other:
                    self._with[one] = other

    def head(self, lead_id: str) -> str:
        """The lead that stands for this one, and for all that are merged with it."""
        while (other := self._with.get(lead_id)) is not None:
            lead_id = other
        return lead_id

    def heads(self, lead_ids: Iterable[str | None]) -> Iterable[str | None]:
        """The same for many; None stays None."""
        if not self._with:
            return lead_ids
        return (None if lead_id is None else self.head(lead_id) for lead_id in lead_ids)


def pieces(block: bytes, numbers: Sequence[int], kin: Kin) -> Iterator[tuple[bytes, Sequence[int]]]:
    """A block's lines, some at once and lead by lead, and their numbers.

    Where a lead has several lines, it is brought into the processor's caches but once for them.
    """
    kin.learn(block)
    if len(block) <= _PIECE:
        yield block, numbers
        return
    lines = BytesIO(block).readlines()
    if not lines[-1].endswith(b"\n"):
        lines[-1] += b"\n"  # it may come to stand before another
    places: defaultdict[str | None, list[int]] = defaultdict(list)
    for place, lead_id in enumerate(kin.heads(_leads(block, lines))):
        places[lead_id].append(place)
    order = list(chain.from_iterable(places.values()))
    size = max(1, _PIECE * len(lines) // len(block))
    for start in range(0, len(order), size):
        some = order[start : start + size]
        yield b"".join([lines[place] for place in some]), [numbers[place] for place in some]


class Shares:
    """Which of ``jobs`` has which lead: leads that are merged with each other have the same one."""

    def __init__(self, jobs: int) -> None:
        self.jobs = jobs
        self._kin = Kin()
        self.learn = self._kin.learn

    def of(self, block: bytes, first: int) -> list[tuple[list[int], bytes]]:
        """Each job's lines of a block, whose first line is number ``first``: their numbers, and the lines."""
        lines = BytesIO(block).readlines()
        numbers: list[list[int]] = [[] for _ in range(self.jobs)]
        shares: list[list[bytes]] = [[] for _ in range(self.jobs)]
        heads = self._kin.heads(_leads(block, lines))
        for number, (line, lead_id) in enumerate(zip(lines, heads, strict=True), first):
            job = 0 if lead_id is None else crc32(lead_id.encode()) % self.jobs
            numbers[job].append(number)
            shares[job].append(line)
        return [(own, b"".join(share)) for own, share in zip(numbers, shares, strict=True)]


def _leads(block: bytes, lines: list[bytes]) -> Iterable[str | None]:
    """Whose each line is; None where that can't be told, so that whoever reads it finds it unreadable."""
    whose = decode_lines(_whose, block, len(lines))
    return map(_lead, lines) if whose is None else [one.lead_id for one in whose]


def _lead(line: bytes) -> str | None:
    try:
        return _whose.decode(line).lead_id
    except (ValueError, RecursionError):
        return None
