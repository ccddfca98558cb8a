"""Rules that raise: one record is put aside alone; where they fail on many, the worker stops."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from schemas.activity import Activity
from schemas.moments import SECOND
from streams.engine.failures import EngineFailed
from streams.engine.passes import EvaluationFailed
from streams.engine.transaction import Outgoing
from tests.doubles.engines import GRACE, Bench, clocked, lead_of

pytestmark = pytest.mark.plain
"""What stands in for a funnel here, compiled code would not take for one."""

LEADS = [lead_of(0, nth) for nth in range(6)]


class Broken:
    """A funnel that raises where ``fails`` says so, or on every lead that time moves."""

    def __init__(self, fails: Callable[[Activity], bool], in_time: bool = False) -> None:
        self._funnel, self._fails, self._in_time = clocked(), fails, in_time

    def __getattr__(self, name: str) -> Any:
        return getattr(self._funnel, name)

    def apply(self, lead: Any, activity: Activity, *rest: Any) -> Any:
        applied = self._funnel.apply(lead, activity, *rest)
        if self._fails(activity):
            raise ZeroDivisionError(activity.id)
        return applied

    def advance(self, *rest: Any) -> Any:
        if self._in_time:
            raise ZeroDivisionError("in time")
        return self._funnel.advance(*rest)


def working(funnel: Any, **changes: Any) -> Bench:
    bench = Bench(funnel=funnel, **changes)
    bench.assign()
    bench.work()
    return bench


def test_one_record_is_put_aside_and_its_neighbours_are_unharmed() -> None:
    bench = working(Broken(lambda activity: activity.type == "call"))
    for lead in LEADS:
        bench.send(lead, "demo")
    bench.send(LEADS[2], "call")
    for lead in LEADS:
        bench.send(lead, "seen")
    bench.work()
    assert bench.said() == {lead: ["created", "to-mql"] for lead in LEADS}
    assert bench.dead() == ["leadgate.failed_evaluation"]
    [letter] = bench.kafka.all("dead")
    assert json.loads(letter.value() or b"")["type"] == "call"
    assert bench.failures == []


def test_what_the_failed_rules_had_begun_to_change_is_forgotten() -> None:
    bench = working(Broken(lambda activity: activity.type == "demo"))
    bench.send(LEADS[0], "seen")
    bench.work()
    for type_ in ("demo", "call", "call"):
        bench.send(LEADS[0], type_)
    bench.work()
    assert bench.said() == {LEADS[0]: ["created"]}


def test_it_is_judged_once_though_it_has_to_wait() -> None:
    """A pass of its neighbours in between does not make it count as another failure."""
    judged: list[str] = []

    def fails(activity: Activity) -> bool:
        if activity.type == "call":
            judged.append(activity.id)
        return activity.type == "call"

    bench = working(Broken(fails), pass_records=2)
    bench.send(lead_of(1), "call")
    bench.deliver()
    bench.one_pass()
    for lead in LEADS:
        bench.send(lead, "seen")
    bench.work()
    assert bench.dead() == ["leadgate.failed_evaluation"]
    assert len(judged) == 1


def test_failing_on_one_record_after_the_other_the_worker_stops_and_puts_none_aside() -> None:
    bench = working(Broken(lambda _activity: True))
    for lead in LEADS:
        bench.send(lead, "seen")
    with pytest.raises(EngineFailed, match="too many activities"):
        bench.work()
    assert bench.dead() == []
    assert bench.kafka.committed([0]) == {0: None}


def test_it_stops_also_where_the_records_have_gaps_between_them() -> None:
    """Offsets that markers take do not make failures look scattered."""
    bench = working(Broken(lambda activity: activity.type == "call"), failures_ratio=1.0)
    for _ in range(30):
        bench.send(LEADS[0], "seen")
    bench.work()
    for lead in LEADS:
        bench.send(lead, "call")
        bench.kafka.append(
            "in", Outgoing("in", 0, b"key", b"value"), by=bench.kafka.transaction("somebody", 0)
        )
        bench.kafka.end_transaction("somebody", "aborted")
    with pytest.raises(EngineFailed, match="too many activities"):
        bench.work()


def test_failing_on_a_lead_that_time_moves_the_worker_stops() -> None:
    bench = working(Broken(lambda _activity: False, in_time=True))
    bench.send(LEADS[0], "seen")
    bench.work()
    bench.kafka.now += 60 * SECOND + GRACE
    bench.engine.sample_clock()
    with pytest.raises(EngineFailed, match="a lead that time moves"):
        bench.passes()


def test_a_stage_that_cant_be_written_down_is_the_records_failure_too() -> None:
    """Whatever a record's decisions are made into belongs to its evaluation."""

    class Unwritable(Broken):
        def apply(self, lead: Any, activity: Activity, *rest: Any) -> Any:
            applied = super().apply(lead, activity, *rest)
            if activity.type == "call":
                applied.decisions.append(object())
            return applied

    bench = working(Unwritable(lambda _activity: False))
    bench.send(LEADS[0], "call")
    bench.send(LEADS[1], "seen")
    bench.work()
    assert bench.dead() == ["leadgate.failed_evaluation"]
    assert bench.said() == {LEADS[1]: ["created"]}


def test_the_engine_says_where_it_failed() -> None:
    failed = EvaluationFailed(3, 17, 16, ValueError("boom"))
    assert str(failed) == "partition 3, offset 17: ValueError: boom"
