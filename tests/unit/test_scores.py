from math import log2
from typing import Any

import pytest

from schemas.moments import DAY, HOUR, parse_moment
from tests.unit.story import START, Story, hours, tell


def scored(*points: dict[str, Any], when: Any = None, **score: Any) -> Story:
    """A story whose funnel has one score `s` of these lines."""
    return tell(when or {"did": "never"}, scores={"s": {"points": list(points)} | score})


def score(story: Story, at: float | None = None) -> float:
    assert story.lead is not None
    moment = None if at is None else START + round(at * HOUR)
    return story.funnel.view("lead", story.lead, moment).scores["s"]


def test_every_line_that_matches_adds() -> None:
    story = scored(
        {"on": "x", "add": 2}, {"on": ["x", "y"], "add": 3}, {"on": "x", "where": {"n": 1}, "add": 10}
    )
    assert score(story.does("x")) == 5
    assert score(story.does("y")) == 8
    assert score(story.does("x", n=1)) == 23


def test_a_line_tests_the_source() -> None:
    story = scored({"on": "x", "source": ["search", "social"], "add": 2})
    assert score(story.does("x", source="email").does("x", source="Social").does("x")) == 2


def test_limits_are_kept_once_an_activity() -> None:
    story = scored({"on": "x", "add": 90}, {"on": "x", "add": -50}, {"on": "y", "add": -99}, limits=[0, 100])
    assert score(story.does("x").does("x").does("x")) == 100
    assert score(story.does("y").does("y")) == 0
    assert score(story.does("x")) == 40


def test_points_halve_with_each_half_life() -> None:
    story = scored({"on": "x", "add": 8}, half_life="24h").does("x")
    assert [score(story, hour) for hour in (0, 24, 48, 72)] == [8, 4, 2, 1]
    assert score(story.does("x", 24)) == 12


def test_lines_for_who_the_lead_is_hold_while_true_and_do_not_decay() -> None:
    story = scored(
        {"if": {"trait": "n", "above": 5}, "add": 4},
        {"if": {"none": [{"has": "m"}]}, "add": 1},
        {"on": "x", "add": 8},
        half_life="24h",
        limits=[0, 12],
    )
    assert score(story.does("x")) == 9
    assert score(story.knows(24, n=6)) == 9
    assert score(story.knows(24, m=1)) == 8
    assert score(story.knows(24, n=None)) == 4
    assert score(story.does("x", 24).knows(24, n=7)) == 12


def test_a_bound_is_on_what_the_points_are_worth_at_that_moment() -> None:
    story = scored({"on": "x", "add": 8, "at_most": 12}, half_life="24h").does("x").does("x")
    assert score(story) == 12
    assert score(story, 24) == 6
    assert score(story.does("x", 24)) == 12


def test_a_bound_is_on_the_magnitude() -> None:
    story = scored({"on": "x", "add": -8, "at_most": 12})
    assert score(story.does("x").does("x").does("x")) == -12


def test_points_that_limits_swallow_have_used_their_line_s_room() -> None:
    story = scored({"on": "x", "add": 8, "at_most": 10}, {"on": "y", "add": -9}, limits=[0, 5])
    assert score(story.does("x").does("y").does("x")) == 2


def test_per_looks_back_over_a_half_open_window() -> None:
    story = scored({"on": "x", "add": 8, "at_most": 12, "per": "24h"})
    assert score(story.does("x", 0).does("x", 1).does("x", 2)) == 12
    assert score(story.does("x", 24, ms=-1)) == 12
    assert score(story.does("x", 24)) == 20
    assert score(story.does("x", 25)) == 24


def test_per_counts_nominal_points() -> None:
    story = scored({"on": "x", "add": 8, "at_most": 8, "per": "48h"}, half_life="24h")
    assert score(story.does("x", 0).does("x", 24)) == 4


def test_a_late_activity_adds_what_its_points_are_worth_by_now() -> None:
    story = scored({"on": "x", "add": 8}, half_life="24h").does("y", 24).does("x", 0)
    assert score(story) == 4


def test_a_late_activity_fills_the_room_there_is_now_with_aged_points() -> None:
    story = scored({"on": "x", "add": 8, "at_most": 10}, half_life="24h").does("x", 24).does("x", 0)
    assert score(story) == 10
    story = scored({"on": "x", "add": 8, "at_most": 20}, half_life="24h").does("x", 24).does("x", 0)
    assert score(story) == 12


def test_a_late_activity_is_paced_by_what_lay_before_it() -> None:
    story = scored({"on": "x", "add": 8, "at_most": 8, "per": "24h"})
    assert score(story.does("x", 0).does("x", 48).does("x", 47)) == 24
    assert score(story.does("x", 23)) == 24
    assert score(story.does("x", 24)) == 32


@pytest.mark.parametrize(("ms", "points"), [(0, 8), (-1, 0)])
def test_a_week_late_still_scores_and_not_a_millisecond_more(ms: int, points: int) -> None:
    assert score(scored({"on": "x", "add": 8}).does("y", 7 * 24).does("x", 0, ms=ms)) == points


def test_a_score_cools_below_its_threshold_at_the_first_millisecond_that_rounds_so() -> None:
    story = scored({"on": "x", "add": 8}, when={"score": "s", "below": 4}, half_life="30d", limits=[0, 100])
    story.does("x").waits(10_000)
    at = parse_moment(story.last.occurred_at)
    assert story.last.seq == 2

    def rounded(moment: int) -> float:
        return float(round(8 * 2.0 ** ((START - moment) / (30 * DAY)), 6))

    assert rounded(at) < 4 <= rounded(at - 1)
    assert at > START + 30 * DAY


def test_a_score_below_zero_comes_back_by_time() -> None:
    story = scored(
        {"on": "x", "add": -8},
        {"if": {"none": [{"has": "n"}]}, "add": 5},
        when={"all": [{"score": "s", "at_least": 1}, {"did": "x"}]},
        half_life="24h",
    ).does("x")
    assert story.stage == "a"
    story.waits(1000)
    assert hours(story.last) == pytest.approx(24, abs=0.001)


def test_points_below_zero_of_an_earlier_funnel_come_back_by_time_and_sooner_for_what_is_added() -> None:
    """Though no line of this one takes any."""
    before = scored({"on": "x", "add": -40}, half_life="24h").does("x")
    after = scored({"on": "y", "add": 5}, half_life="24h", when={"score": "s", "at_least": -10})
    story = before.comes_under(after, 1).does("y", 24)
    assert score(story) == -15
    assert hours(story.waits(1000).last) == pytest.approx(24 + 24 * log2(15 / 10), abs=0.001)


def test_a_score_between_bounds_opens_and_closes_by_time() -> None:
    when = {"all": [{"score": "s", "between": [2, 4]}, {"in_stage": "30h"}]}
    story = scored({"on": "x", "add": 8}, when=when, half_life="24h").does("x").waits(1000)
    assert hours(story.last) == 30
    when = {"all": [{"score": "s", "between": [2, 4]}, {"in_stage": "49h"}]}
    story = scored({"on": "x", "add": 8}, when=when, half_life="24h").does("x").waits(1000)
    assert story.stage == "a"


def test_rising_past_the_threshold_moves_and_just_below_does_not() -> None:
    story = scored({"on": "x", "add": 0.1}, when={"score": "s", "at_least": 0.3}).does("x").does("x")
    assert story.stage == "a"
    assert story.does("x").stage == "b"
    assert story.last.scores == {"s": 0.3}


def test_falling_by_an_activity_is_noticed() -> None:
    story = scored(
        {"on": "x", "add": 8},
        {"on": "y", "add": -7},
        when={"all": [{"score": "s", "below": 4}, {"did": "x"}]},
        limits=[0, 10],
        half_life="24h",
    )
    assert story.does("x").stage == "a"
    assert story.does("y").stage == "b"


def test_a_fall_by_an_activity_brings_the_crossing_nearer() -> None:
    story = scored(
        {"on": "x", "add": 8},
        {"on": "y", "add": -4},
        when={"all": [{"score": "s", "below": 2}, {"did": "x"}]},
        limits=[0, 10],
        half_life="24h",
    )
    story.does("x").does("y").waits(1000)
    assert hours(story.last) == pytest.approx(24, abs=0.001)


def test_what_is_kept_of_a_pace_is_bounded() -> None:
    story = scored({"on": "x", "add": 1, "at_most": 1, "per": "1s"})
    for second in range(1000):
        story.does("x", ms=1000 * second)
    assert story.lead is not None
    assert score(story) == 1000
    assert sum(len(kept) for kept in story.lead.kept.values() if isinstance(kept, list)) <= 256


def test_a_reason_has_the_decimals_that_it_takes_to_be_true() -> None:
    story = scored(
        {"on": "x", "add": 40}, half_life="30d", when={"all": [{"has": "t"}, {"score": "s", "below": 10}]}
    )
    change = story.does("x", traits={"t": 1}).waits(24 * 61).last
    assert change.reason.endswith("s is 9.999999 (below 10)")
    assert change.evidence[-1].value == 9.999999
    assert change.scores["s"] == 10.0  # shown with four decimals


def test_what_is_learnt_about_a_lead_moves_it_by_its_score() -> None:
    fit = {"s": {"points": [{"if": {"has": "n"}, "add": 5}]}}
    assert tell({"score": "s", "at_least": 5}, scores=fit).does("x").knows(1, n=1).stage == "b"
    assert tell({"score": "s", "below": 5}, scores=fit).knows(0, n=1).knows(1, n=None).stage == "b"


def test_a_single_point_for_who_the_lead_is_moves_it() -> None:
    story = scored({"if": {"has": "n"}, "add": 1}, when={"score": "s", "at_least": 1})
    assert story.does("x").stage == "a"
    assert story.knows(1, n=1).stage == "b"


def test_another_funnel_weighs_at_once_who_the_lead_is() -> None:
    before = scored({"if": {"has": "n"}, "add": 1}).knows(n=1)
    after = scored({"if": {"has": "n"}, "add": 3}, when={"score": "s", "at_least": 3})
    story = before.comes_under(after, 1)
    assert score(story) == 3
    assert story.stage == "b"


def test_a_line_that_adds_nothing_lifts_a_score_to_its_least() -> None:
    story = scored({"on": "x", "add": 0}, {"on": "y", "add": 5}, limits=[1, 10])
    assert score(story.does("y")) == 5
    story = scored({"on": "x", "add": 0}, {"on": "y", "add": 5}, limits=[1, 10])
    assert score(story.does("x").does("y")) == 6


def test_a_late_gift_of_a_line_with_per_is_worth_less_by_now() -> None:
    line = {"on": "x", "add": 8, "at_most": 16, "per": "7d"}
    story = tell({"did": "never"}, scores={"s": {"half_life": "24h", "points": [line]}})
    assert story.does("y", 48).does("x", 0).view.scores == {"s": 2.0}
