"""The names of a funnel: each leads somewhere, none is taken twice, none goes in a circle."""

from contextlib import suppress
from graphlib import CycleError, TopologicalSorter

from qualifiers.faults import Fault
from qualifiers.loader_nodes import Node
from qualifiers.loader_tree import FunnelTree, names_of, parts, within
from qualifiers.loader_yaml import MAX_DEPTH
from qualifiers.transitions import default_name
from schemas.conditions import condition_form

_NOT_FOR_STAGES = {"any": "each stage that is not final", "earlier": "each stage before the target"}
_NOT_FOR_TRANSITIONS = ("created", "manual", "merged")
MAX_EXPANDED = 10_000
"""Conditions in a definition, those that it uses written out."""


def check(funnel: FunnelTree) -> None:
    """Note everything that is wrong with the names of a funnel."""
    _stages(funnel)
    _renamed(funnel)
    _transition_names(funnel)
    _signals(funnel)
    for transition in funnel.transitions:
        _route(funnel, transition)
        for score in names_of(transition.get("resets")):
            if score.value not in funnel.scores:
                funnel.unknown(score, "unknown-score", "score", funnel.scores)
    for condition in funnel.conditions():
        _reference(funnel, condition)
    _definitions(funnel)


def _stages(funnel: FunnelTree) -> None:
    for node in (*funnel.path, *funnel.off_path):
        first = funnel.stages[node.value]
        if node.value in _NOT_FOR_STAGES:
            message = (
                f"a stage cannot be called `{node.value}`: in `from` it means {_NOT_FOR_STAGES[node.value]}"
            )
            funnel.fault(node, "reserved-name", message)
        elif first is not node:
            funnel.fault(
                node, "duplicate-stage", f"the stage `{node.value}` is named twice (first at {first.place})"
            )
    for node in funnel.final:
        if node.value not in funnel.stages:
            funnel.unknown(node, "unknown-stage", "stage", funnel.stages)


def _renamed(funnel: FunnelTree) -> None:
    """What has another name now is no stage any more, and its new name is one."""
    renamed = funnel.renamed
    if renamed is None:
        return
    for old, new in renamed.items():
        if old in funnel.stages:
            line, column = renamed.keys[old]
            message = f"`{old}` is a stage of this file, so it has not been renamed"
            hint = "take it out of `renamed`, or out of the stages"
            funnel.faults.append(Fault(funnel.file, line, column, "renamed-stage", message, hint))
        if isinstance(new.value, str) and new.value not in funnel.stages:
            funnel.unknown(new, "unknown-stage", "stage", funnel.stages)


def _transition_names(funnel: FunnelTree) -> None:
    taken: dict[str, Node] = {}
    for transition in funnel.transitions:
        target = transition.get("to")
        named = transition.get("name")
        node = named or target
        if node is None or not isinstance(node.value, str):
            continue
        name = node.value if named else default_name(str(node.value))
        if name in _NOT_FOR_TRANSITIONS:
            funnel.fault(
                node, "reserved-name", f"a transition cannot be called `{name}`: decisions use that word"
            )
        elif name in taken:
            message = f"two transitions are called `{name}` (the first at {taken[name].place})"
            funnel.fault(node, "duplicate-transition", message, "give one of them a `name` of its own")
        else:
            taken[name] = node


def _signals(funnel: FunnelTree) -> None:
    """Each signal has a name of its own, and is given in stages that there are."""
    taken: dict[str, Node] = {}
    for signal in funnel.signals:
        named = signal.get("name")
        if named is not None and isinstance(named.value, str):
            first = taken.setdefault(named.value, named)
            if first is not named:
                message = f"two signals are called `{named.value}` (the first at {first.place})"
                funnel.fault(named, "duplicate-signal", message, "give one of them another name")
        for stage in names_of(signal.get("in")):
            if stage.value not in funnel.stages:
                funnel.unknown(stage, "unknown-stage", "stage", funnel.stages)


def _route(funnel: FunnelTree, transition: Node) -> None:
    """Where a transition leads from and to: stages that there are, and none that is final."""
    to, origin = transition.get("to"), transition.get("from")
    if not funnel.path or to is None or not isinstance(to.value, str):
        return
    if to.value not in funnel.stages:
        funnel.unknown(to, "unknown-stage", "stage", funnel.stages)
        return
    path = [node.value for node in funnel.path]
    final = {node.value for node in funnel.final}
    before = path[: path.index(to.value)] if to.value in path else []
    if origin is None:
        if not before:
            where = "is the first stage" if to.value in path else "is off the path"
            hint = "say which stages it leads from: `from: [...]`, or `from: any`"
            funnel.fault(to, "from-needed", f"`{to.value}` {where}, so nothing comes before it", hint)
        elif before[-1] in final:
            _from_final(funnel, to, before[-1])
    elif origin.value == "earlier":
        if not set(before) - final:
            funnel.fault(origin, "from-nowhere", f"no stage of the path comes before `{to.value}`")
    elif origin.value != "any":
        _origins(funnel, origin, to.value, final)


def _origins(funnel: FunnelTree, origin: Node, to: str, final: set[str]) -> None:
    named = names_of(origin)
    for node in named:
        if node.value in _NOT_FOR_STAGES:
            hint = f"write `from: {node.value}`, without brackets"
            funnel.fault(node, "unknown-stage", f"`{node.value}` is no stage and stands alone", hint)
        elif node.value not in funnel.stages:
            funnel.unknown(node, "unknown-stage", "stage", funnel.stages)
        elif node.value in final:
            _from_final(funnel, node, node.value)
    if named and all(node.value == to for node in named):
        funnel.fault(named[0], "from-nowhere", f"a transition cannot lead from `{to}` to itself")


def _from_final(funnel: FunnelTree, node: Node, stage: str) -> None:
    hint = "take it out of `from`, or out of `final`"
    funnel.fault(node, "from-final", f"no rule can lead out of `{stage}`, as it is final", hint)


def _reference(funnel: FunnelTree, condition: Node) -> None:
    """The stage, score or definition that a condition names."""
    form = condition_form(condition.value)
    node = condition.get(form) if form else None
    if node is None or not isinstance(node.value, str):
        return
    if form == "visited" and node.value not in funnel.stages:
        funnel.unknown(node, "unknown-stage", "stage", funnel.stages)
    elif form == "score" and node.value not in funnel.scores:
        funnel.unknown(node, "unknown-score", "score", funnel.scores)
    elif form == "use" and node.value not in funnel.definitions:
        funnel.unknown(node, "unknown-definition", "definition", funnel.definitions)


def _definitions(funnel: FunnelTree) -> None:
    """No circles, and no definition that is too much when all that it uses is written out.

    A definition is measured once all that it uses are; what is left over goes in circles.
    """
    uses = {name: _uses(funnel, node) for name, node in funnel.definitions.items()}
    size: dict[str, int] = {}
    height: dict[str, int] = {}
    sorter = TopologicalSorter({name: {node.value for node in used} for name, used in uses.items()})
    with suppress(CycleError):  # what is not in a circle, nor uses one, it gives all the same
        sorter.prepare()
    while ready := sorter.get_ready():
        for name in ready:
            used = [node.value for node in uses[name]]
            size[name] = sum(1 for _ in within(funnel.definitions[name])) + sum(size[one] for one in used)
            height[name] = _height(funnel.definitions[name], height)
            if size[name] > MAX_EXPANDED or height[name] > MAX_DEPTH:
                message = f"`{name}` is too much once all that it uses is written out"
                hint = f"at most {MAX_EXPANDED:,} conditions, {MAX_DEPTH} deep"
                funnel.fault(funnel.definitions[name], "too-large", message, hint)
                size[name], height[name] = 0, 0  # told once, not again at each that uses it
        sorter.done(*ready)
    circling = [name for name in uses if name not in size]
    _circles(funnel, {name: [node for node in uses[name] if node.value not in size] for name in circling})


def _uses(funnel: FunnelTree, condition: Node) -> list[Node]:
    """The definitions, of those there are, that a condition uses."""
    used = [node.get("use") for node in within(condition) if condition_form(node.value) == "use"]
    return [
        node for node in used if node and isinstance(node.value, str) and node.value in funnel.definitions
    ]


def _height(condition: Node, known: dict[str, int]) -> int:
    used = condition.get("use")
    if used and condition_form(condition.value) == "use" and isinstance(used.value, str):
        return 1 + known.get(used.value, 0)
    return 1 + max((_height(inner, known) for inner in parts(condition)), default=0)


def _circles(funnel: FunnelTree, uses: dict[str, list[Node]]) -> None:
    """Follow the first use out of each until one comes again; each circle is told once."""
    seen: set[str] = set()
    for start in uses:
        trail: dict[str, Node] = {}
        name = start
        while name not in seen:
            seen.add(name)
            trail[name] = uses[name][0]
            name = uses[name][0].value
        if name in trail:
            names = list(trail)
            circle = [*names[names.index(name) :], name]
            message = f"`{name}` goes in a circle: {' → '.join(circle)}"
            funnel.fault(trail[names[-1]], "define-circle", message, "write one of them out")
