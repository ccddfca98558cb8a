"""What earlier leadgates have left is read: bytes as they were written then, committed, and never made anew.

A format that changes gets another version, and another of these beside those that are here.
"""

from schemas.decision import StageChange
from schemas.lead_state import decode_lead, due_and_stage, marked
from schemas.moments import HOUR
from streams.engine.changelog import META_KEY, Meta, decode_meta, suppressed_key
from streams.engine.forwarding import Forwarding, Gone, Moving
from streams.engine.recovered import Recovered
from tests.doubles.kafka import FakeRecord
from tests.unit.story import START, Story, tell

FUNNEL = {
    "scores": {
        "interest": {"half_life": "30d", "points": [{"on": "x", "add": 2, "at_most": 10, "per": "1d"}]},
        "fit": {"points": [{"on": "x", "add": 2, "at_most": 10}, {"if": {"has": "size"}, "add": 3}]},
    },
    "transitions": [
        {"to": "b", "when": {"did": "x", "times": 3, "within": "9d"}},
        {
            "to": "c",
            "when": {"all": [{"did": "x", "distinct": "page", "times": 4}, {"score": "fit", "at_least": 9}]},
        },
        {"name": "quiet", "from": "any", "to": "out", "when": {"quiet": "60d"}},
        {
            "name": "seen",
            "from": "out",
            "to": "a",
            "when": {"all": [{"visited": "c"}, {"did": "x", "since": "entry"}]},
        },
    ],
}
LEAD_3 = bytes.fromhex(
    """
    dc001403cf0000019cac461500c408056c7a2111a55de8a162cf0000019b77488500cf0000019b76daa800cf0000019b
    77488500c408b76fdf6660827c05a473c3b86b02c418b76fdf6660827c054fe0004db2053117ebcfb921d045135b88a5
    646c53763693cf0000019b76daa800cf0000019b77119680cf0000019b77488500a525353d404783cfbaec9961428a77
    ebcf0000019b76daa800cf6a59c0b53fca7570cf0000019b77119680cf723b514f62091c08cf0000019b77488500a55f
    2d367239cf0000019b77488500a537706f2a6e96cf0000019b76daa80002cf0000019b7711968002cf0000019b774885
    0002a5415e56453f92cb4017fa1702cdcdedcf0000019b77488500a5553f43786106a54d785e7a3706a553583d326303
    c42281a473697a6593c0cf0000019b7748850081a26f6692cf0000019b774885009202c0c4269293a763726561746564
    a161cf0000019b76daa80093a4746f2d62a162cf0000019b77488500909090900090
    """
)
META_2 = bytes.fromhex(
    """
    02992acf0000018bcfe56800a473686f70b061626162616261626162616261626162a269640311cf00000174876e8000
    01
    """
)
META_1 = bytes.fromhex(
    """
    01952acf0000018bcfe56800a473686f70b061626162616261626162616261626162a26964
    """
)


def lived() -> Story:
    """What the lead had done when its state was written."""
    story = tell(**FUNNEL)
    for number in range(3):
        story.does("x", number, page=number, traits={"size": {"of": [number, None]}}, source="søk")
    return story


def goes_on(story: Story) -> list[StageChange]:
    """All that is said of it from then on."""
    before = len(story.said)
    story.does("x", 2, named="activity-3").does("x", 30, page=9).waits(24 * 70).does("x", 24 * 71)
    return story.said[before:]


def test_a_lead_of_format_version_3_goes_on_as_it_would_have() -> None:
    fresh = lived()
    old = Story(fresh.funnel)
    old.lead, old._told = decode_lead(LEAD_3), 3
    assert due_and_stage(LEAD_3) == (START + (60 * 24 + 2) * HOUR, "b")
    assert old.view == fresh.view
    said = goes_on(fresh)
    assert [one.to for one in said] == ["c", "out", "a"]
    assert goes_on(old) == said


def test_a_lead_that_was_merged_is_known_to_be() -> None:
    assert marked(b"\xffperson-7") == "person-7"


def test_a_meta_record_of_format_version_2() -> None:
    assert decode_meta(META_2) == Meta(
        42, 1_700_000_000_000, "shop", "ab" * 8, "id", 3, 17, 1_600_000_000_000, 1
    )


def test_a_meta_record_of_format_version_1_knows_of_no_versions_of_the_funnel() -> None:
    assert decode_meta(META_1) == Meta(42, 1_700_000_000_000, "shop", "ab" * 8, "id", 0, 0, 0, 0)


def test_a_changelog_of_then() -> None:
    gone = b"S" + bytes.fromhex("fa2f239b6af7d7f618faac27b6c047ef")
    recovered = Recovered()
    for key, value in ((b"Lanna", LEAD_3), (b"Lbob", b"\xffanna"), (gone, b"\x01"), (b"M", META_1)):
        recovered.apply(key, value)
    assert recovered.states == {b"anna": LEAD_3, b"bob": b"\xffanna"}
    assert recovered.suppressed == {gone}
    assert recovered.meta == decode_meta(META_1)
    assert (META_KEY, suppressed_key(b"dora")) == (b"M", gone)


def test_what_was_on_its_way_arrives() -> None:
    """A lead of before there were versions of the funnel, one of after, and the word of an erasure."""
    moving = b"\xa4type\xa6moving\xa4path\x92\xa1a\xa1b\xa5state\xc4\x05state\xa8activity\xc4\x02{}"
    for value, said, signed in (
        (
            b"\x84" + moving,
            Moving(["a", "b"], b"state", b"{}", 0),
            b"sales:72224827c9ec08589daae900db5b4ffe456257382c071b9bdcf06807cc7dec6b",
        ),
        (
            b"\x85" + moving + b"\xa7version\x02",
            Moving(["a", "b"], b"state", b"{}", 2),
            b"sales:0755685f062c578d28e6168b82d8d8ce7698ab609b8617776711b9b9f36a728c",
        ),
        (
            b"\x82\xa4type\xa4gone\xa8suppress\xc3",
            Gone(True),
            b"sales:d425bad9fd6483dde1af4ae00712e33f084c9868c9e8ef171a93622e2bb568ea",
        ),
    ):
        record = FakeRecord(("in", 0, 0), 0, b"b", value, [("leadgate-internal", signed)])
        assert Forwarding("in", 4, "sales", b"secret").read_internal(record) == said
