"""`leadgate lint`: what is wrong with a funnel file, or doubtful in it, and where."""

import json
from typing import Annotated, Any, Literal, NamedTuple

import typer

from qualifiers import Fault, FunnelFaults, lint_funnel
from streams.funnel_files import read_funnel_file


class _Found(NamedTuple):
    """What was found in a file: faults, or else warnings."""

    file: str
    faults: list[Fault]
    warnings: list[Fault]


def lint(
    funnels: Annotated[
        list[str], typer.Argument(metavar="FUNNEL", help="Funnel files, or names of presets.")
    ],
    format: Annotated[  # noqa: A002  the option is called so
        Literal["text", "json"], typer.Option(help="One line a fault or warning, or one JSON document.")
    ] = "text",
) -> None:
    """Say what is wrong with funnel files, every fault at its line and column.

    A file without faults may have warnings: what its author can hardly have meant. It is used all the same.

    Exit code 0: no faults; 1: faults; 2: a file cannot be read.
    """
    texts = [read_funnel_file(funnel) for funnel in funnels]
    found = [_lint(text, name) for text, name in texts]
    if format == "json":
        typer.echo(json.dumps(_document(found), ensure_ascii=False, indent=2))
    else:
        for one in found:
            for fault in one.faults:
                typer.echo(str(fault))
            for warning in one.warnings:
                typer.echo(f"{warning} [warning: {warning.code}]")
            if not one.faults:
                typer.echo(f"{one.file}: fine{f', with {_counted(one.warnings)}' if one.warnings else ''}")
    if any(one.faults for one in found):
        raise typer.Exit(1)


def _lint(text: bytes, name: str) -> _Found:
    try:
        return _Found(name, [], lint_funnel(text, name))
    except FunnelFaults as error:
        return _Found(name, list(error.faults), [])


def _counted(warnings: list[Fault]) -> str:
    return f"{len(warnings)} warning{'s' if len(warnings) > 1 else ''}"


def _document(found: list[_Found]) -> dict[str, Any]:
    return {
        "files": [
            {
                "file": one.file,
                "faults": [_as_json(fault) for fault in one.faults],
                "warnings": [_as_json(warning) for warning in one.warnings],
            }
            for one in found
        ],
        "faults": sum(len(one.faults) for one in found),
        "warnings": sum(len(one.warnings) for one in found),
    }


def _as_json(fault: Fault) -> dict[str, str | int]:
    return {
        "line": fault.line,
        "column": fault.column,
        "code": fault.code,
        "message": fault.message,
        "hint": fault.what_to_do,
    }
