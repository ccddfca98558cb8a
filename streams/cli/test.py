"""`leadgate test`: the cases of a funnel, run through it; what is not as it should be, and why."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from streams.cli.output import output_file
from streams.errors import Misuse

if TYPE_CHECKING:
    from qualifiers import Funnel
    from schemas.funnel_file import Calendar
    from streams.cli.case_reports import CaseReport


def run_cases(
    funnel: Annotated[str, typer.Argument(help="A funnel file, or a preset's name.", show_default=False)],
    cases: Annotated[
        list[str] | None,
        typer.Argument(
            help="Files of cases, or names of presets for theirs.  [default: FUNNEL's own, beside it:"
            " funnel.cases.yaml for funnel.yaml]"
        ),
    ] = None,
    only: Annotated[
        str | None, typer.Option("-k", help="Only cases with this in their name.", metavar="TEXT")
    ] = None,
    format: Annotated[  # noqa: A002  the option is called so
        Literal["text", "json"], typer.Option(help="Lines for a person, or one JSON document.")
    ] = "text",
    junit: Annotated[
        Path | None, typer.Option(help="Where a report for build servers goes too.", metavar="FILE")
    ] = None,
) -> None:
    """Run the cases of a funnel: stories of leads, and what the funnel must make of them.

    A case that fails is told with what happened instead, and which condition was missing.
    A file of cases with faults is told with all of them; the other files are run all the same.

    Exit code 0: all cases pass; 1: a case fails; 2: a file cannot be used.
    """
    from qualifiers import compile_funnel, load_funnel
    from streams.cli import case_reports
    from streams.funnel_files import cases_beside, read_case_file, read_funnel_file

    text, name = read_funnel_file(funnel)
    file = load_funnel(text, name)
    compiled = compile_funnel(file)
    files = [read_case_file(one) for one in cases or [cases_beside(funnel)]]
    reports = [_report(*one, compiled, file.calendar, only) for one in files]
    if only is not None and not any(report.faults or report.outcomes for report in reports):
        raise Misuse(f"no case has `{only}` in its name")
    if format == "json":
        typer.echo(json.dumps(case_reports.document(name, reports), ensure_ascii=False, indent=2))
    else:
        for line in case_reports.text_lines(reports):
            typer.echo(line)
    if junit is not None:
        with output_file(junit) as out:
            out.write(case_reports.junit(name, reports))
    if any(report.faults for report in reports):
        raise typer.Exit(Misuse.exit_code)
    if any(report.failed for report in reports):
        raise typer.Exit(1)


def _report(
    text: bytes, name: str, funnel: "Funnel", calendar: "Calendar | None", only: str | None
) -> "CaseReport":
    """What becomes of the cases of a file that have ``only`` in their names."""
    from qualifiers.cases import CaseFaults, load_cases, run_case
    from streams.cli.case_reports import CaseReport

    try:
        loaded = load_cases(text, name, funnel, calendar)
    except CaseFaults as error:
        return CaseReport(name, error.faults, [])
    chosen = [one for one in loaded if only is None or only.casefold() in one.case.name.casefold()]
    return CaseReport(name, (), [run_case(one, funnel) for one in chosen])
