"""`stage_assigned`: a person moves a lead, and the rules do not undo it."""

from typing import Any

import pytest

from schemas.dead_letter import Unreadable
from tests.unit.story import Story, hours, tell

TO_B = {"to": "b", "when": {"did": "asked"}}
BACK = {"name": "back", "from": "c", "to": "b", "when": {"did": "asked"}}
AWAY = {"name": "away", "from": ["a", "b"], "to": "out", "when": {"quiet": "10d"}}


def assigned(story: Story, to: str, at: float, **more: Any) -> Story:
    return story.does("stage_assigned", at, to=to, **more)


def test_a_person_moves_a_lead() -> None:
    story = assigned(tell(transitions=[TO_B]).does("seen"), "c", 5, by="Ada", reason="met at the fair")
    change = story.last
    assert (change.from_, change.to, change.rule, change.direction) == ("a", "c", "manual", "forward")
    assert change.reason == "Moved by Ada: met at the fair"
    assert (change.seq, change.previous_stage_seconds) == (2, 5 * 3600)
    assert change.evidence[0].activity_id == "activity-2"
    assert assigned(story, "out", 6).last.reason == "Moved by hand"


def test_a_late_move_is_proved_by_when_the_person_made_it() -> None:
    change = assigned(tell(transitions=[TO_B]).does("seen", 10), "c", 5).last
    assert (change.late, hours(change)) == (True, 10)
    assert change.evidence[0].occurred_at == "2026-01-01T05:00:00.000Z"


def test_a_first_activity_that_assigns() -> None:
    story = assigned(tell(transitions=[TO_B]), "c", 0)
    assert [(one.rule, one.to) for one in story.said] == [("created", "a"), ("manual", "c")]


def test_the_same_stage_changes_nothing_but_the_quiet() -> None:
    story = tell(transitions=[TO_B, AWAY]).does("seen", 0)
    assigned(story, "a", 24 * 9)
    assert story.moves == []
    assert story.waits(24 * 18.9).stage == "a"
    assert story.waits(24 * 19).stage == "out"


def test_final_binds_rules_not_people() -> None:
    story = tell(transitions=[TO_B], final=["b"]).does("asked")
    assert assigned(story, "a", 1).stage == "a"


def test_what_is_true_waits_until_it_has_been_false() -> None:
    recent = {"to": "b", "when": {"did": "asked", "within": "24h"}}
    story = tell(transitions=[recent]).does("asked", 0)
    assert assigned(story, "a", 1).moves == [("to-b", "b"), ("manual", "a")]
    assert story.does("asked", 2).stage == "a", "still true: it waits on"
    assert story.waits(26).does("seen", 26).stage == "a"
    assert story.does("asked", 27).stage == "b", "it has been false since 26:00"


def test_what_is_true_waits_thirty_days_at_most() -> None:
    story = assigned(tell(transitions=[TO_B]).does("asked", 0), "a", 1)
    assert story.view.due is not None
    assert story.waits(1 + 30 * 24, ms=-1).stage == "a"
    assert story.waits(1 + 30 * 24).stage == "b"
    assert hours(story.last) == 1 + 30 * 24


@pytest.mark.parametrize(("at", "stage"), [(48.9, "a"), (49, "b")])
def test_a_person_says_how_long(at: float, stage: str) -> None:
    story = assigned(tell(transitions=[TO_B]).does("asked", 0), "a", 1, hold="2d")
    assert story.waits(at).stage == stage


def test_what_is_true_waits_also_where_something_else_holds_it_back() -> None:
    again = {"to": "b", "when": {"did": "asked"}, "again_after": "10h"}
    story = assigned(tell(transitions=[again]).does("asked", 0), "a", 1).waits(24)
    assert story.does("seen", 24).stage == "a"
    held = tell(transitions=[TO_B], hold={"when": {"trait": "peace", "is": True}}).does("asked", 0)
    assigned(held.knows(1, peace=True), "a", 2)
    assert held.knows(3, peace=False).stage == "a"


def test_others_fire_meanwhile() -> None:
    story = tell(transitions=[BACK, {"to": "c", "when": {"did": "agreed"}}]).does("asked", 0)
    assigned(story, "b", 1)
    assert story.does("agreed", 2).stage == "c", "and back to where the cascade began it does not go"


def test_a_move_by_a_rule_ends_the_wait() -> None:
    out = {"name": "out", "from": "a", "to": "out", "when": {"did": "left", "since": "entry"}}
    again = {"name": "again", "from": "out", "to": "a", "when": {"did": "came", "since": "entry"}}
    story = assigned(tell(transitions=[TO_B, out, again]).does("asked", 0), "a", 1)
    assert story.does("left", 2).does("came", 3).moves[-2:] == [("again", "a"), ("to-b", "b")]


def test_it_carries_traits() -> None:
    knows = {"to": "b", "when": {"has": "budget"}}
    story = tell(transitions=[knows]).does("seen")
    story.does("stage_assigned", 1, to="a", traits={"budget": 1})
    assert story.stage == "b", "to where it is: no move of a person's that would be undone"


@pytest.mark.parametrize(
    ("properties", "reason", "says"),
    [
        ({"to": "bb"}, "unknown_stage", "did you mean `b`?"),
        ({"to": "elsewhere"}, "unknown_stage", "there are: a, b, c, out"),
        ({}, "missing_member", "`to`"),
        ({"to": 3}, "wrong_type", "`to` of a stage_assigned must be text"),
        ({"to": "b", "hold": "soon"}, "wrong_type", "a unit"),
        ({"to": "b", "by": 3}, "wrong_type", "`by`"),
    ],
)
def test_what_cannot_be_done_changes_nothing(properties: dict[str, Any], reason: str, says: str) -> None:
    story = tell(transitions=[AWAY]).does("seen")
    with pytest.raises(Unreadable, match=says) as raised:
        story.does("stage_assigned", 24 * 20, **properties)
    assert raised.value.reason == reason
    assert story.moves == [], "not even what was due before it"
