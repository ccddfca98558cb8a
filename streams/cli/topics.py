"""`leadgate topics`: the topics made, and checked."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Literal

import typer

from streams import topics
from streams.settings import load_settings

app = typer.Typer(no_args_is_help=True, help="The topics that leadgate reads and writes.")


SettingsFile = Annotated[
    Path | None,
    typer.Option("--settings", help="A file of settings, TOML or env (default: LEADGATE_SETTINGS)."),
]
OutputFormat = Annotated[Literal["text", "json"], typer.Option("--format", help="text or json.")]


@app.command(epilog="\b\nExample:\n  leadgate topics create --partitions 12 --replication 3")
def create(
    partitions: Annotated[
        int | None,
        typer.Option(
            min=1, help=f"Of the activities, and so of what lies beside them ({topics.PARTITIONS})."
        ),
    ] = None,
    replication: Annotated[
        int | None, typer.Option(min=1, help="Copies of each partition (default: the brokers' default).")
    ] = None,
    max_message_bytes: Annotated[
        int | None, typer.Option(min=1, help="The largest activity (default: the brokers' default).")
    ] = None,
    settings: SettingsFile = None,
    output: OutputFormat = "text",
) -> None:
    """Make the topics that are missing.

    Those that are there stay as they are; `check` looks at them.
    """
    made = topics.create(
        load_settings(settings),
        partitions=partitions,
        replication=replication,
        max_message_bytes=max_message_bytes,
    )
    if output == "json":
        typer.echo(json.dumps(made))
    else:
        typer.echo("\n".join(f"made {name}" for name in made) or "All topics are there.")


@app.command(epilog="\b\nExample:\n  leadgate topics check --format json")
def check(settings: SettingsFile = None, output: OutputFormat = "text") -> None:
    """Say what is wrong with the topics.

    Each fault comes with the command that mends it, and makes the exit code 1.
    """
    findings = topics.check(load_settings(settings))
    if output == "json":
        typer.echo(json.dumps([asdict(finding) for finding in findings]))
    else:
        typer.echo("\n".join(map(str, findings)) or "The topics are as they must be.")
    if findings:
        raise typer.Exit(1)
