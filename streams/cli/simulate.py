"""`leadgate simulate`: activities to try things with, to stdout or to a topic."""

import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, suppress
from itertools import takewhile
from pathlib import Path
from typing import Annotated

import typer

from streams.cli.moments import moment
from streams.cli.output import Progress, standard_output
from streams.errors import Misuse

Record = tuple[str, bytes]


def simulate(
    leads: Annotated[int, typer.Option(min=1, help="How many leads arrive.")] = 1_000,
    days: Annotated[int, typer.Option(min=1, max=3_650, help="Over how many days.")] = 90,
    until: Annotated[
        str | None,
        typer.Option(help="When the days end (RFC 3339, or now).  [default: now]", metavar="MOMENT"),
    ] = None,
    start: Annotated[
        str | None, typer.Option(help="When the days begin; in place of --until.", metavar="MOMENT")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Another seed, another population.")] = 0,
    rate: Annotated[
        float | None,
        typer.Option(min=0.001, help="Activities a second.  [default: as fast as it goes; live: 20]"),
    ] = None,
    topic: Annotated[
        str | None, typer.Option(help="Send to this topic, keyed by the lead, in place of stdout.")
    ] = None,
    bootstrap_servers: Annotated[
        str | None, typer.Option(help="Where Kafka is, in place of what the settings say.")
    ] = None,
    settings: Annotated[Path | None, typer.Option(help="A settings file.", metavar="FILE")] = None,
    live: Annotated[
        bool, typer.Option("--live", help="Without end, dated when sent, a day of life in seconds.")
    ] = False,
    day: Annotated[float, typer.Option(min=0.01, help="Live: how many seconds a day of life takes.")] = 2.0,
    duration: Annotated[float | None, typer.Option(min=0.01, help="End after so many seconds.")] = None,
    bulk: Annotated[
        int | None,
        typer.Option(min=1, help="So many activities, quickly: for measuring.", metavar="ACTIVITIES"),
    ] = None,
    zipf: Annotated[
        float | None, typer.Option(min=0.0, help="Bulk: the n-th lead is 1/n^ZIPF as busy as the first.")
    ] = None,
) -> None:
    """Make up the activities of a believable population.

    People who bounce, read, try, compare, buy alone or by committee, and come back; and
    sales, who accept, reject, talk, win and lose in office hours. A few activities come
    late or twice. The same seed and the same days give the same activities.

    With --live, activities are dated at the moment of sending, without end (or --duration).
    """
    if zipf is not None and bulk is None:
        raise Misuse("--zipf goes with --bulk")
    if live and (bulk is not None or until is not None or start is not None):
        raise Misuse("--live is dated now: it goes with neither --bulk nor --until nor --start")
    if until is not None and start is not None:
        raise Misuse("--until and --start: one of them says where the days lie")
    first, last = _span(days, start, until)

    from streams import simulation

    records: Iterable[Record]
    if live:
        rate = rate or 20.0
        records = simulation.live(rate, day, last, seed=seed)
    elif bulk is not None:
        records = simulation.bulk(bulk, leads, first, last, seed=seed, zipf=zipf)
    else:
        records = simulation.records(simulation.population(leads, first, last, seed=seed))
    paced = _for(simulation.paced(records, rate), duration)
    with ExitStack() as stack:
        shown = stack.enter_context(Progress("activities")).over(paced)
        if live:
            stack.enter_context(suppress(KeyboardInterrupt))  # how a stream without end ends
        if topic is None:
            _print(shown, stack)
        else:
            _send(shown, topic, settings, bootstrap_servers)


def _span(days: int, start: str | None, until: str | None) -> tuple[int, int]:
    from schemas.moments import DAY

    if start is not None:
        first = moment(start, "--start")
        return first, first + days * DAY
    last = moment(until or "now", "--until")
    return last - days * DAY, last


def _for(records: Iterator[Record], duration: float | None) -> Iterator[Record]:
    if duration is None:
        return records
    end = time.monotonic() + duration
    return takewhile(lambda _: time.monotonic() < end, records)


def _print(records: Iterable[Record], stack: ExitStack) -> None:
    out = stack.enter_context(standard_output())
    eager = sys.stdout.isatty()
    for _, value in records:
        out.write(value + b"\n")
        if eager:
            out.flush()


def _send(records: Iterable[Record], topic: str, settings: Path | None, servers: str | None) -> None:
    from streams import kafka_clients
    from streams.settings import load_settings
    from streams.simulation import ToTopic

    config = kafka_clients.producer(load_settings(settings, bootstrap_servers=servers))
    destination = ToTopic(config, topic)
    count = 0
    started = time.monotonic()
    try:
        for lead_id, value in records:
            destination.send(lead_id, value)
            count += 1
    finally:
        destination.flush()
        typer.echo(f"{count:,} activities sent to {topic} in {time.monotonic() - started:.1f} s", err=True)
