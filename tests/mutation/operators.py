"""The table of what is changed in the rules' source, one thing at a time, and the mutants that it gives."""

import ast
import copy
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple


class Operator(NamedTuple):
    """``change`` makes another node of a copy of one; None where it has nothing to change."""

    name: str
    does: str
    change: Callable[[ast.AST], ast.AST | None]


class Mutant(NamedTuple):
    """One change: ``number`` counts those of a source; from ``before`` to ``after``, as source."""

    number: int
    operator: str
    where: str
    line: int
    before: str
    after: str

    def __str__(self) -> str:
        return f"{self.where}: `{self.before}` → `{self.after}`"


def _swap(field: str, *pairs: tuple[type[ast.AST], type[ast.AST]]) -> Callable[[ast.AST], ast.AST | None]:
    """An operator becomes its other one; of a chain of comparisons, the first."""
    table: dict[Any, type[ast.AST]] = {one: other for pair in pairs for one, other in (pair, pair[::-1])}

    def change(node: ast.AST) -> ast.AST | None:
        there = getattr(node, field, None)
        found = there[0] if isinstance(there, list) and there else there
        if type(found) not in table:
            return None
        made = table[type(found)]()
        setattr(node, field, [made, *there[1:]] if isinstance(there, list) else made)
        return node

    return change


def _of_compare(change: Callable[[ast.AST], ast.AST | None]) -> Callable[[ast.AST], ast.AST | None]:
    return lambda node: change(node) if isinstance(node, ast.Compare) else None


def _negate(node: ast.AST) -> ast.AST | None:
    if not isinstance(node, ast.If | ast.While | ast.IfExp):
        return None
    node.test = ast.UnaryOp(ast.Not(), node.test)
    return node


def _constant(node: ast.AST) -> ast.AST | None:
    if not isinstance(node, ast.Constant) or not isinstance(node.value, int | float):
        return None
    return ast.Constant(not node.value if isinstance(node.value, bool) else node.value + 1)


_OTHERS = {"min": "max", "max": "min", "any": "all", "all": "any"}


def _call(node: ast.AST) -> ast.AST | None:
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _OTHERS):
        return None
    node.func = ast.Name(_OTHERS[node.func.id], ast.Load())
    return node


def _leave_out(node: ast.AST) -> ast.AST | None:
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return None  # a docstring
    # What a later line needs by its name would be a NameError: no test has to notice that.
    kept = isinstance(node, ast.Assign) and any(isinstance(one, ast.Name) for one in node.targets)
    return ast.Pass() if isinstance(node, ast.Expr | ast.Assign | ast.AugAssign) and not kept else None


def _jump(node: ast.AST) -> ast.AST | None:
    if isinstance(node, ast.Break):
        return ast.Continue()
    return ast.Break() if isinstance(node, ast.Continue) else None


def _return(node: ast.AST) -> ast.AST | None:
    if not isinstance(node, ast.Return) or node.value is None:
        return None
    return None if isinstance(node.value, ast.Constant) else ast.Return(ast.Constant(None))


def _operand(node: ast.AST) -> ast.AST | None:
    """`a and b` → `a`."""
    return node.values[0] if isinstance(node, ast.BoolOp) else None


OPERATORS = (
    Operator(
        "bound",
        "`<` ↔ `<=`, `>` ↔ `>=`",
        _of_compare(_swap("ops", (ast.Lt, ast.LtE), (ast.Gt, ast.GtE))),
    ),
    Operator(
        "comparison",
        "`==` ↔ `!=`, `is` ↔ `is not`, `in` ↔ `not in`",
        _of_compare(_swap("ops", (ast.Eq, ast.NotEq), (ast.Is, ast.IsNot), (ast.In, ast.NotIn))),
    ),
    Operator(
        "arithmetic",
        "`+` ↔ `-`, `*` ↔ `//`",
        _swap("op", (ast.Add, ast.Sub), (ast.Mult, ast.FloorDiv)),
    ),
    Operator("connective", "`and` ↔ `or`", _swap("op", (ast.And, ast.Or))),
    Operator("operand", "`a and b` → `a`, `a or b` → `a`", _operand),
    Operator("condition", "`if c` → `if not c`", _negate),
    Operator("constant", "a number + 1; `True` ↔ `False`", _constant),
    Operator("function", "`min` ↔ `max`, `any` ↔ `all`", _call),
    Operator("statement", "a call or a change of something is left out", _leave_out),
    Operator("jump", "`break` ↔ `continue`", _jump),
    Operator("return", "what is returned → `None`", _return),
)
"""Operator by operator: what it changes."""


def mutants(source: str) -> list[Mutant]:
    """All of a module's, in the order of its source."""
    return [mutant for mutant, _ in _all(ast.parse(source))]


def mutated(source: str, number: int) -> ast.Module:
    """The module with that one change."""
    tree = ast.parse(source)
    for mutant, put in _all(tree):
        if mutant.number == number:
            put()
            return ast.fix_missing_locations(tree)
    raise LookupError(f"there is no mutant {number}")


def _all(tree: ast.Module) -> Iterator[tuple[Mutant, Callable[[], None]]]:
    """Each mutant, and what puts it into the tree."""
    number = 0
    for where, parent, field, place, node in _nodes(tree, ""):
        for operator in OPERATORS:
            made = operator.change(copy.copy(node))
            if made is None or ast.unparse(made) == ast.unparse(node):
                continue
            before, after = _said(node), _said(made)
            yield (
                Mutant(number, operator.name, where, getattr(node, "lineno", 0), before, after),
                _putting(parent, field, place, ast.copy_location(made, node)),
            )
            number += 1


def _said(node: ast.AST) -> str:
    """A node as source, of a compound statement its head."""
    return ast.unparse(node).splitlines()[0].rstrip(":")


def _putting(parent: ast.AST, field: str, place: int | None, made: ast.AST) -> Callable[[], None]:
    def put() -> None:
        if place is None:
            setattr(parent, field, made)
        else:
            getattr(parent, field)[place] = made

    return put


_LEFT_ALONE = (ast.Assert, ast.Raise, ast.JoinedStr, ast.Import, ast.ImportFrom)
"""What is said to a person, or to the type checker, decides nothing."""
_TYPES = {"annotation", "returns", "type_params", "decorator_list"}


def _nodes(parent: ast.AST, where: str) -> Iterator[tuple[str, ast.AST, str, int | None, ast.AST]]:
    """Every node that may be changed: in what function, and where in its parent."""
    for field, value in ast.iter_fields(parent):
        if field in _TYPES or _is_type(parent):
            continue
        for place, node in enumerate(value) if isinstance(value, list) else [(None, value)]:
            if not isinstance(node, ast.AST) or isinstance(node, _LEFT_ALONE):
                continue
            yield where or "module", parent, field, place, node
            name = getattr(node, "name", None) if isinstance(node, ast.FunctionDef | ast.ClassDef) else None
            yield from _nodes(node, where if name is None else f"{where}.{name}".lstrip("."))


def _is_type(node: ast.AST) -> bool:
    """Whether it is a table of names, or of types, and nothing that runs."""
    if isinstance(node, ast.Assign):
        return any(isinstance(one, ast.Name) and one.id == "__slots__" for one in node.targets)
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
