"""`sequence`: activities that happened one after the other."""

import pytest

from tests.unit.story import Story, hours, tell

ABC = {"sequence": ["saw", "tried", "bought"]}


def story_of(steps: str, **asked: object) -> Story:
    """Each letter an activity, one an hour: s(aw), t(ried), b(ought), others of no interest."""
    story = tell({**ABC, **asked})
    names = {"s": "saw", "t": "tried", "b": "bought"}
    for at, letter in enumerate(steps):
        story.does(names.get(letter, "other"), at)
    return story


@pytest.mark.parametrize(
    ("steps", "stage"),
    [
        ("stb", "b"),
        ("s.t..b", "b"),
        ("tsb", "a"),
        ("stsb", "b"),
        ("sst", "a"),
        ("bts", "a"),
        ("btstb", "b"),
        # However often a step comes again, what was before it is not forgotten.
        ("st" + 40 * "s" + "b", "b"),
        ("t" + 40 * "s" + "b", "a"),
    ],
)
def test_in_this_order(steps: str, stage: str) -> None:
    assert story_of(steps).stage == stage


def test_once_complete_it_stays_so() -> None:
    story = tell({"all": [ABC, {"did": "asked"}]})
    for at, kind in enumerate(["saw", "tried", "bought", *40 * ["saw"], "asked"]):
        story.does(kind, at)
    assert story.stage == "b"


def test_one_activity_fills_one_step() -> None:
    story = tell({"sequence": ["demo", ["demo", "call"]]})
    assert story.does("demo", 0).stage == "a"
    assert story.does("demo", 0).stage == "b", "a tie goes by arrival"


@pytest.mark.parametrize(("ms", "stage"), [(-1, "b"), (0, "a")])
def test_the_span_is_half_open(ms: int, stage: str) -> None:
    story = tell({"sequence": ["saw", "bought"], "span": "24h"})
    assert story.does("saw", 0).does("bought", 24, ms=ms).stage == stage


def test_the_latest_start_counts_for_the_span() -> None:
    story = tell({**ABC, "span": "10h"})
    story.does("saw", 0).does("tried", 1).does("saw", 5).does("bought", 11)
    assert story.stage == "a", "no tried after the second"
    assert story.does("tried", 12).does("bought", 14).stage == "b"


@pytest.mark.parametrize(("asked", "stage"), [(25.9, "b"), (26, "a")])
def test_completed_in_the_window(asked: float, stage: str) -> None:
    story = tell({"all": [ABC | {"within": "24h"}, {"did": "asked"}]})
    for at, kind in enumerate(["saw", "tried", "bought"]):
        story.does(kind, at)
    assert story.does("asked", asked).stage == stage


def test_a_late_activity_takes_its_place() -> None:
    story = tell(ABC).does("saw", 0).does("bought", 10).does("tried", 5)
    assert story.stage == "b"
    assert story.last.late
    assert hours(story.last) == 10
    story = tell(ABC).does("tried", 2).does("bought", 10).does("saw", 5)
    assert story.stage == "a"


def test_in_this_stay() -> None:
    back = {"name": "back", "from": "b", "to": "a", "when": {"did": "back", "since": "entry"}}
    story = tell(transitions=[{"to": "b", "when": ABC | {"since": "entry"}}, back])
    story.does("saw", 0).does("tried", 1).does("bought", 2).does("back", 3)
    story.does("tried", 4).does("bought", 5)
    assert story.stage == "a"
    assert story.does("saw", 6).does("tried", 7).does("bought", 8).stage == "b"


def test_each_step_tests_its_activity() -> None:
    story = tell({"sequence": ["saw", {"did": "bought", "where": {"size": {"above": 3}}, "source": "shop"}]})
    story.does("saw", 0).does("bought", 1, source="shop", size=3).does("bought", 2, size=4)
    assert story.stage == "a"
    assert story.does("bought", 3, source="shop", size=4).stage == "b"


def test_why() -> None:
    change = story_of("stb", span="3d", within="7d").last
    assert change.reason == "Saw, then tried, then bought in the span of 3 days within 7 days"
    (evidence,) = change.evidence
    assert (evidence.value, evidence.activity_id) == (True, "activity-3")
    assert evidence.occurred_at == change.occurred_at
    other = tell({"all": [ABC, {"did": "saw", "times": 2}]})
    other.does("saw", 0).does("tried", 1).does("bought", 2).does("saw", 2)
    assert [one.activity_id for one in other.last.evidence] == [None, "activity-4"]
    late = tell({"all": [ABC, {"did": "bought", "times": 2}]})
    late.does("saw", 0).does("tried", 1).does("bought", 5).does("bought", 3)
    assert [(one.activity_id, one.occurred_at) for one in late.last.evidence] == [
        (None, "2026-01-01T05:00:00.000Z"),
        (None, "2026-01-01T05:00:00.000Z"),
    ]
