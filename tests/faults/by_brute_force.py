"""Some leads, judged by the language's brute force instead of the engine that the workers run."""

import json
from collections import defaultdict
from typing import Any

from qualifiers import load_funnel
from schemas.moments import parse_moment
from streams.intake.native import decode_native
from tests.faults.clocks import Clocks
from tests.properties.brute_force import BruteForce, Move

MOST_ACTIVITIES = 60
"""Of a lead: what brute force costs grows with the square of it."""
APART = {"lead_merged", "lead_erased"}


def differences(
    funnel: str,
    records: list[Any],
    said: list[Any],
    clocks: Clocks,
    until: dict[int, int],
    grace: int,
    most: int,
) -> tuple[int, list[str]]:
    """How many leads were looked at, up to ``most``, and how what was said of them differs.

    The live load's: nobody whom another was merged into, or who was erased. ``until`` (ms) is where each
    partition's clock stands.
    """
    of_lead: dict[str, list[Any]] = defaultdict(list)
    apart = set()
    for record in records:
        lead = record.key.decode()
        of_lead[lead].append(record)
        if record.headers or json.loads(record.value)["type"] in APART:
            apart.add(lead)
    chosen = [lead for lead in of_lead if lead not in apart and len(of_lead[lead]) <= MOST_ACTIVITIES][:most]
    file, found = load_funnel(funnel), []
    for lead in chosen:
        brute, wanted = BruteForce(file), []
        for record in of_lead[lead]:
            moved_to = max(record.timestamp - grace, clocks.before(record.partition, record.offset))
            if lead in brute.leads:
                wanted += brute.advance(lead, moved_to)
            wanted += brute.apply(decode_native(record.value)) or []
        wanted += brute.advance(lead, until[of_lead[lead][0].partition])
        got = sorted(_told(record) for record in said if record.key.decode() == lead)
        expected = sorted(_expected(one) for one in wanted)
        if got != expected:
            found.append(f"{lead}: said {got}, by brute force {expected}")
    return len(chosen), found


_Told = tuple[int, int, str, str, bool, int]
"""seq, n of a signal (0: a stage change), its name or the rule's, the stage, whether late, when."""


def _told(record: Any) -> _Told:
    one = json.loads(record.value)
    name, stage = (one["signal"], one["stage"]) if "signal" in one else (one["rule"], one["to"])
    return one["seq"], one.get("n", 0), name, stage, one["late"], parse_moment(one["occurred_at"])


def _expected(one: Any) -> _Told:
    if isinstance(one, Move):
        return one.seq, 0, one.rule, one.to, one.late, one.occurred_at
    return one.seq, one.n, one.signal, one.stage, one.late, one.occurred_at
