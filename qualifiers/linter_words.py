"""The words of a valid funnel file: those that seem to be misspelt, and those that nothing uses."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from qualifiers.built_in import BUILT_IN
from qualifiers.faults import Fault
from qualifiers.loader_nodes import Node
from qualifiers.loader_tree import FunnelTree, names_of
from schemas.activity import type_name
from schemas.conditions import condition_form

_CURLY = "“”„‟‘’‚‛«»"
_PARTS = re.compile("[._-]")
_SHORTEST = 5
"""Letters of a word below which one letter makes another word."""
_LONGEST = 64
"""Letters of a word above which nobody has typed it."""


def check(funnel: FunnelTree, tree: Node) -> None:
    """Note what can hardly be the word that was meant, and names that nothing uses."""
    _quotes(funnel, tree)
    types = [_Named(type_name(node.value), node, each) for each in _types(funnel) for node in each]
    for named in types:
        if named.word in BUILT_IN:
            message = f"`{named.word}` is handled before any rule, so no rule ever sees it"
            hint = "ask about the stage instead: `visited`, `in_stage`"
            funnel.fault(named.node, "built-in-activity", message, hint)
    _odd(funnel, "odd-activity", [named for named in types if named.word not in BUILT_IN])
    _odd(funnel, "odd-trait", [_Named(node.value, node, each) for each in _traits(funnel) for node in each])
    _unused(funnel)


def _quotes(funnel: FunnelTree, tree: Node) -> None:
    for node in tree.walk():
        texts = [(key, *place) for key, place in node.keys.items()]
        if isinstance(node.value, str):
            texts.append((node.value, node.line, node.column))
        for text, line, column in texts:
            if text.strip(_CURLY) != text:
                message = f"the quotes of `{text}` are typographic, so they are part of the text"
                hint = "write straight ones, or none"
                funnel.faults.append(Fault(funnel.file, line, column, "curly-quotes", message, hint))


class _Named(NamedTuple):
    """A word, where it stands, and the list that it stands in."""

    word: str
    node: Node
    listed: Sequence[Node]


def _odd(funnel: FunnelTree, code: str, named: Sequence[_Named]) -> None:
    """Words that are there once, and one letter from another: it was meant, or this is.

    Not where the other is there once too, in the same list: whoever writes both there sees them.
    """
    first: dict[str, _Named] = {}
    near: dict[str, list[str]] = {}
    counts = Counter(one.word for one in named)
    for one in named:
        if one.word not in first and _SHORTEST <= len(one.word) <= _LONGEST:
            first[one.word] = one
            for shorter in _shortened(one.word):
                near.setdefault(shorter, []).append(one.word)
    for one in first.values():
        if counts[one.word] > 1:
            continue
        others = (other for shorter in _shortened(one.word) for other in near[shorter])
        alike = [first[other] for other in others if one_off(one.word, other)]
        often = next((other.word for other in alike if counts[other.word] > 1), None)
        if often:
            message = f"`{one.word}` is named here only, and one letter from `{often}`"
            funnel.fault(one.node, code, message, f"did you mean `{often}`?")
        elif earlier := next(
            (other for other in alike if _is_earlier(other, one) and _is_long(one, other)), None
        ):
            message = (
                f"`{one.word}` is one letter from `{earlier.word}` ({earlier.node.place}), each named once"
            )
            funnel.fault(one.node, code, message, "are they one? then spell both alike")


def _is_long(one: _Named, other: _Named) -> bool:
    """Whether the part in which they differ is long enough: `company.size` is not `company.site`."""
    mine, theirs = (_PARTS.split(each.word) for each in (one, other))
    differing = [pair for pair in zip(mine, theirs, strict=False) if pair[0] != pair[1]]
    return len(mine) != len(theirs) or all(len(part) >= _SHORTEST for pair in differing for part in pair)


def _is_earlier(one: _Named, other: _Named) -> bool:
    places = [(each.node.line, each.node.column) for each in (one, other)]
    return one.listed is not other.listed and places[0] < places[1]


def _types(funnel: FunnelTree) -> Iterator[list[Node]]:
    """The activity types that are named, those of a list together."""
    for line in funnel.points_lines():
        yield names_of(line.get("on"))
    for condition in funnel.conditions():
        match condition_form(condition.value):
            case "did":
                yield names_of(condition.get("did"))
            case "sum":
                yield names_of(condition.get("of"))
            case "quiet":
                quiet = condition.get("quiet")
                yield names_of(quiet.get("of") if quiet else None)
            case "sequence":
                steps = condition.get("sequence")
                for step in steps.listed() if steps else ():
                    yield names_of(step.get("did") if step.is_mapping else step)


def _traits(funnel: FunnelTree) -> Iterator[list[Node]]:
    """The traits that are named, those of a list together."""
    for condition in funnel.conditions():
        match condition_form(condition.value):
            case "trait":
                yield names_of(condition.get("trait"))
            case "has":
                yield names_of(condition.get("has"))


def _shortened(word: str) -> set[str]:
    """The word, and all that it can be without one of its letters: what is one off has one in common."""
    return {word, *(word[:at] + word[at + 1 :] for at in range(len(word)))}


def one_off(word: str, other: str) -> bool:
    """Whether one letter put in, left out, changed or swapped with the next makes one the other.

    A digit is no slip: `step_1` and `step_2` are meant.
    """
    start = 0
    while start < min(len(word), len(other)) and word[start] == other[start]:
        start += 1
    word, other = word[start:], other[start:]
    while word and other and word[-1] == other[-1]:
        word, other = word[:-1], other[:-1]
    if any(letter.isdigit() for letter in word + other):
        return False
    return max(len(word), len(other)) == 1 or (len(word) == len(other) == 2 and word == other[::-1])


def _unused(funnel: FunnelTree) -> None:
    forms = [(condition_form(node.value), node) for node in funnel.conditions()]
    asked = {node.value["score"].value for form, node in forms if form == "score"}
    used = {node.value["use"].value for form, node in forms if form == "use"}
    for name, node in funnel.scores.items():
        if name not in asked:
            message = f"no condition asks for the score `{name}`: it is only shown"
            funnel.fault(node, "unused-score", message, "ask for it, or take it out")
    for name, node in funnel.definitions.items():
        if name not in used:
            message = f"nothing uses the condition `{name}`"
            funnel.fault(node, "unused-definition", message, f"write `use: {name}` somewhere, or take it out")
