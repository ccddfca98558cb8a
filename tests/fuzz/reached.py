"""Which lines of leadgate an input reaches: of inputs that reach the same, the shortest is enough."""

import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

CHECKOUT = Path(__file__).resolve().parents[2]
PACKAGES = tuple(str(CHECKOUT / package) for package in ("schemas", "qualifiers", "streams"))

Steps = frozenset[tuple[str, int, int]]
"""From line to line, by file: a loop that was left at once reaches another step than one that was not."""


def reached(check: Callable[[bytes], None], data: bytes) -> Steps:
    """The steps from line to line that an input takes. Raises what ``check`` raises."""
    steps: set[tuple[str, int, int]] = set()

    def follow(frame: Any, event: str, argument: Any) -> Any:
        file = frame.f_code.co_filename
        if not file.startswith(PACKAGES):
            return None
        before = frame.f_code.co_firstlineno

        def step(frame: Any, event: str, argument: Any) -> Any:
            nonlocal before
            if event == "line":
                steps.add((file, before, frame.f_lineno))
                before = frame.f_lineno
            return step

        return step

    sys.settrace(follow)
    try:
        check(data)
    finally:
        sys.settrace(None)
    return frozenset(steps)


def fewest(check: Callable[[bytes], None], inputs: Iterable[bytes]) -> list[bytes]:
    """Those of the inputs that reach what no shorter one does."""
    known: set[tuple[str, int, int]] = set()
    kept = []
    for data in sorted(set(inputs), key=lambda one: (len(one), one)):
        steps = reached(check, data)
        if not steps <= known:
            known |= steps
            kept.append(data)
    return kept
