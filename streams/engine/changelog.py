"""The changelog: what a partition's table is built from again.

Partition i of the changelog belongs to partition i of the input. A key begins
with a byte that says its kind; a value of kind META is the record that every
transaction writes of each partition that it touches.
"""

from enum import IntEnum
from hashlib import blake2b

import msgspec

from streams.errors import OutsideWorld


class Kind(IntEnum):
    """The first byte of a changelog key."""

    LEAD = 0x4C  # "L": the rest of the key is the lead id, the value its state
    META = 0x4D  # "M": the key is this byte alone
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


class Meta(msgspec.Struct, array_like=True, frozen=True):
    """What a transaction leaves about a partition.

    ``position`` is the input offset that comes next, ``clock`` the partition's
    (ms), ``topic_id`` the input topic's (a topic created anew has another), and
    ``funnel`` with ``funnel_hash`` those that decided. ``version`` is the funnel's, which
    decides from input offset ``funnel_from`` on; up to ``funnel_since`` (ms) the version
    before it, ``version_before``, had judged the silence of leads.
    """

    position: int
    clock: int
    funnel: str
    funnel_hash: str
    topic_id: str
    version: int = 0
    funnel_from: int = 0
    funnel_since: int = 0
    version_before: int = 0


def lead_key(lead: bytes) -> bytes:
    """The changelog key of a lead id."""
    return b"L" + lead


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
        raise UnreadableChangelog(f"a meta record of version {value[:1].hex()}, not {META_VERSION} or older")
    try:
        return msgspec.msgpack.decode(value[1:], type=Meta)
    except msgspec.DecodeError as error:
        raise UnreadableChangelog(f"a meta record that can't be read: {error}") from None
