"""`leadgate verify` on a real Kafka: what workers have said is proven; what was tampered with is found."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import jsonschema
import pytest
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, NewTopic

from schemas.moments import DAY, format_moment
from streams import kafka_clients
from streams.cli.schema import Document, json_schema
from tests.faults import oracle
from tests.faults.load import Live, history
from tests.faults.waiting import begin, quiet, release
from tests.faults.workers import PARTITIONS, Group, GroupMaker

Records = list[Any]
Tamper = Callable[[Records], Records]
LIVE_SOONER = (("at_least: 20", "at_least: 12"), ("quiet: 5s", "quiet: 3s"))


def verify(group: Group, *arguments: str, **settings: str) -> tuple[int, Any]:
    """The command's exit code, and what it said."""
    done = subprocess.run(
        [sys.executable, "-m", "streams", "verify", "--format", "json", *arguments],
        env={name: value for name, value in os.environ.items() if not name.startswith("LEADGATE_")}
        | group.environment
        | {f"LEADGATE_{name.upper()}": value for name, value in settings.items()},
        cwd=group.directory,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode in (0, 1), done.stderr
    said = json.loads(done.stdout)
    jsonschema.validate(said, json_schema(Document.VERIFICATION))
    return done.returncode, said


def assert_all_proven(group: Group, *kinds: str) -> None:
    """Nothing but proven decisions, as many as there are; and causes of these kinds among them."""
    topics = (group.settings.stage_changes_topic, group.settings.signals_topic)
    said = [record for topic in topics for record in oracle.read_all(group.bootstrap, topic)]
    causes = {name for record in said for name in json.loads(record.value)["cause"]}
    code, found = verify(group)
    assert found["verdicts"] == []
    assert code == 0
    assert found["counts"] == dict.fromkeys(found["counts"], 0) | {"proven": len(said)}
    assert causes >= set(kinds)


def test_a_history_with_merges_erasures_and_workers_that_come_and_go(group: GroupMaker) -> None:
    workers = group("history", hold_clock="true", max_pass_records="300")
    workers.send(history(seed=71, activities=3_000, leads=150))
    first = workers.start()
    workers.settle()
    first.kill()
    workers.start()
    workers.change(("at_least: 30", "at_least: 12"), ("quiet: 30d", "quiet: 20d"))
    workers.wait(lambda: workers.versions() == 2, "the changed funnel was not published")
    workers.send([(b"anna", b"no activity"), *history(seed=72, activities=2_000, leads=150)])
    workers.settle()
    assert verify(workers)[0] == 0, "while the clock is held, and workers are at work"
    release(workers)
    workers.stop()
    assert_all_proven(workers, "activity_id", "due", "funnel_changed")


def test_live_activities_and_time(group: GroupMaker) -> None:
    workers = group("live", grace="2s")
    workers.start()
    live = Live(workers, seed=73, leads=60, rate=60)
    live.start()
    begin(workers)
    time.sleep(5)
    workers.start()
    workers.change(*LIVE_SOONER)
    workers.wait(lambda: workers.versions() == 2, "the changed funnel was not published")
    time.sleep(8)
    live.end()
    quiet(workers)
    workers.stop()
    assert_all_proven(workers, "activity_id", "due", "funnel_changed")


# Tampering ------------------------------------------------------------------------------------


def _altered(records: Records) -> Records:
    return [_with(record, to="won") if _is(record, 2) else record for record in records]


def _left_out(records: Records) -> Records:
    return [record for record in records if not _is(record, 2)]


def _doubled(records: Records) -> Records:
    return [copy for record in records for copy in ([record, record] if _is(record, 2) else [record])]


def _swapped(records: Records) -> Records:
    (one,), (other,) = ([n for n, record in enumerate(records) if _is(record, seq)] for seq in (2, 3))
    records[one], records[other] = records[other], records[one]
    return records


class _Copy:
    """A record of a topic that somebody wrote anew."""

    def __init__(self, record: Any, value: bytes) -> None:
        self.key, self.value, self.partition, self.headers = (
            record.key,
            value,
            record.partition,
            record.headers,
        )


def _with(record: Any, **members: Any) -> _Copy:
    return _Copy(record, json.dumps(json.loads(record.value) | members).encode())


def _is(record: Any, seq: int) -> bool:
    return bool(record.key == b"anna" and json.loads(record.value)["seq"] == seq)


@pytest.fixture
def told(group: GroupMaker) -> Group:
    """A group that has moved Anna twice, by what she did and by what sales did; and others."""
    workers = group("history", hold_clock="true")
    now = time.time_ns() // 1_000_000
    deeds = [("identified", 80), ("demo_requested", None), ("sales_accepted", None), ("deal_won", None)]
    anna = []
    for number, (kind, employees) in enumerate(deeds):
        deed = {
            "id": f"anna-{number}",
            "lead_id": "anna",
            "type": kind,
            "occurred_at": format_moment(now - (300 - number) * DAY),
            "traits": {"company": {"employees": employees}} if employees else {},
        }
        anna.append((b"anna", json.dumps(deed).encode()))
    workers.start()
    workers.send([*history(seed=74, activities=400, leads=30), *anna])
    release(workers)
    workers.stop()
    return workers


TAMPERED: list[tuple[Tamper, str, int]] = [
    (_altered, "differs", 2),
    (_left_out, "missing", 2),
    (_doubled, "repeated", 2),
    (_swapped, "out_of_order", 3),
]
"""What is done to the records, and the verdict on which of Anna's stage changes names it."""


def test_what_was_tampered_with_is_found_and_named(told: Group) -> None:
    admin, producer = (
        AdminClient(kafka_clients.admin(told.settings)),
        Producer(kafka_clients.producer(told.settings)),
    )
    for tamper, verdict, seq in TAMPERED:
        copy = f"{told.name}.{verdict}"
        told.have_done(partial(admin.create_topics, [NewTopic(copy, PARTITIONS)]))
        for record in tamper(oracle.read_all(told.bootstrap, told.settings.stage_changes_topic)):
            producer.produce(copy, record.value, record.key, record.partition, headers=list(record.headers))
        assert producer.flush(30) == 0
        code, found = verify(told, stage_changes_topic=copy)
        assert code == 1
        (one,) = found["verdicts"]
        assert (one["verdict"], one["lead_id"], one["seq"]) == (verdict, "anna", seq)
        assert [of["member"] for of in one["differences"]] == (["to"] if tamper is _altered else [])
    code, found = verify(told, "--lead", "anna")
    assert (code, {one["verdict"] for one in found["verdicts"]}) == (0, {"proven"})


def test_lines_of_a_file_under_a_funnel_that_is_given(told: Group) -> None:
    said = [
        one
        for one in oracle.read_all(told.bootstrap, told.settings.stage_changes_topic)
        if one.key == b"anna"
    ]
    lines = [said[0].value, _with(said[1], reason="Because").value, b"", b"nothing"]
    (told.directory / "said.jsonl").write_bytes(b"\n".join(lines))
    code, found = verify(told, "said.jsonl", "--funnel", "funnel.yaml")
    assert code == 1
    assert sorted((one["where"], one["verdict"]) for one in found["verdicts"]) == [
        ("said.jsonl:1", "proven"),
        ("said.jsonl:2", "differs"),
        ("said.jsonl:4", "unreadable"),
    ]
