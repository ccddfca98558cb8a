"""A funnel run in memory: each lead by its own activities, then time for all of them."""

import json
from collections.abc import Iterable

import msgspec

from qualifiers import Funnel, compile_funnel, load_funnel
from qualifiers.replay import Replay
from schemas import decision
from schemas.activity import Activity
from schemas.decision import Decision, Place
from schemas.moments import DAY, HOUR, parse_moment

START = 1_767_225_600_000  # 2026-01-01T00:00:00Z


def funnel() -> Funnel:
    return compile_funnel(
        load_funnel(
            json.dumps(
                {
                    "funnel": "f",
                    "stages": ["lead", "mql", "sal"],
                    "off_path": ["recycled", "lost"],
                    "transitions": [
                        {"to": "mql", "when": {"did": "demo_requested"}},
                        {"name": "slow", "from": "mql", "to": "recycled", "when": {"in_stage": "2d"}},
                        {"name": "gone", "from": "recycled", "to": "lost", "when": {"in_stage": "1d"}},
                    ],
                }
            )
        )
    )


def demo(lead_id: str, at: int, activity_id: str = "") -> Activity:
    return Activity(activity_id or f"{lead_id} {at}", lead_id, "demo_requested", START + at)


def moves(decisions: Iterable[Decision]) -> list[tuple[str, str, int]]:
    moved = decision.moves(decisions)
    return [(one.lead_id, one.to, parse_moment(one.occurred_at) - START) for one in moved]


def test_what_is_due_for_a_lead_comes_with_its_own_next_activity() -> None:
    replay = Replay(funnel())
    assert moves(replay.apply(demo("a", 0), Place(line=1))) == [("a", "lead", 0), ("a", "mql", 0)]
    # b's activity is past a's deadline, and says nothing of it; a's own does.
    assert moves(replay.apply(demo("b", 5 * DAY), Place(line=2))) == [
        ("b", "lead", 5 * DAY),
        ("b", "mql", 5 * DAY),
    ]
    assert moves(replay.apply(demo("a", 6 * DAY), Place(line=3))) == [
        ("a", "recycled", 2 * DAY),
        ("a", "lost", 3 * DAY),
    ]


def test_at_the_end_all_leads_are_advanced_in_the_order_of_due_moment_and_id() -> None:
    replay = Replay(funnel())
    for line, (lead_id, at) in enumerate([("c", 0), ("b", 0), ("a", HOUR), ("d", 30 * DAY)], 1):
        replay.apply(demo(lead_id, at), Place(line=line))
    decisions = list(replay.finish(Place(line=5)))
    assert moves(decisions) == [
        ("b", "recycled", 2 * DAY),
        ("c", "recycled", 2 * DAY),
        ("a", "recycled", 2 * DAY + HOUR),
        ("b", "lost", 3 * DAY),
        ("c", "lost", 3 * DAY),
        ("a", "lost", 3 * DAY + HOUR),
    ]
    assert msgspec.to_builtins(decisions[0].cause) == {
        "due": "2026-01-03T00:00:00.000Z",
        "before_line": 5,
    }


def test_time_ends_at_the_newest_activity_or_at_a_later_until() -> None:
    def finished(until: int | None) -> list[tuple[str, str, int]]:
        replay = Replay(funnel())
        replay.apply(demo("a", 0), Place(line=1))
        replay.apply(demo("b", DAY), Place(line=2))
        return moves(list(replay.finish(Place(line=3), until)))

    assert finished(None) == finished(START) == finished(START + 2 * DAY - 1) == []
    assert finished(START + 2 * DAY) == [("a", "recycled", 2 * DAY)]


def test_a_repeat_moves_no_clock() -> None:
    replay = Replay(funnel())
    replay.apply(demo("a", 0, "one"), Place(line=1))
    assert replay.apply(demo("a", 9 * DAY, "one"), Place(line=2)) == []
    assert (replay.duplicates, replay.newest) == (1, START)
    assert list(replay.finish(Place(line=3))) == []


def test_of_nothing_comes_nothing() -> None:
    assert list(Replay(funnel()).finish(Place(line=1), START)) == []
