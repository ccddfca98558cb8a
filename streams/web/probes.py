"""What an orchestrator and Prometheus ask: alive, ready, metrics."""

from typing import Literal

from aiohttp import hdrs, web
from prometheus_client.exposition import choose_encoder
from pydantic import BaseModel

from schemas.lead_view import Moment
from streams.ownership import Owners
from streams.web.answers import Problem, answer
from streams.web.worker import WorkerView


class Alive(BaseModel):
    """The event loop answers, and the engine's threads run."""

    alive: Literal[True] = True


class NotReady(BaseModel):
    """One reason for not being ready; ``partitions`` are those concerned."""

    reason: Literal["no_assignment", "spare", "recovering", "waiting_for_broker", "membership_unconfirmed"]
    detail: str
    partitions: list[int] | None = None
    since: Moment | None = None


class Readiness(BaseModel):
    """Whether the worker does all of its work, and if not, every reason."""

    ready: bool
    reasons: list[NotReady]


async def livez(_request: web.Request, worker: WorkerView) -> web.Response:
    """200 while a restart would mend nothing; that the brokers are away is no reason for one."""
    dead = worker.engine.dead_threads
    if dead:
        return answer(Problem(error=f"threads of the engine have ended: {', '.join(dead)}"), 503)
    return answer(Alive())


async def readyz(_request: web.Request, worker: WorkerView) -> web.Response:
    """200 while every partition of an assignment is worked on; else 503 and why not."""
    owners = await worker.ownership.owners()
    reasons = _reasons(worker, owners)
    if owners is None:
        detail = "the group's coordinator has not answered within half a session time-out"
        reasons.append(NotReady(reason="membership_unconfirmed", detail=detail))
    ready = not reasons
    return answer(Readiness(ready=ready, reasons=reasons), 200 if ready else 503)


def _reasons(worker: WorkerView, owners: Owners | None) -> list[NotReady]:
    reasons = []
    assigned = worker.engine.assigned
    if not assigned and owners is not None and worker.me in owners.spare:
        detail = "the group has given every partition to another worker: this one is to spare"
        reasons.append(NotReady(reason="spare", detail=detail))
    elif not assigned:
        detail = "the group has given this worker no partition yet: it is balancing"
        reasons.append(NotReady(reason="no_assignment", detail=detail))
    recovering = sorted(assigned - worker.engine.open_partitions.keys())
    if recovering:
        detail = "tables are being built from their changelog"
        reasons.append(NotReady(reason="recovering", detail=detail, partitions=recovering))
    waiting = worker.metrics.waiting_for_broker
    if waiting:
        reasons.append(NotReady(reason="waiting_for_broker", detail=waiting.why, since=waiting.since))
    return reasons


async def metrics(request: web.Request, worker: WorkerView) -> web.Response:
    """The metrics, as Prometheus's text or as OpenMetrics, whichever the scraper likes better."""
    encode, content_type = choose_encoder(request.headers.get(hdrs.ACCEPT, ""))
    return web.Response(body=encode(worker.metrics.registry), headers={hdrs.CONTENT_TYPE: content_type})
