"""`leadgate restore`: a snapshot, put back."""

from pathlib import Path
from typing import Annotated

import typer


def restore(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What `leadgate snapshot` has written.")],
    group: Annotated[
        str | None, typer.Option(help="Into this group (default: the snapshot's, as the settings say).")
    ] = None,
    offsets: Annotated[
        Path | None,
        typer.Option(
            help="Where to go on in a topic with other offsets: YAML or JSON, partition: next offset.",
            show_default=False,
        ),
    ] = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="What the group's changelog holds now may go.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be done.")] = False,
    settings: Annotated[Path | None, typer.Option(help="A file with settings.", show_default=False)] = None,
) -> None:
    """Put a group back as it was when its snapshot was taken: its workers go on from there.

    The group must be stopped, and its topics be there (`leadgate topics create`). All of it counts at once: a
    restore that has not come to its end is simply run again, and until then workers refuse to go on. What
    the group has said since the snapshot is said again, under the same ids.
    """
    from streams import snapshots
    from streams.cli.kafka_settings import kafka_settings

    loaded = kafka_settings(settings, group=group)
    with snapshots.kafka_told(loaded):
        plan = snapshots.plan(
            loaded,
            file,
            group_is_meant=group is not None,
            offsets=None if offsets is None else snapshots.read_offsets(offsets),
            replace=replace,
        )
        typer.echo(plan)
        if not dry_run:
            snapshots.restore(plan)
            typer.echo(f"{loaded.group} is as it was at {plan.summary.header.taken_at}: start its workers")
