"""The values of a funnel: bounds the right way round, tests that can be true, points that add."""

from collections.abc import Callable

from qualifiers.comparing import compile_pattern, fold, text_number
from qualifiers.loader_nodes import Node
from qualifiers.loader_tree import FunnelTree, parts, within
from qualifiers.operators import OPERATORS
from schemas.conditions import condition_form

MAX_CONTRIBUTIONS = 64
"""How many times a line may add before its bound is full: what a lead's state keeps."""


def check(funnel: FunnelTree) -> None:
    """Note everything that is wrong with the values of a funnel."""
    for score in funnel.scores.values():
        _bounds(funnel, score.get("limits"))
    for line in funnel.points_lines():
        _points(funnel, line)
    for condition in funnel.conditions():
        _condition(funnel, condition)
    for test, at in funnel.tests():
        _test(funnel, test, at)


def _bounds(funnel: FunnelTree, pair: Node | None) -> None:
    """A pair of numbers or of texts, the lower one first."""
    if pair is None or not isinstance(pair.value, list) or len(pair.value) != 2:
        return
    low, high = (_ordered(node) for node in pair.value)
    if low is None or high is None:
        return
    if isinstance(low, str) != isinstance(high, str):
        message = f"`{pair.value[0].value}` and `{pair.value[1].value}` cannot be compared: one is text"
        funnel.fault(pair, "unlike-bounds", message, "make both numbers, or both text")
    elif low > high:  # type: ignore[operator]  # of one kind, as was just seen
        message = f"`{pair.value[0].value}` is above `{pair.value[1].value}`"
        funnel.fault(pair, "reversed-bounds", message, "the lower one comes first")


def _ordered(node: Node) -> int | float | str | None:
    """A value as the operators order it; None when it has no order."""
    if isinstance(node.value, str):
        number = text_number(node.value)
        return fold(node.value) if number is None else number
    return node.value if type(node.value) in (int, float) else None


def _points(funnel: FunnelTree, line: Node) -> None:
    add, at_most, per = line.get("add"), line.get("at_most"), line.get("per")
    if add and add.value == 0 and add.value is not False:
        funnel.fault(add, "adds-nothing", "the line adds 0 points", "say how many, or take the line out")
    elif add and at_most and _is_number(add) and _is_number(at_most):
        widest = MAX_CONTRIBUTIONS * abs(add.value)
        if at_most.value > widest:
            message = f"`at_most` is more than {MAX_CONTRIBUTIONS} times what the line adds"
            funnel.fault(at_most, "bound-too-wide", message, f"{widest:g} at most, or no bound at all")
    if per and not at_most and line.get("on"):
        hint = "add `at_most: …`, the most that the line gives in that span"
        funnel.fault(per, "per-without-bound", "`per` says a span, but not how much is given in it", hint)
    for condition in within(line.get("if")):
        _on_traits(funnel, condition)


def _is_number(node: Node) -> bool:
    return type(node.value) in (int, float)


def _on_traits(funnel: FunnelTree, condition: Node) -> None:
    """An `if` line may ask about traits alone, in what it uses too."""
    form = condition_form(condition.value)
    if form is None or form in ("trait", "has") or parts(condition):
        return
    node = condition.get(form) or condition
    if form == "use":
        if not _uses_only_traits(funnel, condition, set()):
            message = f"`{node.value}` asks about more than traits, which an `if` line cannot"
            funnel.fault(
                node, "not-on-traits", message, "use `trait` and `has` only; for what a lead does, `on`"
            )
        return
    message = f"an `if` line cannot ask `{form}`: it is about traits alone"
    funnel.fault(node, "not-on-traits", message, "for what a lead does, write an `on` line")


def _uses_only_traits(funnel: FunnelTree, condition: Node, seen: set[str]) -> bool:
    """Whether a condition asks about traits alone; names that lead nowhere are told elsewhere."""
    for inner in within(condition):
        form = condition_form(inner.value)
        if form == "use":
            used = inner.get("use")
            name = used.value if used else None
            if isinstance(name, str) and name in funnel.definitions and name not in seen:
                seen.add(name)
                if not _uses_only_traits(funnel, funnel.definitions[name], seen):
                    return False
        elif form not in (None, "trait", "has", "all", "any", "none", "at_least"):
            return False
    return True


def _condition(funnel: FunnelTree, condition: Node) -> None:
    form = condition_form(condition.value)
    if form == "score":
        _bounds(funnel, condition.get("between"))
        if len(condition.value) == 1:
            hint = "add `at_least`, `below` or `between`"
            funnel.fault(condition, "no-operator", "the score is compared with nothing", hint)
    elif form == "at_least":
        needed, of = condition.get("at_least"), condition.get("of")
        listed = of.listed() if of and all(node.is_mapping for node in of.listed()) else None
        if needed and listed and _is_number(needed) and needed.value > len(listed):
            message = f"{needed.value} conditions are needed, but {len(listed)} listed"
            funnel.fault(needed, "too-many-needed", message, "it could never be true")


def _test(funnel: FunnelTree, test: Node, at: Node) -> None:
    """The operators of a test: there are some, and each can be true of something."""
    if not test.is_mapping:
        return
    if not set(test.value) - {"trait"}:
        hint = f"add one of: {', '.join(OPERATORS)}"
        funnel.fault(at, "no-operator", "nothing says what to compare with", hint)
    _bounds(funnel, test.get("between"))
    for name, check_text in _TEXT_CHECKS.items():
        argument = test.get(name)
        for node in argument.listed() if argument else ():
            if isinstance(node.value, str):
                check_text(funnel, node, name)


def _pattern(funnel: FunnelTree, node: Node, name: str) -> None:
    try:
        compile_pattern(node.value)
    except ValueError as error:
        hint = "patterns are RE2's: no look-around, no back-references"
        funnel.fault(node, "bad-pattern", f"`{name}` cannot read its pattern: {error}", hint)


def _blank(funnel: FunnelTree, node: Node, name: str) -> None:
    if not fold(node.value):
        funnel.fault(
            node, "blank-text", f"`{name}` has nothing to look for", "write the text that it looks for"
        )


_TEXT_CHECKS: dict[str, Callable[[FunnelTree, Node, str], None]] = {
    "matches": _pattern,
    "has_word": _blank,
    "starts_with": _blank,
    "ends_with": _blank,
    "contains": _blank,
}
