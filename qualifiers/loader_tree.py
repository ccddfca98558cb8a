"""What the checks of a funnel's meaning see: its tree by its parts, whatever shape these are in.

The checks run also when the model has found faults, so that an author hears of all at
once. So nothing here assumes that the file fits the model: what does not is left out.
"""

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice

from pydantic import BaseModel

from qualifiers.faults import Fault, closest, did_you_mean
from qualifiers.loader_nodes import Node
from schemas.conditions import All, Any_, AtLeast, Condition, None_, condition_form
from schemas.funnel_file import Calendar, FunnelFile, OnLine, Score, Signal, Transition

Named = dict[str, Node]
"""Names and where they stand; of a name that stands twice, the first place."""
MAX_GUESSES = 200
"""Names for which the one that was meant is looked for: as many as somebody would read."""


class FunnelTree:
    """The parts of a funnel's tree, and the faults that are found in them."""

    def __init__(self, tree: Node, file: str) -> None:
        self.file = file
        self.faults: list[Fault] = []
        self.renamed = tree.get("renamed")
        tree = spelt(tree, FunnelFile)
        self.path = names_of(tree.get("stages"))
        self.off_path = names_of(tree.get("off_path"))
        self.final = names_of(tree.get("final"))
        self.stages: Named = {}
        for node in (*self.path, *self.off_path):
            self.stages.setdefault(node.value, node)
        self.definitions = _mapping(tree.get("define"))
        self.scores = {name: spelt(node, Score) for name, node in _mapping(tree.get("scores")).items()}
        hold = tree.get("hold")
        self._hold = hold.get("when") if hold else None
        self.transitions = [spelt(node, Transition) for node in _mappings(tree.get("transitions"))]
        self.signals = [spelt(node, Signal) for node in _mappings(tree.get("signals"))]
        calendar = tree.get("calendar")
        self.calendar = calendar and spelt(calendar, Calendar)
        kinds = {"score": tree.get("scores"), "definition": tree.get("define")}
        self._unsure = {kind for kind, node in kinds.items() if node and not node.is_mapping}
        if not self.path:
            self._unsure.add("stage")

    def fault(self, node: Node, code: str, message: str, hint: str = "") -> None:
        """Note a fault at a node."""
        self.faults.append(Fault(self.file, node.line, node.column, code, message, hint))

    def unknown(self, node: Node, code: str, kind: str, known: Named) -> None:
        """Note that a name leads nowhere, with the name most like it.

        Not where what would name it could not be read: that is told already, and once.
        """
        if kind in self._unsure:
            return
        hint = did_you_mean(node.value, known) if len(self.faults) < MAX_GUESSES else ""
        if not hint:
            hint = (
                f"there are: {', '.join(islice(known, 12))}" if known else f"there is no {kind} in this file"
            )
        self.fault(node, code, f"unknown {kind} `{node.value}`", hint)

    def points_lines(self) -> Iterator[Node]:
        """Every points line of every score."""
        for score in self.scores:
            yield from self.lines_of(score)

    def lines_of(self, score: str) -> list[Node]:
        """Every points line of a score."""
        lines = _mappings(self.scores[score].get("points"))
        return [spelt(line, OnLine) if line.get("on") else line for line in lines]

    def roots(self) -> list[Node]:
        """Every condition that is in no other: definitions, `if` lines, `hold`, rules, signals."""
        roots = [
            *self.definitions.values(),
            *(line.get("if") for line in self.points_lines()),
            self._hold,
            *(rule.get("when") for rule in (*self.transitions, *self.signals)),
        ]
        return [root for root in roots if root is not None]

    def conditions(self) -> Iterator[Node]:
        """Every condition of the file, those inside others too."""
        for root in self.roots():
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


def known_keys(model: type[BaseModel]) -> list[str]:
    """The keys that a mapping of this model may have."""
    return [each.alias or name for name, each in model.model_fields.items()]


def spelt(node: Node, model: type[BaseModel]) -> Node:
    """A mapping as it seems to be meant: a misspelt key is told as such, and only as such."""
    known = known_keys(model)
    missing = [key for key in known if node.get(key) is None]
    unknown = [(key, inner) for key, inner in node.items() if key not in known] if missing else []
    meant = {closest(key, known): inner for key, inner in unknown[:MAX_GUESSES]}
    found = {key: meant[key] for key in missing if key in meant}
    return replace(node, value=node.value | found) if found else node


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


def inner_conditions(condition: Condition) -> list[Condition]:
    """The conditions right inside of one, as the model has them: in the order of ``parts``."""
    match condition:
        case All():
            return condition.all
        case Any_():
            return condition.any
        case None_():
            return condition.none
        case AtLeast():
            return condition.of
    return []


def within(condition: Node | None) -> Iterator[Node]:
    """A condition and all inside of it; definitions that it uses are not gone into."""
    if condition and condition.is_mapping:
        yield condition
        for inner in parts(condition):
            yield from within(inner)
