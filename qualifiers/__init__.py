"""The language of funnels: a file becomes rules, and activities become decisions.

A pure library: no I/O, no clock, no log. Time is an argument.
"""

from qualifiers.compiler import compile_funnel
from qualifiers.engine import Applied, Funnel, UnknownStage
from qualifiers.faults import FAULTS, WARNINGS, Fault, FunnelFaults
from qualifiers.linter import lint_funnel
from qualifiers.loader import load_funnel

__all__ = [
    "FAULTS",
    "WARNINGS",
    "Applied",
    "Fault",
    "Funnel",
    "FunnelFaults",
    "UnknownStage",
    "compile_funnel",
    "lint_funnel",
    "load_funnel",
]
