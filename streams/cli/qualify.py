"""`leadgate qualify`: the same engine without Kafka, from JSON lines to JSON lines."""

import gc
import os
import sys
from contextlib import ExitStack
from io import BufferedReader
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO

import typer

from streams.cli.moments import moment
from streams.cli.output import STDIN, Progress, input_lines, output_file, standard_output

if TYPE_CHECKING:
    from qualifiers import Funnel


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
    jobs: Annotated[int, typer.Option(help="In how many processes; 0: one a core.", min=0, metavar="N")] = 1,
) -> None:
    """Run a funnel over activities and print every stage change, a JSON object a line, in the order decided.

    The activities are taken in the order in which they come, several files as if they
    were one. Time ends at the newest activity, unless --until says more: then everything
    that comes due by itself until that moment happens too.

    A line that cannot be read stops nothing: it goes to the dead letters, and the exit
    code is 1.

    With --jobs the leads are shared out among as many processes; what is printed is the
    same. It reads the activities twice, and so keeps those of a pipe on disk meanwhile.
    """
    from qualifiers import compile_funnel, load_funnel
    from streams.funnel_files import read_funnel_file

    end = None if until is None else moment(until, "--until")
    text, name = read_funnel_file(funnel)
    compiled = compile_funnel(load_funnel(text, name))
    with ExitStack() as stack:
        out = stack.enter_context(standard_output())
        bad = stack.enter_context(output_file(dead_letters)) if dead_letters else sys.stderr.buffer
        states = stack.enter_context(output_file(leads)) if leads else None
        inputs = [input_lines(name, stack) for name in files or [STDIN]]
        progress = stack.enter_context(Progress("activities"))
        if (count := jobs or _cores()) == 1:
            found = _in_one_process(compiled, inputs, progress, end, (out, bad, states))
        else:
            found = _in_jobs(count, (text, name), inputs, progress, end, (out, bad, states))
    if found:
        raise typer.Exit(1)


_Outputs = tuple[BinaryIO, BinaryIO, BinaryIO | None]
"""Where decisions, dead letters and the leads' states go."""


def _in_one_process(
    funnel: "Funnel", inputs: list[BufferedReader], progress: Progress, end: int | None, outputs: _Outputs
) -> int:
    """Do it all here; how many dead letters there were."""
    from streams.cli.lines import blocks, count, numbered
    from streams.cli.qualifying import Run

    # Nothing here makes circles of objects, and looking for them takes a tenth of the time.
    gc.freeze()
    gc.disable()
    out, bad, states = outputs
    run, line, dead_letters = Run(funnel), 1, 0
    for block, numbers in numbered(progress.over(blocks(inputs), count)):
        said, aside = run.read(block, numbers)
        out.writelines(value for _, value in said)
        if aside:
            bad.writelines(value for _, value in aside)
            bad.flush()
        line, dead_letters = numbers.stop, dead_letters + len(aside)
    out.writelines(value for *_, value in run.ended(line, end))
    if states:
        states.writelines(value for _, value in run.states(end))
    return dead_letters


def _in_jobs(
    count: int,
    funnel: tuple[bytes, str],
    inputs: list[BufferedReader],
    progress: Progress,
    end: int | None,
    outputs: _Outputs,
) -> int:
    """Have it done by so many processes; how many dead letters there were."""
    from streams.cli.jobs import Jobs
    from streams.cli.lines import Shares, blocks, rereadable
    from streams.cli.lines import count as lines_of

    out, bad, states = outputs
    shares = Shares(count)
    inputs = [rereadable(file) for file in inputs]
    begins = [file.tell() for file in inputs]
    for block in blocks(inputs):
        shares.learn(block)
    for file, begin in zip(inputs, begins, strict=True):
        file.seek(begin)
    with Jobs(funnel, shares) as jobs:
        jobs.read(progress.over(blocks(inputs), lines_of), out, bad)
        jobs.finish(end, out, states)
        return jobs.dead_letters


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
