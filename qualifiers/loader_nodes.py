"""The nodes of a funnel file's tree, and what its unquoted scalars mean.

Which plain scalars are null, booleans and numbers is decided here, by the core schema of
YAML 1.2: PyYAML's own idea is YAML 1.1, where `on`, `yes` and `NO` are booleans.
"""

import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

_NUMBERS: list[tuple[re.Pattern[str], Callable[[str], int | float]]] = [
    (re.compile(r"[-+]?[0-9]{1,30}"), int),  # a longer one is far out of range, as the float that it is
    (re.compile(r"0o[0-7]{1,300}"), lambda text: int(text, 0)),
    (re.compile(r"0x[0-9a-fA-F]{1,300}"), lambda text: int(text, 0)),
    (re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?"), float),
    (re.compile(r"[-+]?\.(inf|Inf|INF)"), lambda text: float(text.replace(".", ""))),
    (re.compile(r"\.(nan|NaN|NAN)"), lambda _: math.nan),
]
_WORDS = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}


def plain_scalar(text: str) -> bool | int | float | str | None:
    """What an unquoted scalar is by the core schema: `on`, `NO` and `1_000` are words."""
    if text in _WORDS:
        return _WORDS[text]
    for pattern, read in _NUMBERS:
        if pattern.fullmatch(text):
            return read(text)
    return text


@dataclass(eq=False, slots=True)
class Node:
    """A value of the file and where it stands: a scalar, a list of nodes, or a mapping to nodes."""

    line: int
    column: int
    value: Any
    keys: dict[str, tuple[int, int]] = field(default_factory=dict)
    weight: int = 1  # values in it, itself included
    height: int = 0  # collections inside each other in it

    @property
    def place(self) -> str:
        """Line and column, to refer to it in a message."""
        return f"{self.line}:{self.column}"

    @property
    def is_mapping(self) -> bool:
        """Whether it has keys."""
        return isinstance(self.value, dict)

    def get(self, key: str) -> "Node | None":
        """What stands under ``key``, when this is a mapping that has it."""
        return self.value.get(key) if isinstance(self.value, dict) else None

    def items(self) -> Iterator[tuple[str, "Node"]]:
        """The pairs of a mapping; of anything else none."""
        if isinstance(self.value, dict):
            yield from self.value.items()

    def listed(self) -> list["Node"]:
        """The nodes of a list; anything else as a list of itself."""
        return self.value if isinstance(self.value, list) else [self]

    def walk(self, but: frozenset[str] = frozenset()) -> Iterator["Node"]:
        """This node and all that are in it, ``but`` for what stands under these keys."""
        yield self
        for key, node in self.items():
            if key not in but:
                yield from node.walk(but)
        for node in self.value if isinstance(self.value, list) else ():
            yield from node.walk(but)

    def plain(self) -> Any:
        """The value without places, as pydantic takes it."""
        if isinstance(self.value, dict):
            return {key: node.plain() for key, node in self.value.items()}
        return [node.plain() for node in self.value] if isinstance(self.value, list) else self.value
