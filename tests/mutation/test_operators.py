"""What is changed in a source, operator by operator; and a mutant that is noticed, one that is not."""

import ast
import re
import subprocess
import sys

import pytest

from tests.mutation import report
from tests.mutation.__main__ import sample_of
from tests.mutation.explained import EXPLAINED
from tests.mutation.operators import OPERATORS, mutants, mutated
from tests.mutation.running import CHECKOUT, source_of
from tests.mutation.suites import SUITES, suite_of

CHANGES = {
    "bound": ("x = a < b", ["`a < b` → `a <= b`"]),
    "comparison": ("x = a is None", ["`a is None` → `a is not None`"]),
    "arithmetic": ("x += a - b", ["`x += a - b` → `x -= a - b`", "`a - b` → `a + b`"]),
    "connective": ("x = a and b", ["`a and b` → `a or b`"]),
    "operand": ("x = a or b", ["`a or b` → `a`"]),
    "condition": ("if a:\n    pass", ["`if a` → `if not a`"]),
    "constant": ("x = f(True, 2)", ["`True` → `False`", "`2` → `3`"]),
    "function": ("x = min(a, b)", ["`min(a, b)` → `max(a, b)`"]),
    "statement": ("a.b = c", ["`a.b = c` → `pass`"]),
    "jump": ("while a:\n    break", ["`break` → `continue`"]),
    "return": ("def f():\n    return a", ["`return a` → `return None`"]),
}


@pytest.mark.parametrize("operator", [operator.name for operator in OPERATORS])
def test_what_an_operator_changes(operator: str) -> None:
    source, expected = CHANGES[operator]
    found = [one for one in mutants(source) if one.operator == operator]
    assert [f"`{one.before}` → `{one.after}`" for one in found] == expected


@pytest.mark.parametrize(
    "source",
    [
        '"""A docstring."""',
        "import a",
        "x: int = a",
        "assert a < 1",
        "raise ValueError(f'{1 + 1}')",
        "__slots__ = ('a', *(b if 1 < 2 else c))",
        "def f(a: int | None) -> list[int]: ...",
        "x = a",
        "return",
    ],
)
def test_what_decides_nothing_is_left_alone(source: str) -> None:
    assert mutants(source) == []


@pytest.mark.parametrize("module", SUITES)
def test_each_mutant_is_the_module_with_one_change(module: str) -> None:
    source = source_of(module)
    before = ast.unparse(ast.parse(source))
    for mutant in mutants(source)[::7]:
        tree = mutated(source, mutant.number)
        assert ast.unparse(tree) != before
        compile(tree, module, "exec")


def test_a_sample_is_the_same_for_the_same_seed() -> None:
    assert sample_of("points", 5, 1) == sample_of("points", 5, 1)
    assert sample_of("points", 5, 1) != sample_of("points", 5, 2)
    count, in_one = sample_of("points", 5, 1, only="OnLine.")
    assert 5 < len(in_one) < count


def test_every_test_that_a_mutant_is_run_against_is_there() -> None:
    for module in SUITES:
        assert all((CHECKOUT / path).exists() for path in suite_of(module))


def test_every_survivor_of_the_committed_run_is_explained() -> None:
    """And nothing else is: a mutant that is explained can still be made."""
    committed = report.committed()
    assert {one.module for one in committed} == set(SUITES)
    assert [one.unexplained for one in committed if one.unexplained] == []
    for module, explained in EXPLAINED.items():
        assert set(explained) <= {str(mutant) for mutant in mutants(source_of(module))}


def test_at_least_nine_of_ten_were_noticed() -> None:
    committed = report.committed()
    noticed, tried = sum(one.noticed for one in committed), sum(one.tried for one in committed)
    assert noticed >= 0.9 * tried
    assert all(one.tried >= 15 for one in committed)


def test_the_command_tells_what_was_noticed() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.mutation", "decisions", "--again"],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert re.search(
        r"^\| `decisions` \| \d+ \| (\d+) \| \1 \(100 %\) \| 0 \| 0 \|$", done.stdout, re.MULTILINE
    )


def test_the_command_says_how_it_is_called() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.mutation", "summs"], cwd=CHECKOUT, capture_output=True, text=True
    )
    assert done.returncode == 2
    assert "no tests are named for summs: give one of calendars" in done.stderr
