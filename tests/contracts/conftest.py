"""Brokers for the contracts: the double and the real one."""

from collections.abc import Callable, Iterator

import pytest

from tests.doubles.brokers import Broker, TheFake, TheReal


@pytest.fixture
def real(kafka: str, topic_name: Callable[[str], str]) -> Iterator[TheReal]:
    """The real one, with topics and a group of the test's own."""
    broker = TheReal(kafka, topic_name("contract"))
    yield broker
    broker.close()


@pytest.fixture(params=["fake", "real"])
def broker(request: pytest.FixtureRequest) -> Broker:
    """One after the other."""
    chosen: Broker = TheFake() if request.param == "fake" else request.getfixturevalue("real")
    return chosen
