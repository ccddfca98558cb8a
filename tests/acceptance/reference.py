"""The language's reference, docs/funnel-language.md, as its tests read it: examples, and what follows them.

A fence is a funnel, or a part of one; the reference's first example is then the rest of it.
Each table that follows it and begins with `at` tells a lead's story, a line a moment. A
fence of text that follows it holds the faults for which it is refused. A table that begins
with `test` says for which values a test is true.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from qualifiers.loader_yaml import read_tree
from schemas.conditions import CONDITIONS

REFERENCE = Path(__file__).parents[2] / "docs" / "funnel-language.md"
NAME = "funnel.yaml"

Row = dict[str, str]


class Example(NamedTuple):
    """A fence, and what follows it. ``line`` is where it stands."""

    line: int
    language: str
    text: str
    stories: list[list[Row]]
    faults: list[str]


# Read ---------------------------------------------------------------------------------------------

_PIECES = re.compile(
    r"^```(?P<language>.*)\n(?P<text>(?s:.*?))^```$|^(?P<story>\| at .*\n(?:\|.*\n)+)", re.MULTILINE
)
_TESTS = re.compile(r"^\| test .*\n(?:\|.*\n)+", re.MULTILINE)


def _examples(document: str) -> Iterator[Example]:
    example: Example | None = None
    for piece in _PIECES.finditer(document):
        if piece["story"]:
            assert example is not None, "a story needs a funnel before it"
            example.stories.append(_rows(piece["story"]))
        elif piece["language"] == "text" and example is not None:
            example.faults.extend(piece["text"].splitlines())
        else:
            if example is not None:
                yield example
            line = document.count("\n", 0, piece.start()) + 1
            example = Example(line, piece["language"], piece["text"], [], [])
    if example is not None:
        yield example


def _rows(table: str) -> list[Row]:
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()]
    return [dict(zip(cells[0], line, strict=True)) for line in cells[2:]]


TEXT = REFERENCE.read_text(encoding="utf-8")
EXAMPLES = list(_examples(TEXT))
TESTS = [row for table in _TESTS.findall(TEXT) for row in _rows(table)]


# Made whole ---------------------------------------------------------------------------------------


def whole(text: str) -> str:
    """The funnel file of which ``text`` is a part."""
    sections = _sections(_placed(text))
    return "".join(sections.values() if "funnel" in sections else (_base() | sections).values())


def _base() -> dict[str, str]:
    return _sections(EXAMPLES[0].text)


def _sections(text: str) -> dict[str, str]:
    return {part.partition(":")[0]: part for part in re.split(r"^(?=\w)", text, flags=re.MULTILINE) if part}


def _placed(text: str) -> str:
    """A part under the keys that it stands under: a condition, points lines, transitions, or none."""
    tree = read_tree(text, NAME)[0]
    listed = isinstance(tree.value, list)
    keys = set(tree.value[0].value if listed else tree.value)
    if listed:
        above = "transitions:\n" if "to" in keys else "scores:\n  engagement:\n    points:\n"
    elif keys & set(CONDITIONS):
        above = "transitions:\n  - to: mql\n    when:\n"
    else:
        return text
    return above + "".join(f"{' ' * 6}{line}\n" for line in text.splitlines())
