"""Settings: from the environment (`LEADGATE_…`), from a file, or given; in this order of weight, rising.

    file (--settings, LEADGATE_SETTINGS)  <  environment  <  given by the command line

A file is TOML when its name ends so (`group = "sales"`), else lines as an
environment has them (`LEADGATE_GROUP=sales`). Durations are text with a unit
and milliseconds in memory. What is wrong is told at once, a line each.
"""

import os
import socket
import tomllib
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from dotenv import dotenv_values
from pydantic import BeforeValidator, Field, SecretStr, ValidationError, model_validator
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, InitSettingsSource, PydanticBaseSettingsSource, SettingsConfigDict

from streams.errors import Misuse
from streams.setting_types import (
    Duration,
    OptionalFile,
    OptionalSecret,
    OptionalText,
    OptionalTokens,
    OptionalTopicName,
    TopicName,
    TraitPaths,
    or_none,
)

PREFIX = "LEADGATE_"
FILE_VARIABLE = "LEADGATE_SETTINGS"


class SettingsError(Misuse):
    """Settings that cannot be used: whoever started this must change them.

    ``str()`` is one line a fault, each with the variable's name and what to do.
    """


class Settings(BaseSettings):
    """All that can be set. Made by `load_settings`, which says what is wrong in a person's words."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, extra="forbid", frozen=True, hide_input_in_errors=True, validate_default=False
    )

    # Kafka
    bootstrap_servers: str = Field(default="localhost:9092", min_length=1)
    group: str = Field(default="leadgate", pattern=r"^[a-z][a-z0-9_-]{0,63}$")
    """The application: consumer group, and the beginning of what is internal to it."""
    worker_id: Annotated[str | None, Field(pattern=r"^[A-Za-z0-9._-]{1,128}$"), BeforeValidator(or_none)] = (
        None
    )
    """This worker's own name, which outlives it (a pod's name); None: one that `state_directory` keeps."""
    on_stop: Annotated[Literal["stay", "leave"] | None, BeforeValidator(or_none)] = None
    """Whether a worker that is told to end stays a member; None: see `stays`."""
    session_timeout: Duration = 10_000
    """How long a worker may be silent before its partitions go to others."""
    transaction_timeout: Duration = 10_000
    """How long a dead worker's open transaction can hold its partitions."""
    timestamps: Literal["log-append", "create"] = "log-append"
    """Whose word on a record's time is taken: the broker's, or (where that cannot be had) the producer's."""

    # Topics
    activities_topic: TopicName = "lead.activities"
    stage_changes_topic: TopicName = "lead.stage-changes"
    signals_topic: TopicName = "lead.signals"
    dead_letters_topic: TopicName = "lead.dead-letters"
    funnels_topic: TopicName = "lead.funnels"
    changelog_topic: OptionalTopicName = None
    """None: `<group>-leads-changelog`."""
    control_topic: OptionalTopicName = None
    """None: `<group>-control`."""

    # What the worker does
    funnel: str = Field(default="funnel.yaml", min_length=1)
    """A funnel file, or a preset's name."""
    processes: int = Field(default=1, ge=0, le=1_000)
    """Workers in processes of their own, under one supervisor; 0: as many as there are cores."""
    grace: Duration = 10_000
    """How far a partition's clock stays behind the records' time."""
    hold_clock: bool = False
    """Silent leads wait: for the time in which history is loaded."""
    max_pass_records: int = Field(default=5_000, ge=1, le=100_000)
    max_dead_letters_in_a_row: int = Field(default=100, ge=1)
    """So many records in a row that our own code cannot apply, and the worker stops."""
    max_dead_letter_ratio: float = Field(default=0.5, gt=0, le=1)
    """Where more than those have failed lately, and they are more than this part of the records, likewise."""
    forward_secret: Annotated[SecretStr | None, Field(min_length=16), BeforeValidator(or_none)] = None
    """Signs the records that workers send each other on the activities' topic; the same on all of them."""
    forward_secret_accepted: Annotated[SecretStr | None, Field(min_length=16), BeforeValidator(or_none)] = (
        None
    )
    """Another that may have signed them: the one to come, or the one of before, while it is being changed."""
    personal_traits: TraitPaths = ()
    """Traits whose values are not said: in reasons, evidence, over HTTP, of dead letters."""
    personal_secret: Annotated[SecretStr | None, Field(min_length=16), BeforeValidator(or_none)] = None
    """The key with which they are hashed, the same on all workers; None: they are left out."""
    state_directory: Path = Path(".leadgate")
    """What a worker keeps on disk: its name."""

    # Web
    web_host: str = Field(default="127.0.0.1", min_length=1)
    web_port: int = Field(default=6066, ge=0, le=65_535)
    """0: a free one."""
    web_advertised: Annotated[
        str | None, Field(pattern=r"^[^:/\s]+:[0-9]{1,5}$"), BeforeValidator(or_none)
    ] = None
    """Where other workers reach this one, as host:port; None: see `advertised`. Of several: the host."""

    http_tokens: OptionalTokens = None
    """Who sends one of them may read the pages; the first is what workers send each other."""
    http_tokens_file: OptionalFile = None
    """Holds them in the place of `http_tokens`; looked at again whenever it has changed."""

    # Log
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_format: Literal["auto", "console", "json"] = "auto"
    """auto: for people on a terminal, JSON elsewhere."""

    # Security, for every Kafka client there is
    security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = "PLAINTEXT"
    sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = "SCRAM-SHA-512"
    sasl_username: OptionalText = None
    sasl_password: OptionalSecret = None
    ssl_ca_file: OptionalFile = None
    """Who signed the brokers' certificates, in PEM; None: whom this system trusts."""
    ssl_certificate_file: OptionalFile = None
    ssl_key_file: OptionalFile = None
    ssl_key_password: OptionalSecret = None

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        sasl = self.security_protocol.startswith("SASL_")
        tls = self.security_protocol.endswith("SSL")
        given = self.model_fields_set
        if self.http_tokens and self.http_tokens_file:
            raise ValueError("http_tokens_file: stands in the place of http_tokens: set one of the two")
        if self.personal_secret and not self.personal_traits:
            raise ValueError("personal_secret: has no effect unless personal_traits are set")
        for needed in ("sasl_username", "sasl_password") if sasl else ():
            if getattr(self, needed) is None:
                raise ValueError(f"{needed}: is needed with security_protocol {self.security_protocol}")
        for name in ("ssl_certificate_file", "ssl_key_file"):
            if tls and (self.ssl_certificate_file or self.ssl_key_file) and getattr(self, name) is None:
                raise ValueError(f"{name}: a certificate and its key go together")
        for name in sorted(given):
            if getattr(self, name) is None:
                continue
            if (name.startswith("sasl_") and not sasl) or (name.startswith("ssl_") and not tls):
                wanted = "SASL_SSL" if name.startswith("sasl_") else "SSL or SASL_SSL"
                raise ValueError(f"{name}: has no effect unless security_protocol is set (to {wanted})")
        return self

    @property
    def stays(self) -> bool:
        """Whether a worker that is told to end stays a member of the group for a session time-out.

        A name that was given is one that comes back. One that is kept on disk may go with its container.
        """
        return self.worker_id is not None if self.on_stop is None else self.on_stop == "stay"

    @property
    def changelog(self) -> str:
        """The name of the changelog's topic."""
        return self.changelog_topic or f"{self.group}-leads-changelog"

    @property
    def control(self) -> str:
        """The name of the topic on which the clock is held and let go."""
        return self.control_topic or f"{self.group}-control"

    @property
    def log_json(self) -> bool | None:
        """Whether the log is JSON; None: unless a person looks."""
        return {"json": True, "console": False}.get(self.log_format)

    @property
    def forward_secrets(self) -> list[bytes]:
        """The one that signs, empty where none is set, and another that may have."""
        secrets = (self.forward_secret or SecretStr(""), self.forward_secret_accepted)
        return [one.get_secret_value().encode() for one in secrets if one is not None]

    def advertised(self, port: int) -> str:
        """Where other workers reach this one, which listens on `port`.

        One that listens on every address says its machine's name: in a container,
        that is what the others find it by.
        """
        everywhere = self.web_host in ("0.0.0.0", "::")  # noqa: S104 (looked for, not listened on)
        return self.web_advertised or f"{socket.gethostname() if everywhere else self.web_host}:{port}"


def load_settings(file: Path | None = None, **given: Any) -> Settings:
    """The settings in force; `given` is what the command line says (None: nothing). Raises SettingsError."""
    path = file or (Path(named) if (named := os.environ.get(FILE_VARIABLE)) else None)
    written = _read(path) if path else {}
    faults = [_unknown(name, PREFIX + name.upper()) for name in _names_in(os.environ) - _known()]
    faults += [f"{path}: {_unknown(name, name)}" for name in written.keys() - _known()]

    class Layered(Settings):
        @classmethod
        def settings_customise_sources(
            cls,
            settings_cls: type[BaseSettings],
            init_settings: PydanticBaseSettingsSource,
            env_settings: PydanticBaseSettingsSource,
            dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 (named by pydantic-settings)
            file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 (likewise)
        ) -> tuple[PydanticBaseSettingsSource, ...]:
            known = {name: value for name, value in written.items() if name in _known()}
            return init_settings, env_settings, InitSettingsSource(settings_cls, init_kwargs=known)

    said = {name: value for name, value in given.items() if value is not None}
    try:
        settings = Layered(**said)
    except ValidationError as error:
        faults += [_explain(detail, said, written, path) for detail in error.errors()]
    if faults:
        raise SettingsError("\n".join(faults))
    return settings


def _known() -> set[str]:
    return set(Settings.model_fields)


def _names_in(environment: Mapping[str, str]) -> set[str]:
    return {
        name[len(PREFIX) :].lower()
        for name in environment
        if name.upper().startswith(PREFIX) and name.upper() != FILE_VARIABLE
    }


def _read(path: Path) -> dict[str, Any]:
    try:
        if path.suffix == ".toml":
            return tomllib.loads(path.read_text())
        path.stat()
        values = dotenv_values(path, interpolate=False)
        return {name.upper().removeprefix(PREFIX).lower(): value for name, value in values.items()}
    except OSError as error:
        raise SettingsError(f"{path}: the settings cannot be read: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path}: the settings are not TOML: {error}") from None


def _unknown(name: str, shown: str) -> str:
    close = get_close_matches(name, sorted(_known()), n=1)
    form = shown[: len(shown) - len(name)]
    guess = f"did you mean {form + (close[0].upper() if form else close[0])}?" if close else "take it away"
    return f"{shown}: there is no such setting; {guess}"


def _explain(
    detail: ErrorDetails, said: Mapping[str, Any], written: Mapping[str, Any], path: Path | None
) -> str:
    message = detail["msg"].removeprefix("Value error, ").replace(" items after validation", " characters")
    name = str(detail["loc"][0]) if detail["loc"] else message.partition(": ")[0]
    if not detail["loc"]:
        message = message.partition(": ")[2]
    variable = PREFIX + name.upper()
    if name in said:
        where = "--" + name.replace("_", "-")
    elif name in written and variable not in os.environ:
        where = f"{path}: {name}"
    else:
        where = variable
    shown = detail.get("input")
    secret = any(word in name for word in ("password", "secret", "tokens"))
    return f"{where}: {message}" + (f" (it is {shown!r})" if detail["loc"] and not secret else "")
