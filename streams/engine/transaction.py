"""What a pass needs of a transaction, one of which each pass is.

    begin → produce … → offsets → commit      or, after any failure, abort

What can go wrong comes out as one of three, by what has to be done next:

    TransactionError
    ├── Aborted        the transaction is not committed, or nobody knows: throw away
    │   │              what the pass made, open its partitions again
    │   └── TooLarge   likewise, and one of its records is larger than its topic takes
    └── Fenced         this producer is dead, start a new one: another has its transactional id
        └── Lost       likewise, but nobody else need be the reason: the broker has ended a
                       transaction that took too long, or librdkafka does not come back
    Interrupted        the worker is stopping and the broker does not answer

On Kafka it is `streams.engine.kafka_transaction`.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

import msgspec

Headers = Sequence[tuple[str, bytes | None]]


class Outgoing(msgspec.Struct, frozen=True, gc=False):
    """A record that a pass sends: to a partition of its own choosing, or None for the key's."""

    topic: str
    partition: int | None
    key: bytes | None
    value: bytes | None
    headers: Headers | None = None


class TransactionError(Exception):
    """A transaction did not come to its end."""


class Aborted(TransactionError):
    """Not committed, or of unknown outcome: only what the broker has committed counts."""


class TooLarge(Aborted):
    """A record of it is larger than its topic takes, and will be the next time."""


class Fenced(TransactionError):
    """This producer may write no more."""


class Lost(Fenced):
    """Likewise, and no other process need be the reason."""


class Interrupted(Exception):
    """Given up while waiting for the broker, as the worker is stopping."""


class Transaction(Protocol):
    """What a pass needs of a transaction; each call blocks until the broker has answered."""

    def begin(self) -> None:
        """Start a transaction."""

    def produce(self, records: Iterable[Outgoing]) -> None:
        """Queue records."""

    def offsets(self, positions: Mapping[int, int], group: Any) -> None:
        """Put the next input offsets by partition into the transaction, for the group as it was."""

    def commit(self) -> None:
        """Commit; when this returns, all of it has happened."""

    def abort(self) -> None:
        """Take all of it back."""

    def close(self) -> None:
        """Let the producer go."""
