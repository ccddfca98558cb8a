"""The benchmarks' funnel as its Python peers have it, by hand, decides what the engine decides."""

from random import Random

import msgspec
import pytest

from qualifiers import compile_funnel, load_funnel
from qualifiers.replay import Replay
from schemas.decision import Place, encode_decision
from schemas.moments import DAY, HOUR, format_moment
from streams.intake.native import decode_native
from tests.benchmarks.reference import COMPARED, FUNNEL_FILE
from tests.benchmarks.workers import rules

START = 1_767_225_600_000  # 2026-01-01T00:00:00Z
TYPES = (
    "page_viewed", "page_viewed", "page_viewed", "ebook_downloaded", "webinar_attended", "unsubscribed",
    "identified", "demo_requested", "pricing_requested", "sales_accepted", "sales_accepted", "demo_completed",
    "meeting_agreed", "pricing_discussed", "sales_rejected", "deal_lost", "deal_won", "email_opened",
)  # fmt: skip
PATHS = ("/", "/pricing", " /Pricing/teams", "/blog/pricing", 7, None)


def activities(rng: Random) -> list[bytes]:
    """Of one lead: many at the same moment, or just when something is due; some late, some repeated."""
    said: list[bytes] = []
    at = START
    for number in range(rng.randint(1, 60)):
        if said and rng.random() < 0.05:
            said.append(rng.choice(said[-40:]))
            continue
        at += rng.choice((0, HOUR, 12 * HOUR, DAY, 2 * DAY, 8 * DAY)) * rng.randint(0, 1)
        late = rng.choice((HOUR, DAY, 5 * DAY, 7 * DAY, 9 * DAY)) if rng.random() < 0.15 else 0
        said.append(
            msgspec.json.encode(
                {
                    "id": f"a{number}",
                    "lead_id": "anna",
                    "type": rng.choice(TYPES),
                    "occurred_at": format_moment(at - late),
                    "properties": {"path": rng.choice(PATHS)},
                    "traits": {"budget": 1},
                }
            )
        )
    return said


def compared(change: bytes) -> list[object]:
    read = msgspec.json.decode(change)
    return [read[name] for name in COMPARED]


@pytest.mark.parametrize("seed", range(10))
def test_rules_by_hand_decide_what_the_engine_decides(seed: int) -> None:
    rng = Random(seed)
    funnel = compile_funnel(load_funnel(FUNNEL_FILE.read_text()))
    for _ in range(100):
        replay = Replay(funnel)
        lead: rules.Lead | None = None
        for offset, value in enumerate(activities(rng)):
            expected = replay.apply(decode_native(value), Place())
            lead, said = rules.apply(lead, rules.decode_activity(value), 0, offset)
            lead = rules.decode_lead(rules.encode_lead(lead))
            assert [compared(rules.encode_change(one)) for one in said] == [
                compared(encode_decision(one)) for one in expected
            ]
