"""`leadgate funnel`: the versions of a group's funnel, and a file made the next one."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Literal

import typer
from confluent_kafka import KafkaException

from streams import clock, kafka_clients
from streams.cli.kafka_settings import kafka_settings
from streams.errors import OutsideWorld
from streams.funnel_files import read_funnel_file
from streams.funnels import Funnels, FunnelTopic
from streams.funnels.publishing import Publisher, read_candidate
from streams.settings import Settings

app = typer.Typer(no_args_is_help=True, help="The versions of a group's funnel; the newest is in force.")

SettingsFile = Annotated[
    Path | None,
    typer.Option("--settings", help="A file of settings, TOML or env (default: LEADGATE_SETTINGS)."),
]


@app.command(epilog="\b\nExample:\n  leadgate funnel publish funnel.yaml")
def publish(
    funnel: Annotated[str, typer.Argument(metavar="FUNNEL", help="A funnel file, or a preset's name.")],
    settings: SettingsFile = None,
) -> None:
    """Put a funnel in force for the whole group, also one that was in force before.

    Running workers take it over within seconds. It is refused while leads are in a stage that it
    lacks and does not say `renamed` of.
    """
    loaded = kafka_settings(settings)
    candidate = read_candidate(*read_funnel_file(funnel))
    with _funnels(loaded) as funnels:
        Publisher(loaded, funnels, clock.now).put_in_force(candidate, always=True)
        number, in_force = funnels.in_force
    typer.echo(f"version {number} of {loaded.group}, {in_force.slug} ({in_force.hash[:16]}), is in force")


@app.command(epilog="\b\nExample:\n  leadgate funnel versions --format json")
def versions(
    settings: SettingsFile = None,
    output: Annotated[Literal["text", "json"], typer.Option("--format", help="text or json.")] = "text",
) -> None:
    """Say which versions there have been, oldest first: the last is in force.

    With --format json, their texts too.
    """
    with _funnels(kafka_settings(settings)) as funnels:
        published = funnels.published
    if output == "json":
        rows = [{name: getattr(one, name) for name in one.__struct_fields__} for one in published]
        typer.echo(json.dumps(rows, ensure_ascii=False))
        return
    for one in published:
        typer.echo(f"{one.version}  {one.published_at}  {one.funnel}  {one.hash[:16]}")
    if not published:
        typer.echo("No funnel has been published: the first worker does so.")


@contextmanager
def _funnels(settings: Settings) -> Iterator[Funnels]:
    """The group's funnels, read to the end."""
    topic = FunnelTopic(kafka_clients.reader(settings), settings.funnels_topic, settings.group)
    try:
        funnels = Funnels(topic)
        funnels.read_to_end()
        yield funnels
    except KafkaException as error:
        raise OutsideWorld(
            f"the funnels of {settings.group} can't be reached at {settings.bootstrap_servers}: "
            f"{error.args[0].str()} (is it running? is the topic there? `leadgate topics check` says so)"
        ) from None
    finally:
        topic.close()
