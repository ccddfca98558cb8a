"""The Faust agent: activities arrive as chunks, and go into their partition's inbox."""

from typing import Any

import faust

from streams.engine.engine import Engine
from streams.engine.transport import chunk_of


def install(app: faust.App, engine: Engine, topic: str) -> None:
    """Let an agent of ``app`` carry ``topic``'s chunks to ``engine``.

    `acks=False`: a chunk that was taken is not one that was applied; the offset
    moves in the engine's transaction alone.
    """
    activities = app.topic(topic, key_serializer="raw", value_serializer="raw", acks=False)

    @app.agent(activities, name="activities")  # type: ignore[untyped-decorator]
    async def apply_activities(stream: Any) -> None:
        async for event in stream.events():
            engine.accept(chunk_of(event))
