from typing import Any

import pytest

from schemas.decision import ActivityCause, DueCause, Place
from schemas.moments import SECOND, parse_moment
from tests.unit.story import START, Story, funnel, hours, tell

PATH = {"stages": ["a", "b", "c", "d"], "off_path": ["out", "gone"], "final": ["d", "gone"]}


def rules(*transitions: dict[str, Any]) -> dict[str, Any]:
    return PATH | {"transitions": list(transitions)}


# From ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "leads_out_of"),
    [
        ({"to": "c"}, {"b"}),
        ({"to": "c", "from": "a"}, {"a"}),
        ({"to": "c", "from": ["out", "a"]}, {"out", "a"}),
        ({"to": "c", "from": "earlier"}, {"a", "b"}),
        ({"to": "d", "from": "earlier"}, {"a", "b", "c"}),
        ({"to": "c", "from": "any"}, {"a", "b", "out"}),
        ({"to": "gone", "from": "any"}, {"a", "b", "c", "out"}),
    ],
)
def test_every_form_of_from(rule: dict[str, Any], leads_out_of: set[str]) -> None:
    ways = [
        {"name": f"go-{stage}", "from": "any", "to": stage, "when": {"did": f"go_{stage}", "since": "entry"}}
        for stage in ("a", "b", "c", "d", "out", "gone")
    ]
    told = funnel(**rules(rule | {"name": "tried", "when": {"did": "try", "since": "entry"}}, *ways))
    found = set()
    for stage in told.stages:
        story = Story(told).does("x").does(f"go_{stage}", 1).does("try", 2)
        if story.last.rule == "tried":
            assert story.last.from_ == stage
            found.add(stage)
    assert found == leads_out_of


def test_off_path_must_say_from() -> None:
    with pytest.raises(ValueError, match="must say `from`"):
        funnel(**rules({"to": "out", "when": {"did": "x"}}))


@pytest.mark.parametrize(
    ("start", "to", "direction"),
    [
        ("a", "c", "forward"),
        ("c", "a", "back"),
        ("a", "out", "off_path"),
        ("out", "gone", "off_path"),
        ("out", "a", "return"),
    ],
)
def test_direction(start: str, to: str, direction: str) -> None:
    ways = [{"name": "start", "from": "a", "to": start, "when": {"did": "x"}}] if start != "a" else []
    story = tell(**rules({"name": "tried", "from": start, "to": to, "when": {"did": "go"}}, *ways))
    assert story.does("x").does("go", 1).last.direction == direction


# Priority and cascades -----------------------------------------------------------------------------


def test_the_first_true_one_fires_and_then_the_list_is_read_again() -> None:
    story = tell(
        **rules(
            {"to": "c", "when": {"did": "x"}},
            {"to": "b", "when": {"did": "x"}},
            {"name": "second", "from": "a", "to": "out", "when": {"did": "x"}},
        )
    )
    story.does("x")
    assert story.moves == [("to-b", "b"), ("to-c", "c")]
    assert {hours(one) for one in story.said} == {0}
    assert [one.seq for one in story.said] == [1, 2, 3]


CIRCLE = rules(
    {"name": "there", "from": "a", "to": "b", "when": {"did": "x"}},
    {"name": "back", "from": "b", "to": "a", "when": {"did": "x"}},
    {"name": "aside", "from": "b", "to": "out", "when": {"in_stage": "10h"}},
)


def test_no_stage_is_entered_twice_in_a_cascade_the_starting_one_included() -> None:
    assert tell(**CIRCLE).does("x").moves == [("there", "b")]


def test_what_was_passed_over_stays_out_until_the_next_activity_of_any_kind() -> None:
    story = tell(**CIRCLE).does("x").waits(5)
    assert story.moves == [("there", "b")]
    story.does("whatever", 6)
    assert story.moves == [("there", "b"), ("back", "a")]
    assert story.does("whatever", 7).moves[2:] == [("there", "b")]


def test_a_repeat_does_not_free_what_was_passed_over() -> None:
    story = tell(**CIRCLE).does("x", named="one").does("x", 6, named="one")
    assert (story.moves, story.outcome) == ([("there", "b")], "duplicate")


def test_what_was_passed_over_lets_the_next_true_one_fire() -> None:
    story = tell(
        **rules(
            {"name": "there", "from": "a", "to": "b", "when": {"did": "x"}},
            {"name": "back", "from": "b", "to": "a", "when": {"did": "x"}},
            {"name": "on", "from": "b", "to": "c", "when": {"did": "x"}},
        )
    )
    assert story.does("x").moves == [("there", "b"), ("on", "c")]


def test_what_was_passed_over_is_freed_when_its_condition_has_been_false() -> None:
    parts = rules(
        {"name": "there", "from": "a", "to": "b", "when": {"did": "x"}},
        {
            "name": "back",
            "from": "b",
            "to": "a",
            "when": {"any": [{"did": "x", "within": "2h"}, {"in_stage": "5h"}]},
        },
    )
    story = tell(**parts).does("x").waits(5, ms=-1)
    assert story.moves == [("there", "b")]
    story.waits(6)
    assert story.moves[1] == ("back", "a")
    assert hours(story.said[2]) == 5


def test_what_time_let_in_is_seen_by_an_activity_from_before() -> None:
    parts = rules(
        {"name": "there", "from": "a", "to": "b", "when": {"did": "x"}},
        {"name": "back", "from": "b", "to": "a", "when": {"did": "x", "within": "2h"}},
    )
    story = tell(**parts).does("x").waits(50)
    assert story.moves == [("there", "b")]
    assert story.does("y", 1).moves == [("there", "b"), ("back", "a")]


# Birth, repeats, time ------------------------------------------------------------------------------


def test_birth() -> None:
    story = tell({"did": "x"}).does("y", 3, source="search", named="first")
    created = story.last
    assert (created.seq, created.from_, created.to, created.rule) == (1, None, "a", "created")
    assert (created.direction, created.late, created.previous_stage_seconds) == ("created", False, None)
    assert (created.source, created.occurred_at, created.decided_at) == (
        "search",
        "2026-01-01T03:00:00.000Z",
        "2026-01-01T03:00:00.000Z",
    )
    assert created.cause == ActivityCause(activity_id="first", line=1)
    assert story.does("x", 4, source="email").last.source == "search"


def test_birth_does_not_move_when_an_older_activity_comes_late() -> None:
    story = tell({"in_stage": "10h"}).does("x", 5).does("x", 1).waits(100)
    assert hours(story.last) == 15
    assert story.view.created == parse_moment(story.said[0].occurred_at)


def test_the_same_id_within_the_last_32_changes_nothing() -> None:
    story = tell({"did": "x", "times": 3}).does("x", 0, named="one")
    for number in range(31):
        story.does("y", 1, named=f"other-{number}")
    assert story.does("x", 2, named="one").outcome == "duplicate"
    assert story.view.clock == START + 3600 * SECOND
    story.does("y", 3, named="another")
    assert story.does("x", 4, named="one").outcome == "applied"
    assert story.does("x", 5).stage == "b"


def test_a_repeat_does_not_let_time_pass() -> None:
    story = tell({"in_stage": "10h"}).does("x", 0, named="one").does("x", 20, named="one")
    assert (story.outcome, story.stage) == ("duplicate", "a")


def test_what_is_due_comes_before_an_activity_of_the_same_moment() -> None:
    story = tell(
        **rules(
            {"name": "deadline", "from": "a", "to": "out", "when": {"in_stage": "10h"}},
            {"to": "b", "when": {"did": "x"}},
        )
    )
    story.does("y").does("x", 10)
    assert story.moves == [("deadline", "out")]
    assert story.last.cause == DueCause(due=story.last.occurred_at, before_line=2)
    assert story.last.previous_stage_seconds == 36_000


def test_due_moments_come_in_order_each_with_its_own_time() -> None:
    story = tell(
        **rules(
            {"to": "b", "when": {"in_stage": "10h"}},
            {"to": "c", "when": {"in_stage": "10h"}},
            {"name": "over", "from": "c", "to": "out", "when": {"quiet": "25h"}},
        )
    )
    story.does("x").does("y", 100)
    assert [(one.to, hours(one)) for one in story.said] == [("a", 0), ("b", 10), ("c", 20), ("out", 25)]


def test_a_late_activity_is_read_at_the_lead_s_clock() -> None:
    story = tell({"did": "x"}).does("y", 10).does("x", 3)
    assert (story.stage, hours(story.last), story.last.late) == ("b", 10, True)
    assert story.view.since == parse_moment(story.last.occurred_at)


def test_a_due_moment_at_which_nothing_fires_does_not_move_the_clock() -> None:
    story = tell({"all": [{"quiet": "10h"}, {"did": "x"}]}).does("y").waits(50)
    assert story.view.clock == START
    assert story.does("x", 40).last.late is False


def test_one_that_fires_does() -> None:
    story = tell({"in_stage": "10h"}).does("y").waits(50)
    assert story.does("x", 5).view.clock == START + 10 * 3600 * SECOND


def test_decided_at_is_said_when_it_is_known() -> None:
    story = tell({"in_stage": "10h"}).does("x")
    assert story.lead is not None
    place = Place(topic="lead.activities", partition=3, offset=9)
    (moved,) = story.funnel.advance("lead", story.lead, 2 * START, place, decided_at=77)
    assert (moved.decided_at, moved.occurred_at) == ("1970-01-01T00:00:00.077Z", "2026-01-01T10:00:00.000Z")


def test_ids_are_a_function_of_what_was_decided() -> None:
    first = tell({"did": "x"}).does("x", named="one").said
    again = tell({"did": "x"}).does("x", 5, named="one").said
    other = tell({"did": "x"}).does("x", named="two").said
    another = tell({"did": ["x", "z"]}).does("x", named="one").said
    assert [one.id for one in first] == [one.id for one in again]
    assert len({one.id for one in (*first, *other, *another)}) == 6


# Reasons -------------------------------------------------------------------------------------------

TAGS = ["a", "b", 2, False]
REASONS: list[tuple[Any, str, list[tuple[str, Any]]]] = [
    ({"did": "demo_requested"}, "Demo requested", [("demo requested", 1)]),
    ({"in_stage": "48h"}, "48 hours in a", [("in stage for 48 hours", 172_800)]),
    ({"quiet": "60d"}, "No activity for 60 days", [("no activity for 60 days", 5_184_000)]),
    ({"score": "s", "at_least": 2}, "S reached 2.0 (at least 2)", [("s at least 2", 2)]),
    ({"has": "n"}, "N is known", [("has n", 5)]),
    ({"trait": "n", "between": [1, 9]}, "N is 5 (between 1 and 9)", [("n between 1 and 9", 5)]),
    ({"trait": "yes", "is": True}, "Yes is true (is true)", [("yes is true", True)]),
    ({"trait": "tags", "contains": "b"}, "Tags is a, b, 2, false (contains b)", [("tags contains b", TAGS)]),
    ({"trait": "none", "not_in": ["a"]}, "None is empty (is none of a)", [("none is none of a", [])]),
    ({"trait": "o", "exists": True}, 'O is {"p":1} (exists)', [("o exists", {"p": 1})]),
    ({"trait": "gone", "exists": False}, "Gone is missing (is missing)", [("gone is missing", None)]),
    (
        {"all": [{"did": "demo_requested"}, {"any": [{"has": "m"}, {"has": "n"}]}]},
        "Demo requested and n is known",
        [("demo requested", 1), ("has n", 5)],
    ),
    (
        {"all": [{"did": "demo_requested"}, {"none": [{"has": "m"}]}]},
        "Demo requested and not m known",
        [("demo requested", 1)],
    ),
]


@pytest.mark.parametrize(("when", "reason", "evidence"), REASONS)
def test_the_reason_is_a_sentence_with_its_proof(
    when: Any, reason: str, evidence: list[tuple[str, Any]]
) -> None:
    story = tell(when, scores={"s": {"points": [{"on": "demo_requested", "add": 2}]}})
    story.knows(0, n=5, yes=True, tags=TAGS, none=[], o={"p": 1}).does("demo_requested", 0).waits(100_000)
    assert story.last.reason == reason
    assert [(one.condition, one.value) for one in story.last.evidence] == evidence


def test_evidence_names_the_activity_that_has_just_made_it_true() -> None:
    story = tell({"all": [{"did": "x"}, {"did": "y"}]}).does("x", named="one").does("y", 1, named="two")
    assert [(one.activity_id, one.occurred_at) for one in story.last.evidence] == [
        (None, "2026-01-01T00:00:00.000Z"),
        ("two", "2026-01-01T01:00:00.000Z"),
    ]


def test_evidence_counts_what_the_rule_asks_whatever_others_ask() -> None:
    often = {"name": "often", "from": "b", "to": "c", "when": {"did": "x", "times": 5}}
    story = tell(transitions=[{"to": "b", "when": {"all": [{"did": "x", "times": 2}, {"did": "y"}]}}, often])
    story.does("x").does("x", 1).does("x", 2).does("y", 3)
    assert [one.value for one in story.last.evidence] == [2, 1]


def test_evidence_names_no_activity_that_the_rule_does_not_count() -> None:
    when = {"all": [{"did": "x", "where": {"n": 1}}, {"did": "x", "times": 2}]}
    story = tell(when).does("x", n=1).does("x", n=2)
    assert [one.activity_id for one in story.last.evidence] == [None, "activity-2"]
