"""The Faust timers: what is done every second, off the event loop's thread."""

import asyncio

import faust
import structlog
from confluent_kafka import KafkaException

from streams.engine.engine import Engine
from streams.engine.hold import ClockHold

log = structlog.get_logger(__name__)

EVERY_SECONDS = 1.0


def install(app: faust.App, engine: Engine, hold: ClockHold) -> None:
    """Let ``app`` tell ``engine`` each second what the wall clock allows, and whether clocks are held."""

    @app.timer(EVERY_SECONDS, name="sample_clock")  # type: ignore[untyped-decorator]
    async def sample_clock() -> None:
        try:
            hold.refresh()
            await asyncio.to_thread(engine.sample_clock)
        except KafkaException as error:
            # The transaction says that the broker is away, in metrics and readiness;
            # here it only means that no clock moves for now.
            log.debug("clock_not_sampled", error=str(error.args[0]))
