"""`sum`: what a property of activities adds up to."""

import pytest

from tests.unit.story import Story, hours, tell

PAID = {"sum": "amount", "of": "paid", "at_least": 100}


def paid(*amounts: object, **asked: object) -> Story:
    """One payment an hour."""
    story = tell(PAID | asked)
    for at, amount in enumerate(amounts):
        story.does("paid", at, amount=amount)
    return story


@pytest.mark.parametrize(
    ("amounts", "stage"),
    [
        ((60, 40), "b"),
        ((60, 39.999999), "a"),
        ((60, 39.9999999), "b"),  # compared after rounding to 6 decimals
        ((100,), "b"),
        ((99, -5, 0, None, True, "50", [50], {"n": 50}), "a"),
        ((1e308, 1e308), "b"),
        ((10**400,), "a"),  # no float is so large
        (([0.1] * 1_000), "b"),
    ],
)
def test_positive_numbers_add_up(amounts: tuple[object, ...], stage: str) -> None:
    assert paid(*amounts).stage == stage


@pytest.mark.parametrize("asked", [{}, {"within": "2w"}])
def test_whole_numbers_may_be_larger_than_a_state_can_hold(asked: dict[str, str]) -> None:
    """They go on as floats; a sum of others may come to that too."""
    assert paid(10**30, 3, **asked).last.evidence[0].value == 1e30
    many = tell(PAID | {"at_least": 2e20} | asked)
    for at in range(200):
        many.does("paid", at, amount=2**60)
    assert (many.stage, many.last.evidence[0].value) == ("b", pytest.approx(2e20, rel=0.01))


@pytest.mark.parametrize(("last", "stage"), [(23.9, "b"), (24, "a")])
def test_in_a_window(last: float, stage: str) -> None:
    story = tell(PAID | {"within": "24h"}).does("paid", 0, amount=60).does("paid", last, amount=40)
    assert story.stage == stage


def test_what_leaves_the_window_counts_no_more() -> None:
    story = tell({"all": [PAID | {"within": "24h"}, {"did": "asked"}]})
    story.does("paid", 0, amount=60).does("paid", 10, amount=60).does("paid", 20, amount=50)
    assert story.does("asked", 33.9).stage == "b", "60 and 50 are still there"
    story = tell({"all": [PAID | {"within": "24h"}, {"did": "asked"}]})
    story.does("paid", 0, amount=60).does("paid", 10, amount=60).does("asked", 24)
    assert story.stage == "a"


def test_time_turns_it_false_when_what_is_needed_leaves() -> None:
    story = tell({"all": [{"none": [PAID | {"within": "24h"}]}, {"did": "paid"}]})
    story.does("paid", 0, amount=100)
    assert story.waits(23.9).stage == "a"
    assert hours(story.waits(24).last) == 24


def test_in_this_stay() -> None:
    back = {"name": "back", "from": "b", "to": "a", "when": {"did": "back", "since": "entry"}}
    story = tell(transitions=[{"to": "b", "when": PAID | {"since": "entry"}}, back])
    story.does("paid", 0, amount=100).does("back", 1).does("paid", 2, amount=60)
    assert story.stage == "a"
    assert story.does("paid", 3, amount=40).stage == "b"


def test_a_late_payment_counts_at_its_own_time() -> None:
    story = tell(PAID | {"within": "24h"}).does("paid", 30, amount=60).does("paid", 7, amount=40)
    assert (story.stage, hours(story.last), story.last.late) == ("b", 30, True)
    assert tell(PAID | {"within": "24h"}).does("paid", 30, amount=60).does("paid", 6, amount=40).stage == "a"


def test_a_late_payment_leaves_the_window_before_what_came_sooner_and_is_newer() -> None:
    story = tell({"all": [PAID | {"within": "24h", "at_least": 50}, {"did": "asked"}]})
    story.does("paid", 30, amount=50).does("paid", 20, amount=10)
    assert story.does("asked", 45).stage == "b"


def test_of_which_activities() -> None:
    story = tell(PAID | {"of": ["paid", "ordered"], "where": {"form": "new"}, "source": "shop"})
    story.does("paid", 0, amount=100, form="old", source="shop").does("paid", 1, amount=100, form="new")
    assert story.does("paid", 2, amount=60, form="new", source="shop").stage == "a"
    assert story.does("ordered", 3, amount=40, form="new", source="shop").stage == "b"


def test_the_state_keeps_64_and_holds_the_oldest_to_be_older() -> None:
    story = tell({"sum": "n", "of": "x", "at_least": 101, "within": "48h"})
    for minute in range(100):
        story.does("x", minute / 60, n=1)
    assert story.lead is not None
    (kept,) = story.lead.kept.values()
    assert len(kept) == 2 * 64
    assert story.does("x", 47.99, n=1).stage == "b", "all are still counted"


def test_the_state_keeps_no_more_than_the_window() -> None:
    story = tell({"sum": "n", "of": "x", "at_least": 101, "within": "5h"})
    for at in range(30):
        story.does("x", at, n=1)
    assert story.lead is not None
    (kept,) = story.lead.kept.values()
    assert len(kept) == 2 * 5


def test_the_reason_says_how_much() -> None:
    story = paid(60, 45, within="24h")
    assert story.last.reason == "Amount of paid adds up to at least 100 within 24 hours (105)"
    assert [(one.condition, one.value) for one in story.last.evidence] == [
        ("amount of paid adds up to at least 100 within 24 hours", 105.0)
    ]


def test_a_large_sum_is_said_in_full() -> None:
    assert paid(1_234_567.25).last.reason.endswith("(1234567.25)")
