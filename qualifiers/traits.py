"""Traits: what is known about a lead, leaf by leaf, each with the moment it was learnt.

A patch merges as RFC 7386 says, at its own moment: the outcome is that of all
patches in the order (moment, arrival), in whatever order they came. So a node of
the tree remembers:

- a leaf ``[at, value]``: a scalar, a list, or null (what was removed stays removed
  against patches older than its removal);
- an object ``[floor, touched, {name: node}]``: ``floor`` is when a leaf last stood in
  its place (None: never), so that what is older than that stays away; ``touched`` is
  the newest patch that made it an object.
"""

from collections.abc import Callable, Iterable, Iterator
from operator import itemgetter
from typing import Any, Final

import msgspec

from schemas.lead_packing import Node

OTHER_TRAITS: Final = 64
"""How many leaves that no rule names are kept for a lead."""
OTHER_TRAIT_CHARACTERS: Final = 1024
"""How long such a text, or such a list as JSON, may be."""

_LEAF: Final = 2
_INT64 = range(-(2**63), 2**64)
_json = msgspec.json.encode


def learn(traits: dict[str, Node], patch: dict[str, Any], at: int, named: "NamedTraits") -> list[str]:
    """Add a patch of the moment ``at`` (ms) to a lead's traits, in place; the top names that it changed."""
    return merge(traits, patch, at, Room(named, traits))


def unite(traits: dict[str, Node], came: dict[str, Node], named: "NamedTraits") -> None:
    """Add the traits of a lead that is part of this one now, whose patches have arrived later; in place."""
    room = Room(named, traits)
    for at, patch in sorted(_patches(came), key=itemgetter(0)):
        merge(traits, patch, at, room)


def _patches(traits: dict[str, Node]) -> Iterator[tuple[int, dict[str, Any]]]:
    """Patches, with their moments, that make these traits of none."""
    for name, node in traits.items():
        if len(node) == _LEAF:
            yield node[0], {name: node[1]}
            continue
        floor, touched, children = node
        if floor is not None:
            yield floor, {name: None}
        yield touched, {name: {}}
        for at, patch in _patches(children):
            yield at, {name: patch}


def merge(
    traits: dict[str, Node], patch: dict[str, Any], at: int, room: "Room", prefix: str = ""
) -> list[str]:
    """Merge a patch of the moment ``at`` into ``traits``, in place; the names that changed.

    A change is one of a value: that of a moment is none. ``prefix`` is the path to
    ``traits`` where they lie within others, with a dot at its end.
    """
    changed = []
    for name, value in patch.items():
        node = traits.get(name)
        if node is not None and node[0] is not None and at < node[0]:
            continue
        if type(value) is dict:
            if _merge_object(traits, name, node, value, at, prefix + name, room):
                changed.append(name)
            continue
        if type(value) is not str or len(value) > OTHER_TRAIT_CHARACTERS:
            value = room.fit(prefix + name, value)
        if node is None:
            if room.admits(prefix + name):
                traits[name] = [at, value]
                if value is not None:
                    changed.append(name)
        elif len(node) == _LEAF:
            if type(node[1]) is not type(value) or node[1] != value:
                changed.append(name)
            node[0] = at
            node[1] = value
        elif _overlay(traits, name, node, value, at):
            changed.append(name)
    return changed


def _overlay(children: dict[str, Node], name: str, node: Node, value: Any, at: int) -> bool:
    """A leaf comes where an object stands: what is older than the leaf goes."""
    if at >= node[1]:
        children[name] = [at, value]
        return True
    node[0] = at
    return _prune(node[2], at)


def _prune(children: dict[str, Node], at: int) -> bool:
    """Forget all that was learnt up to ``at``; whether anything was."""
    gone = [name for name, node in children.items() if (node[0] if len(node) == _LEAF else node[1]) <= at]
    for name in gone:
        del children[name]
    pruned = bool(gone)
    for node in children.values():
        if len(node) != _LEAF:
            pruned |= _prune(node[2], at)
    return pruned


def _merge_object(
    children: dict[str, Node],
    name: str,
    node: Node | None,
    patch: dict[str, Any],
    at: int,
    path: str,
    room: "Room",
) -> bool:
    if node is not None and len(node) != _LEAF:
        if at > node[1]:
            node[1] = at
        return bool(merge(node[2], patch, at, room, path + "."))
    inner: dict[str, Node] = {}
    merge(inner, patch, at, room, path + ".")
    if node is None and not inner and (patch or not room.admits(path)):
        return False
    children[name] = [None if node is None else node[0], at, inner]
    return True


def storable(value: Any) -> Any:
    """A value as the state can hold it: whole numbers beyond 64 bits become floats."""
    if type(value) is int:
        if value in _INT64:
            return value
        try:
            return float(value)
        except OverflowError:
            return float("inf") if value > 0 else float("-inf")
    if type(value) is list:
        return [storable(one) for one in value]
    if type(value) is dict:
        return {name: storable(one) for name, one in value.items()}
    return value


class NamedTraits:
    """The paths that rules name; what lies on the way to them, or below them, counts as named."""

    __slots__ = ("_above", "_paths")

    def __init__(self, paths: Iterable[str]) -> None:
        self._paths = frozenset(paths)
        self._above = frozenset(above for path in self._paths for above in _prefixes(path))

    def __contains__(self, path: str) -> bool:
        return path in self._above or any(above in self._paths for above in _prefixes(path))


def _prefixes(path: str) -> Iterator[str]:
    """`a`, `a.b`, `a.b.c` of `a.b.c`."""
    yield path
    while (dot := path.rfind(".")) >= 0:
        path = path[:dot]
        yield path


class Room:
    """Which new leaves of a lead are kept: those that a rule names, and some others."""

    __slots__ = ("_left", "_named", "_traits")

    def __init__(self, named: NamedTraits, traits: dict[str, Any]) -> None:
        self._named = named
        self._traits = traits
        self._left: int | None = None

    def admits(self, path: str) -> bool:
        """Whether there is room for a leaf that was not there before; then it is taken."""
        if path in self._named:
            return True
        if self._left is None:
            self._left = OTHER_TRAITS - sum(leaf not in self._named for leaf in _leaves(self._traits, ""))
        if self._left <= 0:
            return False
        self._left -= 1
        return True

    def fit(self, path: str, value: Any) -> Any:
        """What is kept of a value: all of it, or null where no rule asks and it is too long."""
        if type(value) is str:
            is_long = len(value) > OTHER_TRAIT_CHARACTERS
        else:
            value = storable(value)
            is_long = type(value) is list and len(_json(value)) > OTHER_TRAIT_CHARACTERS
        return None if is_long and path not in self._named else value


def _leaves(children: dict[str, Node], prefix: str) -> list[str]:
    found: list[str] = []
    for name, node in children.items():
        if len(node) == _LEAF or not node[2]:
            found.append(prefix + name)
        else:
            found.extend(_leaves(node[2], f"{prefix}{name}."))
    return found


def as_json(traits: dict[str, Any]) -> dict[str, Any]:
    """The traits as they stand, without moments and without what was removed."""
    return {name: value for name, node in traits.items() if (value := _value(node)) is not None}


def _value(node: Node) -> Any:
    return node[1] if len(node) == _LEAF else as_json(node[2])


def trait_getter(path: str) -> Callable[[dict[str, Any]], Any]:
    """A function from a lead's traits to the value at ``path``, or None."""
    first, *rest = path.split(".")
    if not rest:

        def get_top(traits: dict[str, Any]) -> Any:
            node = traits.get(first)
            return None if node is None else _value(node)

        return get_top

    def get(traits: dict[str, Any]) -> Any:
        node = traits.get(first)
        for part in rest:
            if node is None or len(node) == _LEAF:
                return None
            node = node[2].get(part)
        return None if node is None else _value(node)

    return get


def is_there(value: Any) -> bool:
    """Whether `has` finds the value: neither null nor empty; 0, false and blanks are not empty."""
    return value is not None and value != "" and value != [] and value != {}
