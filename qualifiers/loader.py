"""From the text of a funnel file to its syntax tree, or to everything that is wrong with it.

Three readings of one tree, whose faults are gathered: as YAML (``loader_yaml``), as the
model of ``schemas.funnel_file`` (``loader_model``), and as a funnel, whose names must lead somewhere
and whose rules must make sense (``loader_names``, ``loader_values``, ``loader_calendar``, ``loader_time``).
A file is refused as one, so that its author mends it in one go.
"""

from collections.abc import Iterator

from pydantic import ValidationError

from qualifiers import loader_calendar, loader_names, loader_time, loader_values
from qualifiers.faults import Fault, FunnelFaults
from qualifiers.loader_model import translated
from qualifiers.loader_nodes import Node
from qualifiers.loader_tree import FunnelTree
from qualifiers.loader_yaml import NotATree, read_tree
from schemas.funnel_file import FunnelFile


def load_funnel(text: bytes | str, name: str = "funnel.yaml") -> FunnelFile:
    """The syntax tree of a funnel file; ``name`` is what faults call the file.

    Raises FunnelFaults with every fault there is, sorted by place.
    """
    return read_funnel(text, name)[0]


def read_funnel(text: bytes | str, name: str) -> tuple[FunnelFile, Node]:
    """The syntax tree of a funnel file, and the tree of nodes that knows its places.

    Raises FunnelFaults, as ``load_funnel`` does.
    """
    try:
        tree, faults = read_tree(text, name)
    except NotATree as error:
        raise FunnelFaults([error.fault]) from None
    if not isinstance(tree.value, dict):
        message = "a funnel file is a mapping that begins with `funnel: name`"
        raise FunnelFaults([*faults, Fault(name, tree.line, tree.column, "wrong-type", message)])
    if "cases" in tree.value and "funnel" not in tree.value:
        message = "this is a file of cases, and no funnel file"
        fault = Fault(name, tree.line, tree.column, "wrong-type", message, "`leadgate test` runs it")
        raise FunnelFaults([fault])
    faults += without_value(tree, name)
    funnel = None
    try:
        funnel = FunnelFile.model_validate(tree.plain())
    except ValidationError as error:
        faults += translated(error, tree, name, {(fault.line, fault.column) for fault in faults})
    parts = FunnelTree(tree, name)
    loader_names.check(parts)
    loader_values.check(parts)
    loader_calendar.check(parts)
    faults += parts.faults
    if funnel is None or faults:
        raise FunnelFaults(faults)
    faults = loader_time.check(funnel, tree, name)
    if faults:
        raise FunnelFaults(faults)
    return funnel, tree


def without_value(tree: Node, name: str, free: frozenset[str] = frozenset()) -> Iterator[Fault]:
    """Keys and list entries without a value. The model would take them as left out.

    What stands under a key that is ``free`` may be null.
    """
    for node in tree.walk(free):
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
                    hint = "write one, or take the entry out"
                    yield Fault(name, inner.line, inner.column, "no-value", "this entry has no value", hint)
