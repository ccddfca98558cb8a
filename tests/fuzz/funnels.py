"""A funnel file: a funnel that can be compiled, or faults; each fault or warning at a place in the file."""

import re

from qualifiers import FAULTS, WARNINGS, Fault, FunnelFaults, compile_funnel, lint_funnel, load_funnel
from schemas.funnel_file import FunnelFile

BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")


def check(data: bytes | str) -> None:
    """Load, and compile what has been loaded. Raises AssertionError, or whatever a fault raises."""
    shown = data.decode(errors="replace") if isinstance(data, bytes) else data
    lines = BREAK.split(shown)
    found = judged(data)
    if isinstance(found, FunnelFile):
        compile_funnel(found)
        found = tuple(lint_funnel(data))
        assert all(warning.code in WARNINGS for warning in found)
    else:
        assert all(fault.code in FAULTS for fault in found)
    for fault in found:
        assert 1 <= fault.line <= len(lines), fault
        assert 1 <= fault.column <= len(lines[fault.line - 1]) + 1, fault


def judged(text: str | bytes) -> FunnelFile | tuple[Fault, ...]:
    """The funnel, or its faults; nothing else is ever raised."""
    try:
        return load_funnel(text)
    except FunnelFaults as error:
        return error.faults
