"""`leadgate worker`: activities in, stage changes out."""

from pathlib import Path
from typing import Annotated

import typer


def worker(
    settings: Annotated[
        Path | None,
        typer.Option(help="A file with settings (TOML, or NAME=value lines).", show_default=False),
    ] = None,
    funnel: Annotated[
        str | None, typer.Option(help="The funnel: a file, or a preset's name.", show_default=False)
    ] = None,
    group: Annotated[
        str | None,
        typer.Option(help="The application: workers of one group share the work.", show_default=False),
    ] = None,
    bootstrap_servers: Annotated[str | None, typer.Option(help="Where Kafka is.", show_default=False)] = None,
    worker_id: Annotated[
        str | None, typer.Option(help="This worker's own name, which outlives it.", show_default=False)
    ] = None,
    web_port: Annotated[
        int | None,
        typer.Option(help="Where to serve health, metrics and leads (0: a free one).", show_default=False),
    ] = None,
    hold_clock: Annotated[
        bool | None,
        typer.Option(
            "--hold-clock", help="Hold the clocks of all workers: for the time in which history is loaded."
        ),
    ] = None,
) -> None:
    """Run a worker until SIGTERM or Ctrl-C: the pass is finished, the group left.

    Every option is also a setting: LEADGATE_FUNNEL, LEADGATE_GROUP, … in the environment.
    """
    from streams.settings import load_settings
    from streams.worker import run

    run(
        load_settings(
            settings,
            funnel=funnel,
            group=group,
            bootstrap_servers=bootstrap_servers,
            worker_id=worker_id,
            web_port=web_port,
            hold_clock=hold_clock,
        )
    )
