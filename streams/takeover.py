"""Ends what a worker that is gone has left open, so that whoever has its partitions now need not wait.

An open transaction holds the partitions that it touches until it times out, and then until the broker
looks for such ones, every 10 s by default. Whoever begins to write under its transactional id ends it at
once (KIP-98). Which are open, and on what, the brokers tell (KIP-664). One holds us up where it has written
to the changelog of a partition of ours, as each pass does; or where its worker is no member any more, since
librdkafka may have sent a pass's offsets before it names the changelog to the broker.

The group's coordinator must say that the partitions are ours: a worker that was away, and has not heard
yet that it was replaced, would end its successor's. Where a live worker is met all the same, as the group
has gone on in that very moment, that one loses a pass, which it does again under another producer.
"""

import time
from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import dataclass

import structlog
from kafka import TopicPartition
from kafka.errors import KafkaError

from streams import kafka_clients
from streams.admin import connected
from streams.engine.kafka_transaction import KafkaTransaction
from streams.engine.transaction import Interrupted, TransactionError
from streams.ownership import described, owners_of
from streams.settings import Settings

log = structlog.get_logger(__name__)

ANSWER_MS = 5_000
OFFSETS_TOPIC = "__consumer_offsets"
OPEN_MS = 1_000
"""What has been open for less, by the broker's clock, a live worker may be about to end."""


def transactional_id(group: str, worker: str) -> str:
    """Under which a worker of that name writes."""
    return f"{group}-{worker}"


@dataclass(frozen=True)
class Takeover:
    """Ends open transactions of other workers of the group on partitions that are ``worker``'s."""

    settings: Settings
    worker: str

    def __call__(self, numbers: list[int], wanted: Callable[[], bool]) -> None:
        """End those on these partitions; where that can't be done, the log says so, and they time out."""
        try:
            for name in self._holders(numbers):
                config = kafka_clients.transactional_producer(self.settings, transactional_id=name)
                KafkaTransaction(config, self.settings.activities_topic, lambda: not wanted()).close()
                log.info("open_transaction_ended", transactional_id=name, partitions=numbers)
        except (KafkaError, OSError, TransactionError) as error:
            reason = str(error).partition(" Request '")[0]
            log.warning("open_transactions_not_ended", partitions=numbers, reason=reason)
        except Interrupted:
            return

    def _holders(self, numbers: Iterable[int]) -> list[str]:
        """The transactional ids that hold those of the partitions that are ours."""
        group = self.settings.group
        config = kafka_clients.kafka_python(self.settings)
        config |= {"request_timeout_ms": ANSWER_MS, "bootstrap_timeout_ms": ANSWER_MS}
        with closing(connected(**config)) as admin:
            owners = owners_of(described(admin, group), self.settings.activities_topic, time.monotonic())
            ours = {
                TopicPartition(self.settings.changelog, number)
                for number in numbers
                if (owner := owners.by_partition.get(number)) is not None and owner.worker == self.worker
            }
            if not ours:
                return []
            listed = admin.list_transactions(state_filters=["Ongoing"], duration_filter_ms=OPEN_MS)
            names = {one.transactional_id for of_broker in listed.values() for one in of_broker}
            others = [
                name
                for name in names - {transactional_id(group, self.worker)}
                if name.startswith(transactional_id(group, ""))
            ]
            open_ones = admin.describe_transactions(others)
        present = {transactional_id(group, member.worker) for member in owners.members}
        return [
            name
            for name, one in open_ones.items()
            if one.topic_partitions & ours or (name not in present and self._writes(one.topic_partitions))
        ]

    def _writes(self, partitions: Iterable[TopicPartition]) -> bool:
        """Whether a worker of the group would write there; one of another group has another changelog."""
        settings = self.settings
        topics = {
            OFFSETS_TOPIC,
            settings.changelog,
            settings.activities_topic,
            settings.stage_changes_topic,
            settings.signals_topic,
            settings.dead_letters_topic,
        }
        return all(one.topic in topics for one in partitions)
