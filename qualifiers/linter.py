"""What a valid funnel file says that its author can hardly have meant.

Each warning is certain, by the rules of the language alone: nothing is guessed from
what leads do. Names and words are looked at here, what the rules do in ``linter_rules``.
"""

from collections import Counter
from collections.abc import Iterator
from math import inf

from qualifiers import linter_rules
from qualifiers.built_in import BUILT_IN
from qualifiers.faults import Fault
from qualifiers.loader import read_funnel
from qualifiers.loader_nodes import Node
from qualifiers.loader_tree import FunnelTree, names_of
from schemas.activity import type_name
from schemas.conditions import condition_form
from schemas.funnel_file import FunnelFile, OnLine, Score

_CURLY = "“”„‟‘’‚‛«»"
_SHORTEST = 5
"""Letters of an activity type below which one letter makes another word."""


def lint_funnel(text: bytes | str, name: str = "funnel.yaml") -> list[Fault]:
    """The warnings about a funnel file, by place; their codes are those of WARNINGS.

    Raises FunnelFaults where it cannot be used at all.
    """
    file, tree = read_funnel(text, name)
    funnel = FunnelTree(tree, name)
    _quotes(funnel, tree)
    _activity_types(funnel)
    _unused(funnel)
    _out_of_reach(funnel, file)
    linter_rules.check(funnel, file)
    return sorted(set(funnel.faults))


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


def _activity_types(funnel: FunnelTree) -> None:
    """Types that no activity can have, or that seem to be another of the file's, misspelt."""
    named = [(type_name(node.value), node) for node in _named_types(funnel)]
    counts = Counter(kind for kind, _ in named)
    near: dict[str, list[str]] = {}
    for kind in counts:
        for shorter in _shortened(kind):
            near.setdefault(shorter, []).append(kind)
    for kind, node in named:
        if kind in BUILT_IN:
            message = f"`{kind}` is handled before any rule, so no rule ever sees it"
            hint = "ask about the stage instead: `visited`, `in_stage`"
            funnel.fault(node, "built-in-activity", message, hint)
        elif counts[kind] == 1 and len(kind) >= _SHORTEST:
            others = (other for shorter in _shortened(kind) for other in near[shorter])
            meant = next((other for other in others if counts[other] > 1 and _one_off(kind, other)), None)
            if meant:
                message = f"`{kind}` is named here only, and one letter from `{meant}`"
                funnel.fault(node, "odd-activity", message, f"did you mean `{meant}`?")


def _named_types(funnel: FunnelTree) -> Iterator[Node]:
    for line in funnel.points_lines():
        yield from names_of(line.get("on"))
    for condition in funnel.conditions():
        match condition_form(condition.value):
            case "did":
                yield from names_of(condition.get("did"))
            case "sum":
                yield from names_of(condition.get("of"))
            case "quiet":
                quiet = condition.get("quiet")
                yield from names_of(quiet.get("of") if quiet else None)
            case "sequence":
                steps = condition.get("sequence")
                yield from names_of(steps)
                for step in steps.listed() if steps else ():
                    yield from names_of(step.get("did"))


def _shortened(word: str) -> set[str]:
    """The word, and all that it can be without one of its letters: what is one off has one in common."""
    return {word, *(word[:at] + word[at + 1 :] for at in range(len(word)))}


def _one_off(word: str, other: str) -> bool:
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


def _out_of_reach(funnel: FunnelTree, file: FunnelFile) -> None:
    """Bounds that a score never reaches."""
    spans = {name: _span(score) for name, score in file.scores.items()}
    for condition in funnel.conditions():
        if condition_form(condition.value) != "score":
            continue
        name = condition.value["score"].value
        least, most = spans[name]
        between = condition.get("between")
        low, high = between.value if between else (None, None)
        at_least, below = condition.get("at_least"), condition.get("below")
        too_high = [node for node in (at_least, low) if node and node.value > most]
        too_low = [node for node in (high,) if node and node.value < least]
        too_low += [below] if below and below.value <= least else []
        for node in too_high:
            message = f"`{name}` is at most {most:g}, so this is never true"
            funnel.fault(node, "out-of-reach", message, "lower it, or give more points")
        for node in too_low:
            message = f"`{name}` is at least {least:g}, so this is never true"
            funnel.fault(node, "out-of-reach", message, "raise it, or take points off")


def _span(score: Score) -> tuple[float, float]:
    """The least and the most that a score can be."""
    low, high = score.limits or (-inf, inf)
    worth = [(line.add, _most(line) if isinstance(line, OnLine) else abs(line.add)) for line in score.points]
    most = sum(points for add, points in worth if add > 0)
    least = -sum(points for add, points in worth if add < 0)
    return min(max(least, low), high), min(max(most, low), high)


def _most(line: OnLine) -> float:
    return inf if line.at_most is None or line.per is not None else line.at_most
