"""`leadgate worker`: activities in, stage changes out; one process, or several under a supervisor."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from streams.settings import Settings


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
    processes: Annotated[
        int | None,
        typer.Option(
            help="So many workers, each in a process of its own (0: as many as there are cores).",
            show_default=False,
        ),
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
    lifeline: Annotated[int | None, typer.Option(hidden=True)] = None,
) -> None:
    """Run a worker until SIGTERM or Ctrl-C: the pass is finished, and its partitions are let go.

    Every option is also a setting: LEADGATE_FUNNEL, LEADGATE_GROUP, … in the environment.
    """
    from streams.settings import load_settings
    from streams.supervisor.cores import cores

    for_all = {"funnel": funnel, "group": group, "bootstrap_servers": bootstrap_servers}
    chosen = load_settings(
        settings,
        worker_id=worker_id,
        processes=processes,
        web_port=web_port,
        hold_clock=hold_clock,
        **for_all,
    )
    number = chosen.processes or cores()
    if number == 1:
        _work(chosen, lifeline)
    else:
        from streams.supervisor.supervisor import supervise

        given = {"settings": settings} | for_all
        options = [
            f"--{name.replace('_', '-')}={value}" for name, value in given.items() if value is not None
        ]
        raise typer.Exit(supervise(chosen, number, options))


def _work(settings: "Settings", lifeline: int | None) -> None:
    from streams.supervisor.lifeline import hold
    from streams.worker import run

    if lifeline is not None:
        hold(lifeline)
    run(settings)
