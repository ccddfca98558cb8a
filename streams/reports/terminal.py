"""A report as text: on a terminal as wide as that is, elsewhere as wide as it needs to be."""

import sys
from io import StringIO

from rich import box
from rich.console import Console
from rich.table import Table as RichTable
from rich.text import Text

from streams.printable import one_line
from streams.reports.document import Document, Section, Table, shown

_WIDE = 10_000


def as_text(document: Document) -> str:
    """The report, with colours where stdout is a terminal."""
    out = StringIO()
    on_terminal = sys.stdout.isatty()
    console = Console(
        file=out,
        force_terminal=on_terminal,
        width=Console().width if on_terminal else _WIDE,
        highlight=False,
        markup=False,
        emoji=False,
    )
    console.print(Text(one_line(document.title), "bold"))
    for note in document.notes:
        console.print(one_line(note))
    for section in document.sections:
        _print(console, section)
    return "\n".join(line.rstrip() for line in out.getvalue().split("\n"))


def _print(console: Console, section: Section) -> None:
    console.print()
    console.print(Text(section.title, "bold cyan"))
    if section.table is not None:
        console.print(_table(section.table))
    for note in section.notes:
        console.print(one_line(note))


def _table(table: Table) -> RichTable:
    grid = RichTable(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 2, 0, 0), show_edge=False)
    # What is cut off can't be looked up: on a narrow terminal it goes on below.
    for head in table.words:
        grid.add_column(Text(head), overflow="fold")
    for head in table.figures:
        grid.add_column(Text(head), justify="right", overflow="fold")
    for row in table.rows:
        grid.add_row(*(Text(one_line(shown(cell))) for cell in row))
    return grid
