"""A worker from its settings: what `leadgate worker` does, and what tests do with other parts."""

import gc

import structlog
from confluent_kafka import KafkaException

from streams import clock, kafka_clients, logs, topics
from streams.acl_check import check_rights
from streams.app import Parts, build
from streams.errors import OutsideWorld
from streams.funnel_files import read_funnel_file
from streams.funnels import Funnels, FunnelTopic
from streams.funnels.publishing import Candidate, read_candidate
from streams.funnels.watching import FunnelWatch, say_older
from streams.metrics.collector import Metrics
from streams.personal import discreet_funnels
from streams.settings import Settings

log = structlog.get_logger(__name__)


_COLLECT_AFTER = (500_000, 10, 10)
"""Objects made, and younger collections, before Python looks for cycles.

A pass makes many objects and no cycles; looked for as often as by default, they cost
a third of its time.
"""


def run(settings: Settings, parts: Parts | None = None) -> None:
    """Work until told to end. Raises FunnelFaults, Mendable: whatever stands in the way, before it begins."""
    logs.configure(settings.log_level, json=settings.log_json, worker=settings.worker_id)
    parts = parts or Parts()
    candidate = read_candidate(*read_funnel_file(settings.funnel))
    check_rights("worker", settings)
    findings = topics.check(settings)
    if findings:
        raise OutsideWorld("the topics are not as they must be:\n" + "\n".join(map(str, findings)))
    topic = FunnelTopic(kafka_clients.reader(settings), settings.funnels_topic, settings.group)
    try:
        _run(settings, parts, candidate, discreet_funnels(settings, topic))
    finally:
        topic.close()


def _run(settings: Settings, parts: Parts, candidate: Candidate, funnels: Funnels) -> None:
    publisher = parts.publisher(settings, funnels, clock.now)
    try:
        if not publisher.put_in_force(candidate):
            say_older(settings.funnel, candidate, funnels)
    except KafkaException as error:
        raise OutsideWorld(
            f"the funnels of {settings.group} can't be reached: {error.args[0].str()}"
        ) from None
    version, funnel = funnels.in_force
    metrics = Metrics(funnels, settings.activities_topic, clock.now)
    watch = FunnelWatch(settings.funnel, candidate, funnels, publisher, metrics.reloaded)
    worker = build(settings, funnels, watch, metrics, parts)
    log.info(
        "worker_starts",
        worker=worker.me.worker,
        group=settings.group,
        funnel=funnel.slug,
        funnel_version=version,
        funnel_hash=funnel.hash,
        clock_held=worker.hold.held,
    )
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_COLLECT_AFTER)
    log.info("web_listens", address=worker.me.address)
    worker.run()
    log.info("worker_ended", worker=worker.me.worker)
