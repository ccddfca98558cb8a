"""A snapshot's file: frames, each checked together with all that lies before it.

    20 bytes   "leadgate-snapshot 1", and a line feed: the format version is the number
    frames     4 bytes   how long the payload is, big-endian
               payload   msgpack: an object whose member `type` says which of the structs below it is
               16 bytes  BLAKE2b of all bytes from the file's first to the payload's last

    Header, then Partition and its Records for each partition, by number; then End.

So a byte that is changed, a frame that is missing or one that has been put elsewhere is found at
that frame, and a file that is cut off lacks its End. Nobody who alters a file on purpose is kept from it.
"""

from collections.abc import Iterator
from hashlib import blake2b
from typing import BinaryIO, Protocol

import msgspec

from streams.errors import Misuse
from streams.funnels import Published

FORMAT_VERSION = 1
_NAME = b"leadgate-snapshot "
_MAGIC = _NAME + b"%d\n" % FORMAT_VERSION
_LENGTH_BYTES = 4
_DIGEST_BYTES = 16
_LARGEST_PAYLOAD = 1 << 28
"""More than the largest record that Kafka takes, with what is gathered around it."""
GATHERED_BYTES = 1 << 20
"""So much of a partition is in a frame; a restore makes a transaction of it."""


class Header(msgspec.Struct, tag="header", frozen=True):
    """What holds for the whole group; moments are RFC 3339.

    ``topics`` are the names by setting. ``lead_version`` and ``meta_version`` are the newest formats that
    states and meta records may have; ``topic_id`` is the input topic's.
    """

    taken_at: str
    group: str
    topics: dict[str, str]
    topic_id: str
    partitions: int
    lead_version: int
    meta_version: int
    clock_held: bool
    funnels: list[Published]


class Partition(msgspec.Struct, tag="partition", frozen=True):
    """A partition: the next input offset, where its input ended, and its meta record.

    ``meta`` is encoded as in the changelog; None where nothing has been committed of it yet.
    """

    number: int
    position: int
    end: int
    meta: bytes | None


class Records(msgspec.Struct, tag="records", frozen=True):
    """Some of the partition's records, as (key, value) of the changelog: leads and suppressed ids."""

    pairs: list[tuple[bytes, bytes]]


class End(msgspec.Struct, tag="end", frozen=True):
    """How many records there were in all."""

    records: int


Frame = Header | Partition | Records | End
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Frame).decode


class BadSnapshot(Misuse):
    """A file that can't be restored from; says what is wrong, and where."""


class Writing(Protocol):
    """Where a snapshot is written."""

    def write(self, data: bytes, /) -> object:
        """Append."""


class SnapshotWriter:
    """Writes a snapshot, in the order that is told above."""

    def __init__(self, file: Writing) -> None:
        self._file = file
        self._digest = blake2b(digest_size=_DIGEST_BYTES)
        self._records = 0
        self._gathered: list[tuple[bytes, bytes]] = []
        self._gathered_bytes = 0
        self._write(_MAGIC)

    def begin(self, frame: Header | Partition) -> None:
        """The file's header, or a partition's."""
        self._flush()
        self._frame(frame)

    def record(self, key: bytes, value: bytes) -> None:
        """A record of the partition that was begun last."""
        self._gathered.append((key, value))
        self._gathered_bytes += len(key) + len(value)
        if self._gathered_bytes >= GATHERED_BYTES:
            self._flush()

    def end(self) -> None:
        """That was all."""
        self._flush()
        self._frame(End(self._records))

    def _flush(self) -> None:
        if self._gathered:
            self._frame(Records(self._gathered))
            self._records += len(self._gathered)
            self._gathered, self._gathered_bytes = [], 0

    def _frame(self, frame: Frame) -> None:
        payload = _encode(frame)
        self._write(len(payload).to_bytes(_LENGTH_BYTES, "big") + payload)
        self._file.write(self._digest.digest())

    def _write(self, data: bytes) -> None:
        self._digest.update(data)
        self._file.write(data)


class SnapshotReader:
    """Reads a snapshot, a frame at a time; ``name`` is what the file is called in errors.

    Raises BadSnapshot, as soon as something is found. What came before is sound then.
    """

    def __init__(self, file: BinaryIO, name: str) -> None:
        self._file, self._name = file, name
        self._at = 0
        self._digest = blake2b(digest_size=_DIGEST_BYTES)
        self._check_magic()
        header = self._frame()
        if not isinstance(header, Header):
            raise self._bad("does not begin with a header")
        if "activities_topic" not in header.topics:
            raise self._bad("does not say which topic its offsets are of")
        self.header = header

    def frames(self) -> Iterator[Partition | Records]:
        """All that lies between the header and the end: each partition, and its records behind it."""
        records = partitions = 0
        while not isinstance(frame := self._frame(), End):
            if isinstance(frame, Header):
                raise self._bad("has a second header")
            if isinstance(frame, Partition):
                if frame.number != partitions:
                    raise self._bad(f"has partition {frame.number} where {partitions} should be")
                partitions += 1
            elif not partitions:
                raise self._bad("has records that are of no partition")
            else:
                records += len(frame.pairs)
            yield frame
        if partitions != self.header.partitions:
            raise self._bad(f"holds {partitions} of {self.header.partitions} partitions")
        if frame.records != records:
            raise self._bad(f"holds {records} records, but its end says {frame.records}")
        if self._file.read(1):
            raise self._bad("goes on behind its end")

    def _check_magic(self) -> None:
        found = self._file.read(len(_MAGIC))
        self._digest.update(found)
        if found == _MAGIC:
            self._at = len(_MAGIC)
        elif _MAGIC.startswith(found):
            raise self._cut_off(len(found))
        elif found.startswith(_NAME):
            version = found[len(_NAME) :].split(b"\n")[0].decode("ascii", "replace")
            raise BadSnapshot(
                f"{self._name} is a snapshot of format version {version}, and this leadgate reads "
                f"version {FORMAT_VERSION}: restore it with the leadgate that wrote it"
            )
        else:
            raise BadSnapshot(f"{self._name} is no snapshot: `leadgate snapshot FILE` writes one")

    def _frame(self) -> Frame:
        head = self._read(_LENGTH_BYTES)
        length = int.from_bytes(head, "big")
        if length > _LARGEST_PAYLOAD:
            raise self._bad("has been altered or damaged")
        payload = self._read(length)
        self._digest.update(head + payload)
        if self._read(_DIGEST_BYTES) != self._digest.digest():
            self._at -= _DIGEST_BYTES + length + _LENGTH_BYTES
            raise self._bad("has been altered or damaged")
        try:
            frame: Frame = _decode(payload)
        except (ValueError, RecursionError) as error:
            raise self._bad(f"holds what this leadgate does not know ({error})") from None
        return frame

    def _read(self, length: int) -> bytes:
        data = self._file.read(length)
        self._at += len(data)
        if len(data) < length:
            raise self._cut_off(self._at)
        return data

    def _cut_off(self, at: int) -> BadSnapshot:
        return BadSnapshot(
            f"{self._name} is cut off, at byte {at}: nothing can be restored from it; take another copy"
        )

    def _bad(self, what: str) -> BadSnapshot:
        return BadSnapshot(
            f"{self._name} {what}, at byte {self._at}: nothing can be restored from it; take another copy"
        )
