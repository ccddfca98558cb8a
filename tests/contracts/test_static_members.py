"""What is relied on in static membership (KIP-345), in librdkafka and in the broker."""

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from confluent_kafka import Consumer, KafkaError, TopicPartition

from streams import kafka_clients, members
from streams.engine import poller
from streams.engine.poller import NameTaken, Poller
from streams.engine.transaction import Aborted
from streams.ownership import Advertised, GroupOwnership, KafkaCoordinator
from tests.contracts.test_librdkafka import Listener
from tests.doubles.brokers import PATIENCE, TheReal


class Static(Listener):
    """A worker's place in the group: who it is, and what it has been told."""

    def __init__(self, real: TheReal, name: str, port: int = 1, leaves: bool = False) -> None:
        super().__init__()
        self.me = Advertised(name, f"127.0.0.1:{port}")
        self.groups: list[Any] = []
        # So long a session that nobody is missed in these tests.
        settings = real.settings.model_copy(
            update={"group": f"{real.input}-static", "session_timeout": 600_000}
        )
        self.settings = settings
        config = kafka_clients.consumer(settings, client_id=self.me.client_id, instance_id=name)
        # Else a death is heard of only after a fifth of that session.
        config["heartbeat.interval.ms"] = 500
        self.poller = Poller(
            config,
            real.input,
            self,
            self.wake,
            leaves=leaves,
            starts=lambda _numbers: {},
            backlog=lambda: 0,
            max_backlog=10,
        )
        self.poller.start()

    def assigned(self, partitions: list[int], group: Any) -> None:
        self.groups.append(group)
        super().assigned(partitions, group)

    def stop(self) -> None:
        self.poller.stop(PATIENCE)

    def wait_for(self, holds: Callable[[], bool]) -> None:
        with self.changed:
            assert self.changed.wait_for(holds, PATIENCE), self.events


@pytest.fixture
def join(real: TheReal) -> Iterator[Callable[..., Static]]:
    """Lets a worker join."""
    joined: list[Static] = []

    def make(name: str, port: int = 1, leaves: bool = False) -> Static:
        joined.append(Static(real, name, port, leaves))
        return joined[-1]

    yield make
    for one in joined:
        one.stop()


@pytest.fixture
def two(join: Callable[..., Static]) -> tuple[Static, Static]:
    """Two that have a partition each."""
    first = join("one")
    first.wait("assigned [0, 1]")
    second = join("two")
    first.wait("assigned [0, 1]", "revoked [0, 1]", "assigned [0]")
    second.wait("assigned [1]")
    return first, second


def test_whoever_comes_back_has_what_it_had_and_nobody_else_is_told(
    two: tuple[Static, Static], join: Callable[..., Static]
) -> None:
    first, second = two
    heard = list(first.events)
    second.stop()
    again = join("two")
    again.wait("assigned [1]")
    # Long enough for heartbeats to say that the group deals its partitions out anew.
    time.sleep(2)
    assert first.events == heard


def test_who_leaves_when_it_ends_gives_the_others_what_it_had(join: Callable[..., Static]) -> None:
    first = join("one")
    first.wait("assigned [0, 1]")
    second = join("two", leaves=True)
    second.wait("assigned [1]")
    second.stop()
    assert second.events == ["assigned [1]", "revoked [1]"]
    first.wait_for(lambda: first.events[3:] == ["revoked [0]", "assigned [0, 1]"])


def test_of_two_with_one_name_the_older_ends_and_has_nothing(
    two: tuple[Static, Static], join: Callable[..., Static]
) -> None:
    _, older = two
    newer = join("two")
    older.wait_for(lambda: older.events[-1:] == ["failed"])
    # It comes back twice, as it may have been fenced by a request of its own.
    assert older.events == [*["assigned [1]", "lost [1]"] * 3, "failed"]
    assert isinstance(older.failures[0], NameTaken)
    assert "LEADGATE_WORKER_ID" in str(older.failures[0])
    older.poller.join(PATIENCE)
    assert not older.poller.is_alive()
    newer.wait_for(lambda: newer.events == [*["assigned [1]", "lost [1]"] * 2, "assigned [1]"])


def test_it_comes_back_though_what_it_was_never_ends(
    join: Callable[..., Static], monkeypatch: pytest.MonkeyPatch
) -> None:
    released = threading.Event()

    class Endless(Consumer):
        def close(self) -> None:
            released.wait()
            super().close()

    monkeypatch.setattr(poller, "Consumer", Endless)
    monkeypatch.setattr(poller, "LEAVE_SECONDS", 0.1)
    older = join("one")
    older.wait("assigned [0, 1]")
    newer = join("one")
    older.wait_for(lambda: older.events[:3] == ["assigned [0, 1]", "lost [0, 1]", "assigned [0, 1]"])
    older.wait_for(lambda: older.events[-1:] == ["failed"])
    released.set()
    newer.wait_for(lambda: newer.events[-1:] == ["assigned [0, 1]"])


def test_what_it_would_commit_is_refused_once_another_has_its_place(
    real: TheReal, two: tuple[Static, Static], join: Callable[..., Static]
) -> None:
    """Though the generation is the same: this is what keeps a worker from saying twice what another says."""
    _, older = two
    newer = join("two")
    newer.wait("assigned [1]")
    made = real.transaction("two")
    made.begin()
    with pytest.raises(Aborted, match="FENCED_INSTANCE_ID"):
        made.offsets({1: 7}, older.groups[0])
    made.abort()
    made.begin()
    made.offsets({1: 8}, newer.groups[0])
    made.commit()
    reader = Consumer(kafka_clients.reader(real.settings) | {"group.id": older.settings.group})
    assert [one.offset for one in reader.committed([TopicPartition(real.input, 1)], PATIENCE)] == [8]
    reader.close()


def test_to_come_back_as_a_new_member_gives_the_others_a_turn(two: tuple[Static, Static]) -> None:
    first, second = two
    second.poller.rejoin()
    second.wait_for(lambda: len(second.events) == 3)
    first.wait_for(lambda: len(first.events) > 3 and first.events[-1] == "assigned [0]")
    assert second.events == ["assigned [1]", "revoked [1]", "assigned [1]"]


def test_its_client_id_is_that_of_the_process_which_joined(
    real: TheReal, two: tuple[Static, Static], join: Callable[..., Static]
) -> None:
    """So its address has changed for the others only once it has left, and come back."""
    _, before = two
    before.stop()
    after = join("two", port=2)
    after.wait("assigned [1]")
    assert owner_of(1, real, after) == before.me
    after.poller.rejoin()
    after.wait_for(lambda: len(after.events) == 3)
    assert owner_of(1, real, after) == after.me


def test_a_member_that_has_ended_is_removed_by_its_name(two: tuple[Static, Static]) -> None:
    first, second = two
    second.stop()
    assert members.remove(second.settings, ["two", "nobody"]) == {"two"}
    first.wait("assigned [0, 1]", "revoked [0, 1]", "assigned [0]", "revoked [0]", "assigned [0, 1]")
    assert members.remove(second.settings, ["two"]) == set()


def test_a_member_that_is_removed_though_it_lives_comes_back(two: tuple[Static, Static]) -> None:
    _, second = two
    assert members.remove(second.settings, ["two"]) == {"two"}
    second.wait("assigned [1]", "lost [1]", "assigned [1]")


def test_its_fatal_error_names_the_cause_only_in_its_text() -> None:
    """What `Poller` looks for is librdkafka's own description of the code."""
    assert "group.instance.id" in KafkaError(KafkaError.FENCED_INSTANCE_ID).str()


def owner_of(number: int, real: TheReal, member: Static) -> Advertised:
    """As the others are told."""
    coordinator = KafkaCoordinator(kafka_clients.kafka_python(real.settings), 5.0)
    ahead = 0.0

    async def ask() -> Advertised:
        nonlocal ahead
        ownership = GroupOwnership(
            coordinator, member.settings.group, real.input, 600.0, lambda: time.monotonic() + ahead
        )
        deadline = time.monotonic() + PATIENCE
        while True:
            owners = await ownership.owners()
            if owners and number in owners.by_partition:
                return owners.by_partition[number]
            assert time.monotonic() < deadline
            ahead += 2.0  # no answer is used twice
            await asyncio.sleep(0.05)

    try:
        return asyncio.run(ask())
    finally:
        coordinator.close()
