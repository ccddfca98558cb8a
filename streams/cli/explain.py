"""`leadgate explain`: why a lead is where it is, what would move it on, and what time alone will do."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from streams.cli.moments import moment
from streams.errors import Misuse

if TYPE_CHECKING:
    from schemas.explanation import Explanation


def explain(
    lead: Annotated[str, typer.Argument(help="The lead's id.", show_default=False)],
    files: Annotated[
        list[str] | None,
        typer.Argument(help="With --funnel: activities, a JSON object a line; - or none is stdin."),
    ] = None,
    funnel: Annotated[
        str | None,
        typer.Option(help="Not from a worker: a funnel file, or a preset's name.", metavar="FUNNEL"),
    ] = None,
    at: Annotated[
        str | None,
        typer.Option(
            help="With --funnel: as of this moment (RFC 3339), or of now.  [default: the newest activity]",
            metavar="MOMENT",
        ),
    ] = None,
    worker: Annotated[
        str | None,
        typer.Option(
            help="The address of any worker of the group.  [default: that of the settings]", metavar="URL"
        ),
    ] = None,
    settings: Annotated[
        Path | None, typer.Option(help="A file with settings.", metavar="FILE", show_default=False)
    ] = None,
    output: Annotated[Literal["text", "json"], typer.Option("--format", help="text or json.")] = "text",
) -> None:
    """Explain a lead: where it is and why, what would move it, and what will if it does nothing more.

    Each transition that is open to it is told with what every condition wants and what there is, what keeps
    it, and the fewest facts that lack; each score line by line.

    Asks a worker, which tells it as of its partition's clock; or, with --funnel, reads activities from files,
    as `leadgate qualify` does. With --at, what is done after that moment is left out, and time goes on to it.

    A lead that was merged is explained as the one that it is now. Exit code 1: there is no such lead, or
    a line could not be read (it is said on stderr).
    """
    if funnel is None:
        if files or at is not None:
            raise Misuse("files and --at are for --funnel: a worker tells a lead as it is now")
        from streams.cli.asking_worker import ask_worker

        told, raw = ask_worker(lead, worker, settings)
        _say(told, raw if output == "json" else None)
        return
    if worker is not None or settings is not None:
        raise Misuse("say --funnel, for files, or --worker and --settings, for a worker: not both")
    from streams.cli.lead_in_files import explain_from_files
    from streams.cli.output import STDIN

    told, unread = explain_from_files(
        lead, funnel, files or [STDIN], None if at is None else moment(at, "--at")
    )
    _say(told, told.model_dump_json() if output == "json" else None)
    if unread:
        raise typer.Exit(1)


def _say(told: "Explanation", as_json: str | None) -> None:
    from streams.cli.explanation_text import lines

    typer.echo(as_json if as_json is not None else "\n".join(lines(told)))
