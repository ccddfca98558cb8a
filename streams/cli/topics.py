"""`leadgate topics`: the topics made, and checked."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Literal, get_args

import typer

from streams import acls, topics
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


@app.command("acls", epilog="\b\nExample:\n  leadgate topics acls --principal User:leadgate --role worker")
def rights(
    principal: Annotated[str, typer.Option(help="Who is to have the rights, as brokers name it: User:crm.")],
    role: Annotated[
        acls.Role, typer.Option(help=f"What that one does: {', '.join(get_args(acls.Role))}.")
    ] = "worker",
    settings: SettingsFile = None,
    output: OutputFormat = "text",
) -> None:
    """Say which rights a role needs on a cluster with ACLs: the smallest set, as Kafka's own commands.

    Kafka is not asked: run them with a client.properties that may.
    """
    loaded = load_settings(settings)
    if not principal.partition(":")[2]:
        raise typer.BadParameter("a principal is a kind and a name: User:leadgate", param_hint="--principal")
    wanted = acls.rights(role, loaded)
    if output == "text":
        typer.echo("\n".join(acls.commands(wanted, loaded, principal)))
        return
    rows = [
        {
            "resource": right.resource,
            "name": right.name(loaded, principal),
            "pattern": "prefixed" if right.prefix else "literal",
            "operation": right.operation,
            "because": right.because,
        }
        for right in wanted
    ]
    typer.echo(json.dumps(rows))
