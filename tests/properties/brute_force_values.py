"""Single values, read as the funnel language says: paths, operators, and how traits merge.

Part of the brute-force reading of a funnel (see ``brute_force``). Written from the
language's text alone; nothing here is shared with ``qualifiers``.
"""

import re
from collections.abc import Callable, Iterable
from typing import Any

from schemas.conditions import Test

MISSING = None
"""A path that leads nowhere. null is missing too, so one value stands for both."""

_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?")


def at_path(tree: dict[str, Any], path: str) -> Any:
    """What lies at a dotted path; paths do not go through lists."""
    found: Any = tree
    for part in path.split("."):
        found = found.get(part) if isinstance(found, dict) else MISSING
    return found


def merged(patches: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """Traits after these patches, oldest first: RFC 7386, one after the other."""
    traits: dict[str, Any] = {}
    for patch in patches:
        traits = merge_patch(traits, patch)
    return traits


def merge_patch(target: Any, patch: Any) -> Any:
    """RFC 7386, section 2, word for word."""
    if not isinstance(patch, dict):
        return patch
    result = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None:
            result.pop(name, None)
        else:
            result[name] = merge_patch(result.get(name), value)
    return result


def is_there(value: Any) -> bool:
    """`has`: neither null nor empty. 0, false and a blank of spaces are not empty."""
    return value is not MISSING and not (isinstance(value, str | list | dict) and len(value) == 0)


# How single values compare -------------------------------------------------------------------------


def comparable(value: Any) -> tuple[str, Any]:
    """A value as (kind, what is compared): only values of one kind compare.

    Text is compared without regard to case and surrounding space; text that is wholly
    a number is that number; booleans are not numbers.
    """
    if isinstance(value, bool):
        return ("boolean", value)
    if isinstance(value, int | float):
        return ("number", value)
    if isinstance(value, str):
        text = value.strip()
        return ("number", float(text)) if _NUMBER.fullmatch(text) else ("text", text.casefold())
    return ("incomparable", object())


def _equal(value: Any, wanted: Any) -> bool:
    return comparable(value) == comparable(wanted)


_Operator = Callable[[Any, Any], bool]


def _ordered(holds: _Operator) -> _Operator:
    def operator(value: Any, bound: Any) -> bool:
        (kind, left), (bound_kind, right) = comparable(value), comparable(bound)
        return kind == bound_kind and kind in ("number", "text") and holds(left, right)

    return operator


_at_least = _ordered(lambda left, right: left >= right)
_at_most = _ordered(lambda left, right: left <= right)


def _folded(text: str) -> str:
    return text.strip().casefold()


def _textual(holds: Callable[[str, str], bool]) -> _Operator:
    """An operator on text as text: what is not text makes it false."""
    return lambda value, wanted: (
        isinstance(value, str) and isinstance(wanted, str) and holds(_folded(value), _folded(wanted))
    )


def _is_word_in(text: str, word: str) -> bool:
    """Whether ``word`` stands in ``text`` with no letter, digit or underscore on either side of it."""
    starts = (i for i in range(len(text)) if text.startswith(word, i))
    return any(
        not _joins(text[i - 1 : i]) and not _joins(text[i + len(word) : i + len(word) + 1]) for i in starts
    )


def _joins(character: str) -> bool:
    return character.isalnum() or character == "_"


_contains_text = _textual(lambda text, part: part in text)
_has_word = _textual(_is_word_in)

SCALAR_OPERATORS: dict[str, _Operator] = {
    "is_": _equal,
    "in_": lambda value, wanted: any(_equal(value, one) for one in wanted),
    "above": _ordered(lambda left, right: left > right),
    "at_least": _at_least,
    "below": _ordered(lambda left, right: left < right),
    "at_most": _at_most,
    "between": lambda value, ends: _at_least(value, ends[0]) and _at_most(value, ends[1]),
    "matches": lambda value, pattern: isinstance(value, str) and re.search(pattern, value) is not None,
    "has_word": lambda value, words: any(_has_word(value, word) for word in words),
    "starts_with": _textual(lambda text, start: text.startswith(start)),
    "ends_with": _textual(lambda text, end: text.endswith(end)),
    "contains": _contains_text,
}
"""Each operator on one scalar that is there."""


def satisfies(test: Test, value: Any) -> bool:
    """Whether all the operators that are given hold of a value."""
    given = ((name, wanted) for name in Test.model_fields if (wanted := getattr(test, name)) is not None)
    return all(_operator_holds(name, value, wanted) for name, wanted in given)


def _operator_holds(name: str, value: Any, wanted: Any) -> bool:
    if name == "exists":
        return wanted is (value is not MISSING)
    if name == "is_not":
        return not _operator_holds("is_", value, wanted)
    if name == "not_in":
        return not _operator_holds("in_", value, wanted)
    if name == "contains" and isinstance(value, list):
        return any(_equal(element, wanted) or _contains_text(element, wanted) for element in value)
    if isinstance(value, list):  # any element may satisfy
        return any(_operator_holds(name, element, wanted) for element in value if _is_scalar(element))
    return _is_scalar(value) and bool(SCALAR_OPERATORS[name](value, wanted))


def _is_scalar(value: Any) -> bool:
    """Of a missing path and of an object, all of these operators are false."""
    return isinstance(value, bool | int | float | str)
