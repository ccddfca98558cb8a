from typing import Any

import msgspec
import pytest

from schemas.lead_packing import pack_history, pack_traits, unpack_history, unpack_traits
from schemas.usual_names import NUMBERS, named, written

SINCE = 1_767_225_600_000

TRAITS: list[dict[str, Any]] = [
    {},
    {"budget": [SINCE, 3000.0]},
    {"name": [SINCE + 5, "Anna"], "b": [SINCE + 5, None], "earlier": [SINCE - 9, [1, {"c": 2}, []]]},
    {
        "company": [None, SINCE + 9, {"name": [SINCE + 9, "Acme"], "city": [SINCE + 3, "Oslo"]}],
        "n": [SINCE, 1],
    },
    {"a": [SINCE - 1, SINCE + 2, {"b": [SINCE, SINCE + 1, {}], "c": [None, SINCE, {"d": [SINCE, ""]}]}]},
    {"": [0, 2**64 - 1], "0": [-1, -(2**63)]},
]


@pytest.mark.parametrize("traits", TRAITS)
@pytest.mark.parametrize("since", [SINCE, 0, -SINCE])
def test_traits_are_unpacked_as_they_were(traits: dict[str, Any], since: int) -> None:
    written_down = msgspec.msgpack.encode(pack_traits(traits, since))
    assert unpack_traits(msgspec.msgpack.decode(written_down), since) == traits


def test_history_is_unpacked_as_it_was_whatever_its_order() -> None:
    changes = [("created", "a", SINCE), ("merged", "mql", SINCE - 5), ("own rule", "b", SINCE + 9)]
    for since in (SINCE, 0):
        assert unpack_history(pack_history(changes, since), since) == changes


def test_what_was_learnt_at_once_takes_a_byte_a_moment() -> None:
    traits: dict[str, Any] = {name: [SINCE, 1] for name in ("budget", "need", "timeline")}
    assert len(msgspec.msgpack.encode(pack_traits(traits, SINCE))) == 1 + 3 * (1 + 1 + 1)


def test_a_usual_name_takes_a_byte_and_comes_back() -> None:
    assert all(named(written(name)) == name for name in (*NUMBERS, "an own one"))
    assert sorted(NUMBERS.values()) == list(range(len(NUMBERS)))
    assert len(NUMBERS) <= 128
