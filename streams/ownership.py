"""Who owns a partition, and where it is reached.

A worker's consumer carries its address in its `client.id`. The group's coordinator
tells every member's `client.id` and partitions to whoever asks, so workers find each
other with nothing but Kafka; and a worker that the coordinator names learns that it
is still a member, which is what lets it answer for its leads.
"""

import asyncio
import re
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import structlog
from kafka.admin import KafkaAdminClient
from kafka.errors import KafkaError

from streams.admin import connected

log = structlog.get_logger(__name__)

FRESH_SECONDS = 1.0
"""So long an answer is used again without asking."""
ANSWER_SECONDS = 0.5
"""So long one waits for the coordinator, before the last answer has to do."""

_CLIENT_ID = re.compile(r"leadgate/([^/\s]+)/([^/\s]+:([0-9]{1,5}))")


class Advertised(NamedTuple):
    """A worker's name, and where other workers reach it, as host:port."""

    worker: str
    address: str

    @property
    def client_id(self) -> str:
        """The `client.id` that says so. Raises ValueError where it could not be read back."""
        text = f"leadgate/{self.worker}/{self.address}"
        if parse_client_id(text) != self:
            raise ValueError(f"neither a worker's name nor its host:port may have a slash or space: {text}")
        return text


def parse_client_id(text: str) -> Advertised | None:
    """The worker that a `client.id` names; None when it is no worker's.

    >>> parse_client_id("leadgate/worker-1/10.0.0.7:6066")
    Advertised(worker='worker-1', address='10.0.0.7:6066')
    """
    match = _CLIENT_ID.fullmatch(text)
    return Advertised(match[1], match[2]) if match and int(match[3]) < 65_536 else None


@dataclass(slots=True, frozen=True)
class Owners:
    """Who owns which partition, as the coordinator said when asked at ``asked_at`` (monotonic seconds).

    A partition on its way from one worker to another is not in it. ``spare`` are members for
    whom there was no partition.
    """

    asked_at: float
    by_partition: Mapping[int, Advertised]
    spare: frozenset[Advertised] = frozenset()

    @property
    def members(self) -> set[Advertised]:
        """The workers that are members; nobody while the partitions are dealt out anew."""
        return {*self.by_partition.values(), *self.spare}


class Ownership(Protocol):
    """Knows the owners."""

    async def owners(self) -> Owners | None:
        """The owners; None when nobody could say within the last half session time-out."""


GroupDescription = Mapping[str, Any]
"""What kafka-python's `describe_groups` gives of one group."""


def owners_of(description: GroupDescription, topic: str, asked_at: float) -> Owners:
    """The owners by what the coordinator says; none while the group deals its partitions out anew."""
    if description["group_state"] != "Stable":
        return Owners(asked_at, {})
    workers = [
        (advertised, member["member_assignment"]["assigned_partitions"])
        for member in description["members"]
        if (advertised := parse_client_id(member["client_id"])) is not None
    ]
    by_partition = {
        number: worker
        for worker, assignment in workers
        for assigned in assignment
        if assigned["topic"] == topic
        for number in assigned["partitions"]
    }
    spare = {worker for worker, _ in workers} - {*by_partition.values()}
    return Owners(asked_at, by_partition, frozenset(spare))


def described(admin: KafkaAdminClient, group: str) -> GroupDescription:
    """The group, as its coordinator sees it. Raises kafka.errors.KafkaError.

    A coordinator that is loading its groups, or is none any more, says so: kafka-python 3.0 hands that on
    as a group without members.
    """
    description: GroupDescription = admin.describe_groups([group])[group]
    if not description["group_state"]:
        raise KafkaError(f"the coordinator of group {group} does not tell of it: {description['error']}")
    return description


class Coordinator(Protocol):
    """Describes groups."""

    def describe(self, group: str) -> Future[GroupDescription]:
        """The group, as its coordinator sees it; asked at once, answered when it can be."""


class KafkaCoordinator:
    """The coordinator, asked by kafka-python, on a thread of its own.

    Not by confluent-kafka's AdminClient: what that asks of a coordinator can end the
    process while the broker is away (librdkafka's issue 4605).
    """

    def __init__(self, config: Mapping[str, Any], seconds: float) -> None:
        self._config = {**config, "request_timeout_ms": int(seconds * 1000), "bootstrap_timeout_ms": 5_000}
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="coordinator")
        self._admin: KafkaAdminClient | None = None

    def describe(self, group: str) -> Future[GroupDescription]:
        """The group, as its coordinator sees it. Raises kafka.errors.KafkaError, in the future."""
        return self._thread.submit(self._describe, group)

    def _describe(self, group: str) -> GroupDescription:
        try:
            if self._admin is None:
                self._admin = connected(**self._config)
            description = described(self._admin, group)
        except Exception:
            self.close()
            raise
        return description

    def close(self) -> None:
        """Let the connection go; the next question makes another."""
        admin, self._admin = self._admin, None
        if admin is not None:
            admin.close()


class GroupOwnership:
    """Ownership as the consumer group's coordinator tells it.

    Within half a session time-out of the coordinator's word a member cannot have been
    replaced unnoticed: it would first have had to miss its heartbeats for a whole one.
    (Or somebody has removed it, or given its name to another: it hears of that by its
    next heartbeat, and the coordinator's next word, a second later, says so.)
    ``session_timeout`` in seconds; ``clock`` is monotonic, in seconds.
    """

    def __init__(
        self,
        coordinator: Coordinator,
        group: str,
        topic: str,
        session_timeout: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._coordinator, self._group, self._topic, self._clock = coordinator, group, topic, clock
        self._valid = session_timeout / 2
        self._last: Owners | None = None
        self._asking: Future[GroupDescription] | None = None

    async def owners(self) -> Owners | None:
        """The owners; None when the coordinator has not answered within half a session time-out."""
        if not self._younger(FRESH_SECONDS):
            if self._asking is None or self._asking.done():
                self._asking = self._ask()
            # All who ask meanwhile wait for the same answer, and nobody for long.
            answer = asyncio.wrap_future(self._asking)
            # It may fail when nobody waits any more; `_hear` says so.
            answer.add_done_callback(lambda heard: heard.cancelled() or heard.exception())
            await asyncio.wait({answer}, timeout=ANSWER_SECONDS)
        return self._last if self._younger(self._valid) else None

    def _younger(self, seconds: float) -> bool:
        return self._last is not None and self._clock() - self._last.asked_at < seconds

    def _ask(self) -> Future[GroupDescription]:
        # The word holds from when it was asked for: it may be on its way for a while.
        asked_at = self._clock()
        answer = self._coordinator.describe(self._group)
        answer.add_done_callback(lambda heard: self._hear(heard, asked_at))
        return answer

    def _hear(self, answer: Future[GroupDescription], asked_at: float) -> None:
        error = answer.exception()
        if error is None:
            self._last = owners_of(answer.result(), self._topic, asked_at)
        else:
            log.warning("group_not_described", group=self._group, error=str(error).partition(" Request '")[0])
