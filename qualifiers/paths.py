"""Dotted paths into properties and traits: `company.employees`.

A path goes through objects only, never through lists. What is missing and what is
null are the same to the rules, so `None` stands for both.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

MISSING: Final = None
"""What a path that leads nowhere gives; null is missing too."""

Getter = Callable[[Mapping[str, Any]], Any]


def getter(path: str) -> Getter:
    """A function from properties (or traits) to what lies at ``path``, or MISSING."""
    first, *rest = path.split(".")
    if not rest:
        return lambda tree: tree.get(first)
    if len(rest) == 1:
        (second,) = rest

        def get_two(tree: Mapping[str, Any]) -> Any:
            inner = tree.get(first)
            return inner.get(second) if type(inner) is dict else MISSING

        return get_two

    def get(tree: Mapping[str, Any]) -> Any:
        found = tree.get(first)
        for part in rest:
            if type(found) is not dict:
                return MISSING
            found = found.get(part)
        return found

    return get
