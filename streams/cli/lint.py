"""`leadgate lint`: what is wrong with a funnel file, or doubtful in it, and where."""

from typing import Annotated

import typer

from qualifiers.faults import FunnelFaults
from qualifiers.linter import lint_funnel
from streams.cli.lint_formats import FORMATS, Format, Linted
from streams.funnel_files import read_funnel_file


def lint(
    funnels: Annotated[
        list[str], typer.Argument(metavar="FUNNEL", help="Funnel files, or names of presets.")
    ],
    format: Annotated[  # noqa: A002  the option is called so
        Format,
        typer.Option(
            help="Lines for people and editors; one JSON document; GitHub's annotations; or SARIF 2.1.0."
        ),
    ] = Format.TEXT,
    strict: Annotated[
        bool, typer.Option("--strict", help="End with exit code 1 where there are warnings, too.")
    ] = False,
) -> None:
    """Say what is wrong with funnel files, every fault at its line and column.

    A file without faults may have warnings: what its author can hardly have meant. It is used
    all the same. A comment in it, `# lint: ok CODE`, says that one is known, on its line or
    above. docs/lint.md has all codes.

    Exit code 0: no faults; 1: faults (or warnings, with --strict); 2: a file cannot be read.
    """
    texts = [read_funnel_file(funnel) for funnel in funnels]
    found = [_lint(text, name) for text, name in texts]
    for line in FORMATS[format](found):
        typer.echo(line)
    if any(one.faults or (strict and one.warnings) for one in found):
        raise typer.Exit(1)


def _lint(text: bytes, name: str) -> Linted:
    try:
        return Linted(name, [], lint_funnel(text, name))
    except FunnelFaults as error:
        return Linted(name, list(error.faults), [])
