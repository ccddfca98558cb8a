"""What holds a transition back though its condition is true: `again_after`, `hold`; and `resets`."""

import pytest

from tests.unit.story import Story, hours, tell

BACK = {"name": "back", "from": "b", "to": "a", "when": {"did": "back", "since": "entry"}}


def again(after: str | None = "48h", **parts: object) -> Story:
    rule = {"to": "b", "when": {"did": "x", "since": "entry"}} | ({"again_after": after} if after else {})
    return tell(transitions=[rule, BACK], **parts)


# again_after ----------------------------------------------------------------------------------------


def test_it_does_not_fire_again_sooner_and_fires_when_the_time_is_over() -> None:
    story = again().does("y").does("x", 1).does("back", 2).does("x", 3)
    assert story.stage == "a"
    assert story.waits(48.9).stage == "a"
    assert story.waits(49).stage == "b"
    assert (story.last.rule, hours(story.last), story.last.late) == ("to-b", 49, False)


@pytest.mark.parametrize(("at", "stage"), [(48.999, "a"), (49, "b")])
def test_exactly_so_long_is_enough(at: float, stage: str) -> None:
    assert again().does("y").does("x", 1).does("back", 2).does("x", at).stage == stage


def test_it_is_counted_from_the_last_firing_of_the_same_transition() -> None:
    story = again(None).does("y").does("x", 1).does("back", 2).does("x", 3)
    assert story.stage == "b"
    twice = again("2h").does("y").does("x", 1).does("back", 2).does("x", 3).does("back", 4).does("x", 4.5)
    assert twice.stage == "a"
    assert hours(twice.waits(9).last) == 5


def test_what_became_false_meanwhile_does_not_fire() -> None:
    rule = {"to": "b", "when": {"did": "x", "within": "3h"}, "again_after": "48h"}
    story = tell(transitions=[rule, BACK]).does("x", 1).does("back", 2).waits(500)
    assert story.stage == "a"


def test_the_next_true_one_fires_instead() -> None:
    story = tell(
        transitions=[
            {"to": "b", "when": {"did": "x"}, "again_after": "48h"},
            BACK,
            {"name": "aside", "from": "a", "to": "out", "when": {"did": "x", "times": 2}},
        ]
    )
    assert story.does("x", 1).does("back", 2).does("x", 3).stage == "out"


def test_the_view_tells_when_it_may_fire_again() -> None:
    story = again().does("y").does("x", 1).does("back", 2).does("x", 3)
    assert story.lead is not None
    assert story.view.due == story.view.clock + 46 * 3_600_000


# hold -----------------------------------------------------------------------------------------------

NO_CONSENT = {"when": {"trait": "consent", "is": "withdrawn"}}


def test_it_stops_what_leads_forward_and_nothing_else() -> None:
    story = tell(
        transitions=[
            {"to": "b", "when": {"did": "x"}},
            {"name": "aside", "from": "any", "to": "out", "when": {"did": "aside", "since": "entry"}},
            {"name": "return", "from": "out", "to": "b", "when": {"did": "return"}},
            {"name": "down", "from": "b", "to": "a", "when": {"did": "down"}},
        ],
        hold=NO_CONSENT,
    )
    story.knows(0, consent="withdrawn")
    assert story.does("x", 1).stage == "a"
    assert story.does("aside", 2).stage == "out"
    assert story.does("return", 3).stage == "b", "not towards a later stage of the path"
    assert story.does("down", 4).stage == "a"


def test_what_is_true_when_it_ends_fires_then() -> None:
    story = tell({"did": "x"}, hold=NO_CONSENT).knows(0, consent="withdrawn").does("x", 1)
    assert story.knows(2, consent="given").stage == "b"
    assert hours(story.last) == 2


def test_time_ends_it_too() -> None:
    story = tell({"did": "x"}, hold={"when": {"did": "asked_for_peace", "within": "24h"}})
    story.does("asked_for_peace", 1).does("x", 2)
    assert story.waits(24.9).stage == "a"
    assert hours(story.waits(25).last) == 25


def test_points_and_traits_go_on_meanwhile() -> None:
    story = tell(
        {"score": "s", "at_least": 2},
        scores={"s": {"points": [{"on": "x", "add": 1}]}},
        hold=NO_CONSENT,
    )
    story.knows(0, consent="withdrawn").does("x", 1).does("x", 2)
    assert (story.stage, story.view.scores) == ("a", {"s": 2.0})
    assert story.knows(3, consent=None).stage == "b"


# resets ---------------------------------------------------------------------------------------------


def test_points_start_from_zero_and_so_do_their_bounds() -> None:
    story = tell(
        transitions=[{"to": "b", "when": {"score": "s", "at_least": 3}, "resets": ["s"]}],
        scores={
            "s": {
                "points": [
                    {"on": "x", "add": 3, "at_most": 3},
                    {"on": "y", "add": 1, "at_most": 1, "per": "30d"},
                    {"if": {"has": "n"}, "add": 0.5},
                ]
            },
            "t": {"points": [{"on": "x", "add": 1}]},
        },
    )
    story.knows(0, n=1).does("y", 1).does("x", 2)
    assert story.last.scores == {"s": 4.5, "t": 1.0}, "as it was when the rule was found true"
    assert story.view.scores == {"s": 0.5, "t": 1.0}, "who the lead is, it still is"
    assert story.does("x", 3).does("y", 3).view.scores == {"s": 4.5, "t": 2.0}
