"""The language of funnels: a file becomes rules, and activities become decisions.

A pure library: no I/O, no clock, no log. Time is an argument.

A name's module is imported when the name is asked for: `leadgate lint` reads a file, and need
not wait for the engine.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from qualifiers.compiler import compile_funnel
    from qualifiers.engine import Applied, Funnel, UnknownStage
    from qualifiers.explaining import explain
    from qualifiers.fault_codes import FAULTS
    from qualifiers.faults import Fault, FunnelFaults
    from qualifiers.linter import lint_funnel
    from qualifiers.loader import load_funnel
    from qualifiers.personal import Personal
    from qualifiers.warning_codes import WARNINGS

__all__ = [
    "FAULTS",
    "WARNINGS",
    "Applied",
    "Fault",
    "Funnel",
    "FunnelFaults",
    "Personal",
    "UnknownStage",
    "compile_funnel",
    "explain",
    "lint_funnel",
    "load_funnel",
]

_MODULES = {
    "FAULTS": "fault_codes",
    "WARNINGS": "warning_codes",
    "Applied": "engine",
    "Fault": "faults",
    "Funnel": "engine",
    "FunnelFaults": "faults",
    "Personal": "personal",
    "UnknownStage": "engine",
    "compile_funnel": "compiler",
    "explain": "explaining",
    "lint_funnel": "linter",
    "load_funnel": "loader",
}
"""The module of each name."""


def __getattr__(name: str) -> Any:
    module = _MODULES.get(name)
    if module is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{module}"), name)
