"""The simulation: repeatable, in order, believable, and small however long it runs."""

import json
import tracemalloc
from collections import Counter, defaultdict
from collections.abc import Iterator
from itertools import islice

import pytest

from schemas.activity import Activity
from schemas.moments import DAY, HOUR, parse_moment
from streams.cli import run
from streams.intake import decode_native
from streams.simulation import (
    activities_per_lead,
    bulk,
    dated_when_sent,
    encode,
    endless,
    paced,
    population,
    records,
)
from streams.simulation.personas import PERSONAS, Step
from streams.simulation.population import LATE, TWICE

START = parse_moment("2026-01-05T00:00:00Z")  # a Monday
END = START + 84 * DAY


def history(leads: int = 600, late: float = LATE, twice: float = TWICE) -> list[Activity]:
    return list(population(leads, START, END, seed=3, late=late, twice=twice))


def weekday(at: int) -> int:
    return (at - START) // DAY % 7


def hour(at: int) -> int:
    return at // HOUR % 24


def test_a_seed_says_all() -> None:
    assert history() == history()
    assert history() != list(population(600, START, END, seed=4))
    assert list(bulk(500, 50, START, END, seed=3)) == list(bulk(500, 50, START, END, seed=3))
    assert list(islice(endless(50, START, seed=3), 500)) == list(islice(endless(50, START, seed=3), 500))


def test_on_time_and_once_means_in_the_order_of_time() -> None:
    activities = history(late=0, twice=0)
    moments = [activity.occurred_at for activity in activities]
    assert moments == sorted(moments)
    assert moments[0] >= START
    assert moments[-1] <= END
    assert len({activity.id for activity in activities}) == len(activities)


def test_some_come_late_and_some_twice() -> None:
    activities = history(late=0.1, twice=0.1)
    moments = [activity.occurred_at for activity in activities]
    assert moments != sorted(moments)
    times = Counter(activity.id for activity in activities)
    assert set(times.values()) == {1, 2}
    assert 0.05 < sum(1 for n in times.values() if n == 2) / len(times) < 0.15


def test_as_many_leads_come_as_were_asked_for() -> None:
    # One who comes at the very end may do nothing before it.
    assert 590 <= len({activity.lead_id for activity in history()}) <= 600


def test_sales_keeps_office_hours_and_leads_do_not() -> None:
    activities = history(late=0, twice=0)
    sales = [one for one in activities if one.type in ("sales_accepted", "sales_rejected", "deal_won")]
    assert len(sales) > 50
    assert all(weekday(one.occurred_at) < 5 and 8 <= hour(one.occurred_at) < 18 for one in sales)
    views = [one.occurred_at for one in activities if one.type == "page_viewed"]
    assert {weekday(at) for at in views} == set(range(7))
    by_day = Counter(hour(at) for at in views)
    assert by_day[10] > 4 * by_day[4]


def test_sales_answers_only_who_asked_and_a_deal_needs_a_yes() -> None:
    asking = {step.type for persona in PERSONAS.values() for step in persona.life if step.asks}
    done: dict[str, list[str]] = defaultdict(list)
    for activity in history(late=0, twice=0):
        if activity.type in ("sales_accepted", "sales_rejected"):
            assert asking & set(done[activity.lead_id])
            assert not {"sales_accepted", "sales_rejected"} & set(done[activity.lead_id])
        if activity.type in ("deal_won", "deal_lost", "demo_completed", "proposal_requested"):
            assert "sales_accepted" in done[activity.lead_id]
        done[activity.lead_id].append(activity.type)


def test_the_journey_narrows_but_reaches_its_end() -> None:
    count = Counter(activity.type for activity in history())
    assert count["page_viewed"] > count["identified"] > count["demo_requested"] > count["deal_won"] > 0


def test_every_type_and_trait_that_is_promised_occurs() -> None:
    activities = history(3_000)

    def types(steps: tuple[Step, ...]) -> set[str]:
        return {step.type for step in steps} | {t for step in steps for t in types(step.then)}

    promised = {name for persona in PERSONAS.values() for name in types(persona.life)}
    promised |= {"sales_accepted", "sales_rejected", "sales_contacted", "sales_conversation_held"}
    promised |= {"deal_won", "deal_lost"}
    assert {activity.type for activity in activities} == promised
    traits = {name for activity in activities for name in activity.traits}
    assert traits == {"authority", "budget", "company", "consent", "job_title", "need", "timeline"}
    told = [activity.traits["company"] for activity in activities if "company" in activity.traits]
    sizes = sorted(company["employees"] for company in told)
    assert sizes[len(sizes) // 4] < 60 < 500 < sizes[-len(sizes) // 20]


def test_committees_share_a_company() -> None:
    told = [one for one in history(3_000, late=0, twice=0) if "company" in one.traits]
    companies = Counter(
        json.dumps(one.traits["company"]) for one in told if one.traits["company"]["employees"] > 200
    )
    assert any(n > 1 for n in companies.values())


def test_what_is_sent_is_what_the_intake_reads() -> None:
    activities = history(100)
    assert [decode_native(value) for _, value in records(activities)] == activities
    assert [lead_id for lead_id, _ in records(activities)] == [one.lead_id for one in activities]


def test_live_activities_are_dated_when_they_are_taken() -> None:
    clock = iter(range(START, START + 100))
    sent = [decode_native(value) for _, value in islice(dated_when_sent(endless(9, 0), clock.__next__), 100)]
    assert [activity.occurred_at for activity in sent] == list(range(START, START + 100))


def test_a_day_of_life_has_as_many_activities_as_its_newcomers_lives() -> None:
    per_day = 40
    activities = islice(endless(per_day, START, seed=1), 60_000)
    settled = Counter((one.occurred_at - START) // DAY for one in activities)
    days = [settled[day] for day in range(100, 120)]
    assert sum(days) / len(days) == pytest.approx(per_day * activities_per_lead(), rel=0.15)


def test_memory_is_that_of_the_leads_alive() -> None:
    stream = endless(5, START, seed=1)
    tracemalloc.start()
    try:
        for _ in islice(stream, 8_000):
            pass
        early = tracemalloc.get_traced_memory()[0]
        for _ in islice(stream, 8_000):
            pass
        assert tracemalloc.get_traced_memory()[0] < 1.3 * early
    finally:
        tracemalloc.stop()


def test_bulk_is_as_many_as_asked_of_as_many_leads_evenly_in_time() -> None:
    values = [decode_native(value) for _, value in bulk(5_000, 20, START, END)]
    assert len({one.id for one in values}) == len(values) == 5_000
    assert len({one.lead_id for one in values}) == 20
    moments = [one.occurred_at for one in values]
    assert moments == sorted(moments)
    assert (moments[0], moments[2_500]) == (START, (START + END) // 2)
    assert {one.type for one in values} > {"page_viewed", "deal_won"}


def test_zipf_makes_the_first_leads_busy() -> None:
    even = Counter(lead_id for lead_id, _ in bulk(8_000, 100, START, END))
    skewed = Counter(lead_id for lead_id, _ in bulk(8_000, 100, START, END, zipf=1.0))
    assert even["lead-0-000000"] < 150
    assert 1_300 < skewed["lead-0-000000"] < 1_800
    assert 600 < skewed["lead-0-000001"] < 1_000


class FakeTime:
    """A clock that only sleeping and working move."""

    def __init__(self) -> None:
        self.now = 100.0

    def sleep(self, seconds: float) -> None:
        assert seconds > 0
        self.now += seconds


def test_a_rate_is_kept_and_an_item_is_made_when_it_is_due() -> None:
    fake = FakeTime()
    made: list[float] = []

    def making() -> Iterator[int]:
        for item in range(50):
            made.append(fake.now)
            yield item

    assert list(paced(making(), 20.0, lambda: fake.now, fake.sleep)) == list(range(50))
    assert made == pytest.approx([100 + number / 20 for number in range(50)], abs=0.003)


def test_who_falls_behind_catches_up() -> None:
    fake = FakeTime()
    taken = []
    for item in paced(range(40), 10.0, lambda: fake.now, fake.sleep):
        if item == 10:
            fake.now += 1.5
        taken.append(fake.now)
    assert taken[-1] == pytest.approx(100 + 3.9, abs=0.003)


def test_encoding_leaves_out_what_is_empty() -> None:
    assert encode(Activity("i", "l", "t", START)) == (
        b'{"id":"i","lead_id":"l","type":"t","occurred_at":"2026-01-05T00:00:00.000Z"}'
    )


@pytest.mark.parametrize(
    "arguments",
    [
        ["--zipf", "1"],
        ["--live", "--until", "now"],
        ["--live", "--bulk", "5"],
        ["--until", "now", "--start", "now"],
        ["--start", "yesterday"],
    ],
)
def test_options_that_do_not_go_together_are_misuse(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["simulate", *arguments]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1


def test_a_live_stream_ends_after_its_duration(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    assert run(["simulate", "--live", "--rate", "200", "--duration", "0.2"]) == 0
    assert capfdbinary.readouterr().out


def test_without_a_broker_one_line_says_so(capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["simulate", "--topic", "t", "--bootstrap-servers", "localhost:1"]) == 3
    assert capfd.readouterr().err.startswith("leadgate: no Kafka answers at localhost:1")
