"""The input of `leadgate qualify`: blocks of whole lines, and whose lines they are."""

from collections.abc import Iterable, Iterator
from io import BufferedReader, BytesIO
from tempfile import TemporaryFile
from typing import Any, cast
from zlib import crc32

import msgspec

from qualifiers.built_in import LEAD_MERGED
from schemas.activity import type_name
from streams.intake.native import decode_lines

_BLOCK = 1 << 16
"""Bytes that are read at once: their activities fit into the processor's caches."""


def blocks(inputs: Iterable[BufferedReader]) -> Iterator[bytes]:
    """Whole lines, as many as can be had at once."""
    for file in inputs:
        parts: list[bytes] = []
        while block := file.read1(_BLOCK):
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


class Shares:
    """Which of ``jobs`` has which lead: leads that are merged with each other have the same one."""

    def __init__(self, jobs: int) -> None:
        self.jobs = jobs
        self._with: dict[str, str] = {}

    def learn(self, block: bytes) -> None:
        """Take note of the merges in a block."""
        # Most blocks have none, which is seen quickly; an escape may hide one.
        if b"merged" not in block.lower() and b"\\u" not in block:
            return
        for line in BytesIO(block):
            try:
                merge = _merge.decode(line)
            except (ValueError, RecursionError):
                continue
            into = merge.properties.get("into")
            if type(into) is str and type_name(merge.type) == LEAD_MERGED:
                one, other = self._head(merge.lead_id), self._head(into)
                if one != other:
                    self._with[one] = other

    def _head(self, lead_id: str) -> str:
        while (other := self._with.get(lead_id)) is not None:
            lead_id = other
        return lead_id

    def of(self, block: bytes, first: int) -> list[tuple[list[int], bytes]]:
        """Each job's lines of a block, whose first line is number ``first``: their numbers, and the lines."""
        lines = BytesIO(block).readlines()
        numbers: list[list[int]] = [[] for _ in range(self.jobs)]
        shares: list[list[bytes]] = [[] for _ in range(self.jobs)]
        for number, (line, lead_id) in enumerate(zip(lines, _leads(block, lines), strict=True), first):
            job = 0 if lead_id is None else crc32(self._head(lead_id).encode()) % self.jobs
            numbers[job].append(number)
            shares[job].append(line)
        return [(own, b"".join(share)) for own, share in zip(numbers, shares, strict=True)]


def _leads(block: bytes, lines: list[bytes]) -> Iterable[str | None]:
    """Whose each line is; None where that can't be told, so that whoever reads it finds it unreadable."""
    whose = decode_lines(_whose, block)
    return map(_lead, lines) if whose is None else [one.lead_id for one in whose]


def _lead(line: bytes) -> str | None:
    try:
        return _whose.decode(line).lead_id
    except (ValueError, RecursionError):
        return None
