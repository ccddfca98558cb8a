"""How a lead's traits and history are packed into its state: moments as differences, usual names as numbers.

What comes out is plain lists, which msgpack writes in as many bytes as each number needs: a
difference of up to 49 days in 5, none in 1, where a moment takes 9.
"""

from typing import Any, Final

from schemas.usual_names import named, written


class UnreadableState(Exception):
    """A lead's state was damaged, or is none; or another leadgate wrote it. The message says which."""


DAMAGED: Final = (ValueError, TypeError, LookupError, OverflowError, RecursionError)
"""What taking damaged bytes apart raises, be it here, in msgspec or in struct."""

Node = list[Any]
"""A trait, or an object of traits, with its moments; see `qualifiers.traits`."""

PastChange = tuple[str, str, int]
"""A stage change, as a lead remembers it: rule, stage entered, moment (ms)."""

_LEAF: Final = 2


def pack_traits(traits: dict[str, Node], since: int) -> list[Any]:
    """Name, moment, value, name, moment, value …; of an object, its two moments and what is in it.

    A moment is how much later it is than the one before it, the first than ``since`` (ms): what was
    learnt at once has 0.
    """
    packed: list[Any] = []
    _pack_traits(traits, since, packed)
    return packed


def _pack_traits(traits: dict[str, Node], before: int, packed: list[Any]) -> int:
    """The last moment of these."""
    for name, node in traits.items():
        packed.append(written(name))
        at = node[0]
        if len(node) == _LEAF:
            packed.append(at - before)
            packed.append(node[1])
            before = at
        else:
            touched: int = node[1]
            inner: list[Any] = []
            packed.append([None if at is None else at - touched, touched - before])
            packed.append(inner)
            before = _pack_traits(node[2], touched, inner)
    return before


def unpack_traits(packed: list[Any], since: int) -> dict[str, Node]:
    """The traits that were packed."""
    traits: dict[str, Node] = {}
    _unpack_traits(packed, since, traits)
    return traits


def _unpack_traits(packed: list[Any], before: int, traits: dict[str, Node]) -> int:
    """The last moment of these."""
    for place in range(0, len(packed), 3):
        name, at, value = named(packed[place]), packed[place + 1], packed[place + 2]
        if isinstance(at, int):
            before += at
            traits[name] = [before, value]
        else:
            floor, later = at
            touched: int = before + later
            inner: dict[str, Node] = {}
            traits[name] = [None if floor is None else touched + floor, touched, inner]
            before = _unpack_traits(value, touched, inner)
    return before


def pack_history(changes: list[PastChange], since: int) -> list[Any]:
    """Rule, stage, moment, rule …; moments as in `pack_traits`."""
    packed: list[Any] = []
    for rule, stage, at in changes:
        packed += (written(rule), written(stage), at - since)
        since = at
    return packed


def unpack_history(packed: list[Any], since: int) -> list[PastChange]:
    """The stage changes that were packed."""
    changes: list[PastChange] = []
    for place in range(0, len(packed), 3):
        since += packed[place + 2]
        changes.append((named(packed[place]), named(packed[place + 1]), since))
    return changes
