"""What a new funnel file asks that the old one did not keep."""

from typing import Any

import pytest

from qualifiers.starting_empty import starting_empty
from schemas.funnel_file import FunnelFile

DID = {"did": "x"}
SUM = {"sum": "amount", "of": "x", "at_least": 5}


def file(when: Any, **parts: Any) -> FunnelFile:
    rule = {"to": "b", "when": when} | parts.pop("rule", {})
    return FunnelFile.model_validate(
        {"funnel": "f", "stages": ["a", "b", "c"], "transitions": [rule]} | parts
    )


def score(*points: Any) -> dict[str, Any]:
    return {"scores": {"s": {"points": list(points)}}}


Told = list[tuple[str, str | None, list[str]]]


def told(old: FunnelFile, new: FunnelFile) -> Told:
    return [(one.what, one.known, one.asked_by) for one in starting_empty(old, new)]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (file(DID), file(DID), []),
        (file(DID), file({"did": "y"}), [("y", None, ["to-b"])]),
        (file(DID), file({"did": "x", "within": "30d"}), []),
        (file(DID), file({"did": "x", "since": "entry"}), [("x in this stay", None, ["to-b"])]),
        (file(DID), file({"did": "x", "where": {"p": 1}}), [("x where p is 1", None, ["to-b"])]),
        (file(DID), file({"did": "x", "times": 3}), [("x 3 times", "the newest", ["to-b"])]),
        (
            file({"did": "x", "times": 3}),
            file({"did": "x", "times": 5}),
            [("x 5 times", "the newest 3", ["to-b"])],
        ),
        (file({"did": "x", "times": 5}), file({"did": "x", "times": 3}), []),
        (
            file(SUM | {"within": "7d"}),
            file(SUM | {"within": "30d"}),
            [
                (
                    "amount of x adds up to at least 5 within 30 days",
                    "what was done in the last 7 days",
                    ["to-b"],
                )
            ],
        ),
        (file(SUM | {"within": "30d"}), file(SUM | {"within": "7d"}), []),
        (
            file(DID),
            file({"sequence": ["x", "y"]}),
            [("x, then y", None, ["to-b"])],
        ),
        (file(DID), file({"visited": "c"}), [("whether it was ever in c", None, ["to-b"])]),
        (
            file(DID),
            file(DID, rule={"again_after": "1d"}),
            [("when to-b last fired", None, ["to-b"])],
        ),
        (
            file(DID),
            file(DID, **score({"on": "y", "add": 5})),
            [("the points of s", None, ["s"])],
        ),
        (
            file(DID, **score({"on": "y", "add": 5})),
            file(DID, **score({"on": "y", "add": 7}, {"on": "z", "add": 1, "at_most": 3})),
            [("what has been given for z: +1 point, at most 3", None, ["s"])],
        ),
        (file(DID), file({"trait": "n", "is": 1}), []),
        (file(DID), file({"none": [{"all": [DID, {"has": "n"}]}]}), []),
    ],
)
def test_what_starts_empty(old: FunnelFile, new: FunnelFile, expected: Told) -> None:
    assert told(old, new) == expected


def test_all_that_ask_it_are_named_once() -> None:
    asked = {"any": [{"use": "named"}, {"did": "y", "within": "1d"}]}
    new = file(
        asked,
        define={"named": {"at_least": 1, "of": [{"did": "y"}]}},
        hold={"when": {"did": "y"}},
        signals=[{"name": "loud", "in": "a", "when": {"none": [{"did": "y"}]}}],
    )
    ((what, known, asked_by),) = told(file(DID), new)
    assert (what, known) == ("y", None)
    assert asked_by == ["hold", "to-b", "loud"]


# Stages with another name --------------------------------------------------------------------------


def asking(stage: str, **parts: Any) -> FunnelFile:
    """A file that asks about a stage, and when the rule that leads there last fired."""
    when = {"all": [DID, {"none": [{"visited": stage}]}]}
    rules = [
        {"to": stage, "when": DID, "again_after": "1d"} | parts.pop("rule", {}),
        {"name": "out", "from": stage, "to": "c", "when": when},
    ]
    return FunnelFile.model_validate(
        {"funnel": "f", "stages": ["a", stage, "c"], "transitions": rules} | parts
    )


def test_what_is_known_of_a_stage_is_known_on_under_its_new_name() -> None:
    assert starting_empty(asking("b"), asking("two", renamed={"b": "two"})) == []
    assert told(asking("b"), asking("two")) == [
        ("whether it was ever in two", None, ["out"]),
        ("when to-two last fired", None, ["to-two"]),
    ]


@pytest.mark.parametrize("name", [{}, {"name": "to-b"}])
def test_a_rule_that_keeps_its_name_is_known_to_have_fired(name: dict[str, str]) -> None:
    old = asking("b", rule=name)
    assert starting_empty(old, asking("two", renamed={"b": "two"}, rule={"name": "to-b"})) == []
    assert told(old, asking("two", renamed={"b": "two"}, rule={"name": "other"})) == [
        ("when other last fired", None, ["other"])
    ]


# Windows of business hours -------------------------------------------------------------------------

WORKDAYS = {"hours": "mon-fri 09:00-17:00"}
WORDS = "amount of x adds up to at least 5 within "


def summed(*windows: str, **calendar: Any) -> FunnelFile:
    """A file that adds up in these windows."""
    parts = [SUM | {"within": window} for window in windows]
    return file({"any": parts}, calendar=WORKDAYS | calendar)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        # On a Monday they reach back to Friday.
        (summed("1d"), summed("8bh"), [("8 business hours", "24 hours")]),
        (summed("3d"), summed("8bh"), []),
        # In the evening they reach back to that morning.
        (summed("8bh"), summed("1d"), [("24 hours", "8 business hours")]),
        (summed("4bh"), summed("8bh"), [("8 business hours", "4 business hours")]),
        (summed("8bh"), summed("4bh"), []),
        (summed("2h", "1d", "4bh", "2bh"), summed("9d"), [("9 days", "24 hours or 4 business hours")]),
        (summed("3d", "4bh"), summed("8bh"), []),
        # The same hours of another calendar.
        (summed("8bh"), summed("8bh", hours="mon-thu 09:00-17:00"), [("8 business hours",) * 2]),
        (summed("8bh", hours="mon-thu 09:00-17:00"), summed("8bh"), []),
        (summed("8bh"), summed("8bh", zone="Asia/Tokyo"), [("8 business hours",) * 2]),
        (summed("8bh"), summed("8bh", holidays=["2026-07-07", "2026-01-05"]), []),
    ],
)
def test_windows_of_a_sum_are_compared_at_all_times_of_a_week(
    old: FunnelFile, new: FunnelFile, expected: list[tuple[str, str]]
) -> None:
    assert told(old, new) == [
        (WORDS + asked, f"what was done in the last {known}", ["to-b"]) for asked, known in expected
    ]
