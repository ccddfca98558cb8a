import json
from typing import Any

import pytest

from qualifiers import compile_funnel
from qualifiers.builder import Builder
from qualifiers.meaning import canonical, slot_key
from schemas.funnel_file import FunnelFile
from tests.unit.story import tell

FILE: dict[str, Any] = {
    "funnel": "f",
    "stages": ["a", "b", "c"],
    "off_path": ["out", "gone"],
    "final": ["c", "gone"],
    "define": {"known": {"has": "n"}},
    "scores": {"s": {"half_life": "1d", "points": [{"on": ["x", "y"], "add": 5, "where": {"p": "q"}}]}},
    "transitions": [
        {"to": "b", "when": {"any": [{"did": "x", "within": "24h"}, {"score": "s", "at_least": 40}]}},
        {"name": "aside", "from": ["a", "b"], "to": "out", "when": {"use": "known"}},
    ],
}


def changed(path: str, value: Any) -> dict[str, Any]:
    file: Any = json.loads(json.dumps(FILE))
    *way, last = [int(part) if part.isdigit() else part for part in path.split("/")]
    place = file
    for part in way:
        place = place[part]
    place[last] = value
    return dict(file)


def hash_of(file: dict[str, Any]) -> str:
    return compile_funnel(FunnelFile.model_validate(file)).hash


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("scores/s/half_life", "24h"),
        ("scores/s/points/0/on", ["y", "X", "x"]),
        ("scores/s/points/0/where", {"p": {"is": "q"}}),
        ("scores/s/points/0/add", 5.0),
        ("transitions/0/name", "to-b"),
        ("transitions/0/from", "a"),
        ("transitions/0/from", "earlier"),
        ("transitions/0/when/any/0", {"within": "1d", "did": ["x"], "times": 1}),
        ("transitions/1/from", ["b", "a"]),
        ("define/known", {"has": ["n"]}),
        ("final", ["gone", "c"]),
        ("off_path", ["gone", "out"]),
    ],
)
def test_what_means_the_same_has_the_same_hash(path: str, value: Any) -> None:
    assert hash_of(changed(path, value)) == hash_of(FILE)


def test_the_order_of_keys_means_nothing() -> None:
    assert hash_of(dict(reversed(FILE.items()))) == hash_of(FILE)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("funnel", "g"),
        ("final", ["c"]),
        ("scores/s/half_life", "25h"),
        ("scores/s/limits", [0, 100]),
        ("scores/s/points/0/at_most", 10),
        ("transitions/0/name", "other"),
        ("transitions/0/when/any/0/times", 2),
        ("transitions/0/when/any/0/since", "entry"),
        ("transitions/0/when/any", FILE["transitions"][0]["when"]["any"][::-1]),
        ("transitions", FILE["transitions"][::-1]),
    ],
)
def test_what_means_something_else_has_another(path: str, value: Any) -> None:
    assert hash_of(changed(path, value)) != hash_of(FILE)


CALENDAR = {"zone": "Europe/Oslo", "hours": "mon-fri 09:00-17:00", "holidays": ["2026-12-25", "2027-01-01"]}
HOURS = FILE | {"calendar": CALENDAR}
HOURS["transitions"] = [{"to": "b", "when": {"sequence": ["x", "y"], "span": "4bh"}}]


@pytest.mark.parametrize(
    "calendar",
    [
        {"hours": "tue-fri 09:00-17:00, mon 12:00-17:00, mon 09:00-12:00"},
        {"holidays": ["2027-01-01", "2026-12-25"]},
    ],
    ids=str,
)
def test_a_calendar_means_the_same_however_it_is_written(calendar: dict[str, Any]) -> None:
    assert hash_of(HOURS | {"calendar": CALENDAR | calendar}) == hash_of(HOURS)


@pytest.mark.parametrize(
    "calendar", [{"zone": "UTC"}, {"hours": "mon-fri 09:00-16:59"}, {"holidays": ["2026-12-25"]}], ids=str
)
def test_another_calendar_is_another_meaning(calendar: dict[str, Any]) -> None:
    other = HOURS | {"calendar": CALENDAR | calendar}
    assert hash_of(other) != hash_of(HOURS)
    assert slots_of(other) != slots_of(HOURS)


def test_business_hours_are_no_other_hours() -> None:
    plain = HOURS | {"transitions": [{"to": "b", "when": {"sequence": ["x", "y"], "span": "4h"}}]}
    assert hash_of(plain) != hash_of(HOURS)
    assert slots_of(plain) != slots_of(HOURS)


def test_a_calendar_that_nothing_asks_is_part_of_the_meaning_as_a_definition_is() -> None:
    assert hash_of(FILE | {"calendar": CALENDAR}) != hash_of(FILE)


def slots_of(file: dict[str, Any]) -> frozenset[str]:
    builder = Builder(FunnelFile.model_validate(file))
    builder.rules(FunnelFile.model_validate(file))
    return builder.slots


def test_a_slot_is_named_by_what_it_counts() -> None:
    assert canonical("counter", ["x"], {"p": 1, "q": 2.0}) == canonical("counter", ["x"], {"q": 2, "p": 1})
    assert slot_key(canonical("counter", ["x"])) != slot_key(canonical("counter", ["y"]))
    assert len(slot_key(canonical("x"))) == 5


def test_what_is_counted_twice_is_kept_once_however_it_is_written() -> None:
    either = {"any": [{"did": "x", "where": where} for where in ({"p": 1, "q": 2}, {"q": 2.0, "p": 1})]}
    story = tell({"all": [either, {"did": "never"}]}).does("x", p=1, q=2)
    assert story.lead is not None
    assert len(story.lead.kept) == 1


def test_lines_for_the_same_keep_their_bounds_apart() -> None:
    line = {"on": "x", "add": 2, "at_most": 3}
    story = tell({"did": "never"}, scores={"s": {"points": [line, line]}}).does("x").does("x")
    assert story.view.scores == {"s": 6.0}


def test_a_funnel_tells_what_it_is_made_of() -> None:
    told = compile_funnel(FunnelFile.model_validate(FILE))
    assert told.slug == "f"
    assert told.stages == ("a", "b", "c", "out", "gone")
    assert told.activity_types == {"x", "y"}
    assert told.rules == ("created", "manual", "merged", "to-b", "aside")
    assert told.score_names == ("s",)
