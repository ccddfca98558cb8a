"""The language of funnels: a file becomes rules, and activities become decisions.

A pure library: no I/O, no clock, no log. Time is an argument.
"""

from qualifiers.faults import FAULTS, Fault, FunnelFaults
from qualifiers.loader import load_funnel

__all__ = ["FAULTS", "Fault", "FunnelFaults", "load_funnel"]
