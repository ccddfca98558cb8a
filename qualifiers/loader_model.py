"""pydantic's errors about a funnel file, or its cases, in the words of the file and at their places."""

import re
from collections.abc import Iterator
from itertools import islice
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from qualifiers.comparing import text_number
from qualifiers.faults import Fault, closest, did_you_mean
from qualifiers.loader_nodes import Node
from qualifiers.loader_tree import known_keys, spelt
from schemas.conditions import CONDITIONS, TAG, AtLeast
from schemas.funnel_file import POINTS_LINES, FunnelFile
from schemas.scalars import NAME_PATTERN

_DECIMAL_COMMA = re.compile("[-+]?[0-9]+,[0-9]+")
MAX_ERRORS = 1_000
"""Errors of the model that are told at once: as many as nobody mends in one go."""

_TAGGED: dict[int | str, type[BaseModel]] = {
    TAG + form: model for form, model in (CONDITIONS | POINTS_LINES).items()
}
_NEEDS = {
    "string_type": "text",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "bool_type": "`true` or `false`",
    "list_type": "a list",
    "tuple_type": "a pair such as [0, 100]",
    "dict_type": "a mapping, `key: value`,",
    "model_type": "a mapping, `key: value`,",
    "model_attributes_type": "a mapping, `key: value`,",
}
"""What pydantic's errors of type ask for, in words."""


def translated(
    error: ValidationError,
    tree: Node,
    name: str,
    taken: set[tuple[int, int]],
    model: type[BaseModel] = FunnelFile,
) -> Iterator[Fault]:
    """The faults that a model's errors are; at a place that is ``taken``, a second wrong type is none."""
    for each in islice(error.errors(include_url=False), MAX_ERRORS):
        at = _Place(tree, each["loc"], model)
        if at.misread:
            key, form = at.misread
            line, column = at.mapping.keys[key]
            yield Fault(name, line, column, "unknown-key", f"unknown key `{key}`", f"did you mean `{form}`?")
            continue
        if at.node.value is None or (each["type"] == "missing" and _is_misspelt(at)):
            continue  # told already: by ``without_value``, or as an unknown key
        code, message, hint = _told(each, at)
        line, column = (at.line, at.column)
        if code != "wrong-type" or (line, column) not in taken:
            yield Fault(name, line, column, code, message, hint)


class _Place:
    """Where an error's ``loc`` leads: the node, the mapping and key it stands under, the model there."""

    def __init__(self, tree: Node, loc: tuple[int | str, ...], model: type[BaseModel]) -> None:
        self.node, self.parent, self.key = tree, tree, ""
        self.model = model
        self.line, self.column = tree.line, tree.column
        self.last = loc[-1] if loc else ""
        self.mapping = tree
        self.misread: tuple[str, str] | None = None
        """A key of ``mapping`` that seems to be another form's, and that form: all else follows from it."""
        for step in loc:
            self._go(step)

    def _go(self, step: int | str) -> None:
        if step in _TAGGED:
            self.model = _TAGGED[step]
            if self.model is AtLeast and self.misread is None:
                self.mapping, self.misread = self.node, _other_form(self.node)
        elif step == "[key]" and self.key in self.parent.keys:
            self.key_place()
        elif isinstance(step, str) and (inner := self.node.get(step)):
            self.parent, self.key = self.node, step
            self.model = _inner_model(self.model, step) or self.model
            self._enter(inner)
        elif isinstance(step, int) and isinstance(self.node.value, list) and step < len(self.node.value):
            self._enter(self.node.value[step])

    def _enter(self, inner: Node) -> None:
        self.node = inner
        self.line, self.column = inner.line, inner.column

    def key_place(self) -> None:
        """Point at the key instead of at its value."""
        self.line, self.column = self.parent.keys[self.key]


def _other_form(node: Node) -> tuple[str, str] | None:
    """In what was taken for an `at_least`, a misspelt `score`, `sum` or `trait`, which have one too."""
    for key in node.keys:
        form = closest(key, CONDITIONS) if key not in known_keys(AtLeast) else None
        if form and form != "at_least":
            return key, form
    return None


def _inner_model(model: type[BaseModel], key: str) -> type[BaseModel] | None:
    """The model that stands under ``key`` of a model, when it is one and no other."""
    for name, each in model.model_fields.items():
        if (each.alias or name) == key:
            inside = set(_models_in(each.annotation))
            return inside.pop() if len(inside) == 1 else None
    return None


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from _models_in(argument)


def _told(error: Any, at: _Place) -> tuple[str, str, str]:
    """Code, message and hint of one of pydantic's errors."""
    kind, context = error["type"], error.get("ctx", {})
    if kind == "extra_forbidden":
        return _unknown_key(at)
    if kind in ("condition_form", "line_form"):
        return _no_form(at, POINTS_LINES if kind == "line_form" else CONDITIONS)
    subject = f"`{at.key}`"
    if kind == "missing":
        if isinstance(at.last, int):
            return "bad-count", f"{subject} needs a pair such as [0, 100]", ""
        return "missing-key", f"`{at.last}` is missing here", ""
    if kind in _NEEDS:
        hint = "put it in quotes" if kind == "string_type" and _is_scalar(at.node) else ""
        return "wrong-type", f"{_NEEDS[kind]} is needed for {subject}", hint
    if kind == "string_pattern_mismatch":
        if context.get("pattern") == NAME_PATTERN:
            hint = "a name has a-z, 0-9, `_` and `-`, a letter first"
            return "bad-name", f"`{error['input']}` cannot be a name", hint
        hint = "dots go into what is inside; a name that has a dot in itself cannot be reached"
        return "bad-path", f"`{error['input']}` is not a path such as `company.size`", hint
    if kind == "literal_error":
        return "bad-value", f"{subject} can only be {context['expected'].replace(chr(39), '`')}", ""
    if kind == "string_too_short":
        return _nothing_in(at)
    if kind in _OWN_CODES:
        return kind, f"{subject}: {error['msg']}", _number_meant(at.node.value)
    if kind == "string_too_long":
        subject = f"`{str(at.node.value)[:20]}…`"
    return "bad-count", f"{subject} {_BOUNDS.get(kind, '{msg}').format(msg=error['msg'], **context)}", ""


_OWN_CODES = (
    "bad-duration",
    "bad-holiday",
    "bad-hours",
    "bad-moment",
    "business-half-life",
    "no-open-hours",
    "wrong-type",
)
"""Faults that the model itself tells, in words of its own."""
_BOUNDS = {
    "too_short": "needs at least {min_length}",
    "too_long": "has more than {max_length}",
    "string_too_long": "is longer than {max_length} characters",
    "greater_than": "must be above {gt}",
    "greater_than_equal": "must be at least {ge}",
    "less_than_equal": "can be at most {le}",
}


def _number_meant(value: object) -> str:
    """What to do about a text that seems to be meant as a number."""
    if not isinstance(value, str):
        return ""
    if _DECIMAL_COMMA.fullmatch(value):
        return f"a fraction is written with a point: `{value.replace(',', '.')}`"
    return "" if text_number(value) is None else "take the quotes off"


def _nothing_in(at: _Place) -> tuple[str, str, str]:
    """A text that is empty, or from which nothing is left as an activity's type."""
    if at.node.value:
        return "bad-activity-type", f"`{at.node.value}` has no letter or digit", ""
    return "no-value", f"`{at.key}` is empty", "write one, or take the key out"


def _is_misspelt(at: _Place) -> bool:
    """Whether the key that is missing seems to be there, under a name that is not known."""
    return spelt(at.node, at.model).get(str(at.last)) is not None


def _is_scalar(node: Node) -> bool:
    return not isinstance(node.value, dict | list)


def _unknown_key(at: _Place) -> tuple[str, str, str]:
    at.key_place()
    if at.key in CONDITIONS and at.model in CONDITIONS.values():
        hint = "put several conditions under `all: […]`"
        return "unknown-key", f"`{at.key}` cannot stand in the same condition as `{_form(at)}`", hint
    known = known_keys(at.model)
    hint = did_you_mean(at.key, known) or f"known here: {', '.join(known)}"
    return "unknown-key", f"unknown key `{at.key}`", hint


def _form(at: _Place) -> str:
    return next(form for form, model in CONDITIONS.items() if model is at.model)


def _no_form(at: _Place, forms: dict[str, Any]) -> tuple[str, str, str]:
    """A mapping that none of the forms fits, or something that is no mapping at all."""
    thing = "condition" if forms is CONDITIONS else "points line"
    listed = ", ".join(forms)
    if isinstance(at.node.value, list):
        return "not-a-condition", f"a {thing} is needed here, not a list", "write `all: […]` or `any: […]`"
    if not isinstance(at.node.value, dict):
        hint = f"a {thing} is a mapping with one of: {listed}"
        return "not-a-condition", f"`{at.node.value}` is not a {thing}", hint
    guesses = ((key, did_you_mean(key, forms)) for key in at.node.value)
    key, hint = next((pair for pair in guesses if pair[1]), (next(iter(at.node.value), ""), ""))
    if not key:
        return "unknown-condition", f"this {thing} says nothing", f"known: {listed}"
    at.line, at.column = at.node.keys[key]
    return "unknown-condition", f"`{key}` makes no {thing}", hint or f"known: {listed}"
