"""What explains a lead says what the engine decides, and what it forecasts is what then happens."""

from collections.abc import Iterator

from hypothesis import given, settings
from hypothesis import strategies as st

from qualifiers import Funnel, explain
from qualifiers.conditions import Condition
from qualifiers.explaining_conditions import explain_condition
from qualifiers.forecast import MOST_STEPS
from qualifiers.rules import Rule, SignalRule
from schemas.decision import Decision, StageChange
from schemas.explanation import ExplainedCondition
from schemas.lead import Lead
from schemas.lead_state import decode_lead, encode_lead
from schemas.moments import DAY, parse_moment
from tests.profiles import share
from tests.properties.driving import SILENCE, Driven, compiled
from tests.properties.strategies import Case, cases, departing_cases

some = st.one_of(cases, cases, departing_cases)


def leads(case: Case, awake: float) -> Iterator[tuple[Funnel, str, Lead, int]]:
    """Each lead after the case's activities, and a moment before anything more happens to it."""
    driven = Driven(compiled(case)).apply_all(case.activities)
    for lead_id, lead in driven.leads.items():
        newest = max(one.occurred_at for one in case.activities)
        at = max(lead.clock, min(newest, lead.due - 1))
        ahead = min(lead.due - 1 - at, 30 * DAY)
        yield driven.funnel, lead_id, lead, at + max(0, int(awake * ahead))


def tree(condition: ExplainedCondition) -> Iterator[ExplainedCondition]:
    yield condition
    for part in condition.parts:
        yield from tree(part)


def value(condition: ExplainedCondition) -> bool:
    """A condition's value by those of its facts."""
    if not condition.parts:
        return condition.holds
    true = [value(part) for part in condition.parts]
    match condition.form:
        case "all":
            return all(true)
        case "any":
            return any(true)
        case "none":
            return not any(true)
    return sum(true) >= (condition.needs or 0)


@settings(max_examples=share(0.5))
@given(some, st.floats(0, 1))
def test_a_condition_is_told_as_it_is_evaluated(case: Case, awake: float) -> None:
    for funnel, lead_id, lead, at in leads(case, awake):
        told, stage = explain(funnel, lead_id, lead, at), funnel.stage(lead.stage)
        assert stage is not None
        rules: list[Rule | SignalRule] = [*stage.rules, *stage.signals]
        explained = [*told.transitions, *told.signals]
        assert [one.condition.holds for one in explained] == [rule.when.holds(lead, at) for rule in rules]
        for one in explained:
            assert one.condition.holds is (one.lacking == []) is value(one.condition)
            for part in tree(one.condition):
                assert part.holds is value(part)
                assert (part.share == 1) >= part.holds
                assert 0 <= part.share <= 1


@settings(max_examples=share(0.5))
@given(some, st.floats(0, 1))
def test_what_is_told_holds_until_the_moment_that_is_told(case: Case, awake: float) -> None:
    for funnel, _, lead, at in leads(case, awake):
        stage = funnel.stage(lead.stage)
        assert stage is not None
        rules: list[Rule | SignalRule] = [*stage.rules, *stage.signals]
        for rule in rules:

            def told(moment: int, when: Condition = rule.when, lead: Lead = lead) -> list[ExplainedCondition]:
                return list(tree(explain_condition(when, lead, moment, {})))

            for number, part in enumerate(told(at)):
                if part.until is None:
                    assert told(at + SILENCE)[number].holds is part.holds
                else:
                    assert told(part.until)[number].holds is not part.holds
                    assert told(part.until - 1)[number].holds is part.holds


@settings(max_examples=share(0.5))
@given(some, st.floats(0, 1))
def test_a_true_rule_that_has_not_fired_is_blocked(case: Case, awake: float) -> None:
    for funnel, lead_id, lead, at in leads(case, awake):
        for one in explain(funnel, lead_id, lead, at).transitions:
            assert one.blocked or not one.condition.holds
        for signal in explain(funnel, lead_id, lead, at).signals:
            assert signal.blocked or signal.said or not signal.condition.holds


@settings(max_examples=share(0.5))
@given(some, st.floats(0, 1))
def test_what_is_forecast_is_what_then_happens(case: Case, awake: float) -> None:
    for funnel, lead_id, lead, at in leads(case, awake):
        before = encode_lead(lead)
        ahead = explain(funnel, lead_id, lead, at).forecast
        assert encode_lead(lead) == before
        driven = Driven(funnel)
        driven.leads[lead_id] = decode_lead(before)
        driven.advance(lead_id, ahead.until)
        expected = [step_of(said) for said in driven.said[:MOST_STEPS]]
        assert [(one.at, one.rule or one.signal, one.stage, one.reason) for one in ahead.steps] == expected
        assert (ahead.ends == "steps") is (len(driven.said) > MOST_STEPS)


def step_of(said: Decision) -> tuple[int, str, str, str]:
    at = parse_moment(said.occurred_at)
    if isinstance(said, StageChange):
        return at, said.rule, said.to, said.reason
    return at, said.signal, said.stage, said.reason


@settings(max_examples=share(0.3))
@given(some)
def test_a_lead_that_has_been_explained_goes_on_as_one_that_has_not(case: Case) -> None:
    driven, looked_at = Driven(compiled(case)), Driven(compiled(case))
    for activity in case.activities:
        for lead_id, lead in looked_at.leads.items():
            explain(looked_at.funnel, lead_id, lead, activity.occurred_at)
        outcomes = [one.apply(activity) for one in (driven, looked_at)]
        assert outcomes[0] == outcomes[1]
    assert driven.by_lead() == looked_at.by_lead()
    assert driven.leads == looked_at.leads
