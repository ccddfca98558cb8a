"""How single values compare: text as text and as numbers, words, patterns.

The operators are made of these, and the loader judges their arguments by them.
"""

import re
import unicodedata
from collections.abc import Callable
from typing import Any

import re2

Number = int | float

_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_LONGEST_EXACT = 400
"""More digits than any float has before its point; Python refuses to read some thousands."""


def fold(text: str) -> str:
    """Text as it is compared: without its case and its surrounding space."""
    return text.strip().casefold()


def text_number(text: str) -> Number | None:
    """The number that ``text`` wholly is, or None. `007` is 7; whole numbers are exact."""
    match = _NUMBER.fullmatch(text.strip())
    if match is None:
        return None
    if match[1] or match[2] or len(match[0]) > _LONGEST_EXACT:
        return float(match[0])
    return int(match[0])


def as_number(value: Any) -> Number | None:
    """The number that a value is or that its text says; None when neither."""
    if type(value) is str:
        return text_number(value)
    return value if type(value) is int or type(value) is float else None


def comparable(value: Any) -> str | None:
    """A value's identity as `is` sees it, short enough to keep; None when it has none.

    Two values have the same identity exactly when `is` finds them equal; null, lists
    and objects have none.
    """
    if type(value) is bool:
        return "true" if value else "false"
    number = as_number(value)
    if number is None:
        return f"'{fold(value)}" if type(value) is str else None
    if isinstance(number, float) and not number.is_integer():
        return f"#{number!r}"
    return f"#{int(number):x}"  # in base 16, which Python writes whatever the length


def has_whole_word(text: str, word: str) -> bool:
    """Whether ``word`` occurs in ``text``, both folded, with no character of a word on either side."""
    at = text.find(word)
    while at >= 0:
        after = at + len(word)
        if not (at and _joins(text[at - 1])) and not (after < len(text) and _joins(text[after])):
            return True
        at = text.find(word, at + 1)
    return False


def _joins(character: str) -> bool:
    """Whether Unicode (UTS 18, `\\w`) counts it as part of a word: a mark it does, an apostrophe not."""
    return character.isalnum() or unicodedata.category(character) in ("Mn", "Mc", "Me", "Pc")


def compile_pattern(pattern: str) -> Callable[[str], bool]:
    """Whether an RE2 pattern is found in a text, in time linear in the text. Raises ValueError.

    The search is over UTF-8, which the binding does twice as fast as over Python's text.
    Half a character, which JSON can write and UTF-8 cannot, is read as `?`.
    """
    options = re2.Options()
    options.log_errors = False
    try:
        search = re2.compile(pattern.encode(), options=options).search
    except re2.error as error:
        said = error.args[0] if error.args else error
        raise ValueError(said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)) from None
    return lambda text: search(text.encode("utf-8", "replace")) is not None
