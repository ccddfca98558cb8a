"""`leadgate kafka`: a real Kafka on this machine, without a step before."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from rich.console import Console
from rich.table import Table

from streams import local_kafka
from streams.local_kafka import FULL, QUICK, ComposeKafka, LocalKafka
from streams.local_kafka.compose import COMPOSE_FILE

DIRECTORY = Path(".kafka")
PORT = 9092

app = typer.Typer(
    no_args_is_help=True,
    help="A real Kafka on this machine: of a Docker engine, or of Apache Kafka's own jars.",
)


Source = Literal["auto", "docker", "jars"]


OutputFormat = Annotated[Literal["text", "json"], typer.Option("--format", help="text or json.")]
Directory = Annotated[
    Path | None,
    typer.Option(help=f"Where a cluster from jars keeps all it has (default: {DIRECTORY}); one a cluster."),
]


@app.command(
    epilog="\b\nExamples:\n  leadgate kafka start\n"
    "  leadgate kafka start --brokers 3 --directory .kafka/three"
)
def start(
    brokers: Annotated[
        int | None,
        typer.Option(min=1, max=9, help="Nodes: as many as there are, or 1; more than one needs jars."),
    ] = None,
    port: Annotated[
        int | None,
        typer.Option(min=0, max=65_535, help=f"The first node's (0: a free one; default: {PORT})."),
    ] = None,
    directory: Directory = None,
    source: Annotated[Source, typer.Option(help="auto: Docker where an engine answers, else jars.")] = "auto",
) -> None:
    """Start it, and wait until it answers. Its data outlives `stop`."""
    if _from(source, brokers, directory) == "docker":
        broker: ComposeKafka | LocalKafka = ComposeKafka(port or PORT)
    else:
        broker = _cluster(brokers, port, directory or DIRECTORY)
    broker.start()
    typer.echo(f"Kafka answers at {broker.bootstrap}")
    typer.echo(f"  for leadgate: export LEADGATE_BOOTSTRAP_SERVERS={broker.bootstrap}", err=True)


@app.command(epilog="\b\nExample:\n  leadgate kafka stop --directory .kafka/three")
def stop(directory: Directory = None) -> None:
    """Stop it, whoever started it.

    The data stays: of a cluster from jars in its directory, of Docker's in its volume (which
    `docker compose down --volumes` deletes).
    """
    where = directory or DIRECTORY
    stopped = []
    if _exists(where):
        LocalKafka(where).stop()
        stopped.append(f"the cluster in {where}")
    if directory is None and _docker_runs():
        ComposeKafka().stop()
        stopped.append("the broker in Docker")
    typer.echo(f"Stopped {' and '.join(stopped)}." if stopped else "Nothing to stop.")


@app.command(epilog="\b\nExample:\n  leadgate kafka status --format json")
def status(
    directory: Directory = None,
    output: OutputFormat = "text",
) -> None:
    """How each node is. Exit code 1 when one does not answer, or there is none."""
    where = directory or DIRECTORY
    nodes = LocalKafka(where, home=DIRECTORY).status() if _exists(where) else []
    rows: list[dict[str, Any]] = [asdict(node) for node in nodes]
    if directory is None and _docker_runs():
        rows.append({"id": "docker", "port": PORT, "pid": None, "answers": True})
    if output == "json":
        typer.echo(json.dumps(rows))
    elif not rows:
        typer.echo(f"There is no local Kafka in {where}; start one: leadgate kafka start")
    else:
        table = Table("node", "port", "process", "answers", box=None)
        for row in rows:
            table.add_row(
                str(row["id"]), str(row["port"]), str(row["pid"] or "-"), "yes" if row["answers"] else "no"
            )
        Console().print(table)
    if not rows or not all(row["answers"] for row in rows):
        raise typer.Exit(1)


@app.command(epilog="\b\nExample:\n  leadgate kafka check")
def check(
    quiet: Annotated[bool, typer.Option("--quiet", help="Say only what is missing.")] = False,
) -> None:
    """Say whether one can be started here.

    From what, or else what is missing and how to get it.
    """
    found = local_kafka.source()
    if not quiet:
        typer.echo({"docker": "A Docker engine answers.", "jars": "Java and Maven are here."}[found])


def _from(wanted: Source, brokers: int | None, directory: Path | None) -> Source:
    if wanted != "auto":
        return wanted
    one = directory is None and (brokers or 1) == 1
    return "docker" if one and COMPOSE_FILE.exists() and local_kafka.source() == "docker" else "jars"


def _cluster(brokers: int | None, port: int | None, where: Path) -> LocalKafka:
    if port is None and not _exists(where):
        port = PORT
    jvm = FULL if (brokers or 1) == 1 else QUICK
    return LocalKafka(where, brokers=brokers, port=port or 0, jvm=jvm, home=DIRECTORY)


def _exists(directory: Path) -> bool:
    return (directory / "cluster.json").exists()


def _docker_runs() -> bool:
    from streams.local_kafka.jars import docker_answers

    return COMPOSE_FILE.exists() and docker_answers() and ComposeKafka().running()
