"""`leadgate group`: a worker that does not come back is taken out of its group."""

from pathlib import Path
from typing import Annotated

import typer

from streams import members
from streams.settings import load_settings

app = typer.Typer(no_args_is_help=True, help="The workers that share a group's partitions.")


@app.callback()
def group() -> None:
    """The workers that share a group's partitions."""


@app.command(epilog="\b\nExample:\n  leadgate group remove worker-2")
def remove(
    workers: Annotated[list[str], typer.Argument(metavar="WORKER_ID…", help="The names of the workers.")],
    settings: Annotated[Path | None, typer.Option(help="A file with settings.", show_default=False)] = None,
) -> None:
    """Give the partitions of workers that have ended for good to the others, at once.

    A worker with a lasting name (LEADGATE_WORKER_ID) stays a member for a session time-out, in which it may
    come back. One that still runs joins again. What is no member makes the exit code 1.
    """
    loaded = load_settings(settings)
    removed = members.remove(loaded, workers)
    for worker in workers:
        typer.echo(f"{worker} is {'no member of' if worker not in removed else 'out of'} {loaded.group}")
    if set(workers) - removed:
        raise typer.Exit(1)
