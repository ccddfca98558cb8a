"""Several workers under one supervisor: `leadgate worker --processes N`."""

import json
import os
import signal
import threading
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from streams.cli import run
from tests.faults import oracle
from tests.faults.load import Live, history
from tests.faults.nightly import nightly
from tests.faults.waiting import begin, quiet, release
from tests.faults.workers import PARTITIONS, Group, GroupMaker

Counters = dict[tuple[str, tuple[tuple[str, str], ...]], float]
"""By name and labels."""


class Supervised:
    """A supervisor of a group's workers."""

    def __init__(self, group: Group, processes: int) -> None:
        self.group = group
        self.process = group.supervise(processes)

    def get(self, path: str) -> httpx.Response:
        """What it answers. Raises httpx.TransportError."""
        return self.group.get(self.process, path)

    def ask(self, path: str) -> httpx.Response:
        """The same, once it does."""
        return self.group.patiently(partial(self.get, path))

    def events(self, name: str) -> list[dict[str, Any]]:
        """What all have logged under that name."""
        lines = [line for line in self.group.lines_of(self.process) if line.startswith("{")]
        return [event for event in map(json.loads, lines) if event["event"] == name]

    def wait_ready(self) -> None:
        self.group.wait(self._ready, "they are not ready")

    def assigned(self) -> dict[str, list[int]]:
        """Which partitions each member was given last."""
        return {event["worker"]: event["partitions"] for event in self.events("partitions_assigned")}

    def _ready(self) -> bool:
        assert self.process.poll() is None, self.group.logs()
        return bool(self.events("web_listens")) and self.get("/readyz").status_code == 200

    @property
    def living(self) -> dict[str, int]:
        """The process number of each member that has come up, by its name: of its last life."""
        return {event["member"]: event["pid"] for event in self.events("member_up")}

    def kill(self, member: str) -> None:
        """End one as a power cut would, and wait until it is back at work."""
        pid = self.living[member]
        os.kill(pid, signal.SIGKILL)
        self.group.wait(lambda: self.living[member] != pid, "it did not come back")
        self.wait_ready()

    def counters(self) -> Counters:
        """Every counter, and histogram. Raises httpx.TransportError."""
        return {
            (sample.name, tuple(sorted(sample.labels.items()))): sample.value
            for family in text_string_to_metric_families(self.get("/metrics").text)
            if family.type in ("counter", "histogram")
            for sample in family.samples
        }

    def total(self, name: str) -> float:
        """A counter, over all labels. Raises httpx.TransportError."""
        return sum(value for (sample, _), value in self.counters().items() if sample == f"leadgate_{name}")


class Scrapes(threading.Thread):
    """Scrapes as Prometheus would, but oftener, and keeps what went back."""

    def __init__(self, supervised: Supervised) -> None:
        super().__init__(daemon=True)
        self._supervised, self._ending = supervised, threading.Event()
        self.went_back: list[str] = []
        self.number = 0
        supervised.group.on_stop.append(self.end)

    def run(self) -> None:
        """Scrape. What takes too long is missing, as it would be there."""
        before: Counters = {}
        while not self._ending.wait(0.1):
            try:
                now = self._supervised.counters()
            except httpx.TransportError:
                continue
            self.number += 1
            self.went_back += [
                f"{key}: {old} → {now.get(key)}" for key, old in before.items() if now.get(key, -1) < old
            ]
            before = now

    def end(self) -> None:
        """Stop scraping."""
        self._ending.set()
        if self.is_alive():
            self.join()


def gone(pid: int) -> bool:
    """Whether there is no such process any more, or only its name."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(") ", 1)[1].startswith("Z")
    except FileNotFoundError:
        return True


def test_members_share_the_partitions_and_all_is_decided_once(group: GroupMaker) -> None:
    workers = group("history", hold_clock="true", max_pass_records="200")
    workers.send(history(seed=51, activities=6_000, leads=300))
    supervised = Supervised(workers, 2)
    supervised.wait_ready()
    workers.settle()
    workers.wait(
        lambda: sorted(map(len, supervised.assigned().values())) == [2, 2], "they do not share the partitions"
    )
    # What came in is what all have taken, and each lead is found at whoever has it. They say so a moment
    # after they have committed it.
    records = oracle.read_all(workers.bootstrap, workers.settings.activities_topic)
    workers.wait(lambda: supervised.total("activities_total") == len(records), "not all was counted once")
    states = oracle.final_states(workers.bootstrap, workers.settings.changelog)
    workers.wait(
        lambda: _partitions_and_leads(supervised) == ([*range(PARTITIONS)], len(states)), "not all is shown"
    )
    for lead in [*states][:20]:
        known = supervised.ask(f"/leads/{lead}").json()
        told = supervised.ask(f"/leads/{lead}/explain").json()
        assert known["lead_id"] == told["lead_id"] == lead
        assert (known.get("stage"), known.get("since")) == (told.get("stage"), told.get("since"))
    url = str(supervised.ask("/funnel").url.join("/"))
    assert run(["explain", next(iter(states)), "--worker", url]) == 0
    release(workers)
    pids = supervised.living
    assert len(pids) == 2
    supervised.process.terminate()
    assert supervised.process.wait(30) == 0, workers.logs()
    assert all(map(gone, pids.values()))
    ended = [event["worker"] for event in supervised.events("worker_ended")]
    assert sorted(ended) == sorted(pids)
    workers.check()


def _partitions_and_leads(supervised: Supervised) -> tuple[list[int], int]:
    """Which partitions `/funnel` shows, and how many leads: none where no member answers in time."""
    page = supervised.get("/funnel").json()
    return [one["partition"] for one in page.get("partitions", ())], page.get("leads", 0)


def test_a_member_killed_under_load_comes_back(group: GroupMaker) -> None:
    workers = group("live", grace="2s", worker_id="box")
    load = Live(workers, seed=52, leads=300, rate=200)
    supervised = Supervised(workers, 2)
    supervised.wait_ready()
    load.start()
    begin(workers)
    scrapes = Scrapes(supervised)
    scrapes.start()
    for victim in ("box-0", "box-1"):
        supervised.kill(victim)
    load.end()
    quiet(workers)
    scrapes.end()
    assert scrapes.number > 10
    assert not scrapes.went_back
    assert workers.patiently(partial(supervised.total, "member_restarts_total")) == 2
    assert {event["worker"] for event in supervised.events("worker_starts")} == {"box-0", "box-1"}
    workers.stop()
    assert supervised.process.returncode == 0, workers.logs()
    assert workers.check().decisions


@nightly
def test_members_end_with_a_killed_supervisor_and_the_next_one_goes_on(group: GroupMaker) -> None:
    workers = group("history", hold_clock="true", max_pass_records="100")
    workers.send(history(seed=53, activities=6_000, leads=300))
    supervised = Supervised(workers, 2)
    supervised.wait_ready()
    begin(workers)
    supervised.process.kill()
    workers.wait(lambda: all(map(gone, supervised.living.values())), "they outlive their supervisor")
    Supervised(workers, 2).wait_ready()
    release(workers)
    workers.stop()
    workers.check()


def test_a_member_finds_the_funnel_spoilt_when_it_is_started_again(group: GroupMaker) -> None:
    workers = group("live", grace="2s", worker_id="box")
    supervised = Supervised(workers, 2)
    supervised.wait_ready()
    good = workers.funnel_path.read_text()
    workers.rewrite(good + "\nnonsense: true\n")
    workers.wait(lambda: len(supervised.events("funnel_refused")) >= 2, "it was not refused by both")
    supervised.process.send_signal(signal.SIGHUP)
    workers.wait(lambda: len(supervised.events("funnel_refused")) >= 4, "they did not look again")
    os.kill(supervised.living["box-1"], signal.SIGKILL)
    workers.wait(lambda: len(supervised.events("member_ended")) >= 3, "it was not tried again")
    ended = [event["how"] for event in supervised.events("member_ended")]
    assert ended[:3] == ["SIGKILL", *["exit code 2"] * 2]
    assert supervised.ask("/livez").status_code == 200
    said = supervised.ask("/readyz").json()
    assert [reason["worker"] for reason in said["reasons"]][-1] == "box-1"
    workers.rewrite(good)
    supervised.wait_ready()
    workers.stop()
    assert supervised.process.returncode == 0, workers.logs()


@nightly
def test_ready_with_members_to_spare(group: GroupMaker) -> None:
    workers = group("live")
    supervised = Supervised(workers, PARTITIONS + 1)
    supervised.wait_ready()
    workers.wait(lambda: len(supervised.living) == PARTITIONS + 1, "not all have come up")
    supervised.wait_ready()
    assert len(supervised.assigned()) >= PARTITIONS
    workers.wait(
        lambda: supervised.get("/readyz").json() == {"ready": True, "reasons": []}, "some wait for something"
    )


@pytest.mark.parametrize(
    ("wrong", "code", "message"),
    [
        ({"FUNNEL": "none.yaml"}, 2, "leadgate: none.yaml: no such file"),
        ({"BOOTSTRAP_SERVERS": "127.0.0.1:1"}, 3, "leadgate: Kafka at 127.0.0.1:1 cannot be used"),
    ],
)
def test_what_is_wrong_at_the_start_is_said_once(
    group: GroupMaker, wrong: dict[str, str], code: int, message: str
) -> None:
    workers = group("live")
    workers.environment |= {f"LEADGATE_{name}": value for name, value in wrong.items()}
    process = workers.supervise(2)
    assert process.wait(60) == code, workers.logs()
    assert workers.said_by(process).count(message) == 1
