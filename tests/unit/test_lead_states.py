"""States as each format version writes them, in bytes: tables and changelogs hold them for long.

Those of an earlier version are what the last leadgate of that version wrote of these very leads.
"""

import pytest

from schemas.lead import Lead
from schemas.lead_state import decode_lead, due_and_stage, due_of, encode_lead, marked, read_under
from tests.unit.story import Story, tell
from tests.unit.test_lead import RICH

V3_BUSY = (
    "dc001403cf0000019cad58bd80c4086d10950d91017f5aa163cf0000019b785b2d80cf0000019b76daa800cf0000019b785b"
    "2d80c408b76fdf6660827c05a473c3b86b03c418b76fdf6660827c054fe0004db2053117ebcfb921d045135b88a5646c5376"
    "3693cf0000019b76daa800cf0000019b77ed5080cf0000019b785b2d80a525353d404783cf86127ef9c86bd6e3cf0000019b"
    "76daa800cf723b514f62091c08cf0000019b77ed5080cfb5c46694cc1d0c5ecf0000019b785b2d80a55f2d367239cf000001"
    "9b785b2d80a53f4624592a96cf0000019b76daa80002cf0000019b77ed508002cf0000019b785b2d8002a55e5652726292cb"
    "4017ee4e3d6c372dcf0000019b785b2d80a5336470733906a52b4449582506a54d63652d5703c47684a96a6f625f7469746c"
    "6592cf0000019b76daa800a363746fa16e93c0cf0000019b77ed508082a16d92cf0000019b76daa8009201c0a16b92cf0000"
    "019b77ed5080cb4004000000000000a4676f6e6592cf0000019b76daa800c0a16f93c0cf0000019b785b2d8081a17092cf00"
    "00019b785b2d80c0c4379393a763726561746564a161cf0000019b76daa80093a4746f2d62a162cf0000019b785b2d8093a4"
    "746f2d63a163cf0000019b785b2d8091a1639090900090"
)
V3_HELD_BACK = (
    "dc001403cf0000019dedb5ae00c4086d10950d91017f5aa162cf0000019cb8b81e00cf0000019b76daa800cf0000019cb8b8"
    "1e00c408b76fdf6660827c05c003c410b76fdf6660827c054fe0004db205311786a5646c53763691cf0000019b76daa800a5"
    "5f2d367239cf0000019cb8b81e00a53f4624592a92cf0000019b76daa80002a55e565272629202cf0000019b76daa800a533"
    "6470733902a52b4449582502c40180c43c9393a763726561746564a161cf0000019b76daa80093a57175696574a36f7574cf"
    "0000019cabd8380093a66d616e75616ca162cf0000019cb8b81e0092a163a16291a5717569657491a47365656e91a4746f2d"
    "63cf000001a4c4a7de0092a6616e6f6e2d31a2c3a6"
)
V4_BUSY = (
    "9f04cf0000019cad58bd80c4086d10950d91017f5aa163cf0000019b785b2d8000ce01808580c408b76fdf6660827c05a473"
    "c3b86b03c412b76fdf6660824fe0004db205ebcfb921d04588a5646c53763693cf0000019b76daa800cf0000019b77ed5080"
    "cf0000019b785b2d80a525353d404783cf86127ef9c86bd6e3cf0000019b76daa800cf723b514f62091c08cf0000019b77ed"
    "5080cfb5c46694cc1d0c5ecf0000019b785b2d80a55f2d367239cf0000019b785b2d80a53f4624592a96cf0000019b76daa8"
    "0002cf0000019b77ed508002cf0000019b785b2d8002a55e5652726292cb4017ee4e3d6c372dcf0000019b785b2d80a53364"
    "70733906a52b4449582506a54d63652d5703c4449c2700a363746fa16e92c0ce0112a88096a16dd2feed57809201c0a16bce"
    "0112a880cb4004000000000000a4676f6e65d2feed5780c0a16f92c0ce0180858093a17000c0c419990aa16100a4746f2d62"
    "a162ce01808580a4746f2d63a163009691a1639090900090"
)
V4_HELD_BACK = (
    "9f04cf0000019dedb5ae00c4086d10950d91017f5aa162cf0000019cb8b81e0000cf0000000141dd7600c408b76fdf666082"
    "7c05c003c40cb76fdf6660824fe0004db20586a5646c53763691cf0000019b76daa800a55f2d367239cf0000019cb8b81e00"
    "a53f4624592a92cf0000019b76daa80002a55e565272629202cf0000019b76daa800a5336470733902a52b4449582502c401"
    "90c420990aa16100a57175696574a36f7574cf0000000134fd90000ba162ce0cdfe6009692a163a16291a5717569657491a4"
    "7365656e91a4746f2d63cf000001a4c4a7de0092a6616e6f6e2d31a2c3a6"
)


def busy() -> Story:
    story = tell(**RICH)
    story.does("x", page="p", source="søk", traits={"job_title": "cto", "n": {"m": [1, None]}, "gone": None})
    return story.does("x", 5, page=2, traits={"n": {"k": 2.5}}).does(
        "x", 7, page="q", traits={"o": {"p": None}}
    )


def held_back() -> Story:
    story = tell(**RICH).does("x").waits(60 * 24).does("stage_assigned", 1500, to="b", hold="400d")
    lead = told(story)
    lead.visited, lead.passed_over, lead.let_in = ("c", "b"), ("quiet",), ("seen",)
    lead.waiting, lead.absorbed = ("to-c",), ("anon-1", "æ")
    return story


def told(story: Story) -> Lead:
    assert story.lead is not None
    return story.lead


STATES = pytest.mark.parametrize(("written", "story"), [(V3_BUSY, busy()), (V3_HELD_BACK, held_back())])


@STATES
def test_a_state_of_version_3_is_the_lead_that_it_was(written: str, story: Story) -> None:
    assert decode_lead(bytes.fromhex(written)) == told(story)


@STATES
def test_the_head_of_a_state_of_version_3_is_read(written: str, story: Story) -> None:
    state, lead = bytes.fromhex(written), told(story)
    assert due_and_stage(state) == (lead.due, lead.stage)
    assert (due_of(state), read_under(state), marked(state)) == (lead.due, lead.funnel, None)


@STATES
def test_a_state_of_version_3_is_written_anew_as_one_of_this_version(written: str, story: Story) -> None:
    anew = encode_lead(decode_lead(bytes.fromhex(written)))
    assert anew == encode_lead(told(story))
    assert len(anew) < len(bytes.fromhex(written))


def test_an_id_that_version_3_has_seen_is_still_a_duplicate() -> None:
    story = busy()
    story.lead = decode_lead(bytes.fromhex(V3_BUSY))
    assert story.does("x", 8, named="activity-2").outcome == "duplicate"
    assert story.does("x", 8, named="activity-9").outcome == "applied"


@pytest.mark.parametrize(("written", "story"), [(V4_BUSY, busy()), (V4_HELD_BACK, held_back())])
def test_this_version_is_written_as_it_always_was(written: str, story: Story) -> None:
    assert encode_lead(told(story)).hex() == written
    assert decode_lead(bytes.fromhex(written)) == told(story)
