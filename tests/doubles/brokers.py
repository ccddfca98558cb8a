"""One face for the Kafka in memory and the real one, for contracts that hold on both.

Each has a group with one member that owns both partitions of the input, and topics
of its own.
"""

import threading
import time
import uuid
from typing import Any, Protocol

from confluent_kafka import Consumer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from schemas.lead import Lead
from schemas.lead_state import encode_lead
from schemas.moments import NEVER
from streams import kafka_clients
from streams.engine.changelog import META_KEY, Meta, encode_meta, lead_key
from streams.engine.kafka_transaction import KafkaTransaction
from streams.engine.opening import KafkaOpener, Opened, Opener
from streams.engine.transaction import Outgoing, Transaction
from streams.settings import Settings
from tests.doubles.kafka import FakeKafka, FakeOpener, FakeTransaction

PARTITIONS = 2
PATIENCE = 30.0


class Broker(Protocol):
    """What a contract needs of a broker."""

    input: str
    output: str
    changelog: str

    def transaction(self, name: str) -> Transaction:
        """A new producer with this transactional id."""

    def group(self) -> Any:
        """The metadata of the present generation."""

    def go_on(self) -> None:
        """Let the group go on to another generation."""

    def said(self) -> list[bytes | None]:
        """The keys of what is committed on the output."""

    def opener(self) -> Opener:
        """An opener for the input."""

    def close(self) -> None:
        """Let everything go."""


def state(stage: str = "lead", due: int = NEVER) -> bytes:
    """An encoded lead."""
    return encode_lead(
        Lead(funnel=b"12345678", stage=stage, since=0, created=0, clock=0, origin=b"origin", due=due)
    )


def kept(changelog: str, number: int, position: int, clock: int, *leads: bytes) -> list[Outgoing]:
    """What a transaction leaves in the changelog of a partition."""
    meta = Meta(position, clock, "funnel", "hash", "topic-id")
    return [
        *(Outgoing(changelog, number, lead_key(lead), state()) for lead in leads),
        Outgoing(changelog, number, META_KEY, encode_meta(meta)),
    ]


def open_all(opener: Opener, *numbers: int) -> dict[int, Opened]:
    """Open these partitions, and wait until they are."""
    opened: dict[int, Opened] = {}
    opener.open(list(numbers), lambda: True, lambda one: opened.update({one.number: one}))
    return opened


class TheFake:
    """The Kafka in memory."""

    input, output, changelog = "in", "out", "changelog"

    def __init__(self) -> None:
        self.kafka = FakeKafka(PARTITIONS)
        self._group = self.kafka.rebalance()

    def transaction(self, name: str) -> Transaction:
        return FakeTransaction(self.kafka, name)

    def group(self) -> Any:
        return self._group

    def go_on(self) -> None:
        self._group = self.kafka.rebalance()

    def said(self) -> list[bytes | None]:
        return [record.key() for record in self.kafka.all(self.output)]

    def opener(self) -> Opener:
        return FakeOpener(self.kafka, self.input, self.changelog, waits=True)

    def close(self) -> None:
        pass


class TheReal:
    """A Kafka at ``bootstrap``; ``name`` makes the topics and the group its own."""

    def __init__(self, bootstrap: str, name: str) -> None:
        self.input, self.output, self.changelog = f"{name}.in", f"{name}.out", f"{name}.log"
        self.settings = Settings(bootstrap_servers=bootstrap, group=name, activities_topic=self.input)
        self.admin = AdminClient(kafka_clients.admin(self.settings))
        self.create(self.input, self.output, self.changelog)
        self._members = [self._member()]
        self._wait_for(self._members[0], PARTITIONS)
        self._producers: list[KafkaTransaction] = []

    def create(self, *topics: str, **config: str) -> None:
        """Make topics, and wait until they are there."""
        new = [NewTopic(topic, PARTITIONS, 1, config=config) for topic in topics]
        for made in self.admin.create_topics(new).values():
            made.result()

    def _member(self) -> Consumer:
        consumer = Consumer(
            kafka_clients.consumer(self.settings, client_id="member", instance_id=uuid.uuid4().hex)
        )
        consumer.subscribe([self.input])
        return consumer

    def _wait_for(self, consumer: Consumer, partitions: int) -> None:
        deadline = time.monotonic() + PATIENCE
        while len(consumer.assignment()) != partitions:
            assert time.monotonic() < deadline
            for member in self._members:
                member.poll(0.05)

    def transaction(self, name: str) -> Transaction:
        config = kafka_clients.transactional_producer(self.settings, transactional_id=f"{self.input}-{name}")
        self._producers.append(KafkaTransaction(config, self.input, lambda: False))
        return self._producers[-1]

    def group(self) -> Any:
        return self._members[0].consumer_group_metadata()

    def go_on(self) -> None:
        self._members.append(self._member())
        self._wait_for(self._members[-1], 1)

    def said(self) -> list[bytes | None]:
        return self.read(self.output)

    def read(self, topic: str) -> list[bytes | None]:
        """The keys of what is committed on a topic, to its end."""
        reader = Consumer(kafka_clients.reader(self.settings))
        reader.assign([TopicPartition(topic, number, 0) for number in range(PARTITIONS)])
        keys, ended = [], 0
        while ended < PARTITIONS:
            message = reader.poll(PATIENCE)
            assert message is not None
            if message.error():
                ended += 1
            else:
                keys.append(message.key())
        reader.close()
        return keys

    def opener(self, topic_id: str = "topic-id") -> KafkaOpener:
        return KafkaOpener(
            self.settings.group,
            self.input,
            self.changelog,
            topic_id,
            kafka_clients.reader(self.settings),
        )

    def close(self) -> None:
        for producer in self._producers:
            producer.close()
        # librdkafka 2.16 may wait for ever for an answer of its own, once in some thousand times that
        # a member is closed; a thread of its own waits with it then.
        closing = [threading.Thread(target=member.close, daemon=True) for member in self._members]
        for thread in closing:
            thread.start()
        for thread in closing:
            thread.join(PATIENCE)
