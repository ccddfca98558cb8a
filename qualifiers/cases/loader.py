"""From the text of a file of cases to cases that can be run, or to everything that is wrong with it.

As with a funnel file (`qualifiers.loader`), faults are gathered and told at once, each with its
line and column.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from pydantic import ValidationError

from qualifiers.cases.checks import Checks
from qualifiers.cases.moments import WallClock
from qualifiers.engine import Funnel
from qualifiers.faults import Fault
from qualifiers.loader import without_value
from qualifiers.loader_model import translated
from qualifiers.loader_nodes import Node
from qualifiers.loader_yaml import NotATree, read_tree
from schemas.case_file import Case, CaseFile
from schemas.funnel_file import Calendar

_FREE = frozenset({"properties", "traits"})
"""Under these keys stands what an activity has, null too."""


class CaseFaults(Exception):
    """A file of cases is refused as one; ``faults`` are all that is wrong with it, by place."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(sorted(set(faults)))
        super().__init__("\n".join(map(str, self.faults)))


@dataclass(frozen=True)
class LoadedCase:
    """A case, the node that knows its places, and the moment (ms) of each line of its story."""

    case: Case
    node: Node
    moments: tuple[int, ...]
    clock: WallClock

    @property
    def lines(self) -> list[Node]:
        """The nodes of the lines."""
        story = self.node.get("story")
        return story.listed() if story else []


def load_cases(text: bytes | str, name: str, funnel: Funnel, calendar: Calendar | None) -> list[LoadedCase]:
    """The cases of a file that is called ``name``, for a funnel and its calendar.

    Raises CaseFaults with every fault there is.
    """
    try:
        tree, faults = read_tree(text, name)
    except NotATree as error:
        raise CaseFaults([error.fault]) from None
    if not isinstance(tree.value, dict):
        message = "a file of cases is a mapping that begins with `cases:`"
        raise CaseFaults([*faults, Fault(name, tree.line, tree.column, "wrong-type", message)])
    if "funnel" in tree.value and "cases" not in tree.value:
        message, hint = "this is a funnel file, and no file of cases", "name the file of its cases"
        raise CaseFaults([Fault(name, tree.line, tree.column, "wrong-type", message, hint)])
    faults += without_value(tree, name, _FREE)
    file = None
    try:
        file = CaseFile.model_validate(tree.plain())
    except ValidationError as error:
        taken = {(fault.line, fault.column) for fault in faults}
        faults += translated(error, tree, name, taken, CaseFile)
    clock = WallClock(calendar)
    checks = Checks(name, funnel, clock)
    moments = checks.file(tree)
    faults += checks.faults
    if file is None or faults:
        raise CaseFaults(faults)
    nodes = tree.value["cases"].value
    return [
        LoadedCase(case, node, at, clock) for case, node, at in zip(file.cases, nodes, moments, strict=True)
    ]
