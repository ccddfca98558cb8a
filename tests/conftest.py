"""A real Kafka for the tests: of a Docker engine where one answers, of Kafka's own jars otherwise.

`kafka` is one broker for the whole run, shared by all of pytest's workers; the
process that began the run ends it, whatever became of the workers. Tests that
kill or halt a broker make one of their own with `make_kafka`. Everything lies
in `.kafka/tests` of the checkout, a folder a run.
"""

import fcntl
import logging
import os
import shutil
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
import structlog

from streams.local_kafka import ComposeKafka, LocalKafka, jars, source
from streams.ports import free_ports
from tests import profiles

__all__ = ["profiles"]  # hypothesis's are in force before a test module is read

HOME = Path(__file__).resolve().parent.parent / ".kafka"
RUN = "KAFKA_OF_THIS_TEST_RUN"

# Kafka's own jars cannot be tried where there is no Java; the tests of any broker run everywhere.
_FROM_JARS = ("test_acls.py", "test_kafka_from_jars.py", "test_secured_kafka.py")
collect_ignore = [] if jars.here() else [f"integration/{name}" for name in _FROM_JARS]

Broker = LocalKafka | ComposeKafka


@pytest.fixture(autouse=True)
def _log() -> Iterator[None]:
    """A command that is run in a test's own process sets the log up; the next test finds it as it was."""
    root = logging.getLogger()
    handlers, level, configured = root.handlers[:], root.level, structlog.get_config()
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.configure(**configured)


@pytest.fixture(scope="session")
def kafka() -> str:
    """The `bootstrap.servers` of the run's broker. It is shared: use topics and groups of your own."""
    run = Path(os.environ[RUN])
    address = run / "bootstrap"
    with _locked(run / "starting"):
        if not address.exists():
            broker = _broker(run / "shared")
            broker.start()
            address.write_text(broker.bootstrap)
    return address.read_text()


@pytest.fixture
def topic_name() -> Callable[[str], str]:
    """Makes names that no other test has."""
    return lambda purpose: f"{purpose}-{uuid.uuid4().hex[:12]}"


@pytest.fixture
def make_kafka() -> Iterator[Callable[[], Broker]]:
    """Starts brokers that the test may kill, halt and start again; they end with it."""
    brokers: list[tuple[Path, Broker]] = []

    def make() -> Broker:
        directory = Path(os.environ[RUN]) / uuid.uuid4().hex[:12]
        broker = _broker(directory)
        brokers.append((directory, broker))
        broker.start()
        return broker

    yield make
    for directory, broker in brokers:
        broker.stop()
        shutil.rmtree(directory, ignore_errors=True)


def _broker(directory: Path) -> Broker:
    if source() == "jars":
        return LocalKafka(directory, home=HOME)
    from testcontainers.compose import DockerCompose

    class Container(ComposeKafka):
        """Brought up by testcontainers, which pulls the image and waits for it."""

        def start(self) -> None:
            os.environ |= {"KAFKA_PORT": str(port), "COMPOSE_PROJECT_NAME": project}
            DockerCompose(str(HOME.parent), services=["kafka"], wait=True).start()

    directory.mkdir(parents=True, exist_ok=True)
    known = directory / "compose"
    if not known.exists():
        known.write_text(f"{free_ports(1)[0]} leadgate-{uuid.uuid4().hex[:12]}")
    number, project = known.read_text().split()
    port = int(number)
    return Container(port, project=project)


# --- a run's folder, and its end ------------------------------------------------


def pytest_configure(config: pytest.Config) -> None:
    """The first process of a run names its folder, and tidies up after runs that were killed."""
    if hasattr(config, "workerinput"):
        return
    runs = HOME / "tests"
    for left in runs.glob("*") if runs.exists() else ():
        with suppress(BlockingIOError), _locked(left / "alive", wait=False):
            _tidy(left)
    run = runs / uuid.uuid4().hex[:12]
    run.mkdir(parents=True)
    alive = _locked(run / "alive")
    alive.__enter__()
    os.environ[RUN] = str(run)

    def end() -> None:
        _tidy(run)
        alive.__exit__(None, None, None)

    config.add_cleanup(end)


def _tidy(run: Path) -> None:
    for directory in [path for path in run.iterdir() if path.is_dir()]:
        if (directory / "cluster.json").exists() or (directory / "compose").exists():
            _broker(directory).stop()
    shutil.rmtree(run, ignore_errors=True)


@contextmanager
def _locked(path: Path, *, wait: bool = True) -> Iterator[Any]:
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        yield file
