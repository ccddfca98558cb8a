"""Which dead letters are meant, as the command line says it: places, filters, or all."""

from typing import Annotated, get_args

import typer

from schemas.dead_letter import DeadLetterReason
from streams.cli.moments import moment
from streams.dead_letters import Filter, Place, Selection, Span
from streams.dead_letters.places import parse_place, parse_span
from streams.errors import Misuse

Places = Annotated[
    list[str] | None, typer.Argument(metavar="PLACE", help="Letters, by partition and offset: 3-17.")
]
Reasons = Annotated[
    list[str] | None,
    typer.Option("--reason", metavar="REASON", help="Those for this reason; may be repeated."),
]
At = Annotated[
    list[str] | None,
    typer.Option(
        "--at", metavar="SPAN", help="Those that lie there: 3, 3-17, 3-17.. or 3-17..40; may be repeated."
    ),
]
Original = Annotated[
    list[str] | None,
    typer.Option("--original", metavar="SPAN", help="Those that lay there as activities; may be repeated."),
]
Lead = Annotated[
    str | None, typer.Option("--lead", metavar="ID", help="Those with this lead as key, or in the value.")
]
Since = Annotated[
    str | None, typer.Option("--since", metavar="MOMENT", help="Those put aside then (RFC 3339) or later.")
]
Until = Annotated[str | None, typer.Option("--until", metavar="MOMENT", help="Those put aside before then.")]


def read_filter(
    reasons: list[str] | None,
    at: list[str] | None,
    original: list[str] | None,
    lead: str | None,
    since: str | None,
    until: str | None,
) -> Filter:
    """The filter that the options make. Raises BadParameter."""
    for reason in reasons or ():
        if reason not in get_args(DeadLetterReason):
            known = ", ".join(get_args(DeadLetterReason))
            raise typer.BadParameter(f"{reason!r} is no reason; there are {known}", param_hint="--reason")
    return Filter(
        tuple(reasons or ()),
        _spans(at, "--at"),
        _spans(original, "--original"),
        lead,
        None if since is None else moment(since, "--since"),
        None if until is None else moment(until, "--until"),
    )


def _spans(texts: list[str] | None, option: str) -> tuple[Span, ...]:
    try:
        return tuple(map(parse_span, texts or ()))
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint=option) from None


def read_places(texts: list[str]) -> tuple[Place, ...]:
    """The places that were said. Raises BadParameter."""
    try:
        return tuple(map(parse_place, texts))
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="PLACE") from None


def read_selection(
    places: list[str] | None, wanted: Filter, everything: bool, again: bool = False
) -> Selection:
    """The letters that are meant, said in one way: nobody means all by saying nothing. Raises Misuse."""
    ways = [bool(places), bool(wanted.asks), everything]
    if sum(ways) != 1:
        said = "say which letters" if not any(ways) else "say one of these, and not several"
        raise Misuse(f"{said}: their places (3-17), a filter (--reason future), or --all")
    return Selection(read_places(places or []), wanted, again)
