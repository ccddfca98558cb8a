from typing import Any

import pytest

from qualifiers.builder import EVALUATORS, Builder
from schemas.conditions import CONDITIONS
from schemas.funnel_file import FunnelFile
from schemas.moments import HOUR, MINUTE
from tests.unit.story import START, hours, tell

SCORES = {"s": {"points": [{"on": "up", "add": 1}]}}


def test_every_form_of_condition_has_its_evaluator() -> None:
    assert EVALUATORS.keys() == CONDITIONS.keys()


# Counting ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("condition", "does", "fires"),
    [
        ({"did": "x"}, ["x"], True),
        ({"did": "x"}, ["y"], False),
        ({"did": ["x", "y"]}, ["y"], True),
        ({"did": "x", "times": 2}, ["x"], False),
        ({"did": "x", "times": 2}, ["x", "y", "x"], True),
        ({"did": ["x", "y"], "times": 2}, ["x", "y"], True),
        ({"none": [{"did": "x"}]}, ["y"], True),
        ({"none": [{"did": "x"}]}, ["x"], False),
    ],
)
def test_did_counts_activities_of_its_types(condition: Any, does: list[str], fires: bool) -> None:
    story = tell(condition)
    for kind in does:
        story.does(kind)
    assert (story.stage == "b") is fires


def test_did_tests_properties_and_source() -> None:
    condition = {"did": "x", "where": {"path": {"starts_with": "/pricing"}, "n.m": 3}, "source": "search"}
    assert tell(condition).does("x", path="/Pricing/all", n={"m": "3"}, source="Search").stage == "b"
    assert tell(condition).does("x", path="/blog", n={"m": 3}, source="search").stage == "a"
    assert tell(condition).does("x", path="/pricing", n={"m": 4}, source="search").stage == "a"
    assert tell(condition).does("x", path="/pricing", n={"m": 3}).stage == "a"


def test_source_is_missing_when_there_is_none() -> None:
    assert tell({"did": "x", "source": {"exists": False}}).does("x").stage == "b"


def test_distinct_counts_values_as_is_compares_them() -> None:
    story = tell({"did": "x", "distinct": "page", "times": 3})
    story.does("x", page="One").does("x", page=" one ").does("x", page=1).does("x", page="1.0")
    story.does("x").does("x", page=None).does("x", page={"a": 1}).does("x", page=["two"])
    assert story.stage == "a"
    assert story.does("x", page=True).stage == "b"


def test_distinct_forgets_the_value_that_was_seen_longest_ago() -> None:
    story = tell({"did": "x", "distinct": "page", "times": 2, "within": "10h"})
    story.does("x", 0, page="one").does("x", 6, page="one").does("x", 15.9, page="two")
    assert story.stage == "b"
    story = tell({"did": "x", "distinct": "page", "times": 2, "within": "10h"})
    assert story.does("x", 0, page="one").does("x", 6, page="one").does("x", 16, page="two").stage == "a"


@pytest.mark.parametrize(("ms", "fires"), [(-1, True), (0, False)])
def test_a_window_is_half_open(ms: int, fires: bool) -> None:
    story = tell({"did": "x", "times": 2, "within": "24h"}).does("x", 0).does("x", 24, ms=ms)
    assert (story.stage == "b") is fires


def test_a_window_counts_the_last_ones() -> None:
    story = tell({"did": "x", "times": 2, "within": "24h"})
    assert story.does("x", 0).does("x", 30).does("x", 31).stage == "b"


def test_a_window_that_closes_makes_a_none_true_at_that_very_moment() -> None:
    story = tell({"none": [{"did": "x", "within": "24h"}]}).does("x", 0).does("x", 5)
    assert story.waits(29, ms=-1).stage == "a"
    assert story.waits(29).stage == "b"
    assert hours(story.last) == 29


def test_a_late_activity_is_counted_at_its_own_moment() -> None:
    story = tell({"did": "x", "times": 2, "within": "24h"}).does("x", 0).does("y", 23).does("x", 10)
    assert (story.stage, story.last.late, hours(story.last)) == ("b", True, 23)
    assert hours(story.waits(100).last) == 23
    story = tell({"did": "x", "times": 2, "within": "24h"}).does("x", 0).does("y", 24).does("x", 10)
    assert story.stage == "a"


STAYS: dict[str, Any] = {
    "transitions": [
        {"to": "b", "when": {"did": "go"}},
        {"name": "again", "from": "b", "to": "out", "when": {"did": ["go", "x"], "since": "entry"}},
    ]
}


def test_since_entry_leaves_out_what_moved_the_lead_in() -> None:
    story = tell(**STAYS).does("y").does("x", 1).does("go", 2)
    assert story.stage == "b"
    assert story.does("x", 2).stage == "out"


def test_since_entry_counts_from_the_entrys_millisecond_where_several_are_asked() -> None:
    steps = [
        {"to": "b", "when": {"did": "go"}},
        {"to": "c", "when": {"did": "x", "times": 2, "since": "entry"}},
    ]
    story = tell(transitions=steps).does("y").does("go", 1).does("z", 2).does("x", 1).does("x", 1, ms=-1)
    assert story.stage == "b"
    assert story.does("x", 1).stage == "c"


def test_since_entry_takes_a_late_activity_of_the_entry_s_millisecond_and_none_before() -> None:
    story = tell(**STAYS).does("y").does("go", 2).does("y", 3).does("x", 2, ms=-1)
    assert story.stage == "b"
    assert story.does("x", 2).stage == "out"


def test_birth_s_own_activity_belongs_to_the_first_stay() -> None:
    assert tell({"did": "x", "since": "entry"}).does("x").stage == "b"


def test_built_ins_are_not_seen() -> None:
    assert tell({"did": "stage_assigned"}).does("stage_assigned", to="a").stage == "a"


# Scores and traits ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("bounds", "ups", "fires"),
    [
        ({"at_least": 2}, 1, False),
        ({"at_least": 2}, 2, True),
        ({"below": 0}, 1, False),
        ({"below": 2}, 1, True),
        ({"between": [2, 3]}, 1, False),
        ({"between": [2, 3]}, 2, True),
        ({"at_least": 2, "below": 2}, 2, False),
    ],
)
def test_a_score_is_compared(bounds: dict[str, Any], ups: int, fires: bool) -> None:
    story = tell({"all": [{"score": "s"} | bounds, {"did": "ask"}]}, scores=SCORES)
    for _ in range(ups):
        story.does("up")
    assert (story.does("ask").stage == "b") is fires


def test_a_score_starts_at_zero() -> None:
    assert tell({"score": "s", "between": [0, 0]}, scores=SCORES).does("x").stage == "b"


@pytest.mark.parametrize(
    ("condition", "traits", "fires"),
    [
        ({"trait": "n", "at_least": 5, "below": 9}, {"n": 5}, True),
        ({"trait": "n", "at_least": 5, "below": 9}, {"n": 9}, False),
        ({"trait": "company.size", "above": 10}, {"company": {"size": "11"}}, True),
        ({"trait": "company.size", "above": 10}, {"company": 11}, False),
        ({"trait": "company", "exists": True}, {"company": {}}, True),
        ({"trait": "n", "exists": False}, {}, True),
        ({"trait": "n", "exists": False}, {"n": None}, True),
        ({"trait": "n", "is_not": 1}, {}, True),
        ({"has": "n"}, {"n": 0}, True),
        ({"has": "n"}, {"n": False}, True),
        ({"has": "n"}, {"n": " "}, True),
        ({"has": "n"}, {"n": ""}, False),
        ({"has": "n"}, {"n": []}, False),
        ({"has": "n"}, {"n": {}}, False),
        ({"has": "n"}, {"n": {"m": None}}, False),
        ({"has": ["n", "m"]}, {"n": 1}, False),
        ({"has": ["n", "m"]}, {"n": 1, "m": 1}, True),
    ],
)
def test_traits_are_asked(condition: Any, traits: dict[str, Any], fires: bool) -> None:
    assert (tell(condition).knows(**traits).stage == "b") is fires
    assert (tell({"none": [condition]}).knows(**traits).stage == "b") is not fires
    later = tell({"all": [condition, {"did": "ask"}]}).does("x").knows(1, **traits).does("ask", 2)
    assert (later.stage == "b") is fires


# Time ----------------------------------------------------------------------------------------------


def test_in_stage_is_true_from_that_moment_on() -> None:
    story = tell({"in_stage": "48h"}).does("x", 1).does("x", 40)
    assert story.waits(49, ms=-1).stage == "a"
    assert (story.waits(49).stage, hours(story.last)) == ("b", 49)


def test_quiet_counts_from_the_last_sign_of_life() -> None:
    story = tell({"quiet": "48h"}).does("x", 0).does("x", 10).does("identified", 20).does("grouped", 20)
    assert story.waits(58, ms=-1).stage == "a"
    assert (story.waits(58).stage, hours(story.last)) == ("b", 58)


def test_quiet_of_types_counts_those_alone_identified_too() -> None:
    condition = {"quiet": {"for": "48h", "of": ["identified", "y"]}}
    story = tell(condition).does("y", 0).does("identified", 1).does("x", 20)
    assert hours(story.waits(100).last) == 49


def test_quiet_counts_from_creation_only_while_there_was_no_sign_of_life() -> None:
    assert hours(tell({"quiet": "48h"}).does("identified", 3).waits(100).last) == 51
    late = tell({"quiet": "48h"}).does("identified", 30).does("x", 0)
    assert hours(late.waits(100).last) == 48
    too_late = tell({"quiet": "48h"}).does("identified", 60).does("x", 0)
    assert (too_late.stage, hours(too_late.last), too_late.last.late) == ("b", 60, True)


def test_what_ends_the_quiet_makes_its_none_true() -> None:
    when = {"all": [{"none": [{"quiet": "1h"}]}, {"in_stage": "5h"}]}
    assert tell(when).does("x", 0).waits(10).does("x", 11).stage == "b"


def test_quiet_ends_also_where_the_same_activities_are_counted() -> None:
    """What is counted and what ends the quiet lie in one slot, which then keeps more than the newest."""
    quiet = {"quiet": {"for": "5h", "of": ["x"]}}
    counted = {"name": "often", "from": "b", "to": "c", "when": {"did": "x", "times": 5}}
    back = {"name": "back", "from": "b", "to": "a", "when": {"none": [quiet]}}
    story = tell(transitions=[{"to": "b", "when": quiet}, back, counted])
    story.does("x", 0).does("y", 10).does("x", 3)
    assert story.moves == [("to-b", "b")], "late: 3 is not in the last 5 hours"
    assert story.does("x", 11).moves == [("to-b", "b"), ("back", "a")]
    backdated = tell(transitions=[{"to": "b", "when": quiet}, counted]).does("y", 10).does("x", 1)
    assert (backdated.stage, hours(backdated.last)) == ("b", 10)


def test_visited_is_for_ever_and_holds_in_the_present_stage() -> None:
    parts: dict[str, Any] = {
        "transitions": [
            {"to": "b", "when": {"did": "go", "since": "entry"}},
            {"name": "back", "from": "b", "to": "a", "when": {"did": "back", "since": "entry"}},
            {"name": "seen", "from": "a", "to": "out", "when": {"all": [{"visited": "b"}, {"did": "ask"}]}},
            {"name": "here", "from": "out", "to": "c", "when": {"visited": "out"}},
        ]
    }
    assert tell(**parts).does("ask").stage == "a"
    story = tell(**parts).does("x").does("go", 1).does("back", 2)
    assert story.does("ask", 3).moves[-2:] == [("seen", "out"), ("here", "c")]


# Combining -----------------------------------------------------------------------------------------

P, Q, R = ({"did": name} for name in "pqr")


@pytest.mark.parametrize(
    ("condition", "true_for"),
    [
        ({"all": [P, Q]}, {"pq", "pqr"}),
        ({"any": [P, Q]}, {"p", "q", "pq", "pr", "qr", "pqr"}),
        ({"none": [P, Q]}, {"", "r"}),
        ({"at_least": 2, "of": [P, Q, R]}, {"pq", "pr", "qr", "pqr"}),
        ({"all": [{"any": [P, Q]}, {"none": [R]}]}, {"p", "q", "pq"}),
        ({"none": [{"none": [P]}]}, {"p", "pq", "pr", "pqr"}),
        ({"use": "named"}, {"p", "pq", "pr", "pqr"}),
    ],
)
@pytest.mark.parametrize("did", ["", "p", "q", "r", "pq", "pr", "qr", "pqr"])
def test_combinations(condition: Any, true_for: set[str], did: str) -> None:
    story = tell({"all": [condition, {"did": "ask"}]}, define={"named": P}).does("x")
    for kind in did:
        story.does(kind)
    assert (story.does("ask").stage == "b") is (did in true_for)


@pytest.mark.parametrize(
    "condition",
    [
        {"did": "x", "within": "2h"},
        {"in_stage": "3h"},
        {"quiet": "2h"},
        {"all": [{"in_stage": "3h"}, {"did": "x", "within": "5h"}]},
        {"any": [{"quiet": "4h"}, {"in_stage": "9h"}]},
        {"none": [{"did": "x", "within": "2h"}]},
        {"at_least": 2, "of": [{"quiet": "1h"}, {"in_stage": "3h"}, {"did": "x", "within": "9h"}]},
    ],
)
def test_a_value_holds_until_the_moment_that_comes_with_it(condition: Any) -> None:
    story = tell({"all": [condition, {"did": "never"}]}).does("x")
    file = FunnelFile.model_validate(
        {"funnel": "f", "stages": ["a", "b"], "transitions": [{"to": "b", "when": condition}]}
    )
    compiled = Builder(file).condition(file.transitions[0].when)
    lead = story.lead
    assert lead is not None
    value, until = compiled.at(lead, START)
    for moment in range(START, START + 12 * HOUR, MINUTE):
        if moment >= until:
            value, until = compiled.at(lead, moment)
        assert compiled.at(lead, moment)[0] is value is compiled.holds(lead, moment)
        assert until > moment
