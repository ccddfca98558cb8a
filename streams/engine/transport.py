"""Faust on our poller: the transport that stands in for Faust's own.

Faust keeps the app, its agents, timers and web, and is told of rebalances as by
any transport. Of its consumer's work none is left: positions, commits, seeking
and recovery are the engine's (see `streams.engine.engine`). One ConsumerMessage
carries one chunk, in a header.

Relies on faust-streaming 0.15: `tests/contracts/test_faust.py` says on what.
"""

import asyncio
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, cast

from faust.transport.base import Transport as BaseTransport
from faust.transport.consumer import Consumer as BaseConsumer
from faust.transport.producer import Producer as BaseProducer
from faust.types import TP, ConsumerMessage, EventT

from streams.engine.chunk import Chunk
from streams.engine.engine import Engine
from streams.engine.poller import Poller

CHUNK_HEADER = "chunk"
CALLBACK_SECONDS = 60.0
STOP_SECONDS = 30.0


def chunk_of(event: EventT[Any]) -> Chunk:
    """The chunk that an event of the agent carries."""
    return cast(Chunk, event.message.headers[0][1])


class ChunkConsumer(BaseConsumer):
    """Faust's consumer, fed by the poller."""

    _poller: Poller | None = None

    # Life -------------------------------------------------------------------------

    async def subscribe(self, topics: Iterable[str]) -> None:
        """Start polling. The topics that Faust asks for are the agent's one topic."""
        if self._poller is not None:
            return
        self._arrived = asyncio.Event()
        self._poller = cast(Poller, self.app.new_poller(self, self._wake))
        self._engine.start(self._poller)
        self._poller.start()

    async def on_stop(self) -> None:
        """Finish the pass, and leave the group or stay in it as is said."""
        self._engine.hurry()
        if self._poller is not None:
            await asyncio.to_thread(self._poller.stop, STOP_SECONDS)
        await asyncio.to_thread(self._engine.stop)

    @property
    def _engine(self) -> Engine:
        return cast(Engine, self.app.engine)

    def rejoin(self) -> None:
        """Leave the group and come back as a new member."""
        if self._poller is not None:
            self._poller.rejoin()

    def rebalanced(self) -> None:
        """Faust has come to the end of a rebalance: chunks may flow."""
        self._arrived.set()

    def _wake(self) -> None:
        self.loop.call_soon_threadsafe(self._arrived.set)

    # Chunks -----------------------------------------------------------------------

    async def _getmany(self, active_partitions: set[TP] | None, timeout: float) -> dict[TP, list[Chunk]]:
        assert self._poller is not None
        topic = self._poller.topic

        def wanted(partition: int) -> bool:
            # Faust empties its queues at the end of a rebalance, when it lets messages flow already.
            return not self.app.rebalancing and TP(topic, partition) in (active_partitions or ())

        chunks = self._poller.take(wanted)
        if not chunks:
            self._arrived.clear()
            try:
                await asyncio.wait_for(self._arrived.wait(), timeout)
            except TimeoutError:
                return {}
            chunks = self._poller.take(wanted)
        by_partition: dict[TP, list[Chunk]] = {}
        for chunk in chunks:
            tp = TP(topic, chunk.partition)
            # Faust drops what lies before its own idea of the position, which
            # knows nothing of partitions that the engine has opened again.
            self._read_offset[tp] = None
            by_partition.setdefault(tp, []).append(chunk)
        return by_partition

    def _to_message(self, tp: TP, chunk: Chunk) -> ConsumerMessage:
        return ConsumerMessage(
            topic=tp.topic,
            partition=tp.partition,
            offset=chunk.position,
            timestamp=0.0,
            timestamp_type=0,
            headers=[(CHUNK_HEADER, cast(bytes, chunk))],
            key=None,
            value=b"",
            checksum=None,
            tp=tp,
            generation_id=self.app.consumer_generation_id,
        )

    # Rebalances, told by the poller in its thread -----------------------------------

    def assigned(self, partitions: list[int], group: Any) -> None:
        """Tell Faust, then let the engine open the partitions."""
        self.app.consumer_generation_id += 1
        self._in_loop(self._assigned_in_faust(self._tps(partitions)))
        self._engine.assign(partitions, group)

    def revoked(self, partitions: list[int]) -> None:
        """The engine ends its pass and lets go; then Faust is told."""
        self._engine.revoke(partitions)
        self._in_loop(self._revoked_in_faust(self._tps(partitions)))

    def lost(self, partitions: list[int]) -> None:
        """The same, without waiting: the broker refuses what the pass would commit."""
        self._engine.lose(partitions)
        self._in_loop(self._revoked_in_faust(self._tps(partitions)))

    def failed(self, error: Exception) -> None:
        """The consumer can't go on: the worker ends."""
        self._engine.fail(error)

    async def _assigned_in_faust(self, tps: set[TP]) -> None:
        self._assignment = tps
        self.app.on_rebalance_start()
        await self.on_partitions_assigned(tps, self.app.consumer_generation_id)

    async def _revoked_in_faust(self, tps: set[TP]) -> None:
        await self.on_partitions_revoked(tps)
        self._assignment = self._assignment - tps

    def _in_loop(self, coroutine: Any) -> None:
        asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(CALLBACK_SECONDS)

    def _tps(self, partitions: Iterable[int]) -> set[TP]:
        assert self._poller is not None
        return {TP(self._poller.topic, partition) for partition in partitions}

    # What Faust asks of a consumer, and the engine does by itself -----------------------

    _assignment: set[TP] = set()

    def assignment(self) -> set[TP]:
        """The partitions that are ours."""
        return set(self._assignment)

    def _new_topicpartition(self, topic: str, partition: int) -> TP:
        return TP(topic, partition)

    def _new_offset(self, tp: TP) -> int | None:
        return None

    async def _add_gap(self, tp: TP, offset_from: int, offset_to: int) -> None:
        return None

    async def _commit(self, offsets: Mapping[TP, int]) -> bool:
        return True

    async def seek_to_committed(self) -> Mapping[TP, int]:
        """Nothing to seek: the engine has told the poller where to read."""
        return {}

    async def _seek(self, partition: TP, offset: int) -> None:
        return None

    async def seek_wait(self, partitions: Mapping[TP, int]) -> None:
        """Nothing to seek."""

    async def seek_to_beginning(self, *partitions: TP) -> None:
        """Nothing to seek."""

    async def position(self, tp: TP) -> int | None:
        """Not known here."""
        return None

    async def earliest_offsets(self, *partitions: TP) -> Mapping[TP, int]:
        """Not asked without Faust tables."""
        return {}

    async def highwaters(self, *partitions: TP) -> Mapping[TP, int]:
        """Not asked without Faust tables."""
        return {}

    def highwater(self, tp: TP) -> int:
        """Not known here."""
        return 0

    async def create_topic(self, topic: str, *args: Any, **kwargs: Any) -> None:
        """Topics are made by ``leadgate topics create``."""

    def topic_partitions(self, topic: str) -> int | None:
        """Not known here."""
        return None

    def key_partition(self, topic: str, key: bytes | None, partition: int | None = None) -> int | None:
        """Not known here."""
        return partition


class NoProducer(BaseProducer):
    """Faust's producer, which sends nothing: all that goes out is in the engine's transaction."""

    async def flush(self) -> None:
        """Nothing is ever pending."""


class ChunkTransport(BaseTransport):
    """Names the two for Faust."""

    Consumer: ClassVar[type[ChunkConsumer]] = ChunkConsumer
    Producer: ClassVar[type[NoProducer]] = NoProducer
    driver_version = "leadgate"
