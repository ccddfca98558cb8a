"""The pages, and how they come onto Faust's web server."""

from collections.abc import Awaitable, Callable

import faust
from aiohttp import web
from faust.web.base import BlueprintManager

from streams.web.funnel import funnel
from streams.web.leads import explanation, forwarding, lead, no_lead
from streams.web.probes import livez, metrics, readyz
from streams.web.tokens import guard
from streams.web.worker import WorkerView

Page = Callable[[web.Request, WorkerView], Awaitable[web.Response]]

PAGES: tuple[tuple[str, Page], ...] = (
    ("/livez", livez),
    ("/readyz", readyz),
    ("/metrics", metrics),
    ("/funnel", funnel),
    ("/leads/", no_lead),
    ("/leads/{lead_id}", lead),
    ("/leads/{lead_id}/explain", explanation),
)
"""Where each page lies. A slash within a lead id is written as %2F."""


def install(app: faust.App, worker: WorkerView) -> None:
    """Let ``app``'s web server show ``worker``, and none of Faust's own pages. Before it starts."""
    app.web.blueprints = BlueprintManager()
    add_pages(app.web.web_app, worker)


def add_pages(application: web.Application, worker: WorkerView) -> None:
    """Put the pages onto an aiohttp application."""
    application.middlewares.append(guard(worker.tokens))
    application.cleanup_ctx.append(forwarding)
    for path, page in PAGES:
        application.router.add_get(path, _handler(page, worker))


def _handler(page: Page, worker: WorkerView) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def handle(request: web.Request) -> web.Response:
        return await page(request, worker)

    return handle
