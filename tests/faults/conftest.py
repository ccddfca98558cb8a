"""A group of workers for each test, on topics of its own."""

import uuid
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from streams import kafka_clients, topics
from tests.faults.workers import Group, GroupMaker

HERE = Path(__file__).parent


def pytest_addoption(parser: pytest.Parser) -> None:
    """What passes once may have been lucky."""
    parser.addoption("--repeat", type=int, default=1, metavar="N", help="run each fault case N times")
    parser.addoption("--seed", type=int, metavar="N", help="what the schedule of faults is drawn from")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A case each time."""
    times = metafunc.config.getoption("--repeat", 1)
    if times > 1:
        metafunc.fixturenames.append("time_of")
        metafunc.parametrize("time_of", range(1, times + 1), ids=lambda time: f"time-{time}")


@pytest.fixture
def group(kafka: str, tmp_path: Path) -> Iterator[GroupMaker]:
    """Makes groups: ``group("history")`` runs history.yaml; more settings as keyword arguments."""
    groups: list[Group] = []

    def make(funnel: str, bootstrap: str = kafka, **extra: str) -> Group:
        directory = tmp_path / f"group-{len(groups)}"
        directory.mkdir()
        settings = {f"LEADGATE_{name.upper()}": value for name, value in extra.items()}
        made = Group(bootstrap, f"t{uuid.uuid4().hex[:12]}", directory, HERE / f"{funnel}.yaml", settings)
        groups.append(made)
        return made

    yield make
    for made in groups:
        made.stop()
        if made.bootstrap == kafka:
            forget(made)


def forget(group: Group) -> None:
    """Take its topics away: a broker that keeps those of hundreds of tests comes to its memory's end."""
    admin = AdminClient(kafka_clients.admin(group.settings))
    names = {topic.name(group.settings) for topic in topics.CATALOGUE}
    for deleted in admin.delete_topics([*names]).values():
        with suppress(KafkaException):  # such as one that the test itself has taken away
            deleted.result()
