"""The log: structlog, on stderr, a line an event; JSON unless a person is looking.

Our own events and those of the libraries (through `logging`) take one way out.
What leads do is never logged, nor is a secret: names in ``WITHHELD`` lose their
value whoever logs them.
"""

import logging
import sys
from typing import TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from schemas.moments import format_moment
from streams import clock

WITHHELD = frozenset(
    {
        # payloads
        "activity", "key", "payload", "properties", "record", "traits", "value",
        # secrets
        "authorization", "password", "sasl_password", "secret", "ssl_key_password", "token",
    }
)  # fmt: skip
"""Names whose values never reach the log."""

_CHATTY = {
    "faust": logging.WARNING,
    # What it fails at it also raises, and then we say it, once.
    "kafka": logging.CRITICAL,
    "mode": logging.WARNING,
    "asyncio": logging.WARNING,
    # Faust's services log under the modules of their subclasses.
    "streams.app": logging.WARNING,
    "streams.engine.transport": logging.WARNING,
}
"""Those that tell more than an operator asks, and from which level on they are heard."""


def configure(
    level: str = "info", stream: TextIO | None = None, json: bool | None = None, worker: str | None = None
) -> None:
    """Set the log up, once, at the start of a command.

    ``level`` is debug, info, warning or error; ``stream`` is stderr when not said;
    ``json`` None means: JSON unless the stream is a terminal; ``worker`` is named on every line,
    as several may write to the same place.
    """
    stream = sys.stderr if stream is None else stream
    as_json = not stream.isatty() if json is None else json
    common: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        _moment,
        *([_naming(worker)] if worker else []),
        structlog.processors.StackInfoRenderer(),
    ]
    last: list[Processor] = (
        # Plain tracebacks: the rich ones show variables, and with them payloads.
        [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
        if as_json
        else [
            structlog.dev.ConsoleRenderer(
                colors=stream.isatty(), exception_formatter=structlog.dev.plain_traceback
            )
        ]
    )
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *common,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*common, structlog.stdlib.ExtraAdder()],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, _withhold, *last],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level.upper())
    for name, least in _CHATTY.items():
        logging.getLogger(name).setLevel(max(least, root.level))


def _moment(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    event["at"] = format_moment(clock.now())
    return event


def _naming(worker: str) -> Processor:
    def name(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        event.setdefault("worker", worker)
        return event

    return name


def _withhold(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    for name in WITHHELD & event.keys():
        event[name] = "withheld"
    return event
