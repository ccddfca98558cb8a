"""`leadgate verify`: decisions proven."""

from contextlib import ExitStack
from pathlib import Path
from typing import Annotated, Literal

import typer

from streams.cli.lines import blocks
from streams.cli.output import Progress, input_lines


def verify(
    file: Annotated[
        str | None,
        typer.Argument(
            metavar="FILE",
            help="Decisions to verify, a JSON object a line; - is stdin.  [default: the topics]",
        ),
    ] = None,
    lead: Annotated[
        str | None, typer.Option(help="Only what was said about this lead.", metavar="LEAD")
    ] = None,
    funnel: Annotated[
        list[str] | None,
        typer.Option(
            help="A funnel that has decided, in place of the group's versions; several: the oldest first.",
            metavar="FILE",
        ),
    ] = None,
    settings: Annotated[Path | None, typer.Option(help="A settings file.", metavar="FILE")] = None,
    output: Annotated[Literal["text", "json"], typer.Option("--format", help="text or json.")] = "text",
) -> None:
    """Replay the input up to each decision, and say whether it follows: proven, or what differs.

    Stage changes and signals are recomputed from the activities by the funnel whose hash they bear, and
    compared member by member. It finds what was altered, left out, said twice or out of order. Nothing
    is written and no group is joined, so workers may go on meanwhile.

    Exit code 1: something is not as the input gives it. What can't be proven, as the
    activities have been deleted, is counted, and is no failure.
    """
    from schemas.verification import FAILED
    from streams import clock, verification
    from streams.cli.kafka_settings import kafka_settings
    from streams.funnel_files import read_funnel_file
    from streams.snapshots import kafka_told
    from streams.verification import telling

    asked = verification.Asked(lead, lines_of(file), [read_funnel_file(name) for name in funnel or ()])
    loaded = kafka_settings(settings)
    with kafka_told(loaded), Progress("activities") as progress:
        found = verification.verify(loaded, asked, clock.now, progress.over)
    if output == "json":
        typer.echo(found.model_dump_json(indent=2))
    else:
        for line in telling.lines(found):
            typer.echo(line)
    if any(found.counts[name] for name in FAILED):
        raise typer.Exit(1)


def lines_of(name: str | None) -> list[tuple[str, bytes]] | None:
    """The lines of a file (`-`: stdin) that say something, each with its place; None of no file."""
    if name is None:
        return None
    with ExitStack() as stack:
        text = b"".join(blocks([input_lines(name, stack)]))
    return [(f"{name}:{number}", line) for number, line in enumerate(text.splitlines(), 1) if line.strip()]
