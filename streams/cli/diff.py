"""`leadgate diff`: what changes with another funnel file, and for which leads."""

from contextlib import ExitStack
from typing import TYPE_CHECKING, Annotated

import typer

from streams.cli.report_options import Files, Format, Html, SettingsFile, Topic, Until, may_be_written, write

if TYPE_CHECKING:
    from qualifiers.parting import Parting
    from schemas.funnel_diff import LeadsDiff
    from streams.cli.history import Source


def diff(
    old: Annotated[str, typer.Argument(help="The funnel file as it was, or a preset's name.")],
    new: Annotated[str, typer.Argument(help="The funnel file as it is to be, or a preset's name.")],
    source: Files = None,
    topic: Topic = None,
    settings: SettingsFile = None,
    until: Until = None,
    output: Format = "text",
    html: Html = None,
) -> None:
    """Say what changes in meaning from one funnel file to another.

    Stages, rules and their order, points, signals: in words, rule by rule; and what the new
    file counts that the old one did not keep. With history (files, - for stdin, or --topic)
    also which leads would be elsewhere, from when on and because of which rule, and what
    the change itself would move when time ends.

    Exit code 0: both files mean the same; 1: they do not, or a line could not be applied.
    """
    from qualifiers import load_funnel
    from qualifiers.changes import changes
    from qualifiers.meaning import funnel_hash
    from qualifiers.parting import Parting
    from qualifiers.starting_empty import starting_empty
    from schemas.funnel_diff import FunnelDiff, FunnelVersion
    from streams.cli.history import opened
    from streams.cli.moments import moment
    from streams.funnel_files import read_funnel_file
    from streams.reports.diff import document

    end = None if until is None else moment(until, "--until")
    texts = [read_funnel_file(funnel) for funnel in (old, new)]
    was, now = files = [load_funnel(text, name) for text, name in texts]
    versions = [
        FunnelVersion(file=name, funnel=file.funnel, funnel_hash=funnel_hash(file))
        for (_, name), file in zip(texts, files, strict=True)
    ]
    may_be_written(html)
    with ExitStack() as stack:
        leads, broken = None, 0
        if source or topic is not None:
            history = stack.enter_context(opened(source or [], topic, settings))
            leads, broken = _compare(Parting(was, now), history, end)
        found = FunnelDiff(
            old=versions[0],
            new=versions[1],
            changes=changes(was, now),
            starts_empty=starting_empty(was, now),
            leads=leads,
        )
        write(found, document(found), output, html)
    if found.changes or broken:
        raise typer.Exit(1)


def _compare(parting: "Parting", history: "Source", until: int | None) -> "tuple[LeadsDiff, int]":
    """Both funnels over history; and how many lines of it could not be applied."""
    from streams.cli.history import Reader
    from streams.cli.output import Progress

    known = parting.old.funnel.activity_types | parting.new.funnel.activity_types
    with Progress("activities") as progress:
        reader = Reader(history, parting.apply, known)
        reader.read(progress)
    end = parting.finish(until)
    read = [
        reader.history(len(replay.leads), replay.duplicates, end) for replay in (parting.old, parting.new)
    ]
    assert end is not None  # there was an activity, or `history` would have said so
    leads = parting.leads(read[0], read[1], end)
    if not leads.parted and not any(rule.fired for rule in leads.old.rules):
        reader.check_names()
    return leads, reader.broken
