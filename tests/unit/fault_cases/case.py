"""A case of a fault: a funnel's text, with a mark before the place of what is wrong in it.

A case is wrong in one way only, so what it yields is one fault. Add one for each place in
the code that a fault comes from; ``tests/unit/test_fault_cases.py`` runs them all.
"""

import re
from typing import NamedTuple

from qualifiers import Fault, operators
from schemas.conditions import CONDITIONS

MARK = "▸"

HEAD = "funnel: f\nstages: [lead, mql, sql]\noff_path: [recycled]\nfinal: [sql]\n"
RULE = "{to: mql, when: {did: x}}"
TO_B = "transitions: [{to: b, when: {did: x}}]"

# What several messages say.
FORMS = ", ".join(CONDITIONS)
OPERATORS = ", ".join(operators.OPERATORS)
DURATION = "a duration is a whole number above zero with a unit: 90s, 15m, 4h, 30d, 2w, 4bh"


class Case(NamedTuple):
    """The fault's code, a text with one ``MARK``, what is said, and what to do about it."""

    code: str
    marked: str | bytes
    message: str
    hint: str = ""
    beyond_schema: str = ""
    """Why no JSON Schema can see this one, where it sees others of the code."""

    def __str__(self) -> str:
        return f"{self.code}: {self.message[:50]}"

    @property
    def text(self) -> str | bytes:
        """The file, without the mark."""
        if isinstance(self.marked, bytes):
            return self.marked.replace(MARK.encode(), b"")
        return self.marked.replace(MARK, "")

    @property
    def fault(self) -> Fault:
        """The fault, at the mark."""
        marked = self.marked if isinstance(self.marked, bytes) else self.marked.encode()
        before, mark, _ = marked.partition(MARK.encode())
        assert mark, "no mark says where the fault is"
        lines = re.split("\r\n|\r|\n", before.decode())
        return Fault("funnel.yaml", len(lines), len(lines[-1]) + 1, self.code, self.message, self.hint)


def rules(*lines: str) -> str:
    """A funnel whose transitions are these."""
    return HEAD + "transitions:\n" + "".join(f"  - {line}\n" for line in lines)


def when(condition: str) -> str:
    """A funnel with this condition."""
    return rules("{to: mql, when: " + condition + "}")


def calendar(text: str) -> str:
    """A funnel with this calendar."""
    return when("{in_stage: 4bh}") + "calendar: {" + text + "}"


def scores(*lines: str) -> str:
    """A funnel with a score `s`, whose lines are these."""
    return when("{score: s, at_least: 1}") + "scores:\n  s:\n" + "".join(f"    {line}\n" for line in lines)


def points(line: str) -> str:
    """A funnel whose score `s` has this points line."""
    return scores(f"points: [{line}]")


def signals(*lines: str) -> str:
    """A funnel with these signals."""
    return rules(RULE) + "signals:\n" + "".join(f"  - {line}\n" for line in lines)
