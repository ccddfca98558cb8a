"""The operators of `trait` and `where`: one table, each parsed once and then only called.

A builder takes an operator's argument, as the funnel file gives it, and returns a
predicate over a JSON value. What holds for all of them:

- null is missing, and missing makes every operator false but `is_not`, `not_in` and
  `exists: false`. An object does the same, but it exists.
- Text compares without regard to case and surrounding space, but for `matches`. Text
  that is wholly a number compares as that number. Booleans are not numbers.
- Comparing unlike types is false, never an error.
- On a list any element that is no list or object itself may satisfy; of the negations,
  none may.
"""

import operator
from collections.abc import Callable
from typing import Any, NamedTuple

from qualifiers.comparing import (
    Number,
    as_number,
    comparable,
    compile_pattern,
    fold,
    has_whole_word,
    text_number,
)
from qualifiers.words import shown
from schemas.conditions import Test

__all__ = ["OPERATORS", "Operator", "Predicate", "comparable", "compile_test", "describe", "given"]

Predicate = Callable[[Any], bool]

# Builders ------------------------------------------------------------------------------------------


def _is(wanted: Any) -> Predicate:
    """Equal, as single values; the shape of `in` with one member, made quick."""
    number = as_number(wanted)
    if type(wanted) is bool:
        return lambda value: value is wanted or (type(value) is list and any(v is wanted for v in value))
    if number is not None:
        return _compared(operator.eq, number)
    folded = fold(wanted)

    def is_text(value: Any) -> bool:
        if type(value) is str:
            return value == wanted or value.strip().casefold() == folded
        return type(value) is list and any(type(v) is str and fold(v) == folded for v in value)

    return is_text


def _in(wanted: list[Any]) -> Predicate:
    wanted_keys = frozenset(comparable(one) for one in wanted)
    numbers = [one for one in wanted if as_number(one) is not None]
    texts = frozenset(fold(one) for one in wanted if type(one) is str)

    def among(value: Any) -> bool:
        if type(value) is list:
            return any(type(v) is not list and among(v) for v in value)
        if type(value) is str and not numbers:
            return value.strip().casefold() in texts
        key = comparable(value)
        return key is not None and key in wanted_keys

    return among


def _negated(build: Callable[[Any], Predicate]) -> Callable[[Any], Predicate]:
    def build_negated(wanted: Any) -> Predicate:
        holds = build(wanted)
        return lambda value: not holds(value)

    return build_negated


def _compared(compare: Callable[[Any, Any], bool], bound: Number) -> Predicate:
    """Numbers, and text that is one, against a number."""

    def holds(value: Any) -> bool:
        kind = type(value)
        if kind is int or kind is float:
            return compare(value, bound)
        if kind is str:
            number = text_number(value)
            return number is not None and compare(number, bound)
        return kind is list and any(type(v) is not list and holds(v) for v in value)

    return holds


def _compared_as_text(compare: Callable[[Any, Any], bool], bound: str) -> Predicate:
    """Text that is no number against text, by code point."""

    def holds(value: Any) -> bool:
        if type(value) is str:
            return compare(value.strip().casefold(), bound) and text_number(value) is None
        return type(value) is list and any(type(v) is not list and holds(v) for v in value)

    return holds


def _ordered(compare: Callable[[Any, Any], bool]) -> Callable[[Any], Predicate]:
    def build(bound: Any) -> Predicate:
        number = as_number(bound)
        return _compared_as_text(compare, fold(bound)) if number is None else _compared(compare, number)

    return build


def _between(ends: tuple[Any, Any]) -> Predicate:
    """Both ends included. On a list, one element must lie between them."""
    low, high = _ordered(operator.ge)(ends[0]), _ordered(operator.le)(ends[1])

    def lies_between(value: Any) -> bool:
        if type(value) is list:
            return any(type(v) is not list and lies_between(v) for v in value)
        return low(value) and high(value)

    return lies_between


def _textual(holds: Callable[[str, str], bool]) -> Callable[[Any], Predicate]:
    """Folded text against folded text; what is no text makes it false."""

    def build(wanted: str) -> Predicate:
        part = fold(wanted)

        def holds_of(value: Any) -> bool:
            if type(value) is str:
                return holds(value.strip().casefold(), part)
            return type(value) is list and any(type(v) is str and holds(fold(v), part) for v in value)

        return holds_of

    return build


def _contains(wanted: Any) -> Predicate:
    """Text contains text; a list contains what equals, or contains as text, one of its elements."""
    as_text = _textual(operator.contains)(wanted) if type(wanted) is str else None
    equals = _is(wanted)
    if as_text is None:
        return lambda value: type(value) is list and equals(value)
    return lambda value: as_text(value) or (type(value) is list and equals(value))


def _has_word(wanted: list[str]) -> Predicate:
    words = [fold(word) for word in wanted]

    def has_one(value: Any) -> bool:
        if type(value) is str:
            text = value.casefold()
            # Seldom is a word there at all, and that is quickly seen.
            return any(map(text.__contains__, words)) and any(has_whole_word(text, word) for word in words)
        return type(value) is list and any(type(v) is str and has_one(v) for v in value)

    return has_one


def _matches(pattern: str) -> Predicate:
    found_in = compile_pattern(pattern)

    def found(value: Any) -> bool:
        if type(value) is str:
            return found_in(value)
        return type(value) is list and any(type(v) is str and found_in(v) for v in value)

    return found


def _exists(wanted: bool) -> Predicate:
    return (lambda value: value is not None) if wanted else (lambda value: value is None)


# The catalogue -------------------------------------------------------------------------------------


class Operator(NamedTuple):
    """How an operator is built from its argument, and how it reads before it."""

    build: Callable[[Any], Predicate]
    phrase: str


OPERATORS: dict[str, Operator] = {
    "is": Operator(_is, "is"),
    "is_not": Operator(_negated(_is), "is not"),
    "in": Operator(_in, "is one of"),
    "not_in": Operator(_negated(_in), "is none of"),
    "above": Operator(_ordered(operator.gt), "above"),
    "at_least": Operator(_ordered(operator.ge), "at least"),
    "below": Operator(_ordered(operator.lt), "below"),
    "at_most": Operator(_ordered(operator.le), "at most"),
    "between": Operator(_between, "between"),
    "matches": Operator(_matches, "matches"),
    "has_word": Operator(_has_word, "has the word"),
    "starts_with": Operator(_textual(str.startswith), "starts with"),
    "ends_with": Operator(_textual(str.endswith), "ends with"),
    "contains": Operator(_contains, "contains"),
    "exists": Operator(_exists, "exists"),
}
"""The one catalogue of operators, by the name that they have in the funnel file."""

_FIELDS = {name: {"is": "is_", "in": "in_"}.get(name, name) for name in OPERATORS}


def given(test: Test) -> list[tuple[str, Any]]:
    """The operators that a test names, with their arguments, in the catalogue's order."""
    named = ((name, getattr(test, field)) for name, field in _FIELDS.items())
    return [(name, argument) for name, argument in named if argument is not None]


def compile_test(test: Test) -> Predicate:
    """A test as one predicate over a JSON value (or MISSING): all its operators hold.

    Raises ValueError when `matches` is no RE2 pattern; the loader says so before.
    """
    predicates = [OPERATORS[name].build(argument) for name, argument in given(test)]
    if len(predicates) == 1:
        return predicates[0]
    return lambda value: all(holds(value) for holds in predicates)


def describe(test: Test) -> str:
    """A test in words, to stand after what is tested: `at least 50 and below 100`."""
    return " and ".join(_described(name, argument) for name, argument in given(test))


def _described(name: str, argument: Any) -> str:
    phrase = OPERATORS[name].phrase
    if name == "exists":
        return phrase if argument else "is missing"
    if name == "between":
        return f"{phrase} {shown(argument[0])} and {shown(argument[1])}"
    if isinstance(argument, list):
        joined = " or " if name == "has_word" else ", "
        return f"{phrase} {joined.join(map(shown, argument))}"
    return f"{phrase} {shown(argument)}"
