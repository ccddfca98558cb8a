"""Dead letters of every reason, made by a real worker, are put right: applied once, or marked, never lost."""

import json
import random
import re
import shlex
import subprocess
import sys
import time
from pathlib import Path
from typing import get_args

import pytest

from schemas.dead_letter import DeadLetterReason
from schemas.moments import MINUTE, SECOND, format_moment
from streams.engine.forwarding import INTERNAL, Forwarding
from streams.engine.homes import home
from tests.faults.letters import (
    activity,
    command,
    environment,
    listed,
    made,
    marks,
    moves,
    places,
    replayed,
    to_stage,
    wait_for,
)
from tests.faults.waiting import under
from tests.faults.workers import PARTITIONS, Group, GroupMaker

NO_ACTIVITY: dict[str, bytes | None] = {
    "not_json": b"hello",
    "not_utf8": b'{"id": "\xff"}',
    "null_value": None,
    "too_deep": activity("x", properties=json.loads('{"a":' * 64 + "1" + "}" * 64)),
    "too_large": activity("x", properties={"text": "x" * 1_500_000}),
    "missing_member": b'{"id": "x"}',
    "wrong_type": activity("x", id=7),
    "bad_moment": activity("x", occurred_at="yesterday"),
    "merge_circle": activity("merge_circle", type="lead_merged", properties={"into": "merge_circle"}),
}
"""By the reason, which is the key too."""
VIP = ("off_path: [recycled, disqualified]", "off_path: [recycled, disqualified, vip]")


def send_to(group: Group, partition: int, key: bytes, value: bytes, header: tuple[str, bytes | None]) -> None:
    producer = group.producer()
    producer.produce(group.settings.activities_topic, value, key, partition, headers=[header])
    assert producer.flush(60) == 0


def send_what_leadgate_itself_would(group: Group) -> None:
    """One record that was sent home and is not there, and an internal one that nobody can read."""
    forwarding = Forwarding(group.settings.activities_topic, PARTITIONS, group.name, b"")
    lead, value = b"key_mismatch", activity("key_mismatch")
    ((_, rekeyed),) = forwarding.rekeyed(lead, value, []).headers or ()
    send_to(group, (home(lead, PARTITIONS) + 1) % PARTITIONS, lead, value, ("leadgate-rekeyed", rekeyed))
    lead, value = b"failed_evaluation", b"\xc1"
    send_to(group, home(lead, PARTITIONS), lead, value, (INTERNAL, forwarding._signed(INTERNAL, lead, value)))


def test_letters_of_every_reason_are_applied_once_when_their_cause_is_gone(group: GroupMaker) -> None:
    workers = group("history", hold_clock="true")
    workers.widen(6_000_000)
    worker = workers.start()
    soon = time.time_ns() // 1_000_000 + 5 * MINUTE + 10 * SECOND
    workers.send([(reason.encode(), value) for reason, value in NO_ACTIVITY.items()])
    workers.send([(b"future", activity("future", occurred_at=format_moment(soon)))])
    workers.send([(b"unknown_stage", to_stage("unknown_stage"))])
    send_what_leadgate_itself_would(workers)
    letters = wait_for(workers, len(get_args(DeadLetterReason)))
    assert {letter["reason"] for letter in letters} == set(get_args(DeadLetterReason))
    assert all(letter["reason"] == letter["key"] for letter in letters)
    where = {letter["key"]: letter["place"] for letter in letters}

    # What can only become a dead letter again stays, and says why.
    hopeless = set(NO_ACTIVITY) - {"merge_circle"}
    done = command(workers, "replay", *(where[reason] for reason in hopeless))
    assert done.returncode == 1
    left = re.findall(
        r"^(\S+) is left: it would be a dead letter again \((\w+): ", done.stdout.decode(), re.MULTILINE
    )
    assert {reason: place for place, reason in left} == {reason: where[reason] for reason in hopeless}
    assert replayed(workers) == []

    # A value of the operator's own, one letter at a time; it has to be an activity.
    assert (
        command(workers, "replay", where["not_json"], "--set-value", "-", stdin=b"still not").returncode == 1
    )
    for reason in NO_ACTIVITY:
        value = activity(f"mended-{reason}")
        done = command(workers, "replay", where[reason], "--set-value", "-", stdin=value)
        assert (done.returncode, done.stdout) == (0, f"{where[reason]} is replayed\n".encode())

    # The future comes, the funnel gets the stage; what was sent to the wrong home needs no more.
    workers.change(VIP)
    under(workers, worker, version=2)
    workers.wait(
        lambda: command(workers, "replay", "--reason", "future").returncode == 0, "the future did not come"
    )
    done = command(workers, "replay", "--all")
    assert done.returncode == 0, done.stdout
    workers.settle()
    # An internal record goes as it came, and what nobody can read comes back.
    (came_back,) = wait_for(workers, 1)
    assert (came_back["key"], came_back["came_back_from"]) == (
        "failed_evaluation",
        [where["failed_evaluation"]],
    )
    assert command(workers, "drop", came_back["place"]).returncode == 0
    workers.stop()

    again = replayed(workers)
    sent = sorted(dict(record.headers)["leadgate-replayed"].decode() for record in again)
    assert sent == sorted(where.values()), "each once"
    assert all(record.partition == home(record.key, PARTITIONS) for record in again)
    assert not any(name.startswith("kafka_dlt-") for record in again for name, _ in record.headers)
    applied = moves(workers)
    assert applied.pop("unknown_stage")[-1] == "vip"
    expected = {"future", "key_mismatch", *(f"mended-{reason}" for reason in NO_ACTIVITY)}
    assert applied == {lead: ["lead"] for lead in expected}
    assert listed(workers) == []


def test_what_comes_back_is_not_replayed_again_by_itself(group: GroupMaker) -> None:
    workers = group("history", hold_clock="true")
    worker = workers.start()
    workers.send([(b"anna", to_stage("anna"))])
    (first,) = wait_for(workers, 1)
    assert command(workers, "replay", "--all").returncode == 0
    (second,) = wait_for(workers, 1)
    assert second["came_back_from"] == [first["place"]]

    for filter_ in (["--all"], ["--reason", "unknown_stage"], ["--lead", "anna"]):
        refused = command(workers, "replay", *filter_)
        assert refused.returncode == 1
        assert b"is left: it has come back: it was replayed once before" in refused.stdout
    assert len(replayed(workers)) == 1

    assert command(workers, "replay", "--all", "--again").returncode == 0
    (third,) = wait_for(workers, 1)
    assert third["came_back_from"] == [first["place"], second["place"]]

    workers.change(VIP)
    under(workers, worker, version=2)
    assert command(workers, "replay", third["place"]).returncode == 0
    workers.wait(lambda: moves(workers).get("anna", [])[-1:] == ["vip"], "the lead was not moved")
    workers.stop()
    assert listed(workers) == []
    assert [letter["state"] for letter in listed(workers, "--all")] == ["replayed"] * 3

    # By its place it is asked for, and still not sent twice.
    again = command(workers, "replay", first["place"], third["place"], "3-999")
    assert again.returncode == 1
    said = again.stdout.decode().splitlines()
    assert [line.partition(" is left: ")[2].partition(",")[0] for line in said] == [
        "it was replayed already",
        "it was replayed already",
        "there is no dead letter",
    ]
    assert len(replayed(workers)) == 3


def test_what_is_dropped_is_marked_and_can_be_had_back(group: GroupMaker) -> None:
    workers = group("history", hold_clock="true")
    where = made(workers, 4)
    mine = where["lead-1"]
    dry = command(workers, "drop", mine, "--dry-run")
    assert (dry.returncode, dry.stdout.decode()) == (0, f"{mine} would be dropped\n")
    dry = command(workers, "replay", "--all", "--dry-run", "--format", "json")
    assert {json.loads(line)["outcome"] for line in dry.stdout.splitlines()} == {"replayed"}
    assert (marks(workers), replayed(workers)) == ([], [])

    assert command(workers, "drop", mine).stdout.decode() == f"{mine} is dropped\n"
    assert set(places(workers)) == {"lead-0", "lead-2", "lead-3"}
    assert [one["state"] for one in listed(workers, "--all", "--lead", "lead-1")] == ["dropped"]
    again = command(workers, "drop", mine)
    assert (again.returncode, b"is left: it was dropped already" in again.stdout) == (1, True)

    # Neither a filter nor --all means what was dropped; its place does.
    assert command(workers, "replay", "--all").returncode == 0
    assert {record.key for record in replayed(workers)} == {b"lead-0", b"lead-2", b"lead-3"}
    assert command(workers, "replay", mine).returncode == 0
    assert {record.key for record in replayed(workers)} == {lead.encode() for lead in where}
    assert sorted(marks(workers)) == sorted(
        [(mine, "dropped"), *((one, "replayed") for one in where.values())]
    )


def test_a_letter_is_shown_in_full(group: GroupMaker) -> None:
    workers = group("history", hold_clock="true")
    mine = made(workers, 1)["lead-0"]
    shown = command(workers, "show", mine)
    assert shown.returncode == 0
    for part in (mine, "unknown_stage", "vip", "lead-0", "put a funnel in force"):
        assert part in shown.stdout.decode()
    assert command(workers, "show", mine, "--value").stdout == to_stage("lead-0")
    full = json.loads(command(workers, "show", mine, "--format", "json").stdout)
    assert (full["value"], full["state"]) == (to_stage("lead-0").decode(), "open")
    missing = command(workers, "show", "0-12345")
    assert missing.returncode == 2
    assert b"there is no dead letter at 0-12345" in missing.stderr


def test_the_examples_of_the_help_run(group: GroupMaker, tmp_path: Path) -> None:
    """Each with a letter of its own in the place of the one that it names."""
    workers = group("history", hold_clock="true")
    examples = [
        line.strip()
        for name in ("list", "show", "replay", "drop")
        for line in command(workers, name, "--help").stdout.decode().split("Example")[1].splitlines()[1:]
    ]
    assert len(examples) >= 7
    where = sorted(made(workers, len(examples)).values())
    root = shlex.quote(str(Path(__file__).parents[2]))
    leadgate = f'leadgate() {{ PYTHONPATH={root} {shlex.quote(sys.executable)} -m streams "$@"; }}'
    run = [example.replace("3-17", place) for example, place in zip(examples, where, strict=True)]
    done = subprocess.run(
        ["bash", "-c", "\n".join(["set -e", leadgate, *run])],
        env=environment(workers),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert len(marks(workers)) == sum(" drop 3-17" in one or "--set-value" in one for one in examples)


def test_one_that_its_topic_does_not_take_is_left_and_its_neighbours_are_not(group: GroupMaker) -> None:
    workers = group("history", hold_clock="true")
    workers.start()
    text = random.Random(1).randbytes(20_000).hex()
    sizes = {"small-1": "", "large": text, "small-2": "", "small-3": ""}
    workers.send(
        [
            (lead.encode(), activity(lead, type="stage_assigned", properties={"to": "vip", "by": more}))
            for lead, more in sizes.items()
        ]
    )
    where = {letter["key"]: letter["place"] for letter in wait_for(workers, len(sizes))}
    workers.stop()
    workers.widen(30_000)
    done = command(workers, "replay", "--all")
    assert done.returncode == 1, done.stderr
    assert f"{where['large']} is left: it is larger than its topic takes" in done.stdout.decode()
    assert {record.key.decode() for record in replayed(workers)} == {"small-1", "small-2", "small-3"}
    assert places(workers) == {"large": where["large"]}
    # What is smaller goes through.
    value = activity("large")
    assert command(workers, "replay", where["large"], "--set-value", "-", stdin=value).returncode == 0
    assert [record.value for record in replayed(workers) if record.key == b"large"] == [value]


@pytest.mark.parametrize("name", ["list", "show"])
def test_a_kafka_without_the_topic_is_told_in_a_line(name: str, group: GroupMaker) -> None:
    workers = group("history")
    workers.environment["LEADGATE_DEAD_LETTERS_TOPIC"] = "there.is.none"
    done = command(workers, name, *(["0-0"] if name == "show" else []))
    assert done.returncode == 3
    assert re.fullmatch(
        r"leadgate: the dead letters \(there\.is\.none\) can't be reached .*\n", done.stderr.decode()
    )
