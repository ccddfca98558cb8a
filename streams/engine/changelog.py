"""The changelog: what a partition's table is built from again.

Partition i of the changelog belongs to partition i of the input. A key begins
with a byte that says its kind; a value of kind META is the record that every
transaction writes of each partition that it touches.
"""

from enum import IntEnum
from hashlib import blake2b
from typing import Annotated

import msgspec

from schemas.moments import FIRST_MOMENT, LAST_MOMENT
from streams.errors import OutsideWorld


class Kind(IntEnum):
    """The first byte of a changelog key."""

    LEAD = 0x4C  # "L": the rest of the key is the lead id, the value its state
    META = 0x4D  # "M": the key is this byte alone
    REIGN = 0x52  # "R": the rest of the key is a version of the funnel, the value a meta record under it
    SUPPRESSED = 0x53  # "S": the rest of the key is a hash of a lead id that was erased for good


META_KEY = bytes([Kind.META])
META_VERSION = 2
_READABLE = (b"\x01", b"\x02")
"""Version 1 knew of no versions of the funnel."""
SUPPRESSED = b"\x01"
"""The value of a suppressed id: a format version, as there is no more to tell."""
RESTORING = b"\x00"
"""In the place of a meta record while a restore is at work: no worker goes on from there."""


class UnreadableChangelog(OutsideWorld):
    """The changelog holds what this version did not write."""


class UnfinishedRestore(UnreadableChangelog):
    """`leadgate restore` has begun and not come to its end: what lies in the changelog does not count."""

    def __init__(self) -> None:
        super().__init__(
            "a restore of this group has not come to its end, so what its changelog holds does not count: "
            "run leadgate restore again, and then the workers"
        )


_Offset = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]
_Moment = Annotated[int, msgspec.Meta(ge=FIRST_MOMENT, le=LAST_MOMENT)]


class Meta(msgspec.Struct, array_like=True, frozen=True):
    """What a transaction leaves about a partition.

    ``position`` is the input offset that comes next, ``clock`` the partition's
    (ms), ``topic_id`` the input topic's (a topic created anew has another), and
    ``funnel`` with ``funnel_hash`` those that decided. ``version`` is the funnel's, which
    decides from input offset ``funnel_from`` on; up to ``funnel_since`` (ms) the version
    before it, ``version_before``, had judged the silence of leads.
    """

    position: _Offset
    clock: _Moment
    funnel: str
    funnel_hash: str
    topic_id: str
    version: int = 0
    funnel_from: _Offset = 0
    funnel_since: _Moment = 0
    version_before: int = 0


def lead_key(lead: bytes) -> bytes:
    """The changelog key of a lead id."""
    return b"L" + lead


def reign_key(version: int) -> bytes:
    """The changelog key under which it stays, for whoever verifies, from where on a version has decided."""
    return b"R" + version.to_bytes(4, "big")


def suppressed_key(lead: bytes) -> bytes:
    """The changelog key by which a lead id is known that was erased for good, and no more of it."""
    return b"S" + blake2b(lead, digest_size=16).digest()


def encode_meta(meta: Meta) -> bytes:
    """``meta`` behind a version byte."""
    return bytes([META_VERSION]) + msgspec.msgpack.encode(meta)


def decode_meta(value: bytes) -> Meta:
    """The reverse of encode_meta. Raises UnreadableChangelog."""
    if value == RESTORING:
        raise UnfinishedRestore
    if value[:1] not in _READABLE:
        raise UnreadableChangelog(
            f"a meta record of version {value[:1].hex()}, and this leadgate reads those up to "
            f"{META_VERSION}: run the leadgate that wrote it, or a newer one"
        )
    try:
        return msgspec.msgpack.decode(value[1:], type=Meta)
    except (ValueError, RecursionError) as error:
        raise UnreadableChangelog(f"a meta record that can't be read: {error}") from None
