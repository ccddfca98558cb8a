"""Small cases of what the property tests found, kept so that each stays mended."""

from qualifiers import compile_funnel, load_funnel
from schemas.activity import Activity
from schemas.decision import Place, moves
from schemas.moments import DAY, parse_moment

PLACE = Place()
FIRST = 1_767_225_600_000


def opened(name: str) -> Activity:
    return Activity(name, "l", "opened", FIRST)


def test_identified_does_not_end_the_quiet_though_no_rule_names_it() -> None:
    funnel = compile_funnel(
        load_funnel(
            """
            {funnel: f, stages: [a, b], transitions: [{to: b, when: {quiet: 1h}}]}
            """
        )
    )
    lead = funnel.apply(None, opened("1"), PLACE).lead
    assert lead is not None
    funnel.apply(lead, Activity("2", "l", "identified", FIRST + 1), PLACE)
    (moved,) = funnel.advance("l", lead, FIRST + DAY, PLACE)
    assert parse_moment(moved.occurred_at) == FIRST + 3_600_000


def test_what_time_let_in_again_is_read_at_an_activity_from_before_that() -> None:
    """A rule that was passed over turned false with nothing fired: the lead's clock stands still.

    So an activity may come from before that moment, when the rule was true. It frees the rule,
    which is read at the activity's own moment, as if nobody had looked meanwhile.
    """
    funnel = compile_funnel(
        load_funnel(
            """
            funnel: f
            stages: [a, b]
            off_path: [x]
            transitions:
              - {to: b, when: {did: opened}}
              - {to: a, from: x, when: {did: opened, since: entry}}
              - {to: x, from: [b, a], when: {did: opened, within: 1h}}
            """
        )
    )
    lead = funnel.apply(None, opened("1"), PLACE).lead
    assert lead is not None
    assert lead.stage == "x"
    funnel.apply(lead, opened("2"), PLACE)
    assert lead.stage == "b"  # x is passed over: the cascade began there
    assert funnel.advance("l", lead, FIRST + DAY, PLACE) == []
    assert [change.to for change in moves(funnel.apply(lead, opened("3"), PLACE).decisions)] == ["x"]
