"""The network between workers and broker fails: answers are lost, late, or nobody gets through."""

import time
from collections.abc import Callable, Iterator

import pytest

from tests.faults.at_work import AtWork, goes_on, more, two_at_work
from tests.faults.network import Api, Network, beyond_a_network
from tests.faults.nightly import often
from tests.faults.waiting import go_on
from tests.faults.workers import GroupMaker

# One broker for them all.
pytestmark = pytest.mark.xdist_group("network")

LOST = 5
AWAY_SECONDS = 12
"""Longer than the session time-out of these workers."""


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Callable[[], Network]]]:
    """A broker's address for the tests, and what makes the network in front of it."""
    with beyond_a_network(tmp_path_factory.mktemp("network")) as (_, bootstrap, network):
        yield bootstrap, network


@pytest.fixture
def network(broker: tuple[str, Callable[[], Network]]) -> Iterator[Network]:
    """What the workers reach the broker by."""
    with broker[1]() as made:
        yield made


@pytest.fixture
def at_work(
    group: GroupMaker, broker: tuple[str, Callable[[], Network]], network: Network
) -> Callable[[int], AtWork]:
    """Two workers beyond the network that have begun, and have enough to do for a while."""

    def make(seed: int) -> AtWork:
        return two_at_work(group, broker[0], seed, activities=6_000, reached_at=network.address)

    return make


@pytest.mark.parametrize("api", often(Api, Api.END_TXN), ids=lambda api: api.name.lower())
def test_answers_are_lost(api: Api, network: Network, at_work: Callable[[int], AtWork]) -> None:
    """The broker has done what was asked for, and nobody hears of it."""
    workers, processes = at_work(20 + api)
    network.lose_answers(api, every=3)
    workers.send(more(seed=40, activities=3_000))
    workers.wait(lambda: network.lost >= LOST, "no answers were lost")
    network.heal()
    goes_on(workers, processes)


def test_all_is_slow(network: Network, at_work: Callable[[int], AtWork]) -> None:
    workers, processes = at_work(31)
    network.delay(0.3)
    time.sleep(AWAY_SECONDS)
    go_on(workers, more(seed=41))
    network.heal()
    goes_on(workers, processes)


def test_connections_break_again_and_again(network: Network, at_work: Callable[[int], AtWork]) -> None:
    workers, processes = at_work(32)
    for number in range(20):
        workers.send(more(seed=50 + number, activities=100))
        network.cut()
        time.sleep(0.5)
    goes_on(workers, processes)


def test_nobody_gets_through(network: Network, at_work: Callable[[int], AtWork]) -> None:
    """For longer than the session lasts: the group has forgotten the workers when they are back."""
    workers, processes = at_work(33)
    network.unplug()
    workers.send(more(seed=43))
    time.sleep(AWAY_SECONDS)
    network.heal()
    goes_on(workers, processes)
