"""A worker's address is in its client.id; how long the coordinator's word on it is taken."""

import asyncio
import gc
from concurrent.futures import Future
from typing import Any

import pytest
from kafka.admin._groups import GroupAdminMixin
from kafka.errors import (
    CoordinatorLoadInProgressError,
    GroupIdNotFoundError,
    KafkaError,
    KafkaTimeoutError,
    NotCoordinatorError,
)
from kafka.protocol.admin import DescribeGroupsResponse

from streams import ownership
from streams.ownership import Advertised, GroupDescription, GroupOwnership, parse_client_id


@pytest.mark.parametrize("address", ["127.0.0.1:6066", "worker-0.leadgate.svc.cluster.local:80"])
def test_an_address_comes_back(address: str) -> None:
    advertised = Advertised("worker-0", address)
    assert advertised.client_id == f"leadgate/worker-0/{address}"
    assert parse_client_id(advertised.client_id) == advertised


@pytest.mark.parametrize(
    "text",
    [
        "",
        "rdkafka",
        "leadgate",
        "leadgate/worker-0",
        "leadgate/worker-0/",
        "leadgate//host:80",
        "leadgate/worker-0/host",
        "leadgate/worker-0/host:http",
        "leadgate/worker-0/host:65536",
        "leadgate/worker-0/host:80/admin",
        "leadgate/worker-0/user@host:80:90 ",
        "other/worker-0/host:80",
    ],
)
def test_other_clients_are_nobody(text: str) -> None:
    assert parse_client_id(text) is None


@pytest.mark.parametrize(
    "advertised", [Advertised("a/b", "host:80"), Advertised("a", "host"), Advertised("", "h:1")]
)
def test_what_could_not_be_read_back_is_refused(advertised: Advertised) -> None:
    with pytest.raises(ValueError, match="slash or space"):
        advertised.client_id  # noqa: B018


class Silent:
    """A Coordinator that answers when the test lets it, in kafka-python's words."""

    def __init__(self) -> None:
        self.asked: list[Future[GroupDescription]] = []

    def describe(self, _group: str) -> Future[GroupDescription]:
        self.asked.append(Future())
        return self.asked[-1]


def described(owned: dict[str, dict[str, list[int]]], state: str = "Stable") -> GroupDescription:
    return {
        "group_state": state,
        "members": [
            {
                "client_id": client_id,
                "member_assignment": {
                    "assigned_partitions": [
                        {"topic": topic, "partitions": numbers} for topic, numbers in partitions.items()
                    ]
                },
            }
            for client_id, partitions in owned.items()
        ],
    }


ME, OTHER = Advertised("me", "me:80"), Advertised("other", "other:80")
TWO = {
    ME.client_id: {"in": [0, 1], "elsewhere": [3]},
    OTHER.client_id: {"in": [2]},
    "rdkafka": {"in": [3]},
}


class Scene:
    """GroupOwnership with a session of 10 s, asked by a clock that the test sets."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(ownership, "ANSWER_SECONDS", 0.01)
        self.now = 100.0
        self.coordinator = Silent()
        self.group = GroupOwnership(self.coordinator, "shop", "in", 10.0, lambda: self.now)

    async def owners(self) -> dict[int, Advertised] | None:
        owners = await self.group.owners()
        return None if owners is None else dict(owners.by_partition)

    def answer(self, description: GroupDescription) -> None:
        self.coordinator.asked[-1].set_result(description)


@pytest.fixture
def scene(monkeypatch: pytest.MonkeyPatch) -> Scene:
    return Scene(monkeypatch)


def test_the_owners_are_the_workers_of_a_group_at_rest(scene: Scene) -> None:
    async def play() -> None:
        assert await scene.owners() is None
        scene.answer(described(TWO))
        assert await scene.owners() == {0: ME, 1: ME, 2: OTHER}
        scene.now += ownership.FRESH_SECONDS
        assert await scene.owners() == {0: ME, 1: ME, 2: OTHER}
        scene.answer(described(TWO, "PreparingRebalance"))
        assert await scene.owners() == {}

    asyncio.run(play())


def test_members_without_a_partition_of_the_input_are_to_spare(scene: Scene) -> None:
    async def play() -> None:
        await scene.owners()
        spare = {OTHER.client_id: {"elsewhere": [0]}, "leadgate/third/third:80": {}, "rdkafka": {}}
        scene.answer(described(TWO | spare))
        owners = await scene.group.owners()
        assert owners is not None
        assert owners.spare == {OTHER, Advertised("third", "third:80")}
        scene.now += ownership.FRESH_SECONDS
        await scene.owners()
        scene.answer(described(TWO | spare, "PreparingRebalance"))
        owners = await scene.group.owners()
        assert owners is not None
        assert not owners.spare

    asyncio.run(play())


def test_one_question_at_a_time_however_many_ask(scene: Scene) -> None:
    async def play() -> None:
        asking = [asyncio.create_task(scene.owners()) for _ in range(20)]
        await asyncio.sleep(0)
        scene.answer(described(TWO))
        assert await asyncio.gather(*asking) == [{0: ME, 1: ME, 2: OTHER}] * 20
        await scene.owners()
        assert len(scene.coordinator.asked) == 1

    asyncio.run(play())


def test_a_word_holds_for_half_a_session_from_when_it_was_asked_for(scene: Scene) -> None:
    async def play() -> None:
        await scene.owners()
        scene.now += 3
        scene.answer(described(TWO))
        scene.now += 1.9
        assert await scene.owners() == {0: ME, 1: ME, 2: OTHER}
        scene.now += 0.2
        assert await scene.owners() is None
        scene.answer(described(TWO))
        assert await scene.owners() == {0: ME, 1: ME, 2: OTHER}

    asyncio.run(play())


def test_a_failure_that_nobody_waits_for_is_no_traceback(scene: Scene) -> None:
    async def play() -> list[str]:
        said: list[str] = []
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _loop, context: said.append(context["message"]))
        await scene.owners()
        scene.coordinator.asked[-1].set_exception(KafkaTimeoutError("no answer"))
        await asyncio.sleep(0.01)
        gc.collect()
        return said

    assert asyncio.run(play()) == []


def test_a_coordinator_that_fails_is_asked_again(scene: Scene) -> None:
    async def play() -> None:
        await scene.owners()
        scene.coordinator.asked[-1].set_exception(KafkaTimeoutError("no answer"))
        assert await scene.owners() is None
        assert len(scene.coordinator.asked) == 2
        scene.answer(described(TWO))
        assert await scene.owners() == {0: ME, 1: ME, 2: OTHER}

    asyncio.run(play())


class Answering(GroupAdminMixin):  # type: ignore[misc]  # kafka-python says no types here
    """kafka-python's admin client, with a broker's answer at hand."""

    def __init__(self, **group: Any) -> None:
        answer = DescribeGroupsResponse(groups=[DescribeGroupsResponse.DescribedGroup(**group)])
        self._answer = self._describe_groups_process_response(answer)

    def _process_acl_operations(self, group: Any) -> Any:
        return group

    def describe_groups(self, *_groups: Any, **_more: Any) -> Any:
        return self._answer


@pytest.mark.parametrize("error", [CoordinatorLoadInProgressError, NotCoordinatorError])
def test_a_coordinator_that_does_not_tell_is_no_group_without_members(error: type[KafkaError]) -> None:
    """Else a group that works would be taken for one that has been stopped."""
    with pytest.raises(KafkaError, match=error.__name__):
        ownership.described(Answering(group_id="sales", error_code=error.errno), "sales")


def test_a_group_that_nobody_has_made_has_no_members() -> None:
    dead = Answering(group_id="sales", error_code=GroupIdNotFoundError.errno, group_state="Dead")
    assert ownership.described(dead, "sales")["members"] == []
