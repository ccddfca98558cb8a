"""Workers find each other through a real group's coordinator."""

import asyncio
import time
import uuid
from collections.abc import Callable, Iterator

import pytest
from confluent_kafka import Consumer
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from streams.local_kafka import ComposeKafka, LocalKafka
from streams.ownership import Advertised, GroupOwnership, KafkaCoordinator

PARTITIONS = {0, 1, 2, 3}
PATIENCE = 60.0
ONE, TWO = Advertised("one", "one.example:6066"), Advertised("two", "127.0.0.1:6067")

Owned = dict[int, Advertised] | None


class Group:
    """A consumer group of its own on a topic of its own, and a watch on who owns what."""

    def __init__(self, bootstrap: str) -> None:
        self.name = f"group-{uuid.uuid4().hex[:8]}"
        self.bootstrap = bootstrap
        self.members: list[Consumer] = []
        self.ahead = 0.0
        self.admin = AdminClient({"bootstrap.servers": bootstrap})
        self.admin.create_topics([NewTopic(self.name, len(PARTITIONS), 1)])[self.name].result(PATIENCE)
        self.coordinator = KafkaCoordinator({"bootstrap_servers": bootstrap.split(",")}, 3.0)
        self.ownership = GroupOwnership(
            self.coordinator, self.name, self.name, 6.0, lambda: time.monotonic() + self.ahead
        )

    def join(self, client_id: str) -> Consumer:
        member = Consumer(
            {
                "bootstrap.servers": self.bootstrap,
                "client.id": client_id,
                "group.id": self.name,
                "session.timeout.ms": 6_000,
                "heartbeat.interval.ms": 200,
                "partition.assignment.strategy": "range",
            }
        )
        member.subscribe([self.name])
        self.members.append(member)
        return member

    async def until(self, wanted: Callable[[Owned], bool], *polled: Consumer) -> Owned:
        """What is said once it is as ``wanted``; meanwhile these members poll."""
        deadline = time.monotonic() + PATIENCE
        while True:
            for member in polled:
                await asyncio.to_thread(member.poll, 0.05)
            self.ahead += 1.0  # no answer is used twice
            said = await self.ownership.owners()
            owned = None if said is None else dict(said.by_partition)
            if wanted(owned):
                return owned
            assert time.monotonic() < deadline, owned

    def close(self) -> None:
        for member in self.members:
            member.close()
        self.coordinator.close()


@pytest.fixture
def group(kafka: str) -> Iterator[Group]:
    made = Group(kafka)
    yield made
    made.close()


def whole(owned: Owned) -> bool:
    return owned is not None and owned.keys() == PARTITIONS


def test_owners_follow_the_group(group: Group) -> None:
    async def play() -> None:
        assert await group.until(lambda owned: owned is not None) == {}
        one = group.join(ONE.client_id)
        assert await group.until(whole, one) == dict.fromkeys(PARTITIONS, ONE)
        two = group.join(TWO.client_id)
        both = await group.until(lambda owned: whole(owned) and TWO in (owned or {}).values(), one, two)
        assert sorted((both or {}).values()) == [ONE, ONE, TWO, TWO]
        one.close()
        group.members.remove(one)
        await group.until(lambda owned: owned == dict.fromkeys(PARTITIONS, TWO), two)

    asyncio.run(play())


def test_a_member_that_is_no_worker_owns_what_nobody_can_ask_for(group: Group) -> None:
    async def play() -> None:
        one, stranger = group.join(ONE.client_id), group.join("rdkafka")
        owned = await group.until(lambda owned: bool(owned) and len(owned or {}) == 2, one, stranger)
        assert set((owned or {}).values()) == {ONE}

    asyncio.run(play())


def test_partitions_on_their_way_have_no_owner(group: Group) -> None:
    async def play() -> None:
        one = group.join(ONE.client_id)
        await group.until(whole, one)
        # The newcomer is let in only when the first has given up what it has, and it does not poll.
        two = group.join(TWO.client_id)
        assert await group.until(lambda owned: owned == {}, two) == {}
        await group.until(whole, one, two)

    asyncio.run(play())


def test_nobody_knows_while_the_broker_is_away(make_kafka: Callable[[], LocalKafka | ComposeKafka]) -> None:
    cluster = make_kafka()
    group = Group(cluster.bootstrap)

    async def play() -> None:
        one = group.join(ONE.client_id)
        await group.until(whole, one)
        cluster.pause()
        try:
            group.ahead += 3.0
            assert await group.ownership.owners() is None
        finally:
            cluster.resume()
        await group.until(whole, one)

    try:
        asyncio.run(play())
    finally:
        group.close()
