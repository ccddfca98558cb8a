"""A partition's clock: what moves it, what does not, and when the silent leads are moved by it."""

from typing import Any

import pytest

from schemas.moments import MINUTE, SECOND
from streams.engine.transaction import Outgoing
from tests.doubles.engines import GRACE, START, Bench, lead_of

SILENT, OTHER = lead_of(0), lead_of(0, 1)


def opened(**changes: Any) -> Bench:
    bench = Bench(**changes)
    bench.assign()
    bench.work()
    return bench


def test_the_wall_clock_moves_the_silent_leads_of_an_idle_partition() -> None:
    bench = opened()
    bench.send(SILENT, "call")
    bench.work()
    bench.later(60 * SECOND + GRACE - 1)
    assert bench.said() == {SILENT: ["created"]}
    bench.later(1)
    assert bench.said() == {SILENT: ["created", "gone-quiet"]}
    [_, moved] = bench.changes()
    assert moved["cause"] == {
        "due": "2026-01-01T00:01:00.000Z",
        "topic": "in",
        "partition": 0,
        "before_offset": 1,
    }
    assert bench.kafka.committed([0]) == {0: 1}


def test_it_does_not_while_something_waits_to_be_read() -> None:
    bench = opened()
    bench.send(SILENT, "call")
    bench.work()
    bench.kafka.now += 59 * SECOND
    bench.send(SILENT, "call")  # at the broker, and not polled yet
    bench.kafka.now += 30 * SECOND
    bench.engine.sample_clock()
    bench.passes()
    assert bench.said() == {SILENT: ["created"]}
    bench.work()
    assert bench.said() == {SILENT: ["created"]}


def test_it_does_not_while_something_waits_to_be_applied() -> None:
    bench = opened()
    bench.send(SILENT, "call")
    bench.work()
    bench.later(30 * SECOND)
    bench.send(SILENT, "demo")
    bench.deliver()
    bench.kafka.now += 90 * SECOND
    bench.engine.sample_clock()
    bench.passes()
    assert bench.said() == {SILENT: ["created", "to-mql"]}


def test_markers_at_the_end_do_not_hold_it_up() -> None:
    """A transaction that was aborted leaves nothing to apply, and yet moves the end."""
    bench = opened()
    bench.send(SILENT, "call")
    bench.work()
    bench.kafka.initialise("somebody")
    with bench.kafka.changed:
        open_ = bench.kafka.transaction("somebody", 1)
        bench.kafka.append("in", Outgoing("in", 0, b"key", b"value"), by=open_)
    bench.kafka.end_transaction("somebody", "aborted")
    bench.later(100 * SECOND)
    bench.later(1)
    assert bench.said() == {SILENT: ["created", "gone-quiet"]}
    assert bench.kafka.committed([0]) == {0: 3}


def test_who_is_due_before_a_record_is_moved_before_it() -> None:
    bench = opened()
    bench.send(SILENT, "call")
    bench.kafka.now += 60 * SECOND + GRACE
    bench.send(OTHER, "call")
    bench.work()
    assert [(change["lead_id"], change["rule"]) for change in bench.changes()] == [
        (SILENT, "created"),
        (SILENT, "gone-quiet"),
        (OTHER, "created"),
    ]
    assert bench.changes()[1]["cause"]["before_offset"] == 1


def test_while_it_is_held_nobody_is_moved_and_then_all_are() -> None:
    bench = opened()
    bench.held = True
    bench.send(SILENT, "call")
    bench.work()
    bench.later(200 * SECOND)
    bench.send(OTHER, "call")
    bench.work()
    assert bench.said() == {SILENT: ["created"], OTHER: ["created"]}
    assert bench.clocks() == {0: 0}
    bench.held = False
    bench.later(1)
    assert bench.said() == {SILENT: ["created", "gone-quiet"], OTHER: ["created"]}


def test_it_never_goes_back() -> None:
    bench = opened()
    bench.send(SILENT, "call")
    bench.work()
    bench.later(100 * SECOND)
    before = bench.clocks()[0]
    bench.kafka.now -= 50 * SECOND
    bench.send(OTHER, "call")
    bench.work()
    assert bench.clocks()[0] == before


def test_a_producers_stamp_from_the_future_moves_no_clock() -> None:
    bench = opened()
    bench.send(SILENT, "call", stamp=START)
    bench.send(OTHER, "call", stamp=START + 6 * MINUTE)
    bench.work()
    assert bench.dead() == ["leadgate.future"]
    assert bench.said() == {SILENT: ["created"]}
    assert bench.clocks()[0] == START - GRACE


@pytest.mark.parametrize("idle", [True, False])
def test_many_who_are_due_at_once_are_moved_in_several_passes_one_after_the_other(idle: bool) -> None:
    """A pass that had to be cut leaves the clock where it had come to, so that the next goes on at once."""
    bench = opened(max_due=2)
    leads = [lead_of(0, n) for n in range(7)]
    for lead in leads:
        bench.send(lead, "call")
    bench.work()
    bench.kafka.now += 100 * SECOND
    if idle:
        bench.engine.sample_clock()
    else:
        bench.send(lead_of(0, 8), "call")
        bench.deliver()
    assert bench.passes() >= 4
    said = bench.said()
    assert all(said[lead] == ["created", "gone-quiet"] for lead in leads)
    if not idle:
        assert bench.changes()[-1]["lead_id"] == lead_of(0, 8)


def test_a_cut_pass_that_is_thrown_away_is_done_again() -> None:
    bench = opened(max_due=2)
    leads = [lead_of(0, n) for n in range(7)]
    for lead in leads:
        bench.send(lead, "call")
    bench.work()
    bench.kafka.now += 100 * SECOND
    bench.engine.sample_clock()
    assert bench.one_pass()
    bench.take()
    bench.assign()
    bench.work()
    bench.later(1)
    assert all(rules == ["created", "gone-quiet"] for rules in bench.said().values())
