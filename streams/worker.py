"""A worker from its settings: what `leadgate worker` does, and what tests do with other parts."""

import gc

import structlog

from qualifiers import compile_funnel, load_funnel
from streams import clock, logs, topics
from streams.app import Parts, build
from streams.errors import OutsideWorld
from streams.funnel_files import read_funnel_file
from streams.metrics import Metrics
from streams.settings import Settings

log = structlog.get_logger(__name__)


_COLLECT_AFTER = (500_000, 50, 1000)
"""Objects made, and younger collections, before Python looks for cycles.

A pass makes many objects and no cycles; looked for as often as by default, they cost
a third of its time.
"""


def run(settings: Settings, parts: Parts | None = None) -> None:
    """Work until told to end. Raises FunnelFaults, Mendable: whatever stands in the way, before it begins."""
    logs.configure(settings.log_level, json={"json": True, "console": False}.get(settings.log_format))
    funnel = compile_funnel(load_funnel(*read_funnel_file(settings.funnel)))
    findings = topics.check(settings)
    if findings:
        raise OutsideWorld("the topics are not as they must be:\n" + "\n".join(map(str, findings)))
    metrics = Metrics(funnel, settings.activities_topic, clock.now)
    worker = build(settings, funnel, metrics, parts)
    log.info(
        "worker_starts",
        worker=worker.me.worker,
        group=settings.group,
        funnel=funnel.slug,
        funnel_hash=funnel.hash,
        clock_held=worker.hold.held,
    )
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_COLLECT_AFTER)
    log.info("web_listens", address=worker.me.address)
    worker.run()
    log.info("worker_ended", worker=worker.me.worker)
