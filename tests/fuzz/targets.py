"""The table of targets: each a module with a function `check`, which takes any bytes and raises nothing."""

from collections.abc import Callable
from importlib import import_module

TARGETS: dict[str, str] = {
    "activities": "the value of a record, in each format",
    "records": "a record of the input, through a whole pass",
    "funnels": "a funnel file",
    "lead_states": "a lead's state",
    "changelogs": "the records of a changelog, meta records too",
    "clock_words": "a record of the control topic",
    "funnel_versions": "a record of the funnels' topic",
    "snapshots": "a snapshot's file",
    "dead_letters": "a record of the dead letters' topic",
    "http_paths": "the path of an HTTP request",
}
"""Target → what its bytes are."""


def check_of(target: str) -> Callable[[bytes], None]:
    """What is to hold of any input; raises AssertionError, or whatever a fault raises."""
    check: Callable[[bytes], None] = import_module(f"tests.fuzz.{target}").check
    return check
