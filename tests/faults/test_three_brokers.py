"""Three brokers, each record in three places: the leaders of what a worker depends on are killed in turn."""

from collections.abc import Callable, Iterator
from functools import partial

import pytest
from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient

from streams import kafka_clients
from streams.local_kafka import LocalKafka
from streams.takeover import transactional_id
from tests.conftest import HOME
from tests.faults.at_work import goes_on, more
from tests.faults.load import history
from tests.faults.nightly import often
from tests.faults.waiting import begin, go_on
from tests.faults.workers import Group, GroupMaker

# One cluster for them all.
pytestmark = pytest.mark.xdist_group("three-brokers")

WORKER = "worker-a"
Place = tuple[str, int]
"""A topic, and a partition of it."""


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalKafka]:
    """The three brokers."""
    kafka = LocalKafka(tmp_path_factory.mktemp("cluster"), brokers=3, home=HOME)
    kafka.start()
    yield kafka
    kafka.stop()


def of_activities(workers: Group, _counts: Callable[[str], int]) -> Place:
    return workers.settings.activities_topic, 0


def of_the_group(workers: Group, counts: Callable[[str], int]) -> Place:
    return "__consumer_offsets", java_hash(workers.name) % counts("__consumer_offsets")


def of_the_transactions(workers: Group, counts: Callable[[str], int]) -> Place:
    name = transactional_id(workers.name, WORKER)
    return "__transaction_state", java_hash(name) % counts("__transaction_state")


@pytest.mark.parametrize(
    "where", often([of_activities, of_the_group, of_the_transactions], of_the_transactions)
)
def test_a_leader_is_killed(
    where: Callable[[Group, Callable[[str], int]], Place], cluster: LocalKafka, group: GroupMaker
) -> None:
    workers = group("history", bootstrap=cluster.bootstrap, hold_clock="true", max_pass_records="100")
    workers.send(history(seed=41, activities=8_000, leads=300))
    processes = [workers.start(worker_id=WORKER), workers.start()]
    begin(workers)
    admin = AdminClient(kafka_clients.admin(workers.settings))
    place = workers.patiently(lambda: where(workers, lambda topic: len(leaders(admin, topic))))
    killed = workers.patiently(partial(leader, admin, place))
    cluster.kill(killed)
    workers.wait(lambda: leader(admin, place) != killed, "no other broker took over")
    go_on(workers, more(seed=42))
    cluster.restart(killed)
    goes_on(workers, processes)


def leaders(admin: AdminClient, topic: str) -> dict[int, int]:
    """Which broker leads each partition; -1: none. Any broker tells. Raises KafkaException."""
    known = admin.list_topics(topic, 30).topics.get(topic)
    if known is None or not known.partitions:
        raise KafkaException(KafkaError(KafkaError.UNKNOWN_TOPIC_OR_PART, f"{topic} has no partitions"))
    return {number: one.leader for number, one in known.partitions.items()}


def leader(admin: AdminClient, place: Place) -> int:
    """Which broker leads that one. Raises KafkaException where none does."""
    topic, number = place
    found = leaders(admin, topic).get(number, -1)
    if found == -1:
        raise KafkaException(KafkaError(KafkaError.LEADER_NOT_AVAILABLE, f"nobody leads {place}"))
    return found


def java_hash(text: str) -> int:
    """How far Java's `String.hashCode` is from 0: by this a coordinator's partition is chosen."""
    code = 0
    for letter in text:
        code = (31 * code + ord(letter)) % 2**32
    return min(code, 2**32 - code)
