"""`leadgate lint`: what is wrong with a funnel file, and where."""

import json
from dataclasses import asdict
from typing import Annotated, Literal

import typer

from qualifiers import Fault, FunnelFaults, load_funnel
from streams.funnel_files import read_funnel_file


def lint(
    funnels: Annotated[
        list[str], typer.Argument(metavar="FUNNEL", help="Funnel files, or names of presets.")
    ],
    format: Annotated[  # noqa: A002  the option is called so
        Literal["text", "json"], typer.Option(help="One line a fault, or one JSON document.")
    ] = "text",
) -> None:
    """Say what is wrong with funnel files, every fault at its line and column.

    Exit code 0: nothing; 1: faults; 2: a file cannot be read.
    """
    texts = [read_funnel_file(funnel) for funnel in funnels]
    found = {name: _faults(text, name) for text, name in texts}
    count = sum(map(len, found.values()))
    if format == "json":
        files = [
            {"file": name, "faults": [_without_file(fault) for fault in faults]}
            for name, faults in found.items()
        ]
        typer.echo(json.dumps({"files": files, "faults": count}, ensure_ascii=False, indent=2))
    else:
        for name, faults in found.items():
            for fault in faults:
                typer.echo(str(fault))
            if not faults:
                typer.echo(f"{name}: fine")
    if count:
        raise typer.Exit(1)


def _faults(text: bytes, name: str) -> tuple[Fault, ...]:
    try:
        load_funnel(text, name)
    except FunnelFaults as error:
        return error.faults
    return ()


def _without_file(fault: Fault) -> dict[str, str | int]:
    return {key: value for key, value in asdict(fault).items() if key != "file"}
