"""The forecast: what will become of a lead, and when, if it does nothing more.

It is no second opinion. The engine is asked: a copy of the lead is advanced through its due moments.
"""

from collections.abc import Mapping
from typing import Final

from qualifiers.engine import NOTHING_RENAMED, Funnel
from schemas.decision import Decision, Place, Signal, StageChange
from schemas.explanation import End, Forecast, Step
from schemas.lead import Lead
from schemas.lead_state import decode_lead, encode_lead
from schemas.moments import DAY, LAST_MOMENT, parse_moment

MOST_STEPS: Final = 20
"""Stage changes and signals that are told."""
HORIZON: Final = 3_652 * DAY
"""How far ahead (ms) it looks: ten years."""


def forecast(
    funnel: Funnel, lead_id: str, lead: Lead, at: int, renamed: Mapping[str, str] = NOTHING_RENAMED
) -> Forecast:
    """What time alone will do to a lead, as of ``at`` (ms). Changes nothing. Raises UnknownStage.

    What is due by ``at`` and has not been decided yet comes first; so does what fires when a lead is
    read that another funnel has left (``renamed`` as in `Funnel.reread`). Looks that decide nothing are
    few, and need no bound: with nothing done, a fact turns but once or twice in a stay.
    """
    lead = decode_lead(encode_lead(lead))
    until = min(at + HORIZON, LAST_MOMENT)
    said: list[Decision] = []
    if lead.funnel != funnel.mark:
        said += funnel.reread(lead_id, lead, at, Place(), renamed=renamed)
    while lead.due <= until and len(said) <= MOST_STEPS:
        said += funnel.advance(lead_id, lead, lead.due, Place())
    ends: End = "nothing_more" if lead.due > LAST_MOMENT else "horizon"
    if len(said) > MOST_STEPS:
        ends = "steps"
    return Forecast(until=until, steps=[_step(one) for one in said[:MOST_STEPS]], ends=ends)


def _step(said: Decision) -> Step:
    return Step(
        at=parse_moment(said.occurred_at),
        rule=said.rule if isinstance(said, StageChange) else None,
        signal=said.signal if isinstance(said, Signal) else None,
        stage=said.to if isinstance(said, StageChange) else said.stage,
        reason=said.reason,
    )
