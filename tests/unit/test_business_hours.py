"""`bh` wherever a duration may stand, told as a lead's story.

The story starts on Thursday 2026-01-01 at 00:00, and so are its hours counted: Thursday is
open from hour 9 to 17, Friday from 33 to 41, Monday from 105 to 113, Tuesday from 129 on.
"""

from typing import Any

import pytest

from qualifiers import compile_funnel
from schemas.funnel_file import FunnelFile
from tests.unit.story import START, Story, funnel, hours, tell

CALENDAR = {"hours": "mon-fri 09:00-17:00"}


def office(when: Any = None, **parts: Any) -> Story:
    return tell(when, calendar=CALENDAR, **parts)


def test_in_stage_says_so_in_words_and_in_open_seconds() -> None:
    story = office({"in_stage": "4bh"}).does("x", 39)
    assert story.waits(106, ms=-1).stage == "a"
    assert hours(story.waits(200).last) == 107
    assert story.last.reason == "4 business hours in a"
    (proof,) = story.last.evidence
    assert (proof.condition, proof.value) == ("in stage for 4 business hours", 4 * 3600)
    assert story.last.previous_stage_seconds == (107 - 39) * 3600


def test_one_business_hour_is_no_plural() -> None:
    assert office({"in_stage": "1bh"}).does("x", 9).waits(10).last.reason == "1 business hour in a"


def test_it_ends_at_closing() -> None:
    assert hours(office({"in_stage": "1bh"}).does("x", 40).waits(200).last) == 41


@pytest.mark.parametrize("condition", [{"quiet": "8bh"}, {"quiet": {"for": "8bh", "of": "x"}}])
def test_quiet(condition: Any) -> None:
    story = office(condition).does("x", 10).does("x", 20)
    assert hours(story.waits(300).last) == 41


@pytest.mark.parametrize(("at", "ms", "fires"), [(107, -1, True), (107, 0, False), (90, 0, True)])
def test_a_window_is_half_open(at: int, ms: int, fires: bool) -> None:
    story = office({"did": "x", "times": 2, "within": "4bh"}).does("x", 39).does("x", at, ms=ms)
    assert (story.stage == "b") is fires


def test_a_window_that_closes_is_noticed_by_time_alone() -> None:
    story = office({"none": [{"did": "x", "within": "4bh"}]}).does("x", 39)
    assert hours(story.waits(300).last) == 107


def test_a_sum_is_asked_in_business_hours_and_in_others() -> None:
    parts = {"sum": "n", "of": "x", "at_least": 10}
    both = {"any": [parts | {"within": "8bh"}, parts | {"within": "24h"}]}
    # Over the weekend the open window is the longer one, inside a day the other.
    assert office(both).does("x", 40, n=5).does("x", 105, n=5).stage == "b"
    assert office(both).does("x", 9, n=5).does("x", 32.9, n=5).stage == "b"
    assert office(both).does("x", 9, n=5).does("x", 33.1, n=5).stage == "a"
    assert office(both).does("x", 40, n=5).does("x", 112, n=5).stage == "a"


def test_a_sequence_has_its_span_and_its_window() -> None:
    spanned = {"sequence": ["x", "y"], "span": "2bh"}
    assert office(spanned).does("x", 40).does("y", 106, ms=-1).stage == "b"
    assert office(spanned).does("x", 40).does("y", 106).stage == "a"
    done = {"all": [{"sequence": ["x", "y"], "within": "2bh"}, {"did": "z"}]}
    assert office(done).does("x", 1).does("y", 40).does("z", 106, ms=-1).stage == "b"
    assert office(done).does("x", 1).does("y", 40).does("z", 106).stage == "a"


def test_again_after() -> None:
    story = office(
        transitions=[
            {"to": "b", "when": {"did": "x", "since": "entry"}, "again_after": "4bh"},
            {"name": "back", "from": "b", "to": "a", "when": {"did": "y", "since": "entry"}},
        ]
    )
    story.does("x", 39).does("y", 40).does("x", 41)
    assert story.stage == "a"
    assert hours(story.waits(300).last) == 107


def test_a_points_line_gives_so_much_in_so_many_open_hours() -> None:
    line = {"on": "x", "add": 5, "at_most": 5, "per": "4bh"}
    story = office({"did": "never"}, scores={"s": {"points": [line]}})
    story.does("x", 39).does("x", 107, ms=-1)
    assert story.view.scores == {"s": 5.0}
    assert story.does("x", 107).view.scores == {"s": 10.0}


def test_a_signal_for_whoever_has_not_been_contacted() -> None:
    when = {"all": [{"in_stage": "4bh"}, {"none": [{"did": "contacted", "since": "entry"}]}]}
    signals = [{"name": "overdue", "in": "a", "when": when}]
    parts: dict[str, Any] = {"transitions": [{"to": "b", "when": {"did": "never"}}], "signals": signals}
    story = office(**parts).does("x", 39).waits(300)
    assert [hours(one) for one in story.signals] == [107]
    assert office(**parts).does("x", 39).does("contacted", 100).waits(300).signals == []


def test_without_a_calendar_there_are_no_business_hours() -> None:
    with pytest.raises(ValueError, match="need a calendar"):
        funnel({"in_stage": "4bh"})


def test_a_funnel_without_business_hours_does_not_read_its_zone() -> None:
    file = {"funnel": "f", "stages": ["a", "b"], "transitions": [{"to": "b", "when": {"in_stage": "4h"}}]}
    compile_funnel(FunnelFile.model_validate(file | {"calendar": CALENDAR | {"zone": "No/Where"}}))


def test_a_moment_too_far_for_any_date_is_never() -> None:
    story = tell({"in_stage": "876600bh"}, calendar={"hours": "mon 09:00-10:00"}).does("x")
    assert story.view.due is None
    assert story.waits(24 * 365 * 100).stage == "a"
    assert story.view.since + 1 > START
