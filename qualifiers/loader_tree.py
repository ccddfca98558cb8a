"""What the checks of a funnel's meaning see: its tree by its parts, whatever shape these are in.

The checks run also when the model has found faults, so that an author hears of all at
once. So nothing here assumes that the file fits the model: what does not is left out.
"""

from collections.abc import Iterator

from qualifiers.faults import Fault, did_you_mean
from qualifiers.loader_nodes import Node
from schemas.funnel_file import condition_form

Named = dict[str, Node]
"""Names and where they stand; of a name that stands twice, the first place."""


class FunnelTree:
    """The parts of a funnel's tree, and the faults that are found in them."""

    def __init__(self, tree: Node, file: str) -> None:
        self.file = file
        self.faults: list[Fault] = []
        self.path = names_of(tree.get("stages"))
        self.off_path = names_of(tree.get("off_path"))
        self.final = names_of(tree.get("final"))
        self.stages: Named = {}
        for node in (*self.path, *self.off_path):
            self.stages.setdefault(node.value, node)
        self.definitions = _mapping(tree.get("define"))
        self.scores = _mapping(tree.get("scores"))
        hold = tree.get("hold")
        self._hold = hold.get("when") if hold else None
        self.transitions = _mappings(tree.get("transitions"))
        self.signals = _mappings(tree.get("signals"))

    def fault(self, node: Node, code: str, message: str, hint: str = "") -> None:
        """Note a fault at a node."""
        self.faults.append(Fault(self.file, node.line, node.column, code, message, hint))

    def unknown(self, node: Node, code: str, kind: str, known: Named) -> None:
        """Note that a name leads nowhere, with the name most like it."""
        hint = did_you_mean(node.value, known)
        if not hint:
            hint = (
                f"there are: {', '.join(list(known)[:12])}" if known else f"there is no {kind} in this file"
            )
        self.fault(node, code, f"unknown {kind} `{node.value}`", hint)

    def points_lines(self) -> Iterator[Node]:
        """Every points line of every score."""
        for score in self.scores.values():
            points = score.get("points")
            yield from (line for line in (points.listed() if points else ()) if line.is_mapping)

    def conditions(self) -> Iterator[Node]:
        """Every condition of the file, those inside others too."""
        roots = [
            *self.definitions.values(),
            *(line.get("if") for line in self.points_lines()),
            self._hold,
            *(rule.get("when") for rule in (*self.transitions, *self.signals)),
        ]
        for root in roots:
            yield from within(root)

    def tests(self) -> Iterator[tuple[Node, Node]]:
        """Every test, with the node that operators are missed at: traits, where, source."""
        for condition in self.conditions():
            if condition_form(condition.value) == "trait":
                yield condition, condition
        askers = []
        for node in self.conditions():
            form = condition_form(node.value)
            if form in ("did", "sum"):
                askers.append(node)
            elif form == "sequence":
                askers += _mappings(node.get("sequence"))
        for asker in [*askers, *self.points_lines()]:
            where, source = asker.get("where"), asker.get("source")
            for _, test in where.items() if where else ():
                yield test, test
            if source:
                yield source, source


def names_of(node: Node | None) -> list[Node]:
    """The texts of a list, or of a single value."""
    return [each for each in node.listed() if isinstance(each.value, str)] if node else []


def _mappings(node: Node | None) -> list[Node]:
    return [each for each in node.listed() if each.is_mapping] if node else []


def _mapping(node: Node | None) -> Named:
    return dict(node.items()) if node else {}


def parts(condition: Node) -> list[Node]:
    """The conditions right inside of one."""
    form = condition_form(condition.value)
    key = {"all": "all", "any": "any", "none": "none", "at_least": "of"}.get(form or "")
    inner = condition.get(key) if key else None
    return [node for node in inner.listed() if node.is_mapping] if inner else []


def within(condition: Node | None) -> Iterator[Node]:
    """A condition and all inside of it; definitions that it uses are not gone into."""
    if condition and condition.is_mapping:
        yield condition
        for inner in parts(condition):
            yield from within(inner)
