"""The brute-force reading, and the engine beside it, against cases worked out by hand from the text."""

from typing import Any

import pytest

from qualifiers import compile_funnel
from schemas import conditions, funnel_file
from schemas.activity import Activity
from schemas.moments import DAY, HOUR
from tests.properties.brute_force import BruteForce, Given, Move, moved
from tests.properties.brute_force_values import at_path, merged, satisfies
from tests.properties.driving import Driven, assert_same


def funnel(when: dict[str, Any], **more: Any) -> BruteForce:
    """Two stages and a way out; ``when`` leads from the first to the second."""
    file = {
        "funnel": "f",
        "stages": ["a", "b"],
        "off_path": ["x"],
        "transitions": [{"to": "b", "when": when}, *more.pop("transitions", [])],
    }
    return BruteForce(funnel_file.FunnelFile.model_validate(file | more))


def run(brute: BruteForce, *activities: tuple[Any, ...], until: int | None = None) -> list[Move]:
    """Moves of one lead from (at, type, {properties}, {traits}) in this order, the created left out."""
    said: list[Move | Given] = []
    driven = Driven(compile_funnel(brute.file))
    for n, (at, type_, *rest) in enumerate(activities):
        activity = Activity(f"a{n}", "l", type_, at, *rest)
        said += brute.apply(activity) or []
        driven.apply(activity)
    if until is not None:
        said += brute.advance("l", until)
        driven.advance("l", until)
    assert_same(driven.said, said)
    moves = moved(said)
    assert (moves[0].rule, moves[0].seq, moves[0].from_) == ("created", 1, None)
    return moves[1:]


def when_moved(
    brute: BruteForce, *activities: tuple[Any, ...], until: int | None = None
) -> list[tuple[int, str]]:
    return [(move.occurred_at, move.to) for move in run(brute, *activities, until=until)]


def test_birth_belongs_to_the_first_stay() -> None:
    assert when_moved(funnel({"did": "t", "since": "entry"}), (0, "t")) == [(0, "b")]


def test_what_moved_the_lead_in_is_not_part_of_the_stay_but_the_next_at_the_same_moment_is() -> None:
    back = {"name": "out", "from": "b", "to": "x", "when": {"did": "t", "since": "entry"}}
    brute = funnel({"did": "t"}, transitions=[back])
    assert when_moved(brute, (0, "other"), (5, "t"), (5, "t")) == [(5, "b"), (5, "x")]


def test_a_window_is_half_open() -> None:
    def quiet_of(gap: int) -> list[tuple[int, str]]:
        return when_moved(funnel({"did": "t", "times": 2, "within": "1d"}), (0, "t"), (gap, "t"))

    assert quiet_of(DAY - 1) == [(DAY - 1, "b")]
    assert quiet_of(DAY) == []


def test_what_is_due_comes_first_at_the_same_moment() -> None:
    gone = {"name": "gone", "from": "a", "to": "x", "when": {"in_stage": "1d"}}
    moves = run(funnel({"did": "t"}, transitions=[gone]), (0, "other"), (DAY, "t"))
    assert [(move.rule, move.cause) for move in moves] == [("gone", ("due", DAY))]


def test_a_window_that_ends_just_now_is_opened_again_by_an_activity_of_now() -> None:
    brute = funnel({"all": [{"did": "t", "within": "1d"}, {"in_stage": "1d"}]})
    assert when_moved(brute, (0, "t"), (DAY, "t")) == [(DAY, "b")]


def test_none_of_a_window_turns_true_when_the_window_ends() -> None:
    brute = funnel({"none": [{"did": "t", "within": "1h"}]})
    assert when_moved(brute, (0, "t"), (10, "t"), until=DAY) == [(10 + HOUR, "b")]


@pytest.mark.parametrize(
    ("activities", "moved"),
    [
        ([(0, "t")], DAY),
        ([(0, "t"), (5, "u")], 5 + DAY),
        ([(0, "t"), (5, "identified"), (6, "grouped")], DAY),
        ([(10, "identified")], 10 + DAY),
        ([(10, "identified"), (4, "t")], 4 + DAY),
        ([(DAY, "identified"), (DAY + 9, "identified"), (4, "t")], DAY + 9),
    ],
)
def test_quiet_counts_from_the_last_sign_of_life(activities: list[tuple[Any, ...]], moved: int) -> None:
    assert when_moved(funnel({"quiet": "1d"}), *activities, until=2 * DAY) == [(moved, "b")]


def test_quiet_of_types_counts_from_creation_when_there_is_none() -> None:
    brute = funnel({"quiet": {"for": "1d", "of": "identified"}})
    assert when_moved(brute, (0, "t"), (9, "t"), until=2 * DAY) == [(DAY, "b")]


def test_a_late_activity_counts_at_its_own_time_and_is_read_at_the_clock() -> None:
    (move,) = run(funnel({"did": "t", "times": 2}), (0, "other"), (50, "t"), (20, "t"))
    assert (move.occurred_at, move.late, move.cause) == (50, True, ("activity", "a2"))


def test_a_late_activity_older_than_the_stay_is_not_in_it() -> None:
    back = {"name": "out", "from": "b", "to": "x", "when": {"did": "u", "since": "entry"}}
    brute = funnel({"did": "t"}, transitions=[back])
    assert when_moved(brute, (0, "other"), (5, "t"), (4, "u"), (5, "u")) == [(5, "b"), (5, "x")]


def test_distinct_compares_as_is_does_and_leaves_out_what_is_missing() -> None:
    def moved(*values: Any) -> bool:
        brute = funnel({"did": "t", "distinct": "p", "times": 2})
        return bool(run(brute, *((n, "t", {"p": value}) for n, value in enumerate(values))))

    assert not moved("A", " a ", None)
    assert not moved("7", 7, "7.0")
    assert moved(1, True)


def test_a_cascade_enters_no_stage_twice_and_what_it_passed_over_waits_for_the_next_activity() -> None:
    back = {"name": "back", "from": "b", "to": "a", "when": {"did": "u"}}
    brute = funnel({"did": "t"}, transitions=[back])
    assert when_moved(brute, (0, "u"), (1, "t"), until=DAY) == [(1, "b")]
    assert [move.to for move in moved(brute.apply(Activity("next", "l", "other", 2 * DAY)))] == ["a"]


def test_what_was_passed_over_is_free_once_it_has_been_false() -> None:
    back = {
        "name": "back",
        "from": "b",
        "to": "a",
        "when": {"any": [{"in_stage": "2h"}, {"did": "u", "within": "1h"}]},
    }
    brute = funnel({"did": "t"}, transitions=[back])
    assert when_moved(brute, (0, "u"), (1, "t"), until=DAY) == [(1, "b"), (1 + 2 * HOUR, "a")]


def test_from_any_earlier_and_the_stage_before() -> None:
    file = funnel_file.FunnelFile.model_validate(
        {
            "funnel": "f",
            "stages": ["a", "b", "c"],
            "off_path": ["x", "y"],
            "final": ["c", "y"],
            "transitions": [
                {"to": "b", "when": {"did": "t"}},
                {"name": "e", "to": "c", "from": "earlier", "when": {"did": "t"}},
                {"to": "x", "from": "any", "when": {"did": "t"}},
                {"to": "y", "from": ["b"], "when": {"did": "t"}},
            ],
        }
    )
    brute = BruteForce(file)
    assert [brute.from_stages(one) for one in file.transitions] == [["a"], ["a", "b"], ["a", "b"], ["b"]]


def scored(*points: dict[str, Any], **score: Any) -> BruteForce:
    return funnel({"score": "s", "at_least": 1e9}, scores={"s": {"points": list(points)} | score})


def score_after(brute: BruteForce, *activities: tuple[Any, ...]) -> float:
    run(brute, *activities)
    lead = brute.leads["l"]
    return brute.score_at("l", "s", lead.clock)


def test_points_decay_and_stay_inside_their_limits() -> None:
    brute = scored({"on": "t", "add": 40}, {"on": "t", "add": 30}, half_life="1d", limits=[0, 60])
    assert score_after(brute, (0, "t"), (DAY, "other")) == 30
    assert score_after(scored({"on": "t", "add": -5}, limits=[0, 60]), (0, "t")) == 0


def test_at_most_bounds_the_decayed_worth_of_a_line() -> None:
    brute = scored({"on": "t", "add": 8, "at_most": 10}, half_life="1d")
    assert score_after(brute, (0, "t"), (0, "t"), (DAY, "t")) == 10
    brute = scored({"on": "t", "add": -8, "at_most": 10})
    assert score_after(brute, (0, "t"), (0, "t"), (DAY, "t")) == -10


def test_per_bounds_what_was_given_in_the_window_before() -> None:
    brute = scored({"on": "t", "add": 8, "at_most": 10, "per": "1h"})
    assert score_after(brute, (0, "t"), (HOUR - 1, "t"), (HOUR, "t"), (HOUR + 1, "t")) == 8 + 2 + 8 + 0


def test_per_looks_back_from_a_late_activitys_own_time() -> None:
    line = {"on": "t", "add": 8, "at_most": 10, "per": "1h"}
    assert score_after(scored(line), (0, "t"), (2 * HOUR, "t"), (2 * HOUR - 1, "t")) == 24
    assert score_after(scored(line), (0, "t"), (2 * HOUR, "t"), (10, "t")) == 18


def test_a_late_activity_adds_what_its_points_are_worth_by_now_for_seven_days() -> None:
    line = {"on": "t", "add": 8}
    assert score_after(scored(line, half_life="1d"), (9 * DAY, "other"), (7 * DAY, "t")) == 2
    assert score_after(scored(line), (9 * DAY, "other"), (2 * DAY, "t")) == 8
    assert score_after(scored(line), (9 * DAY, "other"), (2 * DAY - 1, "t")) == 0


def test_a_crossing_is_the_first_millisecond_at_which_the_rounded_comparison_holds() -> None:
    brute = funnel(
        {"score": "s", "below": 20}, scores={"s": {"half_life": "1d", "points": [{"on": "t", "add": 40}]}}
    )
    ((moved, _),) = when_moved(brute, (0, "t"), until=9 * DAY)
    assert moved > DAY
    assert round(40 * 2 ** (-moved / DAY), 6) < 20 <= round(40 * 2 ** (-(moved - 1) / DAY), 6)


def test_if_lines_hold_while_their_condition_holds() -> None:
    brute = scored({"on": "t", "add": 4}, {"if": {"trait": "n", "above": 3}, "add": 10})
    assert score_after(brute, (0, "t", {}, {"n": 4})) == 14
    brute.apply(Activity("next", "l", "t", 1, {}, {"n": 3}))
    assert brute.score_at("l", "s", 1) == 8


def test_a_repeat_within_the_last_32_changes_nothing() -> None:
    brute = funnel({"did": "t", "times": 2})
    run(brute, (0, "t"), *((n, "other") for n in range(1, 32)))
    assert brute.apply(Activity("a0", "l", "t", 99)) is None
    brute.apply(Activity("b", "l", "other", 99))
    assert [move.rule for move in moved(brute.apply(Activity("a0", "l", "t", 99)))] == ["to-b"]


def test_traits_merge_leaf_by_leaf_in_the_order_of_their_own_time() -> None:
    patches: list[dict[str, Any]] = [
        {"c": {"n": 1, "m": [1]}},
        {"c": {"n": None, "m": [2]}},
        {"d": 1},
        {"d": {"e": 1}},
    ]
    assert merged(patches) == {"c": {"m": [2]}, "d": {"e": 1}}
    brute = funnel({"trait": "n", "is": 2})
    assert when_moved(brute, (5, "identified", {}, {"n": 1}), (3, "identified", {}, {"n": 2})) == []
    moves = moved(brute.apply(Activity("tie", "l", "identified", 5, {}, {"n": 2})))
    assert [move.to for move in moves] == ["b"]


@pytest.mark.parametrize(
    ("test", "true_of", "false_of"),
    [
        ({"is": "Oslo"}, ["oslo", " OSLO ", ["bergen", "oslo"]], ["osl", None, 1, {"a": 1}, []]),
        ({"is": 7}, [7, 7.0, "007", " 7 ", "7e0", "+7.0"], [True, "7a", None]),
        ({"is": True}, [True, [True]], [1, "true", None]),
        ({"is_not": "a"}, ["b", None, 1, {}, [], ["b"]], ["A", ["b", "a"]]),
        ({"in": ["a", 1]}, ["A", 1, "1"], ["b", True, None]),
        ({"not_in": ["a", 1]}, ["b", True, None, ["b"]], ["a", ["b", 1]]),
        ({"above": 5}, [6, "6", [1, 6]], [5, "x", True, None]),
        ({"at_least": 5}, [5, "5.0"], [4.9, None]),
        ({"below": 5}, [4, [9, 4]], [5, "4x", False]),
        ({"at_most": "m"}, ["M", "a"], ["n", 1, None]),
        ({"between": [1, 3]}, [1, 3, "2"], [0, 4, "b"]),
        ({"matches": "^V"}, ["VP", ["x", "Vx"]], ["vp", 5, None]),
        ({"has_word": ["vp", "head"]}, ["the VP.", "Head of x"], ["vpn", "ahead", 3, "vp_x"]),
        ({"starts_with": "ab"}, ["ABc", " abc"], ["cab", None]),
        ({"ends_with": "ab"}, ["cAB ", ["x", "ab"]], ["abc"]),
        ({"contains": "b"}, ["aBc", ["x", "abc"]], ["ac", None, {"b": 1}]),
        ({"contains": 5}, [[1, 5], ["5"]], [[1], None]),
        ({"exists": True}, [0, "", {}, []], [None]),
        ({"exists": False}, [None], [0, {}]),
        ({"above": 1, "below": 5}, [2, [0, 9]], [1, 5]),
    ],
)
def test_operators(test: dict[str, Any], true_of: list[Any], false_of: list[Any]) -> None:
    asked = conditions.Test.model_validate(test)
    assert [satisfies(asked, value) for value in true_of] == [True] * len(true_of)
    assert [satisfies(asked, value) for value in false_of] == [False] * len(false_of)


def test_paths_do_not_go_through_lists() -> None:
    assert at_path({"a": [{"b": 1}]}, "a.b") is None
    assert at_path({"a": {"b": 1}}, "a.b") == 1


def test_what_time_has_been_read_past_is_not_read_again() -> None:
    """What was passed over and let in since would fire in a past in which it was out."""
    brute = funnel(
        {"score": "s", "at_least": 2.5},
        scores={"s": {"half_life": "1h", "points": [{"on": "t", "add": 3}]}},
        transitions=[{"name": "back", "from": "b", "to": "a", "when": {"did": "t", "within": "1h"}}],
    )
    assert when_moved(brute, (0, "t"), until=4 * DAY) == [(0, "b")]
    assert brute.advance("l", HOUR) == []
