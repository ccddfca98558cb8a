"""Leads that are merged across partitions, or erased: what travels, what stays, what is counted."""

import json
from typing import Any

import msgspec
import pytest

from schemas.lead_state import encode_mark
from schemas.moments import SECOND, format_moment
from streams.engine.changelog import suppressed_key
from streams.engine.forwarding import FORWARDED, INTERNAL, MOST_HOPS, Forwarding, Gone, Moving
from streams.engine.transaction import Outgoing
from tests.doubles.engines import NAMES, PARTITIONS, START, Bench, lead_of
from tests.doubles.kafka import FakeRecord
from tests.unit.test_processing import outcomes, working

ANON, ANNA = lead_of(0), lead_of(1)
NEIGHBOUR = lead_of(0, 1)


class People:
    """Leads that do things, on a bench of three partitions."""

    def __init__(self) -> None:
        self.bench = working()
        self._told = 0

    def does(self, lead: str, kind: str, **properties: Any) -> "People":
        self._told += 1
        value = {
            "id": f"a{self._told}",
            "lead_id": lead,
            "type": kind,
            "occurred_at": format_moment(START + self._told * SECOND),
            "properties": properties,
        }
        self.bench.send_bytes(lead.encode(), json.dumps(value).encode())
        return self

    def work(self) -> Bench:
        self.bench.work()
        return self.bench


def state_of(bench: Bench, lead: str) -> bytes | None:
    return next(
        (state for one in bench.engine.open_partitions.values() if (state := one.table.get(lead.encode()))),
        None,
    )


@pytest.mark.parametrize("anon", [ANON, lead_of(1, 1)])
def test_a_state_travels_to_the_survivors_home(anon: str) -> None:
    people = People().does(anon, "call").does(anon, "demo").does(anon, "call").does(ANNA, "page")
    people.does(anon, "lead_merged", into=ANNA).does(anon, "page")
    bench = people.work()
    assert bench.said() == {anon: ["created", "to-mql", "to-sql"], ANNA: ["created", "merged"]}
    assert outcomes(bench) == {"applied": 6, "internal": 1, "forwarded": 1}
    assert [change["seq"] for change in bench.changes() if change["lead_id"] == ANNA] == [1, 2]
    assert sum(len(one.table) for one in bench.engine.open_partitions.values()) == 1
    cause = bench.changes()[-1]["cause"]
    assert (cause["activity_id"], cause["partition"]) == ("a5", 1)


def test_it_is_the_same_after_the_tables_are_built_again() -> None:
    people = People().does(ANON, "demo").does(ANON, "lead_merged", into=ANNA)
    bench = people.work()
    bench.assign()
    bench.work()
    people.does(ANON, "call").does(ANNA, "call").work()
    assert bench.said()[ANNA] == ["created", "merged", "to-sql"]


def test_a_pass_that_is_thrown_away_moves_nobody() -> None:
    people = People().does(ANON, "demo").does(ANNA, "page").does(ANON, "lead_merged", into=ANNA)
    people.bench.kafka.order("commit", people.bench.kafka.time_out)
    bench = people.work()
    bench.assign()
    bench.work()
    assert bench.said() == {ANON: ["created", "to-mql"], ANNA: ["created", "merged"]}
    assert outcomes(bench) == {"applied": 3, "internal": 1}


def test_who_is_forwarded_goes_along_all_marks() -> None:
    third = lead_of(2)
    people = People().does(ANON, "demo").does(ANON, "lead_merged", into=ANNA)
    people.work()
    people.does(ANNA, "lead_merged", into=third).work()
    bench = people.does(ANON, "call").does(ANON, "call").work()
    assert bench.said()[third] == ["created", "merged", "to-sql"]
    assert outcomes(bench)["forwarded"] == 4


def test_saying_it_again_changes_nothing() -> None:
    people = People().does(ANON, "demo").does(ANON, "lead_merged", into=ANNA)
    bench = people.work()
    state = state_of(bench, ANNA)
    people.does(ANON, "lead_merged", into=ANNA).work()
    assert state_of(bench, ANNA) == state
    assert outcomes(bench) == {"applied": 3, "internal": 1}


def test_a_circle_is_a_dead_letter() -> None:
    people = People().does(ANON, "demo").does(ANON, "lead_merged", into=ANNA)
    people.work()
    bench = people.does(ANNA, "lead_merged", into=ANON).work()
    assert bench.dead() == ["leadgate.merge_circle"]
    assert bench.said()[ANNA] == ["created", "merged"]


def test_marks_in_a_circle_send_nothing_on_for_ever() -> None:
    """The internal record that would have undone it has been lost."""
    people = People()
    for number, lead, into in ((0, ANON, ANNA), (1, ANNA, ANON)):
        marked = {lead.encode(): encode_mark(into)}
        people.bench.engine.open_partitions[number].table.merge(marked, [], set())
    bench = people.does(ANON, "demo").work()
    assert outcomes(bench)["forwarded"] == MOST_HOPS
    assert bench.dead() == ["leadgate.merge_circle"]


def test_two_that_are_merged_into_each_other_at_once_both_live_on_or_become_one() -> None:
    """Neither partition knows of the other's: nobody is lost, and no marks lead in a circle."""
    people = People().does(ANON, "demo").does(ANNA, "demo")
    people.does(ANON, "lead_merged", into=ANNA).does(ANNA, "lead_merged", into=ANON)
    bench = people.work()
    people.does(ANON, "call").does(ANON, "call").does(ANNA, "call").does(ANNA, "call").work()
    said = bench.said()
    assert [rule for rules in said.values() for rule in rules].count("to-sql") >= 1
    for lead, rules in said.items():
        of_the_lead = [change["seq"] for change in bench.changes() if change["lead_id"] == lead]
        assert of_the_lead == list(range(1, len(rules) + 1))
    assert bench.dead() == ["leadgate.merge_circle"] * len(bench.dead())


def test_an_erased_lead_leaves_nothing_behind() -> None:
    people = People().does(ANNA, "demo").does(ANNA, "lead_erased")
    bench = people.work()
    assert state_of(bench, ANNA) is None
    assert len(bench.engine.open_partitions[1].table) == 0
    bench.assign()
    bench.work()
    people.does(ANNA, "demo").work()
    said = [(change["seq"], change["rule"]) for change in bench.changes()]
    assert said == 2 * [(1, "created"), (2, "to-mql")]


def test_a_suppressed_lead_is_known_by_a_hash_alone() -> None:
    people = People().does(ANNA, "demo").does(ANNA, "lead_erased", suppress=True)
    bench = people.work()
    bench.assign()
    bench.work()
    people.does(ANNA, "demo").work()
    assert outcomes(bench) == {"applied": 2, "suppressed": 1}
    assert bench.engine.open_partitions[1].table.suppressed == {suppressed_key(ANNA.encode())}
    assert ANNA.encode() not in suppressed_key(ANNA.encode())


def test_erasing_one_erases_all_that_it_was() -> None:
    people = People().does(ANON, "demo").does(ANNA, "page").does(ANON, "lead_merged", into=ANNA)
    people.work()
    people.does(ANON, "lead_erased", suppress=True).work()
    bench = people.does(ANON, "demo").does(ANNA, "demo").work()
    assert state_of(bench, ANON) is None
    assert state_of(bench, ANNA) is None
    assert outcomes(bench)["suppressed"] == 2


def test_who_was_suppressed_is_so_also_where_the_survivor_had_been_erased_before() -> None:
    """The survivor knows no more of whom it was; the word that it is gone comes after the second erasure."""
    people = People().does(ANON, "demo").does(ANON, "lead_merged", into=ANNA)
    people.work()
    people.does(ANNA, "lead_erased").bench.deliver()
    people.does(ANON, "lead_erased", suppress=True).bench.one_pass()
    people.work()
    bench = people.does(ANON, "demo").work()
    assert state_of(bench, ANON) is None
    assert outcomes(bench)["suppressed"] == 1


def test_who_was_suppressed_and_begins_anew_before_that_is_known_is_erased() -> None:
    people = People().does(ANON, "demo").does(NEIGHBOUR, "demo").does(NEIGHBOUR, "lead_merged", into=ANON)
    bench = people.work()
    bench.kafka.append(
        NAMES.activities, bench.engine.processor.forwarding.internal(ANON.encode(), Gone(True))
    )
    people.does(ANON, "demo").does(NEIGHBOUR, "demo").work()
    people.does(NEIGHBOUR, "demo").work()
    assert (state_of(bench, ANON), state_of(bench, NEIGHBOUR)) == (None, None)
    assert sum(len(one.table) for one in bench.engine.open_partitions.values()) == 0
    assert outcomes(bench)["suppressed"] == 3


def test_who_is_merged_into_a_suppressed_lead_is_one() -> None:
    people = People().does(ANNA, "lead_erased", suppress=True).does(NEIGHBOUR, "demo").does(ANON, "demo")
    people.work()
    people.does(NEIGHBOUR, "lead_merged", into=ANON).work()
    people.does(ANON, "lead_merged", into=ANNA).work()
    bench = people.does(ANON, "demo").does(NEIGHBOUR, "demo").work()
    assert [state_of(bench, lead) for lead in (ANNA, ANON, NEIGHBOUR)] == [None, None, None]
    assert outcomes(bench)["suppressed"] == 2
    of_both = {suppressed_key(lead.encode()) for lead in (ANON, NEIGHBOUR)}
    assert bench.engine.open_partitions[0].table.suppressed == of_both


@pytest.mark.parametrize("mark", [FORWARDED, INTERNAL])
def test_a_forged_mark_is_none(mark: str) -> None:
    bench = working()
    value = json.dumps(
        {"id": "a", "lead_id": ANON, "type": "demo", "occurred_at": format_moment(START)}
    ).encode()
    bench.send_bytes(ANNA.encode(), value, 1, [(mark, b"group:" + b"0" * 64)])
    bench.work()
    assert bench.said() == {ANON: ["created", "to-mql"]}


@pytest.mark.parametrize("mark", [FORWARDED, INTERNAL])
def test_what_another_group_writes_to_itself_is_not_for_us(mark: str) -> None:
    bench = working()
    value = json.dumps(
        {"id": "a", "lead_id": ANON, "type": "demo", "occurred_at": format_moment(START)}
    ).encode()
    bench.send_bytes(ANNA.encode(), value if mark == FORWARDED else b"\x81", 1, [(mark, b"another:00")])
    bench.work()
    assert (bench.said(), bench.dead()) == ({}, [])
    assert outcomes(bench) == {"internal": 1}


def test_a_neighbour_is_not_touched() -> None:
    people = People().does(ANON, "demo").does(NEIGHBOUR, "demo").does(ANON, "lead_erased", suppress=True)
    bench = people.does(NEIGHBOUR, "call").work()
    assert outcomes(bench) == {"applied": 4}


# What lies where it does not belong, or comes again --------------------------------------------------


def travelling(bench: Bench, mark: str = INTERNAL) -> FakeRecord:
    """The first record that leadgate itself has put onto the topic, so marked."""
    return next(
        record for record in bench.kafka.all(NAMES.activities) if mark in dict(record.headers() or ())
    )


def put_again(bench: Bench, record: FakeRecord, partition: int) -> None:
    bench.send_bytes(record.key(), record.value(), partition, record.headers())


def test_a_merge_that_is_put_onto_the_topic_once_more_counts_once() -> None:
    people = People().does(ANNA, "page").does(ANON, "call").does(ANON, "lead_merged", into=ANNA)
    bench = people.work()
    put_again(bench, travelling(bench), 1)
    people.work()
    people.does(ANNA, "demo").work()
    assert bench.said()[ANNA] == ["created", "to-mql"]


def test_what_leadgate_sends_goes_home_from_wherever_it_lies() -> None:
    """A dead letter may be put back by a tool that chooses partitions in another way."""
    people = People().does(ANON, "demo").does(ANON, "lead_merged", into=ANNA)
    bench = people.work()
    put_again(bench, travelling(bench), 2)
    people.work()
    people.does(ANON, "call").does(ANON, "call").work()
    put_again(bench, travelling(bench, FORWARDED), 2)
    people.work()
    assert bench.said()[ANNA] == ["created", "merged", "to-sql"]
    assert len(bench.engine.open_partitions[2].table) == 0
    assert (outcomes(bench)["rekeyed"], outcomes(bench)["duplicate"]) == (2, 1)


@pytest.mark.parametrize(
    "value",
    [
        b"\xc1",
        msgspec.msgpack.encode({"type": "yet unknown"}),
        b"\x81\xa4type\xa1\xff",  # text that is not UTF-8
        b"\x82\xa4type\xa4gone\xa1x" + b"\x91" * 100_000,  # nested without end
        msgspec.msgpack.encode(Moving([ANON], b"\x02no state", b"no activity", 1)),
        msgspec.msgpack.encode(Moving([], None, b"{}", 1)),
    ],
)
def test_an_internal_record_that_can_not_be_read_is_a_dead_letter(value: bytes) -> None:
    """Another version's, or anyone's where no secret is set: one record must not stop a partition."""
    bench = working()
    signed = Forged(NAMES.activities, PARTITIONS, "group", b"secret").signed(ANNA.encode(), value)
    bench.kafka.append(NAMES.activities, signed)
    bench.send(ANNA, "demo")
    bench.work()
    assert bench.said() == {ANNA: ["created", "to-mql"]}
    assert outcomes(bench) == {"applied": 1, "dead_letter": 1}


class Forged(Forwarding):
    """Signs whatever it is told to."""

    def signed(self, to: bytes, value: bytes) -> Outgoing:
        return self._to_home(to, value, [], (INTERNAL, self._signed(INTERNAL, to, value)))
