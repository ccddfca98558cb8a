"""`leadgate clock`: hold the clocks of a group's workers, let them go, or say which."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class Word(StrEnum):
    """What can be said."""

    HOLD = "hold"
    RELEASE = "release"
    STATUS = "status"


def clock(
    word: Annotated[Word, typer.Argument(help="hold: silent leads wait; release: time goes on.")],
    settings: Annotated[Path | None, typer.Option(help="A file with settings.", show_default=False)] = None,
) -> None:
    """Hold the partitions' clocks while history is loaded, so that no silent lead looks overdue.

    The word is a record on the group's control topic: it counts for every worker of
    the group, at once and after a restart, until the other is said.
    """
    from confluent_kafka import KafkaException

    from streams import kafka_clients
    from streams.cli.kafka_settings import kafka_settings
    from streams.engine.hold import ClockHold, say
    from streams.errors import OutsideWorld

    loaded = kafka_settings(settings)
    try:
        if word is Word.STATUS:
            hold = ClockHold(kafka_clients.reader(loaded), loaded.control)
            held = hold.read_to_end()
            hold.close()
        else:
            held = word is Word.HOLD
            say(kafka_clients.producer(loaded), loaded.control, held=held)
    except KafkaException as error:
        where = f"the clock of {loaded.group} can't be reached at {loaded.bootstrap_servers}"
        raise OutsideWorld(
            f"{where}: {error.args[0].str()} (is it running? "
            "is the topic there? `leadgate topics check` says so)"
        ) from None
    typer.echo("held" if held else "going")
