"""`leadgate qualify`: the same engine without Kafka, from JSON lines to JSON lines."""

import gc
import sys
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from io import BufferedReader
from pathlib import Path
from typing import Annotated, cast

import typer

from streams.cli.moments import moment
from streams.cli.output import Progress, input_file, output_file, standard_output

_STDIN = "-"
_BLOCK = 1 << 16
"""Bytes that are read at once: their activities fit into the processor's caches."""


def qualify(
    funnel: Annotated[str, typer.Argument(help="A funnel file, or a preset's name.", show_default=False)],
    files: Annotated[
        list[str] | None, typer.Argument(help="Activities, a JSON object a line; - or none is stdin.")
    ] = None,
    until: Annotated[
        str | None,
        typer.Option(help="Let time go on to this moment (RFC 3339), or to now.", metavar="MOMENT"),
    ] = None,
    dead_letters: Annotated[
        Path | None,
        typer.Option(help="Where lines that cannot be read go.  [default: stderr]", metavar="FILE"),
    ] = None,
    leads: Annotated[
        Path | None, typer.Option(help="Where each lead's last state goes.", metavar="FILE")
    ] = None,
) -> None:
    """Run a funnel over activities and print every stage change, a JSON object a line, in the order decided.

    The activities are taken in the order in which they come, several files as if they
    were one. Time ends at the newest activity, unless --until says more: then everything
    that comes due by itself until that moment happens too.

    A line that cannot be read stops nothing: it goes to the dead letters, and the exit
    code is 1.
    """
    from qualifiers import compile_funnel, load_funnel
    from streams.cli.qualifying import Run
    from streams.funnel_files import read_funnel_file

    end = None if until is None else moment(until, "--until")
    compiled = compile_funnel(load_funnel(*read_funnel_file(funnel)))
    # Nothing here makes circles of objects, and looking for them takes a tenth of the time.
    gc.freeze()
    gc.disable()
    with ExitStack() as stack:
        out = stack.enter_context(standard_output())
        bad = stack.enter_context(output_file(dead_letters)) if dead_letters else sys.stderr.buffer
        states = stack.enter_context(output_file(leads)) if leads else None
        inputs = [_opened(name, stack) for name in files or [_STDIN]]
        run = Run(compiled, out, bad)
        run.read(stack.enter_context(Progress("activities")).over(_blocks(inputs), _lines_of))
        run.finish(end)
        if states:
            run.write_leads(states, end)
    if run.dead_letters:
        raise typer.Exit(1)


def _opened(name: str, stack: ExitStack) -> BufferedReader:
    if name == _STDIN:
        return cast(BufferedReader, sys.stdin.buffer)
    return stack.enter_context(input_file(Path(name)))


def _blocks(inputs: Iterable[BufferedReader]) -> Iterator[bytes]:
    """Whole lines, as many as can be had at once."""
    for file in inputs:
        parts: list[bytes] = []
        while block := file.read1(_BLOCK):
            end = block.rfind(b"\n") + 1
            if end:
                yield b"".join([*parts, block[:end]])
                parts.clear()
            parts.append(block[end:])
        if any(parts):
            yield b"".join(parts)


def _lines_of(block: bytes) -> int:
    return block.count(b"\n")
