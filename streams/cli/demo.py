"""`leadgate demo`: see it work."""

from typing import Annotated

import typer


def demo(
    duration: Annotated[
        float | None,
        typer.Option(
            min=1,
            help="Seconds of the live part.  [default: until Ctrl-C]",
            metavar="SECONDS",
            show_default=False,
        ),
    ] = None,
    leads: Annotated[int, typer.Option(min=1, help="How many leads the history has.")] = 5_000,
    rate: Annotated[float, typer.Option(min=0.1, help="Live: activities a second.")] = 30.0,
    seed: Annotated[int, typer.Option(min=0, help="Another seed, another population.")] = 0,
) -> None:
    """See leadgate work, on a real Kafka that the demo starts and ends itself.

    A worker qualifies 90 simulated days of a believable population, its clock held; then
    the clock goes, and leads act live, under rules whose deadlines are seconds. Ctrl-C, or
    the end of --duration, ends it with a summary in which the counts add up (exit code 1
    when they do not). Everything lies in .kafka/demo; no LEADGATE_ setting has a say.
    """
    from streams.cli.kafka import DIRECTORY
    from streams.demo import Options, run

    summary = run(Options(DIRECTORY / "demo", duration, seed, rate, leads))
    faults = summary.faults()
    typer.echo("\nEverything adds up." if not faults else "\nTHE COUNTS DO NOT ADD UP:", err=bool(faults))
    for fault in faults:
        typer.echo(f"  {fault}", err=True)
    if faults:
        raise typer.Exit(1)
