from itertools import permutations
from typing import Any

import pytest

from qualifiers.traits import OTHER_TRAITS, NamedTraits, Room, as_json, merge, trait_getter
from schemas.lead_state import decode_lead, encode_lead
from tests.properties.brute_force_values import merge_patch
from tests.unit.story import tell

Patch = tuple[int, dict[str, Any]]


def merged(*patches: Patch, named: frozenset[str] = frozenset()) -> dict[str, Any]:
    traits: dict[str, Any] = {}
    for at, patch in patches:
        merge(traits, patch, at, Room(NamedTraits(named), traits))
    return as_json(traits)


HISTORIES: list[list[dict[str, Any]]] = [
    [{"a": 1}, {"a": 2}, {"b": 3}],
    [{"a": 1}, {"a": None}, {"b": 3}],
    [{"a": {"b": 1, "c": 2}}, {"a": {"b": None}}, {"a": {"d": 4}}],
    [{"a": {"b": 1}}, {"a": 5}, {"a": {"c": 2}}],
    [{"a": {"b": 1}}, {"a": None}, {"a": {"c": 2}}],
    [{"a": 1}, {"a": {}}, {"a": {"b": {"c": 1}}}],
    [{"a": {"b": {"c": 1}}}, {"a": {"b": 2}}, {"a": {"b": {"d": 3}}}, {"a": {"e": 1}}],
    [{"a": [1, {"x": None}]}, {"a": {"b": [2]}}, {"a": []}],
    [{"a": {"b": 1}}, {"a": {"b": {"c": 2}}}, {"a": {}}, {"a": {"b": None}}],
]


@pytest.mark.parametrize("patches", HISTORIES)
def test_in_whatever_order_they_come_their_moments_count(patches: list[dict[str, Any]]) -> None:
    wanted: Any = {}
    for patch in patches:
        wanted = merge_patch(wanted, patch)
    for order in permutations(enumerate(patches)):
        assert merged(*order) == wanted


def test_of_two_at_the_same_moment_the_later_arrival_stays() -> None:
    assert merged((5, {"a": 1}), (5, {"a": 2})) == {"a": 2}
    assert merged((5, {"a": {"b": 1}}), (5, {"a": 2})) == {"a": 2}
    assert merged((5, {"a": 2}), (5, {"a": {"b": 1}})) == {"a": {"b": 1}}
    assert merged((5, {"a": 2}), (5, {"a": None})) == {}


def test_what_was_removed_is_remembered_with_its_time() -> None:
    assert merged((5, {"a": 1}), (9, {"a": None}), (7, {"a": 2})) == {}
    assert merged((9, {"a": None}), (7, {"a": 2}), (9, {"a": 3})) == {"a": 3}


def test_what_changed_is_told_and_moments_alone_are_no_change() -> None:
    traits: dict[str, Any] = {}
    room = Room(NamedTraits(()), traits)
    assert merge(traits, {"a": 1, "b": {"c": 2}, "d": None}, 5, room) == ["a", "b"]
    assert merge(traits, {"a": 1, "b": {"c": 2}}, 6, room) == []
    assert merge(traits, {"a": True, "b": {"c": 3}}, 7, room) == ["a", "b"]
    assert merge(traits, {"a": 5}, 6, room) == []


def test_traits_that_no_rule_names_are_kept_up_to_a_limit() -> None:
    traits: dict[str, Any] = {}
    room = Room(NamedTraits(["company.size"]), traits)
    for number in range(3 * OTHER_TRAITS):
        merge(traits, {f"t{number}": number, "deep": {f"t{number}": {"x": 1}}}, number, room)
    merge(traits, {"company": {"size": 5, "other": 1}, "long": "x" * 5000}, 1000, room)
    kept = as_json(traits)
    assert kept["company"] == {"size": 5}
    assert "long" not in kept
    assert len(kept) + len(kept["deep"]) == OTHER_TRAITS + 2
    merge(traits, {"t0": "now"}, 2000, room)
    assert as_json(traits)["t0"] == "now"


def test_an_empty_object_is_one_trait_where_there_is_room() -> None:
    full = {f"t{number}": number for number in range(OTHER_TRAITS)}
    assert "empty" not in merged((1, full), (2, {"empty": {}}))
    assert merged((1, {"empty": {}})) == {"empty": {}}


def test_what_is_older_than_what_is_known_does_not_keep_the_rest_out() -> None:
    assert merged((2, {"a": "new"}), (1, {"a": "old", "b": 1})) == {"a": "new", "b": 1}


def test_what_comes_behind_an_object_is_kept_too() -> None:
    assert merged((1, {"a": {"x": 1}, "b": 2})) == {"a": {"x": 1}, "b": 2}


def test_a_named_trait_is_kept_however_long_another_not() -> None:
    long = "x" * 5000
    assert merged((1, {"a": long, "b": 1}), (2, {"b": long}), named=frozenset({"a"})) == {"a": long}


@pytest.mark.parametrize("number", [2**64, -(2**63) - 1, 10**400, -(10**400)])
def test_a_number_that_the_state_cannot_hold_becomes_a_float(number: int) -> None:
    story = tell({"trait": "n", "above": 5}).knows(n=number, other=[number, {"x": number}])
    assert story.stage == ("b" if number > 0 else "a")
    assert story.lead is not None
    assert decode_lead(encode_lead(story.lead)) == story.lead


def test_paths_go_through_objects_only() -> None:
    traits: dict[str, Any] = {}
    merge(traits, {"a": {"b": {"c": 1}, "l": [{"c": 1}]}, "s": 2}, 1, Room(NamedTraits(()), traits))
    assert trait_getter("a.b.c")(traits) == 1
    assert trait_getter("a.b")(traits) == {"c": 1}
    assert [trait_getter(path)(traits) for path in ("a.l.c", "s.x", "a.b.c.d", "z", "a.z")] == [None] * 5


def test_a_late_identify_cannot_undo_a_newer_one() -> None:
    story = tell({"trait": "n", "is": "old"}).knows(10, n="new").knows(5, n="old")
    assert (story.stage, story.view.traits) == ("a", {"n": "new"})
