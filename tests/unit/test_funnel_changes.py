"""What changes in meaning from one funnel file to another, each kind of it."""

import json
from typing import Any

import pytest

from qualifiers.changes import changes
from qualifiers.meaning import funnel_hash
from schemas.funnel_file import FunnelFile

FILE: dict[str, Any] = {
    "funnel": "f",
    "stages": ["a", "b", "c"],
    "off_path": ["out", "gone"],
    "final": ["c", "gone"],
    "define": {"known": {"has": "n"}},
    "scores": {
        "s": {
            "half_life": "1d",
            "limits": [0, 100],
            "points": [
                {"on": ["x", "y"], "add": 5, "where": {"p": "q"}, "at_most": 20},
                {"if": {"trait": "n", "is": "7"}, "add": 10},
            ],
        }
    },
    "hold": {"when": {"trait": "consent", "is": "withdrawn"}},
    "transitions": [
        {"to": "b", "when": {"any": [{"did": "x", "within": "24h"}, {"score": "s", "at_least": 40}]}},
        {"name": "aside", "from": ["a", "b"], "to": "out", "when": {"use": "known"}, "again_after": "30d"},
        {"to": "c", "when": {"did": "won"}, "resets": "s"},
        {"name": "silent", "from": "b", "to": "gone", "when": {"quiet": {"for": "60d", "of": "x"}}},
    ],
    "signals": [
        {"name": "overdue", "in": "b", "when": {"in_stage": "4bh"}},
        {"name": "busy", "in": ["a", "b"], "when": {"did": "x", "times": 5}},
    ],
    "calendar": {"zone": "Europe/Oslo", "hours": "mon-fri 09:00-17:00", "holidays": ["2026-12-25"]},
}


def changed(path: str, value: Any) -> dict[str, Any]:
    """The file with another value there; None takes it away."""
    file: Any = json.loads(json.dumps(FILE))
    *way, last = [int(part) if part.isdigit() else part for part in path.split("/")]
    place = file
    for part in way:
        place = place[part]
    if value is None:
        del place[last]
    else:
        place[last] = value
    return dict(file)


def renamed(now: dict[str, str], *rules: Any) -> dict[str, Any]:
    """The file with stages of another name, and these rules."""
    text = json.dumps(FILE | {"transitions": rules})
    for old, new in now.items():
        text = text.replace(f'"{old}"', f'"{new}"')
    return dict(json.loads(text)) | {"renamed": now}


def told(old: dict[str, Any], new: dict[str, Any]) -> list[tuple[str | None, ...]]:
    found = changes(FunnelFile.model_validate(old), FunnelFile.model_validate(new))
    return [(one.part, one.name, one.change, one.aspect, one.old, one.new) for one in found]


CALENDAR = FILE["calendar"]
CASES: list[tuple[str, Any, tuple[str | None, ...]]] = [
    ("funnel", "g", ("funnel", "funnel", "changed", "name", "f", "g")),
    ("stages", ["a", "b", "c", "d"], ("stage", "d", "added", None, None, "after c")),
    ("off_path", ["out", "gone", "cold"], ("off path", "cold", "added", None, None, None)),
    ("final", ["c", "gone", "out"], ("final", "out", "added", None, None, None)),
    ("define/known", {"has": "m"}, ("define", "known", "changed", "is", "n known", "m known")),
    ("define/other", {"has": "m"}, ("define", "other", "added", None, None, "is m known")),
    ("scores/s/half_life", "2d", ("score", "s", "changed", "half life", "24 hours", "48 hours")),
    ("scores/s/limits", None, ("score", "s", "changed", "limits", "0 to 100", None)),
    (
        "scores/s/points/0/add",
        6,
        (
            "points of s",
            "x or y where p is q",
            "changed",
            "gives",
            "x or y where p is q: +5 points, at most 20",
            "x or y where p is q: +6 points, at most 20",
        ),
    ),
    (
        "scores/s/points/1",
        None,
        ("points of s", "n is 7", "removed", None, "gives n is 7: +10 points", None),
    ),
    ("hold", None, ("hold", "hold", "removed", None, "when consent is withdrawn", None)),
    (
        "hold/when/is",
        "denied",
        ("hold", "hold", "changed", "when", "consent is withdrawn", "consent is denied"),
    ),
    ("transitions/1/from", "a", ("rule", "aside", "changed", "from", "a or b", "a")),
    ("transitions/1/to", "gone", ("rule", "aside", "changed", "to", "out", "gone")),
    (
        "transitions/0/when/any/1/at_least",
        50,
        (
            "rule",
            "to-b",
            "changed",
            "when",
            "(x within 24 hours or s at least 40)",
            "(x within 24 hours or s at least 50)",
        ),
    ),
    ("transitions/1/again_after", None, ("rule", "aside", "changed", "again after", "30 days", None)),
    ("transitions/2/resets", None, ("rule", "to-c", "changed", "resets", "s", None)),
    (
        "transitions/2",
        None,
        ("rule", "to-c", "removed", None, "from b; to c; when won; resets s", None),
    ),
    (
        "transitions/3/when/quiet/of",
        ["y", "x"],
        ("rule", "silent", "changed", "when", "60 days without x", "60 days without y or x"),
    ),
    ("signals/0/in", ["b", "a"], ("signal", "overdue", "changed", "in", "b", "b or a")),
    (
        "signals/1/when/times",
        6,
        ("signal", "busy", "changed", "when", "x 5 times", "x 6 times"),
    ),
    ("calendar/zone", "UTC", ("calendar", "calendar", "changed", "zone", "Europe/Oslo", "UTC")),
    (
        "calendar/hours",
        "mon-thu 09:00-17:00",
        (
            "calendar",
            "calendar",
            "changed",
            "hours",
            "mon 09:00-17:00, tue 09:00-17:00, wed 09:00-17:00, thu 09:00-17:00, fri 09:00-17:00",
            "mon 09:00-17:00, tue 09:00-17:00, wed 09:00-17:00, thu 09:00-17:00",
        ),
    ),
    ("calendar/holidays", None, ("calendar", "calendar", "changed", "holidays", "2026-12-25", None)),
]


@pytest.mark.parametrize(("path", "value", "expected"), CASES, ids=[case[0] for case in CASES])
def test_what_changes_is_told_in_words(path: str, value: Any, expected: tuple[str | None, ...]) -> None:
    new = changed(path, value)
    assert told(FILE, new) == [expected]
    assert funnel_hash(FunnelFile.model_validate(new)) != funnel_hash(FunnelFile.model_validate(FILE))


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("off_path", ["gone", "out"]),
        ("final", ["gone", "c"]),
        ("scores/s/half_life", "24h"),
        ("scores/s/points/0/on", ["y", "X", "x"]),
        ("transitions/0/name", "to-b"),
        ("transitions/1/from", ["b", "a"]),
        ("transitions/2/from", "b"),
        ("transitions/0/when/any/0", {"within": "1d", "did": ["x"], "times": 1}),
    ],
)
def test_what_means_the_same_is_no_change(path: str, value: Any) -> None:
    assert told(FILE, changed(path, value)) == []


def test_what_words_leave_out_is_told_as_it_is_meant() -> None:
    text, number = (changed("hold/when", {"trait": "n", "is": value}) for value in ("7", 7))
    assert told(text, number) == [
        ("hold", "hold", "changed", "when", '[{"is":"7","trait":"n"}]', '[{"is":7,"trait":"n"}]')
    ]


def test_rules_that_change_places_are_told_with_both_places() -> None:
    first, *rest = FILE["transitions"]
    assert told(FILE, FILE | {"transitions": [*rest, first]}) == [
        ("rule", "to-b", "moved", "order", "first", "after silent")
    ]


def test_points_lines_for_the_same_are_told_apart_by_their_number() -> None:
    lines = FILE["scores"]["s"]["points"]
    found = told(FILE, changed("scores/s/points", [*lines, lines[0] | {"add": 1}]))
    assert [(one[1], one[2]) for one in found] == [("x or y where p is q (2)", "added")]


def test_a_stage_in_between_changes_where_rules_lead_from_that_do_not_say_it() -> None:
    assert told(FILE, changed("stages", ["a", "b", "d", "c"])) == [
        ("stage", "d", "added", None, None, "after b"),
        ("rule", "to-c", "changed", "from", "b", "d"),
    ]


def test_a_renamed_stage_is_the_same_stage() -> None:
    text = json.dumps(FILE).replace('"b"', '"mql"')
    new = json.loads(text) | {"renamed": {"b": "mql"}}
    assert told(FILE, new) == [("renamed", "b", "added", None, None, "now mql")]


@pytest.mark.parametrize("name", [{}, {"name": "to-b"}])
def test_a_rule_that_keeps_its_name_when_its_stage_is_renamed_is_the_same_rule(name: dict[str, str]) -> None:
    first, *rest = FILE["transitions"]
    old = FILE | {"transitions": [first | name, *rest]}
    assert told(old, renamed({"b": "mql"}, first | {"name": "to-b"}, *rest)) == [
        ("renamed", "b", "added", None, None, "now mql")
    ]


def test_a_rule_that_was_called_by_its_stage_with_its_name_said_goes_on_under_the_new_one() -> None:
    first, *rest = FILE["transitions"]
    old = FILE | {"transitions": [first | {"name": "to-b"}, *rest]}
    assert told(old, renamed({"b": "mql"}, first, *rest)) == [
        ("renamed", "b", "added", None, None, "now mql")
    ]


def test_a_rule_of_a_renamed_stage_that_gets_another_name_goes_by_the_one_that_it_had() -> None:
    first, *rest = FILE["transitions"]
    found = told(FILE, renamed({"b": "mql"}, first | {"name": "quick"}, *rest))
    assert [one[:3] for one in found] == [
        ("renamed", "b", "added"),
        ("rule", "to-b", "removed"),
        ("rule", "quick", "added"),
    ]


@pytest.mark.parametrize(
    ("path", "where"),
    [
        ("define/known", "define"),
        ("hold/when", "hold"),
        ("transitions/1/when", "rule"),
        ("signals/0/when", "signal"),
    ],
)
def test_a_renamed_stage_is_the_same_where_a_condition_asks_whether_a_lead_was_in_it(
    path: str, where: str
) -> None:
    once, never = {"visited": "b"}, {"visited": "out"}
    some = {"at_least": 1, "of": [never, once]}
    old = changed(path, {"all": [{"any": [once, never]}, {"none": [once]}, some, {"has": "n"}]})
    new = json.loads(json.dumps(old).replace('"b"', '"mql"')) | {"renamed": {"b": "mql"}}
    assert told(old, new) == [("renamed", "b", "added", None, None, "now mql")]
    other = json.loads(json.dumps(new).replace('{"visited": "mql"}', '{"visited": "c"}'))
    assert [one[0] for one in told(old, other)] == ["renamed", where]


def test_stages_that_have_become_one_keep_their_rules_apart() -> None:
    won = {"to": "c", "when": {"did": "won"}}
    old = FILE | {
        "stages": ["a", "b", "mql", "c"],
        "transitions": [{"to": "b", "when": {"did": "x"}}, {"to": "mql", "when": {"did": "y"}}, won],
        "signals": [{"name": "s", "in": ["b", "mql"], "when": {"did": "x"}}],
    }
    new = FILE | {
        "stages": ["a", "mql", "c"],
        "renamed": {"b": "mql"},
        "transitions": [{"to": "mql", "when": {"did": "y"}}, won],
        "signals": [{"name": "s", "in": "mql", "when": {"did": "x"}}],
    }
    assert told(old, new) == [
        ("renamed", "b", "added", None, None, "now mql"),
        ("rule", "to-b", "removed", None, "from a; to mql; when x", None),
        ("rule", "to-mql", "changed", "from", "mql", "a"),
    ]


@pytest.mark.parametrize(
    ("was", "now", "rule"),
    [
        ("out", "b", {"name": "on", "from": ["b", "out"], "to": "c", "when": {"did": "won"}}),
        ("out", "gone", {"name": "back", "from": ["out"], "to": "a", "when": {"did": "back"}}),
    ],
)
def test_what_a_rule_leads_out_of_is_told_once_where_stages_have_become_one(
    was: str, now: str, rule: dict[str, Any]
) -> None:
    first = FILE["transitions"][0]
    new = renamed({was: now}, first, rule | {"from": now})
    new |= {"off_path": ["gone"], "final": [stage for stage in FILE["final"] if stage != now]}
    assert told(FILE | {"transitions": [first, rule]}, new) == [
        ("renamed", was, "added", None, None, f"now {now}")
    ]


def test_a_file_that_is_wholly_another_names_all_of_both() -> None:
    other = {"funnel": "f", "stages": ["x", "y"], "transitions": [{"to": "y", "when": {"did": "z"}}]}
    there, back = told(FILE, other), told(other, FILE)
    assert {one[:2] for one in there} == {one[:2] for one in back}
    assert [one[2] for one in there].count("removed") == [one[2] for one in back].count("added")
