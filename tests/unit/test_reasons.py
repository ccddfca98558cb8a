"""What a stage change says of itself: the reason, and the evidence with the activity that it is of."""

from schemas.decision import Evidence
from tests.unit.story import Leads, tell

TO_B = {"to": "b", "when": {"did": "asked"}}


def test_a_birth_names_its_activity() -> None:
    born = tell({"did": "y"}).does("demo_requested").last
    assert (born.reason, born.evidence) == ("First activity: demo requested", [])


def test_a_move_has_what_was_true_and_by_which_activity() -> None:
    moved = tell({"did": "asked"}).does("seen").does("asked", 2, named="the one").last
    assert moved.reason == "Asked"
    [proof] = moved.evidence
    assert (proof.activity_id, proof.occurred_at) == ("the one", "2026-01-01T02:00:00.000Z")


def test_what_must_not_be_is_denied_of_each() -> None:
    seen = {"did": "seen"}
    one, two, three = ([{"did": name} for name in names] for names in ("x", "xy", "xyz"))
    assert tell({"all": [seen, {"none": one}]}).does("seen").last.reason == "Seen and not x"
    assert tell({"all": [seen, {"none": two}]}).does("seen").last.reason == "Seen and neither x nor y"
    assert tell({"all": [seen, {"none": three}]}).does("seen").last.reason == "Seen and neither x, y nor z"


def test_a_person_s_move_has_who_and_why() -> None:
    story = tell({"did": "y"}).does("seen")
    story.does("stage_assigned", 3, named="by hand", to="b", by="Anna", reason="met at a fair")
    assert story.last.reason == "Moved by Anna: met at a fair"
    expected = Evidence("stage assigned", "b", "by hand", "2026-01-01T03:00:00.000Z")
    assert story.last.evidence == [expected]
    assert story.does("stage_assigned", 4, to="a").last.reason == "Moved by hand"


def test_a_merge_names_the_other_lead_its_entry_and_the_activity() -> None:
    leads = Leads(transitions=[TO_B]).does("anna", "seen").does("anon", "asked", 2).merges("anon", "anna", 5)
    merged = leads.said[-1]
    assert merged.reason == "Merged with anon, which was in b"
    assert merged.evidence == [Evidence("merged with anon", "b", "activity-3", "2026-01-01T02:00:00.000Z")]
