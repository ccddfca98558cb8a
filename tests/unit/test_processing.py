"""Records on their way through a pass: each ends in one of the ways that the contract names."""

import json
from typing import Any

import pytest

from schemas.moments import HOUR, MINUTE
from streams.engine.forwarding import REKEYED, Forwarding
from tests.doubles.engines import NAMES, PARTITIONS, START, Bench, lead_of

LEAD = lead_of(1)
ACTIVITY = {"id": "a", "lead_id": LEAD, "type": "demo", "occurred_at": "2026-01-01T00:00:00Z"}
VALUE = json.dumps(ACTIVITY).encode()


def working() -> Bench:
    bench = Bench()
    bench.assign()
    bench.work()
    return bench


def rekeyed_by(secret: bytes, value: bytes) -> tuple[str, bytes | None]:
    """The header of a record that was sent home by whoever has such a secret."""
    headers = (
        Forwarding(NAMES.activities, PARTITIONS, "group", secret).rekeyed(LEAD.encode(), value, []).headers
    )
    assert headers is not None
    return headers[0]


def outcomes(bench: Bench) -> dict[str, float]:
    """What has become of the records, by outcome, as the metrics count them."""
    return {
        sample.labels["outcome"]: sample.value
        for metric in bench.metrics.collect()
        if metric.name == "leadgate_activities"
        for sample in metric.samples
        if sample.value
    }


def test_a_repeat_changes_nothing_and_is_counted() -> None:
    bench = working()
    for _ in range(2):
        bench.send_bytes(LEAD.encode(), VALUE)
    bench.work()
    assert bench.said() == {LEAD: ["created", "to-mql"]}
    assert outcomes(bench) == {"applied": 1, "duplicate": 1}


@pytest.mark.parametrize(
    ("key", "partition"),
    [
        (LEAD.encode(), 0),
        (b"somebody", None),
        (None, 2),
        (None, 1),
    ],
)
def test_a_record_that_lies_elsewhere_goes_home_once(key: bytes | None, partition: int | None) -> None:
    bench = working()
    bench.send_bytes(key, VALUE, partition, [("trace", b"1")])
    bench.work()
    assert bench.said() == {LEAD: ["created", "to-mql"]}
    assert outcomes(bench) == {"rekeyed": 1, "applied": 1}
    *_, sent = bench.kafka.read(NAMES.activities, 1)[0]
    assert sent.key() == LEAD.encode()
    assert [name for name, _ in sent.headers() or ()] == ["trace", REKEYED]
    assert bench.changes()[0]["cause"]["partition"] == 1


def test_a_pass_that_is_thrown_away_sends_nothing_home() -> None:
    bench = working()
    bench.send_bytes(b"somebody", VALUE)
    bench.kafka.order("commit", bench.kafka.time_out)
    bench.work()
    bench.assign()
    bench.work()
    assert bench.said() == {LEAD: ["created", "to-mql"]}
    assert outcomes(bench) == {"rekeyed": 1, "applied": 1}


def test_a_record_sent_home_that_is_not_at_home_is_a_dead_letter_and_does_not_travel() -> None:
    """Workers that disagree on the number of partitions do not send a record to and fro."""
    bench = working()
    mark = rekeyed_by(b"secret", VALUE)
    bench.send_bytes(LEAD.encode(), VALUE, 0, [mark])
    bench.work()
    assert bench.dead() == ["leadgate.key_mismatch"]
    assert bench.said() == {}


@pytest.mark.parametrize(
    "forged",
    [
        rekeyed_by(b"a guess", VALUE)[1],
        rekeyed_by(b"secret", b"another value")[1],
        b"",
        None,
    ],
)
def test_a_forged_mark_is_none(forged: bytes | None) -> None:
    bench = working()
    bench.send_bytes(LEAD.encode(), VALUE, 0, [(REKEYED, forged)])
    bench.work()
    assert bench.dead() == []
    assert bench.said() == {LEAD: ["created", "to-mql"]}
    *_, sent = bench.kafka.read(NAMES.activities, 1)[0]
    assert [name for name, _ in sent.headers() or ()] == [REKEYED], "the forged one is taken off"


@pytest.mark.parametrize(("ahead", "dead"), [(5 * MINUTE, []), (5 * MINUTE + 1, ["leadgate.future"])])
def test_an_activity_may_be_dated_five_minutes_after_it_was_appended(ahead: int, dead: list[str]) -> None:
    bench = working()
    bench.send(LEAD, "demo", ago=-ahead)
    bench.work()
    assert bench.dead() == dead


def test_a_dead_letter_is_the_record_as_it_came_and_says_where_it_lay() -> None:
    bench = working()
    bench.send_bytes(b"key", b"no activity", 2, [("trace", b"1"), ("nothing", None)])
    bench.work()
    [letter] = bench.kafka.all(NAMES.dead_letters)
    assert (letter.key(), letter.value()) == (b"key", b"no activity")
    headers = list(letter.headers() or ())
    assert headers[:2] == [("trace", b"1"), ("nothing", None)]
    said = dict(headers[2:])
    assert said.pop("kafka_dlt-exception-message")
    assert said == {
        "kafka_dlt-original-topic": b"in",
        "kafka_dlt-original-partition": b"2",
        "kafka_dlt-original-offset": b"0",
        "kafka_dlt-original-timestamp": str(START).encode(),
        "kafka_dlt-exception-fqcn": b"leadgate.not_json",
    }


def test_every_record_ends_somewhere_and_the_counts_add_up() -> None:
    bench = working()
    sent = [
        (LEAD.encode(), VALUE, None),
        (LEAD.encode(), VALUE, None),
        (b"other", VALUE, None),
        (b"key", None, 0),
        (b"key", b"\xff", 1),
        (None, b"{}", 2),
    ]
    for key, value, partition in sent:
        bench.send_bytes(key, value, partition)
    bench.send(LEAD, "demo", ago=-HOUR)
    bench.work()
    found = outcomes(bench)
    # What goes home is counted when it leaves, and again when it has come.
    assert sum(found.values()) == len(sent) + 1 + found["rekeyed"]
    assert found == {"applied": 1, "duplicate": 2, "rekeyed": 1, "dead_letter": 4}


def test_a_lead_keeps_its_state_in_the_changelog_of_its_partition() -> None:
    bench = working()
    leads = [lead_of(number, nth) for number in range(PARTITIONS) for nth in range(3)]
    for lead in leads:
        bench.send(lead, "seen")
    bench.work()
    kept: dict[Any, int] = {
        (record.key() or b"")[1:].decode(): record.partition()
        for record in bench.kafka.all(NAMES.changelog)
        if (record.key() or b"")[:1] == b"L"
    }
    assert kept == {lead_of(number, nth): number for number in range(PARTITIONS) for nth in range(3)}
