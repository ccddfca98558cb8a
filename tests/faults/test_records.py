"""Records of every kind: each ends where the contract says, and its neighbours are unharmed."""

import json
import time
from typing import Any

from schemas.moments import DAY, HOUR, format_moment
from streams.verification.reading import tells_of_a_reign
from tests.faults import oracle
from tests.faults.load import history
from tests.faults.waiting import release
from tests.faults.workers import GroupMaker

OPEN_SECONDS = 3
LONG_AGO = time.time_ns() // 1_000_000 - 100 * DAY
GOOD: dict[str, Any] = {
    "id": "x",
    "lead_id": "anna",
    "type": "page_viewed",
    "occurred_at": format_moment(LONG_AGO),
}


def without(name: str) -> bytes:
    return json.dumps({key: value for key, value in GOOD.items() if key != name}).encode()


def changed(**values: Any) -> bytes:
    return json.dumps(GOOD | values).encode()


NESTED = '{"a":' * 64 + "1" + "}" * 64

Bad = tuple[str, bytes | None, str, str]
"""What, value, reason, a part of what a person reads."""
BAD: list[Bad] = [
    ("not JSON", b"hello", "not_json", "JSON"),
    ("cut off", changed()[:-9], "not_json", "JSON"),
    ("not UTF-8", b'{"id": "\xff\xfe"}', "not_utf8", "UTF-8"),
    ("null value", None, "null_value", "value"),
    ("no id", without("id"), "missing_member", "id"),
    ("no lead_id", without("lead_id"), "missing_member", "lead_id"),
    ("no occurred_at", without("occurred_at"), "missing_member", "occurred_at"),
    ("an id that is a number", changed(id=7), "wrong_type", "id"),
    ("properties that are a list", changed(properties=[]), "wrong_type", "properties"),
    ("a moment without offset", changed(occurred_at="2026-01-31T09:30:00"), "bad_moment", "offset"),
    ("a moment that is a word", changed(occurred_at="yesterday"), "bad_moment", "yesterday"),
    ("the year 9999", changed(occurred_at="9999-12-31T23:59:59Z"), "future", "9999"),
    ("64 levels deep", changed(properties=json.loads(NESTED)), "too_deep", "level"),
    ("5 MB", changed(properties={"text": "x" * 5_000_000}), "too_large", "bytes"),
]


def in_an_hour() -> Bad:
    """Of when it is asked for: a run of all tests may take as long."""
    hour = format_moment(time.time_ns() // 1_000_000 + HOUR)
    return "in an hour", changed(occurred_at=hour), "future", "5 minutes"


def test_bad_records_are_dead_letters_with_a_reason(group: GroupMaker) -> None:
    workers = group("history", hold_clock="true")
    workers.widen(6_000_000)
    bad = [*BAD, in_an_hour()]
    neighbours = list(history(seed=21, activities=600, leads=40))
    records: list[tuple[bytes | None, bytes | None]] = []
    for number, pair in enumerate(neighbours):
        records.append(pair)
        if number % 40 == 0 and number // 40 < len(bad):
            _, value, _, _ = bad[number // 40]
            records.append((b"anna", value))
    workers.start()
    workers.send(records)
    release(workers)
    workers.stop()
    recomputed = workers.check()
    assert len(recomputed.leads) > 30, "the neighbours are unharmed"
    letters = oracle.read_all(workers.bootstrap, workers.settings.dead_letters_topic)
    assert len(letters) == len(bad)
    by_value = {letter.value: dict(letter.headers) for letter in letters}
    for what, value, reason, part in bad:
        headers = by_value[value]
        assert headers["kafka_dlt-exception-fqcn"] == f"leadgate.{reason}".encode(), what
        assert part in headers["kafka_dlt-exception-message"].decode(), what
        assert headers["kafka_dlt-original-topic"].decode() == workers.settings.activities_topic
        assert int(headers["kafka_dlt-original-offset"]) >= 0
    assert {letter.key for letter in letters} == {b"anna"}


def test_a_type_that_no_rule_knows_is_fine(group: GroupMaker) -> None:
    workers = group("history", hold_clock="true")
    workers.start()
    workers.send([(b"anna", changed(type="Something Else Entirely"))])
    release(workers)
    workers.stop()
    recomputed = workers.check()
    assert [one["rule"] for one in recomputed.decisions["anna"] if "rule" in one] == ["created"]


def test_what_transactional_producers_abort_or_leave_open_is_never_applied(group: GroupMaker) -> None:
    """Their markers take offsets too, so what is read has gaps; an open one holds up what lies behind it."""
    workers = group("history", hold_clock="true", max_pass_records="200")
    pairs = list(history(seed=23, activities=4_000, leads=100))
    producer = workers.producer(**{"transactional.id": f"{workers.name}-sender"})
    producer.init_transactions(30)
    workers.start()
    for number, at in enumerate(range(0, 2_000, 100)):
        producer.begin_transaction()
        workers.send(pairs[at : at + 100], producer)
        if number % 3 == 1:
            producer.abort_transaction(30)
        else:
            producer.commit_transaction(30)
    workers.send(pairs[2_000:3_000])
    producer.begin_transaction()
    workers.send(pairs[3_000:3_100], producer)
    workers.send(pairs[3_100:])
    time.sleep(OPEN_SECONDS)
    producer.abort_transaction(30)
    workers.start()
    release(workers)
    workers.stop()
    recomputed = workers.check()
    assert recomputed.dead_letters.total() == 0
    records = oracle.read_all(workers.bootstrap, workers.settings.activities_topic)
    came = [record for record in records if not record.headers]
    assert len(came) == len(pairs) - 800, "what was aborted is not there"


def test_whatever_the_partitioner_and_the_key_one_lead_has_one_state(group: GroupMaker) -> None:
    """Producers with librdkafka's own partitioner, with no key, with another's key, beside Java's."""
    workers = group("history", hold_clock="true", max_pass_records="200")
    workers.start()
    workers.start()
    foreign = workers.producer(partitioner="consistent_random")
    pairs = list(history(seed=22, activities=4_000, leads=100))
    workers.send(pairs[:1000])
    workers.send(pairs[1000:2000], foreign)
    workers.send([(None, value) for _, value in pairs[2000:3000]])
    workers.send([(b"somebody", value) for _, value in pairs[3000:3500]], foreign)
    workers.send(pairs[3500:])
    release(workers)
    workers.stop()
    recomputed = workers.check()
    assert recomputed.rekeyed > 1500
    assert recomputed.dead_letters.total() == 0
    homes: dict[bytes, set[int]] = {}
    for record in oracle.read_all(workers.bootstrap, workers.settings.changelog):
        homes.setdefault(record.key, set()).add(record.partition)
    assert all(len(where) == 1 for key, where in homes.items() if not tells_of_a_reign(key))
