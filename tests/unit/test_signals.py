"""Signals: said when they turn true in a stage, without moving the lead."""

from typing import Any

import pytest

from tests.unit.story import Story, hours, tell

CALLED = {"did": "called", "since": "entry"}
OVERDUE = {"name": "overdue", "in": "b", "when": {"all": [{"in_stage": "4h"}, {"none": [CALLED]}]}}


def signalled(*signals: dict[str, Any], **parts: Any) -> Story:
    back = {"name": "back", "from": "b", "to": "a", "when": {"did": "back", "since": "entry"}}
    there = {"to": "b", "when": {"did": "x", "since": "entry"}}
    return tell(transitions=[there, back], signals=list(signals), **parts)


def heard(story: Story) -> list[tuple[str, float, int, int]]:
    return [(one.signal, hours(one), one.seq, one.n) for one in story.signals]


def test_it_is_said_when_time_turns_it_true_and_only_in_its_stage() -> None:
    story = signalled(OVERDUE).does("y").waits(9)
    assert heard(story) == []
    story.does("x", 10).waits(13.9)
    assert heard(story) == []
    story.waits(100)
    assert heard(story) == [("overdue", 14, 2, 1)]
    assert (story.stage, story.view.seq) == ("b", 2)
    assert story.signals[0].reason == "4 hours in b and not called in this stay"
    assert story.signals[0].stage == "b"


def test_it_is_not_said_where_its_condition_stays_false() -> None:
    assert heard(signalled(OVERDUE).does("x").does("called", 1).waits(100)) == []


def test_each_time_that_it_turns_true_it_is_said_again() -> None:
    story = signalled({"name": "keen", "in": ["a", "b"], "when": {"did": "y", "times": 2, "within": "5h"}})
    for at in (0, 1, 2, 20, 21):
        story.does("y", at)
    assert heard(story) == [("keen", 1, 1, 1), ("keen", 21, 1, 2)]


def test_a_stay_begins_with_all_of_them_false() -> None:
    story = signalled({"name": "known", "in": ["a", "b"], "when": {"has": "n"}})
    story.knows(0, n=1).does("x", 1).does("back", 2)
    assert heard(story) == [("known", 0, 1, 1), ("known", 1, 2, 1), ("known", 2, 3, 1)]
    assert len({one.id for one in story.signals}) == 3


def test_it_is_read_once_the_transitions_are_at_rest() -> None:
    story = tell(
        transitions=[{"to": "b", "when": {"did": "x"}}, {"to": "c", "when": {"did": "x"}}],
        signals=[{"name": "there", "in": ["a", "b", "c"], "when": {"did": "x"}}],
    ).does("x")
    assert [(one.signal, one.stage) for one in story.signals] == [("there", "c")]


def test_it_is_read_in_final_stages_too() -> None:
    story = signalled({"name": "again", "in": "b", "when": {"did": "y"}}, final=["b"])
    assert heard(story.does("x").does("y", 1)) == [("again", 1, 2, 1)]


@pytest.mark.parametrize("ends", [True, False])
def test_during_hold_it_waits_and_is_said_when_that_ends_if_it_still_is_true(ends: bool) -> None:
    keen = {"name": "keen", "in": "a", "when": {"did": "y", "within": "5h"}}
    story = signalled(keen, hold={"when": {"trait": "consent", "is": "withdrawn"}})
    story.knows(0, consent="withdrawn").does("y", 1)
    assert heard(story) == []
    story.knows(3 if ends else 8, consent="given")
    assert heard(story) == ([("keen", 3, 1, 1)] if ends else [])


def test_what_was_said_already_is_not_said_again_when_a_hold_ends() -> None:
    story = signalled(
        {"name": "keen", "in": "a", "when": {"did": "y"}}, hold={"when": {"trait": "quiet", "is": True}}
    )
    story.does("y").knows(1, quiet=True).knows(2, quiet=False)
    assert heard(story) == [("keen", 0, 1, 1)]


def test_what_time_ended_is_the_same_signal_for_an_activity_from_before_that() -> None:
    """Whether time has been looked at meanwhile must not matter."""
    either = {"any": [{"did": "y", "within": "5h"}, {"did": "z", "within": "1h"}]}
    story = signalled({"name": "keen", "in": "a", "when": either})
    story.does("y").waits(50).does("z", 4)
    assert heard(story) == [("keen", 0, 1, 1)]
    assert heard(story.does("y", 60)) == [("keen", 0, 1, 1), ("keen", 60, 1, 2)]


def test_the_view_tells_when_it_may_be_given() -> None:
    story = signalled(OVERDUE).does("x", 1)
    assert story.view.due == story.view.clock + 4 * 3_600_000


def test_the_view_tells_when_a_hold_ends_that_keeps_it_from_being_said() -> None:
    keen = {"name": "keen", "in": "a", "when": {"did": "y"}}
    story = signalled(keen, hold={"when": {"did": "asked_for_peace", "within": "5h"}})
    story.does("asked_for_peace", 0).does("y", 1)
    assert story.view.due == story.view.clock + 4 * 3_600_000
    assert heard(story.waits(9)) == [("keen", 5, 1, 1)]
    assert story.does("asked_for_peace", 10).view.due is None, "it has been said"


def test_under_another_funnel_signals_take_their_present_value_in_silence() -> None:
    before = signalled().does("y")
    after = signalled({"name": "keen", "in": "a", "when": {"did": "y"}})
    after.lead, after._told = before.lead, 100
    after.does("z", 1)
    assert heard(after) == []
