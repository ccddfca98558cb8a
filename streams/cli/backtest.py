"""`leadgate backtest`: a funnel over history, in numbers."""

from contextlib import ExitStack
from typing import Annotated

import typer

from streams.cli.report_options import Files, Format, Html, SettingsFile, Topic, Until, may_be_written, write


def backtest(
    funnel: Annotated[str, typer.Argument(help="A funnel file, or a preset's name.", show_default=False)],
    source: Files = None,
    topic: Topic = None,
    settings: SettingsFile = None,
    until: Until = None,
    output: Format = "text",
    html: Html = None,
) -> None:
    """Run a funnel over history and say what it does to the leads.

    Leads by stage, moves, time in each stage, conversion from stage to stage, how often
    each rule fired, and what became of the leads that it moved. Nothing is written but
    the report: of a topic, what is committed is read, from its beginning to its end as
    it stands now, and no group is joined.

    Time ends at the newest activity, unless --until says more. A line that cannot be
    applied stops nothing: it is said on stderr, and the exit code is 1.
    """
    from qualifiers import compile_funnel, load_funnel
    from qualifiers.backtest import Tally
    from qualifiers.replay import Replay
    from schemas.activity import Activity
    from schemas.decision import Place
    from streams.cli.history import Reader, opened
    from streams.cli.moments import moment
    from streams.cli.output import Progress
    from streams.funnel_files import read_funnel_file
    from streams.reports.backtest import document

    end = None if until is None else moment(until, "--until")
    file = load_funnel(*read_funnel_file(funnel))
    tally, replay = Tally(file), Replay(compile_funnel(file))

    def apply(activity: Activity, place: Place) -> None:
        if decisions := replay.apply(activity, place):
            tally.take(decisions)

    may_be_written(html)
    with ExitStack() as stack:
        history = stack.enter_context(opened(source or [], topic, settings))
        reader = Reader(history, apply, replay.funnel.activity_types)
        with Progress("activities") as progress:
            reader.read(progress)
        tally.take(replay.finish(Place(), end))
        read = reader.history(len(replay.leads), replay.duplicates, replay.end(end))
        report = tally.report(read, replay.leads, replay.parts())
        if not any(rule.fired for rule in report.rules):
            reader.check_names()
        write(report, document(report), output, html)
    if reader.broken:
        raise typer.Exit(1)
