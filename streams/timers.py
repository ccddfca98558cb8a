"""The Faust timers: what is done every second, off the event loop's thread."""

import asyncio

import faust
from confluent_kafka import KafkaException

from streams.engine.engine import Engine
from streams.engine.hold import ClockHold
from streams.funnels.watching import FunnelWatch

EVERY_SECONDS = 1.0
FILE_SECONDS = 2.0


def install(app: faust.App, engine: Engine, hold: ClockHold, watch: FunnelWatch) -> None:
    """Let ``app`` tell ``engine`` each second what the wall clock allows, and whether clocks are held.

    And have the funnel looked at: each second what others have published, each second second the file.
    """

    silent = False

    @app.timer(EVERY_SECONDS, name="sample_clock")  # type: ignore[untyped-decorator]
    async def sample_clock() -> None:
        nonlocal silent
        try:
            hold.refresh()
            await asyncio.to_thread(watch.look_at_topic)
            await asyncio.to_thread(engine.sample_clock)
        except KafkaException as error:
            # No clock moves for now. A worker that is idle asks nothing else of the broker,
            # so nobody but this tells that it is away.
            silent = True
            engine.observer.waiting(f"sampling the clock: {error.args[0].str()}")
        else:
            if silent:
                silent = False
                engine.observer.waiting(None)

    @app.timer(FILE_SECONDS, name="look_at_funnel")  # type: ignore[untyped-decorator]
    async def look_at_funnel() -> None:
        await asyncio.to_thread(watch.look_at_file)
