"""What leadgate itself puts onto the input topic, so that it reaches another lead's home.

- An activity that lies elsewhere than at its lead's home, sent there (`leadgate-rekeyed`).
- An activity of a lead that was merged, sent on to the lead that it is now (`leadgate-forwarded`).
- An internal record (`leadgate-internal`): the state of a lead that was merged, on its way to the
  other, or the word that a lead, and with it all that was merged into it, has been erased.

Each bears a header whose value is signed where a secret is set, as anyone who may write to the
topic could set a header. What the last two say holds for the group that wrote them, which
they name: groups that read the same topic may be of another mind about who is whom.
"""

import hashlib
import hmac
from collections.abc import Iterator, Sequence

import msgspec

from streams.engine.chunk import Headers, Record
from streams.engine.homes import home
from streams.engine.transaction import Outgoing

REKEYED = "leadgate-rekeyed"
FORWARDED = "leadgate-forwarded"
INTERNAL = "leadgate-internal"
MOST_HOPS = 100
"""So often an activity is sent on, each time to what its lead has become part of. Leads that were merged in a
circle, which only the loss of an internal record can leave behind, would send it on for ever."""


class Moving(msgspec.Struct, tag="moving", frozen=True):
    """A lead on its way to the one that it was merged into.

    ``path`` are the leads that it has passed, itself the first; ``state`` its state, encoded
    (None: it was not known); ``activity`` the record's value that merged it; ``version``
    that of the funnel which read it last.
    """

    path: list[str]
    state: bytes | None
    activity: bytes
    version: int = 0


class Gone(msgspec.Struct, tag="gone", frozen=True):
    """The lead that this one was merged into has been erased."""

    suppress: bool


class Foreign(msgspec.Struct, frozen=True):
    """What another group has written to itself."""


Internal = Moving | Gone

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Internal).decode


class Forwarding:
    """Writes, and recognises, what leadgate puts onto the input topic.

    The first of the ``secrets`` signs; what another of them has signed is recognised too.
    """

    def __init__(self, topic: str, partitions: int, group: str, *secrets: bytes) -> None:
        self.partitions = partitions
        self._topic = topic
        self._group = group.encode()
        self._secrets = secrets

    # Out ----------------------------------------------------------------------------

    def rekeyed(self, lead: bytes, value: bytes, headers: Headers) -> Outgoing:
        """An activity, on its way to its lead's home."""
        return self._to_home(
            lead, value, headers, (REKEYED, next(self._signatures(REKEYED, b"", lead, value)))
        )

    def forwarded(self, into: bytes, value: bytes, headers: Headers, hops: int = 1) -> Outgoing:
        """An activity, on its way to the lead that its own was merged into; that is its ``hops``-th way."""
        return self._to_home(into, value, headers, (FORWARDED, self._signed(FORWARDED, into, value, hops)))

    def internal(self, to: bytes, said: Internal) -> Outgoing:
        """An internal record, on its way to a lead."""
        value = _encode(said)
        return self._to_home(to, value, [], (INTERNAL, self._signed(INTERNAL, to, value)))

    def _to_home(
        self, lead: bytes, value: bytes, headers: Headers, mark: tuple[str, bytes | None]
    ) -> Outgoing:
        return Outgoing(self._topic, home(lead, self.partitions), lead, value, [*unmarked(headers), mark])

    def _signed(self, kind: str, lead: bytes, value: bytes, hops: int = 1) -> bytes:
        """The group, the hops where there are several, and the signature, with colons between them."""
        whose = self._group if hops == 1 else b"%s:%d" % (self._group, hops)
        return whose + b":" + next(self._signatures(kind, whose, lead, value)).hex().encode()

    def _signatures(self, kind: str, whose: bytes, lead: bytes, value: bytes) -> Iterator[bytes]:
        """By each secret, the one that signs first."""
        signed = b"\0".join((kind.encode(), whose, lead, value))
        for secret in self._secrets:
            yield hmac.digest(secret, signed, hashlib.sha256)

    def _is_signature(self, mark: bytes, kind: str, whose: bytes, lead: bytes, value: bytes) -> bool:
        return any(hmac.compare_digest(mark, one) for one in self._signatures(kind, whose, lead, value))

    # In -----------------------------------------------------------------------------

    def was_rekeyed(self, lead: bytes, value: bytes, headers: Sequence[tuple[str, bytes | None]]) -> bool:
        """Whether leadgate put this record where it lies, as the home of ``lead``."""
        mark = _header(headers, REKEYED)
        return mark is not None and self._is_signature(mark, REKEYED, b"", lead, value)

    def hops(self, record: Record) -> int | None:
        """How often a record was sent on, at last to the lead that is its key; None: by another group."""
        return self._hops(FORWARDED, record)

    def read_internal(self, record: Record) -> "Internal | Foreign | None":
        """What an internal record says; None when a record is none."""
        hops = self._hops(INTERNAL, record)
        if hops is None:
            return Foreign()
        return _decode(record.value() or b"") if hops else None

    def _hops(self, kind: str, record: Record) -> int | None:
        """What the mark of our group says; 0 where there is none, or none that we have signed."""
        mark = _header(record.headers() or (), kind)
        if mark is None:
            return 0
        whose, _, signature = mark.rpartition(b":")
        group, _, hops = whose.partition(b":")
        if group != self._group:
            return None
        try:
            number, signed = int(hops or b"1"), bytes.fromhex(signature.decode())
        except ValueError:
            return 0
        is_ours = self._is_signature(signed, kind, whose, record.key() or b"", record.value() or b"")
        return number if is_ours else 0


def unmarked(headers: Headers) -> Headers:
    """The headers without leadgate's."""
    return [header for header in headers if header[0] not in (REKEYED, FORWARDED, INTERNAL)]


def _header(headers: Sequence[tuple[str, bytes | None]], name: str) -> bytes | None:
    return next((value for header, value in headers if header == name), None)
