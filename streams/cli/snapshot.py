"""`leadgate snapshot`: a stopped group, written to a file."""

from pathlib import Path
from typing import Annotated

import typer


def snapshot(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Where to; what is there is replaced.")],
    info: Annotated[bool, typer.Option("--info", help="Only say what is in FILE; no Kafka needed.")] = False,
    settings: Annotated[Path | None, typer.Option(help="A file with settings.", show_default=False)] = None,
) -> None:
    """Write all that a group knows to a file: leads, positions, versions of the funnel.

    The group must be stopped. `leadgate restore` puts it back. FILE is there once all of it is on
    the disk, and not before. What has been said is not in it: that is on its topics.
    """
    from streams import clock, snapshots
    from streams.cli.kafka_settings import kafka_settings

    if not info:
        loaded = kafka_settings(settings)
        with snapshots.kafka_told(loaded):
            snapshots.take(loaded, file, clock.now)
    typer.echo(snapshots.summarize(file))
