"""`leadgate demo`, from beginning to end and cut short: the counts add up, and no process is left."""

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from confluent_kafka import Producer

from streams.local_kafka import source

ROOT = Path(__file__).parents[2]
CLASSPATH = ROOT / ".kafka" / "classpath"

# One at a time: each has a Kafka of its own.
pytestmark = pytest.mark.xdist_group("demo")

_COUNT = r"([\d,]+)"


class Demo:
    """A demo without a terminal, in a directory of its own."""

    def __init__(self, directory: Path, *arguments: str) -> None:
        self.directory = directory
        self.said = ""
        self.process = subprocess.Popen(
            [sys.executable, "-m", "streams", "demo", "--leads", "150", *arguments],
            cwd=directory,
            env=os.environ | {"PYTHONPATH": str(ROOT), "LEADGATE_GROUP": "of-other-workers"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def wait_for(self, words: str) -> str:
        """Read on to the line with these words."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.said += line
            if words in line:
                return line
        raise AssertionError(f"it never said {words!r}:\n{self.said}\n{self.process.communicate()[1]}")

    def end(self) -> tuple[int, str]:
        """Its exit code and what it said on stderr, once it has ended."""
        said, errors = self.process.communicate(timeout=120)
        self.said += said
        return self.process.returncode, errors

    def processes(self) -> dict[int, str]:
        """What runs in its directory, or below: process ids and commands."""
        found = {}
        for process in Path("/proc").glob("[0-9]*"):
            try:
                where = (process / "cwd").readlink()
                command = (process / "cmdline").read_text().replace("\0", " ").strip()
            except OSError:
                continue
            if command and (where == self.directory or self.directory in where.parents):
                found[int(process.name)] = command
        return found

    def left(self) -> list[str]:
        """What has outlived it: processes here, containers of a Docker engine."""
        left = list(self.processes().values())
        if source() == "docker":
            listed = subprocess.run(
                ["docker", "ps", "--format", "{{.Names}}"], capture_output=True, text=True
            )
            left += [name for name in listed.stdout.splitlines() if name.startswith("leadgate-demo")]
        return left

    def tidy(self) -> None:
        """End what a failed test has left."""
        self.process.kill()
        self.process.communicate()
        for number in self.processes():
            with suppress(ProcessLookupError):
                os.kill(number, signal.SIGKILL)


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Callable[..., Demo]]:
    (tmp_path / ".kafka").mkdir()
    if CLASSPATH.exists():
        shutil.copy(CLASSPATH, tmp_path / ".kafka")
    begun: list[Demo] = []

    def begin(*arguments: str) -> Demo:
        begun.append(Demo(tmp_path, *arguments))
        return begun[-1]

    yield begin
    for one in begun:
        one.tidy()


def figure(said: str, words: str) -> int:
    found = re.search(rf"{_COUNT} +{words}", said)
    assert found, f"no {words!r} in\n{said}"
    return int(found[1].replace(",", ""))


def assert_adds_up(said: str) -> None:
    sent = figure(said, "sent, counted at the producer")
    outcomes = ("applied", "duplicate", "re-keyed", "dead letter")
    assert sent > 0
    assert figure(said, "in the topic, read back with kafka-python") == sent
    assert sum(figure(said, f"  {outcome}\\b") for outcome in outcomes) == sent
    decided = figure(said, "decided, by the worker's metrics")
    assert decided > 0
    assert figure(said, "read back with kafka-python, read_committed") == decided
    assert figure(said, "missing, by the count") == figure(said, "said twice") == 0
    assert said.endswith("Everything adds up.\n")


def test_from_beginning_to_end(demo: Callable[..., Demo]) -> None:
    running = demo("--duration", "7", "--seed", "3")
    assert running.end() == (0, "")
    said = running.said
    assert_adds_up(said)
    history = figure(said, "activities of 150 leads over 90 days")
    live = figure(said, "sent, counted at the producer") - history
    assert live > 0
    assert re.search(r"^LIVE  0:0\d of 0:07 · clock going", said, re.MULTILINE)
    assert running.left() == []


def test_ctrl_c_while_live_ends_it_well_after_one_that_was_killed(demo: Callable[..., Demo]) -> None:
    killed = demo()
    killed.wait_for("The clock goes")
    killed.process.kill()
    killed.process.wait()
    assert killed.left() != []

    running = demo()
    running.wait_for("LIVE")
    running.process.send_signal(signal.SIGINT)
    assert running.end() == (0, "")
    assert_adds_up(running.said)
    assert running.left() == []


def test_ctrl_c_while_kafka_starts_and_another_demo_finds_the_folder_taken(
    demo: Callable[..., Demo],
) -> None:
    running = demo()
    running.wait_for("Starting Kafka")
    assert demo().end() == (2, "leadgate: another demo runs in .kafka/demo: end it first\n")
    running.process.send_signal(signal.SIGINT)
    assert running.end() == (130, "")
    assert running.left() == []


def test_ctrl_c_while_a_worker_starts(demo: Callable[..., Demo]) -> None:
    running = demo()
    running.wait_for("Starting a worker")
    running.process.send_signal(signal.SIGINT)
    assert running.end() == (130, "")
    assert running.left() == []


def test_sigterm_while_history_is_loaded(demo: Callable[..., Demo]) -> None:
    running = demo("--leads", "20000")
    running.wait_for("HISTORY")
    running.process.send_signal(signal.SIGTERM)
    assert running.end() == (0, "")
    assert_adds_up(running.said)
    assert "LIVE" not in running.said
    assert running.left() == []


def test_a_second_ctrl_c_ends_at_once(demo: Callable[..., Demo]) -> None:
    running = demo()
    running.wait_for("LIVE")
    running.process.send_signal(signal.SIGINT)
    running.wait_for("Ending the worker")
    running.process.send_signal(signal.SIGINT)
    assert running.end() == (130, "")
    assert "adds up" not in running.said
    assert running.left() == []


def test_a_worker_that_dies_is_told_with_the_end_of_its_log(demo: Callable[..., Demo]) -> None:
    running = demo()
    running.wait_for("LIVE")
    worker = int((running.directory / ".kafka" / "demo" / "worker.pid").read_text())
    os.kill(worker, signal.SIGKILL)
    code, errors = running.end()
    assert code == 3
    assert errors.startswith("leadgate: the worker has ended by itself (by SIGKILL). The end of its log (")
    assert "web_listens" in errors
    assert running.left() == []


def test_what_does_not_add_up_is_said_loudly(demo: Callable[..., Demo]) -> None:
    running = demo("--duration", "6")
    servers = running.wait_for("Kafka answers at").split()[3]
    topic = running.wait_for("Topics: ").split()[1]
    running.wait_for("LIVE")
    stranger = Producer({"bootstrap.servers": servers})
    stranger.produce(topic, b"not sent by the demo", b"stranger")
    assert stranger.flush(30) == 0
    code, errors = running.end()
    assert code == 1
    sent = figure(running.said, "sent, counted at the producer")
    assert errors == (
        f"\nTHE COUNTS DO NOT ADD UP:\n  {sent:,} activities were sent, but {sent + 1:,} are in the topic\n"
    )
    assert "DOES NOT ADD UP" in running.said
    assert running.left() == []
