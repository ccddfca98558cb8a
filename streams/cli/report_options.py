"""What `leadgate backtest` and `leadgate diff` have in common: options, and how a report is written."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from streams.errors import Misuse

if TYPE_CHECKING:
    from pydantic import BaseModel

    from streams.reports.document import Document

Files = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="SOURCE",
        help="History: activities, a JSON object a line; - is stdin.",
        show_default=False,
    ),
]
Topic = Annotated[
    str | None, typer.Option(help="Read history from this topic, with the settings' broker.", metavar="NAME")
]
SettingsFile = Annotated[
    Path | None,
    typer.Option(
        "--settings", help="A file of settings, TOML or env (default: LEADGATE_SETTINGS).", metavar="FILE"
    ),
]
Until = Annotated[
    str | None, typer.Option(help="Let time go on to this moment (RFC 3339), or to now.", metavar="MOMENT")
]
OutputFormat = Literal["text", "json"]
Format = Annotated[OutputFormat, typer.Option("--format", help="Tables, or one JSON document.")]
Html = Annotated[
    Path | None,
    typer.Option(help="Write the report as one HTML page too, which needs no network.", metavar="FILE"),
]


def may_be_written(page: Path | None) -> None:
    """Raises Misuse where the page can't be: before the work begins, which leaves what is there as it is."""
    if page is None:
        return
    if not page.parent.is_dir():
        raise Misuse(f"{page}: cannot be written: No such file or directory")
    if page.is_dir() or not os.access(page if page.exists() else page.parent, os.W_OK):
        raise Misuse(f"{page}: cannot be written")


def write(report: "BaseModel", document: "Document", output: OutputFormat, page: Path | None) -> None:
    """Write a report to stdout, and as a page where one is asked for."""
    from streams.cli.output import output_file, standard_output
    from streams.reports import as_html, as_text

    if page is not None:
        with output_file(page) as file:
            file.write(as_html(document).encode())
    with standard_output() as out:
        text = report.model_dump_json(indent=2) + "\n" if output == "json" else as_text(document)
        out.write(text.encode())
