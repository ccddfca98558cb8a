"""What will happen, and when, if the lead does nothing more."""

from typing import Any

from qualifiers import explain
from qualifiers.forecast import HORIZON, MOST_STEPS, forecast
from schemas.explanation import Forecast
from schemas.moments import DAY, HOUR
from tests.unit.story import START, Story, funnel, tell

QUIET = {"name": "gone-quiet", "from": ["a", "b"], "to": "out", "when": {"quiet": "30d"}}


def forecast_of(story: Story, at: float | None = None) -> Forecast:
    assert story.lead is not None
    moment = story.lead.clock if at is None else START + round(at * HOUR)
    return forecast(story.funnel, "lead", story.lead, moment)


def told(ahead: Forecast) -> list[tuple[float, str | None, str]]:
    """When (in days), by what, into which stage, or in which."""
    return [((one.at - START) / DAY, one.rule or one.signal, one.stage) for one in ahead.steps]


def test_nothing_that_time_does_is_nothing_more() -> None:
    ahead = forecast_of(tell({"did": "y"}).does("x"))
    assert (ahead.steps, ahead.ends, ahead.until) == ([], "nothing_more", START + HORIZON)


def test_each_step_is_told_with_its_moment_and_its_reason() -> None:
    given_up = {"name": "given-up", "from": "out", "to": "c", "when": {"in_stage": "60d"}}
    ahead = forecast_of(tell(transitions=[QUIET, given_up]).does("x"))
    assert told(ahead) == [(30, "gone-quiet", "out"), (90, "given-up", "c")]
    assert [one.reason for one in ahead.steps] == ["No activity for 30 days", "60 days in out"]
    assert all(one.signal is None for one in ahead.steps)
    assert ahead.ends == "nothing_more"


def test_signals_are_steps() -> None:
    cooling = {"name": "cooling", "in": "a", "when": {"quiet": "10d"}}
    ahead = forecast_of(tell(transitions=[QUIET], signals=[cooling]).does("x"))
    assert told(ahead) == [(10, "cooling", "a"), (30, "gone-quiet", "out")]
    assert (ahead.steps[0].rule, ahead.steps[0].signal) == (None, "cooling")


def test_a_hold_that_ends_lets_a_rule_fire() -> None:
    story = tell(transitions=[{"to": "b", "when": {"did": "x"}}], hold={"when": {"did": "p", "within": "2d"}})
    assert told(forecast_of(story.does("p").does("x", 1))) == [(2, "to-b", "b")]


def test_what_is_due_already_comes_first() -> None:
    assert told(forecast_of(tell(transitions=[QUIET]).does("x"), at=24 * 40)) == [(30, "gone-quiet", "out")]


def test_what_lies_beyond_ten_years_is_not_told() -> None:
    for days, ends in [(3_652, "nothing_more"), (3_653, "horizon")]:
        ahead = forecast_of(tell({"in_stage": f"{days}d"}).does("x"))
        assert (len(ahead.steps), ahead.ends) == (days == 3_652, ends)


def test_no_more_than_so_many_steps_are_told() -> None:
    rules: list[Any] = [
        {"name": "there", "from": "a", "to": "b", "when": {"in_stage": "1d"}, "again_after": "1d"},
        {"name": "back", "from": "b", "to": "a", "when": {"in_stage": "1d"}, "again_after": "1d"},
    ]
    ahead = forecast_of(tell(transitions=rules).does("x"))
    assert [at for at, *_ in told(ahead)] == [float(day) for day in range(1, MOST_STEPS + 1)]
    assert ahead.ends == "steps"


def test_a_changed_funnel_s_reading_comes_first() -> None:
    story = tell({"did": "x", "times": 2}).does("x")
    assert story.lead is not None
    other = funnel({"did": "x"}, stages=["start", "b", "c"])
    ahead = explain(other, "lead", story.lead, START + HOUR, {"a": "start"}).forecast
    assert [(one.rule, one.stage) for one in ahead.steps] == [("to-b", "b")]
