"""How the supervisor asks its members."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import aiohttp
from yarl import URL

from streams.supervisor.member import Member
from streams.web.tokens import Tokens


@dataclass(frozen=True)
class Said:
    """A member's answer."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Asking:
    """Keeps the connections to the members, as a context manager. ``tokens`` are theirs too."""

    def __init__(self, tokens: Tokens) -> None:
        self.tokens = tokens
        self._session = aiohttp.ClientSession()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        await self._session.close()

    async def ask(self, member: Member, path: str, seconds: float) -> Said | None:
        """What ``member`` says at ``path``, which is percent-encoded already; None: nothing in that time."""
        try:
            async with self._session.get(
                # Encoded as it came: an id of two dots is not a way up.
                URL(member.url + path, encoded=True),
                headers=self.tokens.sent(),
                timeout=aiohttp.ClientTimeout(total=seconds),
                allow_redirects=False,
            ) as response:
                return Said(response.status, response.headers, await response.read())
        except (aiohttp.ClientError, TimeoutError):
            return None
