"""A lead, as its owner knows it.

Only the owner of a lead's home partition answers, and only while the group says that
it is the owner; any other worker asks the owner, once; while nobody certain is there,
the answer is 503. So nobody reads what another worker has moved on from.
"""

import re
from collections.abc import AsyncIterator, Callable
from http import HTTPStatus
from urllib.parse import unquote

import aiohttp
from aiohttp import hdrs, web
from pydantic import BaseModel
from yarl import URL

from qualifiers import explain
from schemas.explanation import Explanation
from schemas.lead import Lead
from schemas.lead_state import decode_lead, marked
from schemas.lead_view import LeadView, MergedLead
from streams.engine.homes import home
from streams.engine.partition import Partition
from streams.ownership import Advertised
from streams.web.answers import ANSWERED_BY, Problem, answer, later
from streams.web.worker import WorkerView

FORWARDED_BY = "Leadgate-Forwarded-By"
"""The header of a request that one worker makes of another: it goes no further."""
LONGEST_ID = 2_048
"""Bytes of a lead id; percent-encoded it still fits into a request's first line."""
FORWARD_SECONDS = 5.0

_PEERS = web.AppKey("peers", aiohttp.ClientSession)
_BROKEN_ESCAPE = re.compile("%(?![0-9A-Fa-f]{2})")


class LeadPage(LeadView):
    """`/leads/{id}`: the lead, and which version of the funnel decides it."""

    funnel_version: int


class ExplanationPage(Explanation):
    """`/leads/{id}/explain`: the lead explained, and which version of the funnel decides it."""

    funnel_version: int


Tell = Callable[[str, Lead, Partition], BaseModel]
"""What is told of a lead of an open partition."""


async def forwarding(application: web.Application) -> AsyncIterator[None]:
    """Keeps the connections to the other workers, for as long as the application lives."""
    timeout = aiohttp.ClientTimeout(total=FORWARD_SECONDS)
    async with aiohttp.ClientSession(timeout=timeout) as session:
        application[_PEERS] = session
        yield


async def no_lead(_request: web.Request, _worker: WorkerView) -> web.Response:
    """A lead page without a lead."""
    return answer(Problem(error="which lead? Its id goes behind /leads/"), 400)


async def lead(request: web.Request, worker: WorkerView) -> web.Response:
    """The lead's stage, scores, traits, due time and last transitions."""
    return await _answer(request, worker, _view)


async def explanation(request: web.Request, worker: WorkerView) -> web.Response:
    """Why the lead is where it is, what it would take to move it, and what time alone will do."""
    return await _answer(request, worker, _explanation)


def _view(lead_id: str, known: Lead, partition: Partition) -> LeadPage:
    in_force = partition.in_force
    view = in_force.funnel.view(lead_id, known, _moment(known, partition), in_force.renamed)
    return LeadPage(**dict(view), funnel_version=in_force.version)


def _explanation(lead_id: str, known: Lead, partition: Partition) -> ExplanationPage:
    in_force = partition.in_force
    told = explain(in_force.funnel, lead_id, known, _moment(known, partition), in_force.renamed)
    return ExplanationPage(**dict(told), funnel_version=in_force.version)


def _moment(known: Lead, partition: Partition) -> int:
    """Scores decay; they are shown at the moment up to which the lead's silence has been judged."""
    return max(partition.clock, known.clock)


async def _answer(request: web.Request, worker: WorkerView, tell: Tell) -> web.Response:
    """What the lead's owner tells of it."""
    try:
        lead_id = _lead_id(request.rel_url.raw_path)
    except ValueError as error:
        return answer(Problem(error=str(error)), 400)
    key = lead_id.encode()
    number = home(key, worker.partitions)
    owners = await worker.ownership.owners()
    owner = owners.by_partition.get(number) if owners else None
    if owner is not None and owner != worker.me and FORWARDED_BY not in request.headers:
        return await _ask(owner, request, worker)
    if owners is None:
        said = later("the group's coordinator does not answer, so nobody knows who owns this lead")
    elif owner is None:
        said = later(f"partition {number} is moving from one worker to another")
    elif owner != worker.me:
        said = later(f"partition {number} has moved on, to {owner.worker}")
    else:
        said = _own(lead_id, key, number, worker, tell)
    said.headers[ANSWERED_BY] = worker.me.worker
    return said


def _lead_id(raw_path: str) -> str:
    """The lead id of a request, as it was before it was percent-encoded. Raises ValueError."""
    encoded = raw_path.split("/")[2]
    if _BROKEN_ESCAPE.search(encoded):
        raise ValueError("the lead id is not percent-encoded as it should be: a % is written as %25")
    try:
        lead_id = unquote(encoded, errors="strict")
    except UnicodeDecodeError:
        raise ValueError("the lead id is not UTF-8 behind its percent-encoding") from None
    if len(lead_id.encode()) > LONGEST_ID:
        raise ValueError(f"the lead id is longer than {LONGEST_ID} bytes")
    return lead_id


def _own(lead_id: str, key: bytes, number: int, worker: WorkerView, tell: Tell) -> web.Response:
    """The answer of the owner."""
    partition = worker.engine.open_partitions.get(number)
    if partition is None:
        return later(f"partition {number} is being recovered")
    state = partition.table.get(key)
    if state is None:
        return answer(Problem(error=f"there is no lead {lead_id!r}"), 404)
    into = marked(state)
    if into is not None:
        return answer(MergedLead(lead_id=lead_id, merged_into=into))
    return answer(tell(lead_id, decode_lead(state), partition))


async def _ask(owner: Advertised, request: web.Request, worker: WorkerView) -> web.Response:
    """The answer of another worker, passed on."""
    # Encoded as it came: an id of two dots is not a way up.
    url = URL(f"http://{owner.address}{request.rel_url.raw_path}", encoded=True)
    peers, headers = request.app[_PEERS], {FORWARDED_BY: worker.me.worker, **worker.tokens.sent()}
    try:
        async with peers.get(url, headers=headers, allow_redirects=False) as response:
            body = await response.read()
    except (aiohttp.ClientError, TimeoutError):
        return later(f"{owner.worker}, which owns this lead, does not answer at {owner.address}")
    if response.status == HTTPStatus.UNAUTHORIZED:
        return later(f"{owner.worker}, which owns this lead, has other tokens: give all LEADGATE_HTTP_TOKENS")
    if response.headers.get(ANSWERED_BY) != owner.worker:
        return later(f"{owner.worker}, which owns this lead, is not to be found at {owner.address}")
    kept = {name: response.headers[name] for name in _PASSED_ON if name in response.headers}
    return web.Response(body=body, status=response.status, content_type="application/json", headers=kept)


_PASSED_ON = (ANSWERED_BY, hdrs.RETRY_AFTER)
