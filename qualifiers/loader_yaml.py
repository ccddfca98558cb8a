"""YAML as a tree that knows the line and column of everything in it.

PyYAML's parser does the reading. The tree is built from its events, one after the other,
so that depth, size and aliases are bounded before they cost anything.
"""

import math
import re
from dataclasses import dataclass
from typing import Any

import yaml

from qualifiers.faults import Fault, did_you_mean
from qualifiers.loader_nodes import Node, plain_scalar

MAX_BYTES = 1024 * 1024
MAX_DEPTH = 60
MAX_NODES = 100_000
"""Values in a file, each alias counted as all that it stands for."""
MAX_EXACT = 2**53
"""Above it, a float no longer tells a whole number from the next."""

LOADER: Any = getattr(yaml, "CLoader", yaml.Loader)  # libyaml's parser where PyYAML was built with it
_NOT_TEXT = re.compile("[^\t\n\r -~\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


LINE_BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
"""Where libyaml begins a line."""


class NotATree(Exception):
    """The text cannot be read further than this fault."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(str(fault))
        self.fault = fault


def read_tree(text: bytes | str, name: str) -> tuple[Node, list[Fault]]:
    """The tree of a file, and the faults that do not keep it from being read.

    Raises NotATree when there is no tree: not UTF-8, not YAML, empty, too large or deep.
    """
    return _Reader(name).read(decoded_text(text, name))


def decoded_text(text: bytes | str, name: str) -> str:
    """A file's characters. Raises NotATree when it is too large, or not text."""
    if len(text) > MAX_BYTES:
        message = f"the file is larger than it can be ({MAX_BYTES:,} bytes)"
        raise NotATree(Fault(name, 1, 1, "too-large", message))
    try:
        decoded = text.decode("utf-8") if isinstance(text, bytes) else text
    except UnicodeDecodeError as error:
        line, column = _place(error.object[: error.start].decode("utf-8"))
        message = f"the file is not UTF-8: byte 0x{error.object[error.start]:02x} stands here"
        raise NotATree(Fault(name, line, column, "not-utf8", message, "save it as UTF-8")) from None
    decoded = decoded.removeprefix("\ufeff")
    found = _NOT_TEXT.search(decoded)
    if found:
        line, column = _place(decoded[: found.start()])
        message = f"the character U+{ord(found[0]):04X} cannot stand in the file"
        hint = "save it as UTF-8" if found[0] == "\0" else "take it out"  # UTF-16 is full of zeros
        raise NotATree(Fault(name, line, column, "control-character", message, hint))
    return decoded


def _place(before: str) -> tuple[int, int]:
    """The line and column that come after ``before``."""
    lines = LINE_BREAK.split(before)
    return len(lines), len(lines[-1]) + 1


def _is_number(node: Node) -> bool:
    return type(node.value) in (int, float)


@dataclass(slots=True)
class _Open:
    """A collection that is not closed yet; ``key`` waits for its value."""

    node: Node
    anchor: str | None = None
    key: str | None = None
    awaits_value: bool = False


class _Reader:
    """Builds the tree from the parser's events."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.faults: list[Fault] = []
        self.anchors: dict[str, Node] = {}
        self.open: list[_Open] = []
        self.root: Node | None = None
        self.documents = 0

    def read(self, text: str) -> tuple[Node, list[Fault]]:
        try:
            for event in yaml.parse(text, Loader=LOADER):
                self._take(event)
        except yaml.YAMLError as error:
            raise NotATree(self._unreadable(error, text)) from None
        if self.root is None or self.root.value is None:
            hint = "start from a preset: startup, consulting or agency"
            raise NotATree(Fault(self.name, 1, 1, "empty-file", "the file is empty", hint))
        return self.root, self.faults

    def _take(self, event: Any) -> None:
        if isinstance(event, yaml.ScalarEvent):
            self._close(self._scalar(event), event.anchor, event)
        elif isinstance(event, yaml.CollectionStartEvent):
            self._start(event)
        elif isinstance(event, yaml.CollectionEndEvent):
            closed = self.open.pop()
            self._close(closed.node, closed.anchor, event)
        elif isinstance(event, yaml.AliasEvent):
            node = self.anchors.get(event.anchor or "")
            if node is None:
                message = f"`*{event.anchor}` refers to nothing above it"
                hint = did_you_mean(event.anchor, self.anchors)
                raise NotATree(self._fault(event, "unknown-alias", message, hint))
            self._close(node, None, event)
        elif isinstance(event, yaml.DocumentStartEvent):
            self.documents += 1
            if self.documents > 1:
                hint = "keep one document in a file"
                raise NotATree(self._fault(event, "many-documents", "a second document starts here", hint))

    def _start(self, event: Any) -> None:
        self._check_tag(event)
        value: Any = {} if isinstance(event, yaml.MappingStartEvent) else []
        node = Node(event.start_mark.line + 1, event.start_mark.column + 1, value, height=1)
        if event.anchor:
            self.anchors.pop(event.anchor, None)  # it cannot stand inside itself
        self.open.append(_Open(node, event.anchor))
        self._check_depth(0, event)

    def _close(self, node: Node, anchor: str | None, event: Any) -> None:
        """Put a whole value into the collection that it stands in."""
        if anchor:
            self.anchors[anchor] = node
        if not self.open:
            self.root = node
            return
        into = self.open[-1]
        into.node.weight += node.weight
        into.node.height = max(into.node.height, node.height + 1)
        if into.node.weight > MAX_NODES:
            message = f"the file holds more than {MAX_NODES:,} values, aliases written out"
            raise NotATree(self._fault(event, "too-large", message))
        self._check_depth(node.height, event)
        if isinstance(into.node.value, list):
            into.node.value.append(node)
        elif into.awaits_value:
            if into.key is not None:
                into.node.value[into.key] = node
            into.awaits_value = False
        else:
            place = event if isinstance(event, yaml.AliasEvent) else None
            into.key, into.awaits_value = self._key(into.node, node, place), True

    def _key(self, mapping: Node, node: Node, alias: Any) -> str | None:
        """The key that ``node`` is in ``mapping``; None when its value has no place there."""
        line, column = node.line, node.column
        if alias is not None:
            line, column = alias.start_mark.line + 1, alias.start_mark.column + 1
        if not isinstance(node.value, str):
            shown = f"`{node.value}`" if isinstance(node.value, int | float) else "this"
            message = f"a key must be text, and {shown} is not"
            before = next(reversed(mapping.value.values()), None)
            is_fraction = before is not None and _is_number(before) and _is_number(node)  # {add: 10,5}
            hint = "a fraction is written with a point: 10.5" if is_fraction else "put it in quotes"
            if isinstance(node.value, list | dict):
                hint = "a key is one word, before a colon"
            self.faults.append(Fault(self.name, line, column, "bad-key", message, hint))
            return None
        if node.value in mapping.keys:
            first = mapping.keys[node.value]
            message = f"`{node.value}` stands twice here (the first is at {first[0]}:{first[1]})"
            self.faults.append(Fault(self.name, line, column, "duplicate-key", message, "keep one of them"))
            return None
        mapping.keys[node.value] = (line, column)
        return node.value

    def _scalar(self, event: Any) -> Node:
        self._check_tag(event)
        value: Any = event.value
        if event.implicit[0]:
            value = plain_scalar(value)
            if isinstance(value, int | float) and not abs(value) <= MAX_EXACT:
                message = f"`{event.value[:40]}` is no number that can be kept exactly"
                hint = "if it is an id, put it in quotes" if math.isfinite(value) else "write a finite number"
                self.faults.append(self._fault(event, "number-out-of-range", message, hint))
        return Node(event.start_mark.line + 1, event.start_mark.column + 1, value)

    def _check_tag(self, event: Any) -> None:
        if event.tag is not None:
            message = f"the tag `{event.tag}` means nothing here"
            self.faults.append(self._fault(event, "unknown-tag", message, "take it out"))

    def _check_depth(self, height: int, event: Any) -> None:
        if len(self.open) + height > MAX_DEPTH:
            message = f"things stand inside each other more than {MAX_DEPTH} levels deep"
            raise NotATree(self._fault(event, "too-deep", message, "name a part of it under `define`"))

    def _fault(self, event: Any, code: str, message: str, hint: str = "") -> Fault:
        mark = event.start_mark
        return Fault(self.name, mark.line + 1, mark.column + 1, code, message, hint)

    def _unreadable(self, error: yaml.YAMLError, text: str) -> Fault:
        mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        problem = getattr(error, "problem", None) or str(error)
        if "nesting" in problem:  # libyaml's own bound, met before ours when a line does nothing but open
            message = f"things stand inside each other more than {MAX_DEPTH} levels deep"
            return Fault(self.name, line, column, "too-deep", message, "name a part of it under `define`")
        lines = LINE_BREAK.split(text)
        if line > len(lines):  # libyaml ends the last line, where it has no end
            line, column = len(lines), len(lines[-1]) + 1
        here = lines[line - 1]
        hint = "indent with spaces, not with tabs" if "\t" in here[: column + 1] else ""
        return Fault(self.name, line, column, "not-yaml", f"this cannot be read as YAML: {problem}", hint)
