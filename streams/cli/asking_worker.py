"""A lead as a worker tells of it, over HTTP."""

import asyncio
import json
from pathlib import Path
from typing import Any
from urllib.parse import quote

import aiohttp
from pydantic import ValidationError
from yarl import URL

from schemas.explanation import Explanation
from streams.errors import Mendable, Misuse, OutsideWorld
from streams.settings import Settings, load_settings
from streams.web.tokens import Tokens

ANSWER_SECONDS = 15.0
"""Longer than a worker gives the one that it asks."""


def ask_worker(lead_id: str, worker: str | None, settings: Path | None) -> tuple[Explanation, str]:
    """A lead as its owner tells of it, read, and as it came. Raises Misuse, OutsideWorld, and Mendable.

    ``worker`` is the address of any worker of the group; None: that of the settings.
    """
    loaded = load_settings(settings)
    address = (worker or _address(loaded)).rstrip("/")
    if not _is_address(address):
        raise Misuse(f"--worker is an address such as http://localhost:6066, and not {worker}")
    body = asyncio.run(_asked(lead_id, address, Tokens.of(loaded).sent()))
    try:
        return Explanation.model_validate_json(body), body
    except ValidationError:
        raise OutsideWorld(
            f"what answers at {address} explains no lead: it is no worker, or one of another leadgate"
        ) from None


def _address(loaded: Settings) -> str:
    if loaded.web_port == 0:
        raise Misuse("the settings say that the worker takes any port that is free: --worker says which")
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(loaded.web_host, loaded.web_host)  # noqa: S104
    return f"http://{f'[{host}]' if ':' in host else host}:{loaded.web_port}"


def _is_address(text: str) -> bool:
    try:
        url = URL(text)
    except ValueError:
        return False
    return url.absolute and url.scheme in ("http", "https")


async def _asked(lead_id: str, address: str, headers: dict[str, str]) -> str:
    """The answer about a lead, or about the one that it was merged into; ``headers`` let one ask."""
    timeout = aiohttp.ClientTimeout(total=ANSWER_SECONDS)
    asked: set[str] = set()
    async with aiohttp.ClientSession(timeout=timeout, headers=headers) as session:
        while True:
            asked.add(lead_id)
            status, body = await _get(session, address, lead_id)
            said = _read(body)
            if status == 200:
                into = said.get("merged_into")
                if not isinstance(into, str) or into in asked:
                    return body
                lead_id = into
                continue
            raise _refusal(status, str(said.get("error", "")), address)


async def _get(session: aiohttp.ClientSession, address: str, lead_id: str) -> tuple[int, str]:
    url = URL(f"{address}/leads/{quote(lead_id, safe='')}/explain", encoded=True)
    try:
        async with session.get(url, allow_redirects=False) as response:
            return response.status, await response.text(errors="replace")
    except (aiohttp.ClientError, TimeoutError) as error:
        why = "it takes too long" if isinstance(error, TimeoutError) else str(error)
        raise OutsideWorld(
            f"no worker answers at {address}: {why} (is it running? --worker says where another is)"
        ) from None


def _read(body: str) -> dict[str, Any]:
    try:
        said = json.loads(body)
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}


def _refusal(status: int, error: str, address: str) -> Mendable:
    """Why there is no answer."""
    match status:
        case 404 if error:
            return Mendable(error)
        case 400 | 401 if error:
            return Misuse(error)
        case 503 if error:
            return OutsideWorld(f"{error}: try again in a moment")
    return OutsideWorld(f"what answers at {address} (with {status}) explains no lead: it is no worker")
