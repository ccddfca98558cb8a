"""The operators of `trait` and `where`: one truth table, and the laws that hold all over it."""

from math import inf
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qualifiers.comparing import _LONGEST_EXACT, has_whole_word, text_number
from qualifiers.operators import OPERATORS, comparable, compile_test, describe
from schemas.conditions import Test as Operators

VALUES: dict[str, Any] = {
    "missing": None,
    "true": True,
    "false": False,
    "zero": 0,
    "one": 1,
    "fifty": 50,
    "fifty_float": 50.0,
    "half": 0.5,
    "minus": -3,
    "big": 2**53 + 1,
    "text_50": " 50 ",
    "text_007": "007",
    "text_5e1": "+5.0E1",
    "text_big": "9007199254740993",
    "text_50_eur": "50 EUR",
    "empty": "",
    "blank": "   ",
    "chief": "Chief Executive",
    "vice": "  vice-president, SALES ",
    "vp": "VP/Marketing",
    "sharp": "STRASSE 5",
    "joined": "headcount",
    "underscored": "head_of_sales",
    "marked": "chief\u0301",
    "accent": "Ålesund",
    "half_character": "\ud800 chief",
    "no_list": [],
    "nulls": [None],
    "numbers": [1, 50],
    "words": ["Chief", "gambling"],
    "nested": [["Chief", 50]],
    "objects": [{"chief": 50}],
    "flags": [True],
    "object": {"chief": 50},
    "no_object": {},
}

NUMBERS = "zero one fifty fifty_float half minus big text_50 text_007 text_5e1 text_big numbers"
TEXTS = "text_50_eur empty blank chief vice vp sharp joined underscored marked accent half_character words"
FIFTY = "fifty fifty_float text_50 text_5e1 numbers"
THERE = " ".join(name for name in VALUES if name != "missing")


def but(names: str, without: str) -> str:
    return " ".join(name for name in names.split() if name not in without.split())


# operator, argument, and the only values of which it is true
TABLE: list[tuple[str, Any, str]] = [
    ("is", 50, FIFTY),
    ("is", "50", FIFTY),
    ("is", 1, "one numbers"),
    ("is", 7, "text_007"),
    ("is", True, "true flags"),
    ("is", False, "false"),
    ("is", "true", ""),
    ("is", "", "empty blank"),
    ("is", "CHIEF executive ", "chief"),
    ("is", "chief", "words"),
    ("is", "straße 5", "sharp"),
    ("is", "ålesund", "accent"),
    ("is", 2**53, ""),
    ("is", "9007199254740993", "big text_big"),
    ("is_not", 50, but("missing " + THERE, FIFTY)),
    ("is_not", "chief", but("missing " + THERE, "words")),
    ("is_not", True, but("missing " + THERE, "true flags")),
    ("in", [7, "Gambling", False], "false text_007 words"),
    ("in", ["chief executive", "x"], "chief"),
    ("in", [1], "one numbers"),
    ("in", [True], "true flags"),
    ("not_in", [7, "Gambling", False], but("missing " + THERE, "false text_007 words")),
    ("above", 0.5, but(NUMBERS, "zero half minus")),
    ("above", 50, "big text_big"),
    ("at_least", 50, FIFTY + " big text_big"),
    ("at_least", "50", FIFTY + " big text_big"),
    ("below", 1, "zero half minus"),
    ("below", 0, "minus"),
    ("at_most", 1, "zero one half minus numbers"),
    ("between", [7, 50], FIFTY + " text_007"),
    ("between", [2, 40], "text_007"),
    ("above", "H", "vice vp sharp joined underscored accent half_character"),
    ("at_least", "straße 5", "sharp vice vp accent half_character"),
    ("below", "chief", "text_50_eur empty blank"),
    ("at_most", "chief", "text_50_eur empty blank words"),
    ("between", ["c", "d"], "chief marked words"),
    ("matches", "(?i)chief", "chief marked half_character words"),
    ("matches", "Chief", "chief words"),
    ("matches", "^ 50 $", "text_50"),
    ("matches", "^5", "text_50_eur"),
    ("matches", "^$", "empty"),
    ("has_word", ["chief"], "chief half_character words"),
    ("has_word", ["SALES", "vp"], "vice vp"),
    ("has_word", ["head"], ""),
    ("has_word", ["vice-president"], "vice"),
    ("has_word", ["president"], "vice"),
    ("has_word", ["50"], "text_50 text_50_eur"),
    ("starts_with", "Vice", "vice"),
    ("starts_with", "head", "joined underscored"),
    ("starts_with", "5", "text_50 text_50_eur"),
    ("ends_with", "sales", "vice underscored"),
    ("ends_with", "ING", "vp words"),
    ("contains", "RAS", "sharp"),
    ("contains", "0", "text_50 text_007 text_5e1 text_big text_50_eur"),
    ("contains", "50", "text_50 text_50_eur numbers"),
    ("contains", "amb", "words"),
    ("contains", 50, "numbers"),
    ("contains", True, "flags"),
    ("exists", True, THERE),
    ("exists", False, "missing"),
]


def compiled(operator: str, argument: Any) -> Any:
    return compile_test(Operators.model_validate({operator: argument}))


@pytest.mark.parametrize(("operator", "argument", "names"), TABLE, ids=lambda part: str(part)[:30])
def test_each_operator_is_true_of_just_these_values(operator: str, argument: Any, names: str) -> None:
    holds = compiled(operator, argument)
    assert {name for name, value in VALUES.items() if holds(value)} == set(names.split())


def test_the_table_has_every_operator() -> None:
    assert {operator for operator, _, _ in TABLE} == set(OPERATORS)


def test_of_several_operators_all_hold() -> None:
    holds = compile_test(Operators.model_validate({"at_least": 1, "below": 50, "is_not": 7}))
    assert [holds(value) for value in (0, 1, 7, 49.9, "8", 50, None)] == [
        False, True, False, True, True, False, False,
    ]  # fmt: skip


def test_each_operator_may_be_met_by_another_element_of_a_list() -> None:
    assert compile_test(Operators.model_validate({"above": 40, "below": 2}))([1, 50])


def test_very_long_numbers_are_numbers_too() -> None:
    assert compiled("above", 1)("9" * 5000)
    assert compiled("is", 0)("0" * 5000)
    assert comparable("9" * 5000) is not None


ANY_VALUE = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=6)
    | st.sampled_from("a A 1 1.0"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=2), inner, max_size=2),
    max_leaves=4,
)
SCALARS = (
    st.booleans() | st.integers(-3, 3) | st.sampled_from(["a", "A ", "1", " 1.0", "-2e0", "b", "true", ""])
)


@given(value=ANY_VALUE, argument=SCALARS)
@settings(max_examples=300)
def test_the_negations_negate(value: Any, argument: Any) -> None:
    assert compiled("is_not", argument)(value) is not compiled("is", argument)(value)
    assert compiled("not_in", [argument, 9])(value) is not compiled("in", [argument, 9])(value)
    assert compiled("in", [argument])(value) is compiled("is", argument)(value)


@given(left=SCALARS, right=SCALARS)
def test_identity_is_what_is_finds_equal(left: Any, right: Any) -> None:
    assert (comparable(left) == comparable(right)) is compiled("is", right)(left)


@given(value=ANY_VALUE, bound=st.integers(-3, 3) | st.sampled_from(["1", "a", "Å", "z"]))
@settings(max_examples=300)
def test_orders_exclude_each_other(value: Any, bound: Any) -> None:
    if not isinstance(value, list):
        assert not (compiled("at_least", bound)(value) and compiled("below", bound)(value))
        assert compiled("at_least", bound)(value) is (
            compiled("above", bound)(value) or compiled("between", [bound, bound])(value)
        )


@given(value=ANY_VALUE)
@settings(max_examples=300)
def test_no_value_makes_an_operator_fail(value: Any) -> None:
    for operator, argument, _ in TABLE:
        assert compiled(operator, argument)(value) in (True, False)


@pytest.mark.parametrize(
    ("test", "words"),
    [
        ({"at_least": 50, "below": 100}, "at least 50 and below 100"),
        ({"is": "withdrawn"}, "is withdrawn"),
        ({"is": True}, "is true"),
        ({"in": ["a", 2]}, "is one of a, 2"),
        ({"between": [1, 2.5]}, "between 1 and 2.5"),
        ({"has_word": ["chief", "vp"]}, "has the word chief or vp"),
        ({"exists": True}, "exists"),
        ({"exists": False}, "is missing"),
    ],
)
def test_a_test_reads_as_a_sentence(test: dict[str, Any], words: str) -> None:
    assert describe(Operators.model_validate(test)) == words


@pytest.mark.parametrize(("text", "word"), [("x---", "--"), ("head-- --", "--"), ("ab a", "a")])
def test_a_word_may_begin_within_an_occurrence_that_is_none(text: str, word: str) -> None:
    assert has_whole_word(text, word)
    assert not has_whole_word(text.replace(word, f"é{word}å"), word)


def test_a_whole_number_is_exact_up_to_so_many_digits() -> None:
    digits = "9" * _LONGEST_EXACT
    assert text_number(digits) == int(digits)
    assert text_number(f"-{digits[1:]}") == -int(digits[1:])
    assert text_number(f"{digits}9") == inf
