"""What a setting may be: durations, names of topics, secrets, files, tokens.

Each turns the text that a person writes into what the code needs, or says in a line what to write instead.
"""

import re
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, FilePath, SecretStr
from pydantic_settings import NoDecode

_UNITS = {"ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
_DURATION = re.compile(rf"(\d+)({'|'.join(_UNITS)})")
_PATH = re.compile(r"[^.\s]+(\.[^.\s]+)*")
_TOKEN = re.compile(r"[A-Za-z0-9._~+/-]{16,}=*")


def or_none(value: object) -> object:
    """An empty variable is one that is not set: compose files and charts cannot leave one out."""
    return None if value == "" else value


def tokens_in(text: str) -> tuple[str, ...]:
    """Tokens with commas or blanks between them. Raises ValueError, without a word of what they are."""
    tokens = tuple(text.replace(",", " ").split())
    if not tokens:
        raise ValueError("no token is in it")
    if not all(map(_TOKEN.fullmatch, tokens)):
        raise ValueError(
            "a token is 16 characters or more of A-Z, a-z, 0-9 and -._~+/ (openssl rand -hex 32)"
        )
    return tokens


def _paths(value: object) -> object:
    """Trait paths with commas or blanks between them; a TOML file may have a list of them."""
    paths = value.replace(",", " ").split() if isinstance(value, str) else value
    if isinstance(paths, list | tuple) and all(
        isinstance(one, str) and _PATH.fullmatch(one) for one in paths
    ):
        return tuple(paths)
    raise ValueError("write paths of traits with commas between them: email,phone,person.name")


def _duration(value: object) -> int:
    match = _DURATION.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None:
        raise ValueError("write a duration as a whole number with a unit: 500ms, 10s, 2m, 1h")
    return int(match[1]) * _UNITS[match[2]]


def _tokens(value: SecretStr) -> SecretStr:
    tokens_in(value.get_secret_value())
    return value


Duration = Annotated[int, BeforeValidator(_duration)]
"""Milliseconds."""
TopicName = Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,249}$")]
OptionalTopicName = Annotated[TopicName | None, BeforeValidator(or_none)]
OptionalText = Annotated[str | None, BeforeValidator(or_none)]
OptionalSecret = Annotated[SecretStr | None, BeforeValidator(or_none)]
OptionalTokens = Annotated[Annotated[SecretStr, AfterValidator(_tokens)] | None, BeforeValidator(or_none)]
TraitPaths = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_paths)]
OptionalFile = Annotated[FilePath | None, BeforeValidator(or_none)]
