"""Moments as the command line takes them."""

import typer

from schemas.moments import parse_moment
from streams import clock


def moment(text: str, option: str) -> int:
    """Milliseconds since the epoch of RFC 3339 text, or of `now`; neither is a misuse of ``option``."""
    if text == "now":
        return clock.now()
    try:
        return parse_moment(text)
    except ValueError as error:
        raise typer.BadParameter(f"{error}, or say now", param_hint=option) from None
