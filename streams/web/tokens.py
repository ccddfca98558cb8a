"""Who may read the pages: whoever sends one of the tokens that are set; without any, everybody.

Workers, and a supervisor and its members, send each other the first. Tokens that are in a file are read again
when it has changed, so they are changed while the workers run.
"""

import hmac
from collections.abc import Sequence
from pathlib import Path

import structlog
from aiohttp import hdrs, web
from aiohttp.typedefs import Handler, Middleware

from streams.errors import Misuse
from streams.setting_types import tokens_in
from streams.settings import Settings
from streams.web.answers import Problem, answer

log = structlog.get_logger(__name__)

OPEN = frozenset({"/livez", "/readyz"})
"""What needs no token: orchestrators have none, and it tells nothing of leads."""

_ASKED = 'Bearer realm="leadgate"'
_REFUSED = f'{_ASKED}, error="invalid_token"'

_Version = tuple[int, int, int]


class Tokens:
    """The tokens in force: those given, or those in ``file``. Raises Misuse when that can't be used."""

    def __init__(self, given: Sequence[str] = (), file: Path | None = None) -> None:
        self._tokens = tuple(given)
        self._file = file
        self._seen: _Version | None = None
        if file is not None:
            try:
                self._read(file)
            except (OSError, ValueError) as error:
                raise Misuse(f"LEADGATE_HTTP_TOKENS_FILE: {file} can't be used: {_why(error)}") from None

    @classmethod
    def of(cls, settings: Settings) -> "Tokens":
        """Those of the settings. Raises Misuse."""
        given = settings.http_tokens
        return cls(tokens_in(given.get_secret_value()) if given else (), settings.http_tokens_file)

    def sent(self) -> dict[str, str]:
        """The headers with which a worker asks another."""
        tokens = self._in_force()
        return {hdrs.AUTHORIZATION: f"Bearer {tokens[0]}"} if tokens else {}

    def let_in(self, authorization: str | None) -> bool:
        """Whether a request with this header may read. How long that takes tells nothing of the tokens."""
        tokens = self._in_force()
        scheme, _, token = (authorization or "").partition(" ")
        said = token.strip().encode(errors="surrogateescape")
        # All are compared, whichever fits.
        fits = [hmac.compare_digest(said, one.encode()) for one in tokens]
        return not tokens or (scheme.lower() == "bearer" and any(fits))

    def _in_force(self) -> tuple[str, ...]:
        """The tokens now. A file that has become useless leaves those that were, and is told of once."""
        if self._file is not None and _version(self._file) != self._seen:
            try:
                self._read(self._file)
                log.info("http_tokens_read", file=str(self._file), tokens=len(self._tokens))
            except (OSError, ValueError) as error:
                log.warning("http_tokens_not_read", file=str(self._file), reason=_why(error))
        return self._tokens

    def _read(self, file: Path) -> None:
        self._seen = _version(file)
        self._tokens = tokens_in(file.read_text(encoding="utf-8"))


def _version(file: Path) -> _Version | None:
    """What differs once the file has been written anew, or another has been put in its place."""
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size


def _why(error: OSError | ValueError) -> str:
    if isinstance(error, UnicodeDecodeError):
        return "it is not UTF-8"
    return (error.strerror if isinstance(error, OSError) else None) or str(error)


def guard(tokens: Tokens) -> Middleware:
    """Lets requests through to the pages that are open, or that come with a token; answers 401 to others."""

    @web.middleware
    async def guarded(request: web.Request, handler: Handler) -> web.StreamResponse:
        said = request.headers.get(hdrs.AUTHORIZATION)
        # The path as it came: what is written in another way leads to no page that is open.
        if request.rel_url.raw_path in OPEN or tokens.let_in(said):
            return await handler(request)
        why = "this needs a token: send one of LEADGATE_HTTP_TOKENS as `Authorization: Bearer <token>`"
        challenge = _ASKED if said is None else _REFUSED
        return answer(Problem(error=why), 401, {hdrs.WWW_AUTHENTICATE: challenge})

    return guarded
