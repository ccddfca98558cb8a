"""Where a lead lives: the partition that Java's default partitioner gives its id.

Records that lie elsewhere (a wrong key, another partitioner) are sent again to
their home, marked so that it happens once. The mark is signed where a secret is
set, as anyone who may write to the topic could set a header.
"""

import hashlib
import hmac
from collections.abc import Sequence

_M = 0x5BD1E995
_MASK = 0xFFFFFFFF
_SEED = 0x9747B28C

REKEYED = "leadgate-rekeyed"
"""The header that marks a record sent again to its home; its value is the signature."""

Headers = Sequence[tuple[str, bytes | None]]


def murmur2(data: bytes) -> int:
    """Kafka's murmur2 (`org.apache.kafka.common.utils.Utils.murmur2`), as an unsigned int."""
    length = len(data)
    h = _SEED ^ length
    whole = length & ~3
    for i in range(0, whole, 4):
        k = int.from_bytes(data[i : i + 4], "little")
        k = (k * _M) & _MASK
        k ^= k >> 24
        k = (k * _M) & _MASK
        h = ((h * _M) & _MASK) ^ k
    rest = data[whole:]
    if rest:
        h ^= int.from_bytes(rest, "little")
        h = (h * _M) & _MASK
    h ^= h >> 13
    h = (h * _M) & _MASK
    return h ^ (h >> 15)


def home(lead: bytes, partitions: int) -> int:
    """The home partition of a lead id (UTF-8) on a topic of ``partitions``."""
    return (murmur2(lead) & 0x7FFFFFFF) % partitions


class Forwarding:
    """Signs and recognises the records that leadgate itself put onto the input topic."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def sign(self, lead: bytes, value: bytes) -> bytes:
        """The mark of ``value`` on its way to the home of ``lead``."""
        return hmac.digest(self._secret, lead + b"\0" + value, hashlib.sha256)

    def is_ours(self, lead: bytes, value: bytes, headers: Headers | None) -> bool:
        """Whether leadgate put this record where it lies."""
        return any(
            name == REKEYED and mark is not None and hmac.compare_digest(mark, self.sign(lead, value))
            for name, mark in headers or ()
        )
