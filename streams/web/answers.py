"""How the pages answer: JSON, also when something is wrong."""

from aiohttp import web
from pydantic import BaseModel

RETRY_SECONDS = 1
"""What one is told to wait while a partition moves: longer than most openings take."""
ANSWERED_BY = "Leadgate-Answered-By"
"""The header that names who answers for a lead: an address may have become another program's."""


class Problem(BaseModel):
    """Why there is no answer."""

    error: str


def answer(said: BaseModel, status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    """``said`` as a response."""
    return web.Response(
        text=said.model_dump_json() + "\n", status=status, content_type="application/json", headers=headers
    )


def later(why: str) -> web.Response:
    """503: the answer would be stale, or nobody has it, for now."""
    return answer(Problem(error=why), 503, {"Retry-After": str(RETRY_SECONDS)})
