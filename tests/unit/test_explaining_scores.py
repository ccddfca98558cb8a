"""What a score is made of, line by line."""

from typing import Any

from qualifiers import explain
from schemas.explanation import ExplainedScore
from schemas.moments import HOUR
from tests.unit.story import START, Story, tell

FIT = {"if": {"trait": "size", "above": 10}, "add": 20}
SEEN = {"on": "seen", "where": {"path": "/pricing"}, "add": 5, "at_most": 12}
MAILED = {"on": ["opened", "clicked"], "add": 1, "at_most": 2, "per": "24h"}
CALLED = {"on": "called", "add": -1.5}
LINES = [SEEN, FIT, MAILED, CALLED]


def scored(points: list[Any] = LINES, **more: Any) -> Story:
    return tell({"did": "never_done"}, scores={"s": {"points": points} | more})


def explained(story: Story, at: float = 0) -> ExplainedScore:
    assert story.lead is not None
    [score] = explain(story.funnel, "lead", story.lead, START + round(at * HOUR)).scores
    return score


def test_lines_are_told_in_file_order_in_words() -> None:
    told = explained(scored().does("x"))
    assert [(line.line, line.words) for line in told.lines] == [
        (1, "seen where path is /pricing: +5 points, at most 12"),
        (2, "size above 10: +20 points"),
        (3, "opened or clicked: +1 point, at most 2 in any 24 hours"),
        (4, "called: -1.5 points"),
    ]
    assert (told.value, told.done, told.known, told.half_life_seconds, told.limits) == (0, 0, 0, None, None)


def test_a_bounded_line_tells_what_it_is_worth_and_what_room_is_left() -> None:
    story = scored().does("seen", path="/pricing")
    line = explained(story).lines[0]
    assert (line.worth, line.at_most, line.room, line.holds) == (5, 12, 7, None)
    line = explained(story.does("seen", 1, path="/pricing").does("seen", 2, path="/pricing"), 2).lines[0]
    assert (line.worth, line.room) == (12, 0)


def test_a_bounded_line_s_points_decay_and_give_room() -> None:
    story = scored([SEEN], half_life="10h").does("seen", 0, path="/pricing")
    told = explained(story, 10)
    assert (told.half_life_seconds, told.value, told.done) == (36_000, 2.5, 2.5)
    assert (told.lines[0].worth, told.lines[0].room) == (2.5, 9.5)


def test_a_bounded_line_that_takes_points_has_room_for_as_many() -> None:
    line = explained(scored([{"on": "x", "add": -5, "at_most": 12}]).does("x")).lines[0]
    assert (line.worth, line.room) == (-5, 7)


def test_a_line_by_time_tells_what_room_there_is_now() -> None:
    story = scored().does("opened", 0).does("clicked", 5)
    line = explained(story, 5).lines[2]
    assert (line.worth, line.at_most, line.room) == (None, 2, 0)
    assert explained(story, 24).lines[2].room == 1
    assert explained(story, 29).lines[2].room == 2


def test_of_a_line_without_a_bound_nothing_is_kept() -> None:
    told = explained(scored().does("called"))
    assert (told.lines[3].worth, told.lines[3].at_most, told.lines[3].room) == (None, None, None)
    assert (told.value, told.done, told.unaccounted) == (-1.5, -1.5, -1.5)


def test_what_lines_have_no_account_of_is_told_together() -> None:
    story = scored(half_life="10h").does("seen", 0, path="/pricing").does("opened", 0).does("called", 10)
    told = explained(story, 10)
    assert (told.done, told.lines[0].worth, told.unaccounted) == (1.5, 2.5, -1)


def test_who_the_lead_is_counts_as_long_as_it_holds() -> None:
    story = scored().knows(0, size=50)
    told = explained(story)
    assert (told.known, told.lines[1].holds, told.lines[1].worth) == (20, True, 20)
    told = explained(story.knows(1, size=5), 1)
    assert (told.known, told.lines[1].holds, told.lines[1].worth) == (0, False, 0)


def test_limits_cut_the_sum() -> None:
    told = explained(scored(limits=[0, 22]).does("seen", path="/pricing").knows(1, size=50), 1)
    assert (told.done, told.known, told.value, told.limits) == (5, 20, 22, (0, 22))


def test_what_limits_have_cut_of_what_was_done_is_unaccounted_for() -> None:
    told = explained(scored(limits=[0, 4]).does("seen", path="/pricing"))
    assert (told.done, told.lines[0].worth, told.unaccounted) == (4, 5, -1)


def test_points_are_rounded_as_scores_are_shown() -> None:
    told = explained(scored([SEEN], half_life="10h").does("seen", 0, path="/pricing"), 1)
    assert (told.value, told.lines[0].worth, told.lines[0].room) == (4.6652, 4.6652, 7.3348)
