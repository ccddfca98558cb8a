"""`leadgate dead-letters`: what could not be applied, put right."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Literal

import typer

from streams import logs
from streams.cli.dead_letter_choice import (
    At,
    Lead,
    Original,
    Places,
    Reasons,
    Since,
    Until,
    read_filter,
    read_places,
    read_selection,
)
from streams.cli.output import input_file, standard_output
from streams.dead_letters import Operator, Outcome, Span, dead_letters, telling
from streams.dead_letters.masking import masked
from streams.errors import Misuse
from streams.personal import personal_of
from streams.settings import Settings, load_settings

app = typer.Typer(
    no_args_is_help=True, help="Records that could not be applied: look at them, replay them, or drop them."
)

All = Annotated[bool, typer.Option("--all", help="All that are open.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and do nothing.")]
SettingsFile = Annotated[
    Path | None,
    typer.Option("--settings", help="A file of settings, TOML or env (default: LEADGATE_SETTINGS)."),
]
OutputFormat = Annotated[
    Literal["text", "json"], typer.Option("--format", help="text, or json: an object in each line.")
]


@app.command(
    "list", epilog="\b\nExample:\n  leadgate dead-letters list --reason future --since 2026-01-31T00:00:00Z"
)
def list_(
    reason: Reasons = None,
    at: At = None,
    original: Original = None,
    lead: Lead = None,
    since: Since = None,
    until: Until = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Also those that were replayed or dropped.")
    ] = False,
    settings: SettingsFile = None,
    output: OutputFormat = "text",
) -> None:
    """List the dead letters that are open, a line each: place, reason, when, key, and what is wrong."""
    wanted = read_filter(reason, at, original, lead, since, until)
    line = telling.letter_json if output == "json" else telling.letter_line
    with dead_letters(_settings(settings)) as letters:
        _say(
            line(letter, mark)
            for letter, mark in letters.look(wanted.at)
            if wanted.takes(letter) and (everything or mark is None)
        )


@app.command(
    epilog="\b\nExamples:\n  leadgate dead-letters show 3-17\n"
    "  leadgate dead-letters show 3-17 --value > activity.json"
)
def show(
    place: Annotated[str, typer.Argument(metavar="PLACE", help="A letter, by partition and offset: 3-17.")],
    value: Annotated[bool, typer.Option("--value", help="Only its value, byte by byte as it came.")] = False,
    settings: SettingsFile = None,
    output: OutputFormat = "text",
) -> None:
    """Show a dead letter in full: headers, value, what is wrong, and what to do.

    Where traits are personal (LEADGATE_PERSONAL_TRAITS) their values are shown by --value alone.
    """
    (wanted,) = read_places([place])
    loaded = _settings(settings)
    with dead_letters(loaded) as letters:
        found = next(letters.look([Span(wanted.partition, wanted.offset, wanted.offset)]), None)
    if found is None:
        raise Misuse(f"there is no dead letter at {wanted} (`leadgate dead-letters list --all` has them all)")
    letter, mark = found
    if value:
        with standard_output() as out:
            out.write(letter.value or b"")
        return
    personal = personal_of(loaded)
    if personal is not None:
        letter = masked(letter, personal)
    if output == "json":
        _say([telling.letter_json(letter, mark, full=True)])
    else:
        _say([telling.letter_text(letter, mark)])


@app.command(
    epilog="\b\nExamples:\n  leadgate dead-letters replay --reason future --dry-run\n"
    "  leadgate dead-letters replay 3-17 --set-value activity.json"
)
def replay(
    places: Places = None,
    reason: Reasons = None,
    at: At = None,
    original: Original = None,
    lead: Lead = None,
    since: Since = None,
    until: Until = None,
    everything: All = False,
    again: Annotated[
        bool, typer.Option("--again", help="Also those that were replayed before and have come back.")
    ] = False,
    set_value: Annotated[
        Path | None,
        typer.Option(
            "--set-value", metavar="FILE", help="Send this as the value of the one letter; -: stdin."
        ),
    ] = None,
    dry_run: DryRun = False,
    settings: SettingsFile = None,
    output: OutputFormat = "text",
) -> None:
    """Send dead letters to the activities' topic again, each once, to the home of its lead.

    A letter that would only become one again stays, and is told. That makes the exit code 1.
    """
    selection = read_selection(
        places, read_filter(reason, at, original, lead, since, until), everything, again
    )
    if set_value is not None and len(selection.places) != 1:
        raise Misuse("--set-value is for one letter: say its place, as in 3-17")
    value = None if set_value is None else _read(set_value)
    with _operator(settings) as operator:
        _tell(operator.replay(selection, value, dry_run=dry_run), output, dry_run)


@app.command(
    epilog="\b\nExamples:\n  leadgate dead-letters drop 3-17\n"
    "  leadgate dead-letters drop --reason null_value --dry-run"
)
def drop(
    places: Places = None,
    reason: Reasons = None,
    at: At = None,
    original: Original = None,
    lead: Lead = None,
    since: Since = None,
    until: Until = None,
    everything: All = False,
    dry_run: DryRun = False,
    settings: SettingsFile = None,
    output: OutputFormat = "text",
) -> None:
    """Mark dead letters as dealt with. Nothing is deleted: `list --all` shows them still."""
    selection = read_selection(places, read_filter(reason, at, original, lead, since, until), everything)
    with _operator(settings) as operator:
        _tell(operator.drop(selection, dry_run=dry_run), output, dry_run)


def _read(path: Path) -> bytes:
    if str(path) == "-":
        return typer.get_binary_stream("stdin").read()
    with input_file(path) as file:
        return file.read()


def _settings(file: Path | None) -> Settings:
    settings = load_settings(file)
    logs.configure("error", json=settings.log_json)
    return settings


@contextmanager
def _operator(file: Path | None) -> Iterator[Operator]:
    settings = _settings(file)
    with dead_letters(settings) as letters:
        yield Operator(settings, letters)


def _say(lines: Iterable[str], at_once: bool = False) -> None:
    with standard_output() as out:
        for line in lines:
            out.write(line.encode(errors="backslashreplace") + b"\n")
            if at_once:
                out.flush()


def _tell(outcomes: Iterator[Outcome], output: str, dry_run: bool) -> None:
    """Tell what becomes of each letter, as it is known; with exit code 1 where one was left."""
    line = telling.outcome_json if output == "json" else telling.outcome_line
    left = 0

    def lines() -> Iterator[str]:
        nonlocal left
        for outcome in outcomes:
            left += outcome.done == "left"
            yield line(outcome, dry_run)

    _say(lines(), at_once=True)
    if left:
        raise typer.Exit(1)
