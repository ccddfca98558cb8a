"""Three brokers, each record in three places: the leaders of what a worker depends on are killed in turn."""

from collections.abc import Callable, Iterator

import pytest
from confluent_kafka.admin import AdminClient

from streams import kafka_clients
from streams.local_kafka import LocalKafka
from streams.takeover import transactional_id
from tests.conftest import HOME
from tests.faults.at_work import goes_on
from tests.faults.load import history
from tests.faults.nightly import often
from tests.faults.waiting import begin, said
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
    topic, number = where(workers, lambda topic: len(leaders(admin, topic)))
    killed = leaders(admin, topic)[number]
    cluster.kill(killed)
    workers.wait(lambda: leaders(admin, topic)[number] not in (killed, -1), "no other broker took over")
    before = said(workers)
    workers.wait(lambda: said(workers) > before, "no decisions without that broker", seconds=30)
    cluster.restart(killed)
    goes_on(workers, processes)


def leaders(admin: AdminClient, topic: str) -> dict[int, int]:
    """Which broker leads each partition; -1: none. Any broker tells."""
    return {
        number: one.leader for number, one in admin.list_topics(topic, 30).topics[topic].partitions.items()
    }


def java_hash(text: str) -> int:
    """How far Java's `String.hashCode` is from 0: by this a coordinator's partition is chosen."""
    code = 0
    for letter in text:
        code = (31 * code + ord(letter)) % 2**32
    return min(code, 2**32 - code)
