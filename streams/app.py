"""The composition root: settings and a funnel become a worker.

Everything that a worker is made of is put together here, and only here; tests put
other parts in (`Parts`), such as a transaction that kills the process at a marked
point.
"""

import asyncio
import signal
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import faust
import structlog

from streams import address, agents, clock, kafka_clients, timers
from streams.deciding import processor
from streams.engine.engine import Engine
from streams.engine.failures import Limits
from streams.engine.hold import ClockHold, say
from streams.engine.identity import Identity, identify
from streams.engine.kafka_transaction import KafkaTransaction
from streams.engine.opening import KafkaOpener
from streams.engine.poller import GroupListener, Poller
from streams.engine.processing import Processor
from streams.engine.transport import ChunkTransport
from streams.errors import OutsideWorld
from streams.funnels import Funnels
from streams.funnels.publishing import Publisher
from streams.funnels.watching import FunnelWatch
from streams.input_topic import describe_input
from streams.metrics.collector import Metrics
from streams.ownership import Advertised, GroupOwnership, KafkaCoordinator
from streams.ports import free_ports
from streams.settings import Settings
from streams.takeover import Takeover, transactional_id
from streams.web import pages
from streams.web.tokens import Tokens
from streams.web.worker import WorkerView

log = structlog.get_logger(__name__)

BACKLOG_PASSES = 4


@dataclass(frozen=True)
class Parts:
    """What a test may put in another's place."""

    transaction: type[KafkaTransaction] = KafkaTransaction
    opener: type[KafkaOpener] = KafkaOpener
    engine: type[Engine] = Engine
    processor: type[Processor] = Processor
    publisher: type[Publisher] = Publisher


class LeadgateApp(faust.App):
    """Faust's app, on our transport. ``failure`` is why it had to end, if it had to."""

    engine: Engine
    new_poller: Callable[[GroupListener, Callable[[], None]], Poller]
    identity: Identity  # kept: its lock is held as long as the process lives
    failure: Exception | None = None

    def _new_transport(self) -> ChunkTransport:
        return ChunkTransport(self.conf.broker_consumer, self)

    def on_rebalance_end(self) -> None:
        """Faust's, and the consumer is told."""
        super().on_rebalance_end()
        self.consumer.rebalanced()

    def _create_directories(self) -> None:
        """Faust's data directory is for tables of its own, of which there are none."""


@dataclass(frozen=True)
class Worker:
    """A worker that has been put together; `run` blocks until it has ended."""

    app: LeadgateApp
    engine: Engine
    hold: ClockHold
    watch: FunnelWatch
    me: Advertised

    def run(self) -> None:
        """Work until SIGTERM or SIGINT. Raises what made the worker end, if something did."""
        loop = asyncio.new_event_loop()
        asyncio.set_event_loop(loop)
        worker = _FaustWorker(self.app, loop=loop, redirect_stdouts=False)

        def end(error: Exception) -> None:
            log.error("worker_ends", reason=str(error))
            self.app.failure = self.app.failure or error
            loop.call_soon_threadsafe(lambda: asyncio.ensure_future(worker.stop()))

        self.engine.on_failure = end
        loop.add_signal_handler(signal.SIGHUP, self.watch.look_again)
        try:
            worker.execute_from_commandline()
        except SystemExit:
            pass
        finally:
            self.hold.close()
        if isinstance(worker.not_started, OSError):
            raise OutsideWorld(
                f"the worker's pages can't be served: {worker.not_started.strerror}; "
                "give them another place (LEADGATE_WEB_HOST, LEADGATE_WEB_PORT)"
            ) from worker.not_started
        failure = self.app.failure or worker.not_started or worker.crash_reason
        if failure is not None:
            raise failure


class _FaustWorker(faust.Worker):
    """Faust's worker, which leaves the log to us; ``not_started`` is why it could not start."""

    not_started: Exception | None = None

    async def start(self) -> None:
        """Faust's, which would log the error, and end as if there had been none."""
        try:
            await super().start()
        except Exception as error:
            self.not_started = error

    def _setup_logging(self) -> None:
        self.spinner = None


def build(settings: Settings, funnels: Funnels, watch: FunnelWatch, metrics: Metrics, parts: Parts) -> Worker:
    """A worker of ``settings.group`` that runs its ``funnels``, of which it hears by ``watch``.

    Raises OutsideWorld when the broker does not answer, Misuse when the tokens can't be used.
    """
    tokens = Tokens.of(settings)
    identity = identify(settings.worker_id, settings.state_directory)
    source = describe_input(settings)
    if settings.hold_clock:
        say(kafka_clients.producer(settings), settings.control, held=True)
    hold = ClockHold(kafka_clients.reader(settings), settings.control)
    hold.read_to_end()
    port = settings.web_port or free_ports(1)[0]
    me = Advertised(identity.name, settings.advertised(port))
    opener = parts.opener(
        group=settings.group,
        input_topic=settings.activities_topic,
        changelog=settings.changelog,
        topic_id=source.topic_id,
        reader_config=kafka_clients.reader(settings),
        on_wait=metrics.waiting,
        take_over=Takeover(settings, identity.name),
    )
    config = kafka_clients.transactional_producer(
        settings, transactional_id=transactional_id(settings.group, identity.name)
    )

    def new_transaction(
        should_stop: Callable[[], bool], on_wait: Callable[[str | None], None]
    ) -> KafkaTransaction:
        return parts.transaction(config, settings.activities_topic, should_stop, on_wait)

    engine = parts.engine(
        processor=processor(settings, source, parts.processor),
        funnels=funnels,
        opener=opener,
        new_transaction=new_transaction,
        limits=Limits(
            pass_records=settings.max_pass_records,
            revoke_seconds=settings.session_timeout / 1000,
            fenced_seconds=settings.session_timeout / 4000,
            failures_in_a_row=settings.max_dead_letters_in_a_row,
            failures_ratio=settings.max_dead_letter_ratio,
        ),
        wall_clock=clock.now,
        held=lambda: hold.held,
        observer=metrics,
        on_failure=lambda _error: None,
    )
    app = LeadgateApp(
        settings.group,
        autodiscover=False,
        topic_disable_leader=True,
        topic_allow_declare=False,
        stream_wait_empty=False,
        web_bind=settings.web_host,
        web_port=port,
        **kafka_clients.faust_options(settings),
    )
    app.engine = engine
    app.new_poller = partial(
        Poller,
        kafka_clients.consumer(settings, client_id=me.client_id, instance_id=identity.name),
        settings.activities_topic,
        leaves=not settings.stays,
        starts=opener.starts,
        backlog=engine.backlog,
        max_backlog=BACKLOG_PASSES * settings.max_pass_records,
    )
    app.identity = identity
    metrics.watch(lambda: engine.open_partitions, lambda: engine.ends)
    coordinator = KafkaCoordinator(kafka_clients.kafka_python(settings), settings.session_timeout / 2000)
    ownership = GroupOwnership(
        coordinator, settings.group, settings.activities_topic, settings.session_timeout / 1000
    )
    pages.install(app, WorkerView(me, funnels, source.partitions, engine, ownership, metrics, tokens))
    agents.install(app, engine, settings.activities_topic)
    timers.install(app, engine, hold, watch)
    address.install(app, ownership, me)
    return Worker(app, engine, hold, watch, me)
