"""From the text of a funnel file to its syntax tree, or to everything that is wrong with it.

Three readings of one tree, whose faults are gathered: as YAML (``loader_yaml``), as the
model of ``schemas.funnel_file`` (here), and as a funnel, whose names must lead somewhere
and whose rules must make sense (``loader_names``, ``loader_values``, ``loader_time``).
A file is refused as one, so that its author mends it in one go.
"""

from collections.abc import Iterator
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from qualifiers import loader_names, loader_time, loader_values
from qualifiers.faults import Fault, FunnelFaults, did_you_mean
from qualifiers.loader_nodes import Node
from qualifiers.loader_yaml import NotATree, read_tree
from schemas.funnel_file import CONDITIONS, NAME_PATTERN, POINTS_LINES, TAG, FunnelFile

_TAGGED: dict[str, type[BaseModel]] = {
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


def load_funnel(text: bytes | str, name: str = "funnel.yaml") -> FunnelFile:
    """The syntax tree of a funnel file; ``name`` is what faults call the file.

    Raises FunnelFaults with every fault there is, sorted by place.
    """
    try:
        tree, faults = read_tree(text, name)
    except NotATree as error:
        raise FunnelFaults([error.fault]) from None
    if not isinstance(tree.value, dict):
        message = "a funnel file is a mapping that begins with `funnel: name`"
        raise FunnelFaults([*faults, Fault(name, tree.line, tree.column, "wrong-type", message)])
    faults += _nulls(tree, name)
    funnel = None
    try:
        funnel = FunnelFile.model_validate(tree.plain())
    except ValidationError as error:
        faults += _translated(error, tree, name, {(fault.line, fault.column) for fault in faults})
    faults += loader_names.check(tree, name)
    faults += loader_values.check(tree, name)
    if funnel is None or faults:
        raise FunnelFaults(faults)
    faults = loader_time.check(funnel, tree, name)
    if faults:
        raise FunnelFaults(faults)
    return funnel


def _nulls(tree: Node, name: str) -> Iterator[Fault]:
    """Keys and list entries without a value. The model would take them as left out."""
    for node in tree.walk():
        for key, inner in node.items():
            if inner.value is None:
                line, column = node.keys[key]
                hint = (
                    "what is missing is `exists: false`"
                    if key in ("is", "is_not")
                    else "write one, or take the key out"
                )
                yield Fault(name, line, column, "no-value", f"`{key}` has no value", hint)
        if isinstance(node.value, list):
            for inner in node.value:
                if inner.value is None:
                    yield Fault(name, inner.line, inner.column, "no-value", "this entry has no value")


# pydantic's errors, in the words of the file --------------------------------------------------------


def _translated(
    error: ValidationError, tree: Node, name: str, taken: set[tuple[int, int]]
) -> Iterator[Fault]:
    for each in error.errors(include_url=False):
        at = _Place(tree, each["loc"])
        if at.node.value is None or (each["type"] == "missing" and _is_misspelt(at)):
            continue  # told already: by ``_nulls``, or as an unknown key
        code, message, hint = _told(each, at)
        line, column = (at.line, at.column)
        if code != "wrong-type" or (line, column) not in taken:
            yield Fault(name, line, column, code, message, hint)


class _Place:
    """Where an error's ``loc`` leads: the node, the mapping and key it stands under, the model there."""

    def __init__(self, tree: Node, loc: tuple[int | str, ...]) -> None:
        self.node, self.parent, self.key = tree, tree, ""
        self.model: type[BaseModel] = FunnelFile
        self.line, self.column = tree.line, tree.column
        self.last = loc[-1] if loc else ""
        for step in loc:
            self._go(step)

    def _go(self, step: int | str) -> None:
        if step == "[key]" and self.key in self.parent.keys:
            self.line, self.column = self.parent.keys[self.key]
            return
        if isinstance(step, str):
            self.model = _TAGGED.get(step) or _inner_model(self.model, step) or self.model
        inner: Node | None = None
        if isinstance(step, str):
            inner = self.node.get(step)
        elif isinstance(self.node.value, list) and step < len(self.node.value):
            inner = self.node.value[step]
        if inner is None:
            return
        if isinstance(step, str):
            self.parent, self.key = self.node, step
        self.node = inner
        self.line, self.column = inner.line, inner.column

    def key_place(self) -> None:
        """Point at the key instead of at its value."""
        self.line, self.column = self.parent.keys[self.key]


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


def _known_keys(model: type[BaseModel]) -> list[str]:
    return [each.alias or name for name, each in model.model_fields.items()]


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
        return "bad-activity-type", f"`{at.node.value}` has no letter or digit", ""
    if kind in ("bad-duration", "wrong-type"):
        return kind, f"{subject}: {error['msg']}", ""
    return "bad-count", f"{subject} {_BOUNDS.get(kind, '{msg}').format(msg=error['msg'], **context)}", ""


_BOUNDS = {
    "too_short": "needs at least {min_length}",
    "too_long": "has more than {max_length}",
    "string_too_long": "is longer than {max_length} characters",
    "greater_than": "must be above {gt}",
    "greater_than_equal": "must be at least {ge}",
    "less_than_equal": "can be at most {le}",
}


def _is_misspelt(at: _Place) -> bool:
    """Whether the key that is missing seems to be there, under a name that is not known."""
    known = _known_keys(at.model)
    unknown = (key for key, _ in at.node.items() if key not in known)
    return any(did_you_mean(key, known) == f"did you mean `{at.last}`?" for key in unknown)


def _is_scalar(node: Node) -> bool:
    return not isinstance(node.value, dict | list)


def _unknown_key(at: _Place) -> tuple[str, str, str]:
    at.key_place()
    if at.key in CONDITIONS and at.model in CONDITIONS.values():
        hint = "put several conditions under `all: […]`"
        return "unknown-key", f"`{at.key}` cannot stand in the same condition as `{_form(at)}`", hint
    known = _known_keys(at.model)
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
