"""A snapshot's file: all that is in it, or the reason why it is refused."""

import tempfile
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path

from streams.snapshots.format import BadSnapshot
from streams.snapshots.summary import summarize
from tests.fuzz.cutting import cut

MAGIC = b"leadgate-snapshot 1\n"


def check(data: bytes) -> None:
    """Read it as it is, and as the payloads of frames that are sound.

    Raises AssertionError, or whatever a fault raises.
    """
    for file in (data, framed(cut(data))):
        _summarize(file)


def _summarize(data: bytes) -> None:
    with tempfile.NamedTemporaryFile(suffix=".snapshot") as file:
        file.write(data)
        file.flush()
        with suppress(BadSnapshot):
            summary = summarize(Path(file.name))
            assert str(summary).count("\n") >= len(summary.partitions)


def framed(payloads: list[bytes]) -> bytes:
    """The file whose frames have these payloads; each digest is right."""
    file, digest = MAGIC, blake2b(MAGIC, digest_size=16)
    for payload in payloads:
        frame = len(payload).to_bytes(4, "big") + payload
        digest.update(frame)
        file += frame + digest.digest()
    return file
