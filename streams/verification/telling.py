"""What verification has found, as lines for a person."""

import json
from collections.abc import Iterator
from typing import Any

from schemas.verification import Difference, Verdict, Verification
from streams.printable import one_line

_LONGEST = 80


def lines(found: Verification) -> Iterator[str]:
    """A line a verdict, with a line for each member that differs, and at last how many there are."""
    yield from map(one_line, _lines(found))


def _lines(found: Verification) -> Iterator[str]:
    for verdict in found.verdicts:
        yield _line(verdict)
        for difference in verdict.differences:
            yield f"    {_difference(difference)}"
    yield _summary(found)


def _line(verdict: Verdict) -> str:
    about = [str(verdict.lead_id or "-")]
    if verdict.seq is not None:
        about.append(f"seq {verdict.seq}")
    if verdict.signal is not None:
        about.append(f"signal {verdict.signal} {verdict.n}")
    name = verdict.verdict.replace("_", " ")
    return "  ".join([name, " ".join(about), verdict.where or "nowhere", verdict.why])


def _difference(difference: Difference) -> str:
    return f"{difference.member}: said {_short(difference.said)}, recomputed {_short(difference.recomputed)}"


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def _summary(found: Verification) -> str:
    said = sum(count for name, count in found.counts.items() if name != "missing")
    counted = [
        f"{count:,} {name.replace('_', ' ')}"
        for name, count in found.counts.items()
        if count or name == "proven"
    ]
    return f"{said:,} decisions of {found.group}: {', '.join(counted)}"
