"""Whatever comes, in whatever order: a schedule of faults under load, drawn from a seed.

`make faults ARGS='-k schedule --seed 7'` runs another one, and the same again; a long one is
`python -m tests.faults.soak`.
"""

import re
import shlex
from array import array
from collections.abc import Iterator
from pathlib import Path

import pytest

from streams.local_kafka import LocalKafka
from tests.faults import flowing, soak
from tests.faults.chaos import Chaos
from tests.faults.load import Live
from tests.faults.network import Network, beyond_a_network
from tests.faults.nightly import nightly
from tests.faults.schedule import KINDS, Schedule
from tests.faults.waiting import begin, quiet
from tests.faults.workers import GroupMaker

SECONDS = 75.0
SEED = 1


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[tuple[LocalKafka, str, Network]]:
    """A broker to be broken, its address, and the network in front of it."""
    with beyond_a_network(tmp_path / "kafka") as (kafka, bootstrap, make_network), make_network() as network:
        yield kafka, bootstrap, network


@pytest.fixture
def seed(request: pytest.FixtureRequest) -> int:
    """What is drawn from: the one that was asked for, and with --repeat those that follow it."""
    first = request.config.getoption("--seed", None)
    time = getattr(request.node, "callspec", None) and request.node.callspec.params.get("time_of", 1)
    return (SEED if first is None else int(first)) + (time or 1) - 1


def test_a_seed_is_a_schedule() -> None:
    assert list(Schedule(5, 600)) == list(Schedule(5, 600)) != list(Schedule(6, 600))
    assert {fault.kind for fault in Schedule(5, 3_600)} == KINDS.keys()
    assert str(Schedule(5, 600)).startswith("seed 5:")


def test_it_goes_on_when_the_last_of_the_partitions_has_said_something() -> None:
    moments = {0: array("q", [1_000, 4_000]), 1: array("q", [500, 2_500, 9_000])}
    assert flowing.seconds_after(moments, 900) == 1.6
    assert flowing.seconds_after(moments, 2_500) == 6.5
    assert flowing.seconds_after(moments, 4_000) is None, "one of them has nothing more to say"


@nightly
def test_the_example_of_the_soak_finds_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        soak.main(["--help"])
    (example,) = re.findall(r"Example: python -m tests.faults.soak (.*)", capsys.readouterr().out)
    report = tmp_path / "report.md"
    assert soak.main([*shlex.split(example), "--report", str(report)]) == 0, report.read_text()
    assert "| differences | 0 |" in report.read_text()


def test_a_schedule_of_faults_under_load(
    broker: tuple[LocalKafka, str, Network], group: GroupMaker, seed: int
) -> None:
    schedule = Schedule(seed, SECONDS)
    print(schedule)
    kafka, bootstrap, network = broker
    workers = group("live", bootstrap=bootstrap, grace="2s")
    workers.environment["LEADGATE_BOOTSTRAP_SERVERS"] = network.address
    load = Live(workers, seed=seed, leads=300, rate=150)
    chaos = Chaos(workers, kafka, network)
    chaos.start(3)
    load.start()
    begin(workers)
    chaos.run(schedule)
    load.end()
    quiet(workers)
    chaos.check_all_live()
    workers.stop()
    assert workers.check().decisions
