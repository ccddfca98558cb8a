"""What an activity costs a leadgate worker, and what it costs where one thing is otherwise."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import yaml

from qualifiers.presets import preset_text
from tests.benchmarks import load, reference
from tests.benchmarks.bench import Bench, Sizes
from tests.benchmarks.many_rules import many_rules
from tests.benchmarks.measures.measure import BROKER_CPU, MEMORY, Case, Column
from tests.benchmarks.measures.working import Worked, work_off
from tests.benchmarks.peers import PEERS, Leadgate

ZIPF = 1.0
"""The n-th busiest lead is 1/n as busy as the busiest."""


@dataclass(frozen=True)
class Condition:
    """What is otherwise: ``text`` is the funnel file's."""

    what: str
    funnel: str
    text: str
    partitions: int
    leads: int
    zipf: float | None = None


def conditions(sizes: Sizes) -> Iterator[Condition]:
    """One thing is changed at a time."""
    partitions, leads = sizes.cost_partitions[0], sizes.cost_leads[0]
    yield Condition("as a rule", "reference", reference.FUNNEL, partitions, leads)
    for count in sizes.cost_partitions[1:]:
        yield Condition("partitions", "reference", reference.FUNNEL, count, leads)
    yield Condition("leads by Zipf's law", "reference", reference.FUNNEL, partitions, leads, ZIPF)
    for count in sizes.cost_leads[1:]:
        yield Condition("leads", "reference", reference.FUNNEL, partitions, count)
    yield Condition("funnel", "startup", preset_text("startup"), partitions, leads)
    for count in sizes.cost_transitions:
        text = many_rules(count, 5 * count)
        yield Condition("rules", f"startup-{count}", text, partitions, leads)


@dataclass(frozen=True)
class Cost(Worked):
    """A backlog worked off under a condition, and whether what was said is what must be said."""

    what: str
    funnel: str
    transitions: int
    points_lines: int
    partitions: int
    leads: int
    stage_changes: int
    differing_leads: int


@dataclass(frozen=True)
class CostMeasure:
    """A backlog worked off, under one condition after another."""

    name: str = "cost"
    title: str = "What an activity costs"
    explained: str = """\
A backlog worked off in which every lead is known: its first activity comes before what counts. Beside the
first line, one thing is otherwise in each: the partitions, whose activities they are, how many leads there
are, the funnel. `startup` is a preset; with more rules it has become what a large company's funnel is
after years. Stage changes are compared with `leadgate qualify`, as above."""
    columns: Sequence[Column] = (
        Column("what", "what is otherwise", is_case=True),
        Column("funnel", "funnel", is_case=True),
        Column("transitions", "transitions"),
        Column("points_lines", "points lines"),
        Column("partitions", "partitions", is_case=True),
        Column("leads", "leads", is_case=True),
        Column("cpu_us", "**CPU µs an activity**", ",.1f"),
        BROKER_CPU,
        Column("per_second", "activities a second"),
        MEMORY,
        Column("stage_changes", "stage changes"),
        Column("differing_leads", "leads that differ"),
    )

    def cases(self, bench: Bench, asked: Sequence[str]) -> Iterable[Case]:
        """Leadgate, which reads any funnel."""
        for name in asked or ("leadgate",):
            for condition in conditions(bench.sizes) if isinstance(PEERS[name], Leadgate) else ():
                said = f"{condition.what}: {condition.funnel}, {condition.partitions} partitions"
                what = f"{said}, {condition.leads:,} leads"
                yield Case(name, what, partial(self._measure, bench, name, condition))

    def _measure(self, bench: Bench, name: str, under: Condition) -> Iterator[Cost]:
        activities = bench.sizes.cost_activities
        records = partial(load.known, under.leads, activities, under.zipf)
        of = f"known-{under.leads}{'-zipf' if under.zipf else ''}"
        topic = bench.input(of, under.partitions, records)
        count = under.leads + activities
        expected = bench.expected(f"{of} in {under.funnel}", under.text, records, (count,))[count]
        file = bench.directory / f"{under.funnel}.yaml"
        file.write_text(under.text)
        with bench.run(name, self.name, topic, under.partitions, funnel=str(file)) as run:
            worked = work_off(PEERS[name], run, bench.broker, count, start=under.leads)
            said = reference.read(run.bootstrap, run.stage_changes, run.partitions)
        rules = yaml.safe_load(under.text)
        yield Cost(
            **vars(worked),
            what=under.what,
            funnel=under.funnel,
            transitions=len(rules["transitions"]),
            points_lines=sum(len(score["points"]) for score in rules["scores"].values()),
            partitions=under.partitions,
            leads=under.leads,
            stage_changes=said.count,
            differing_leads=said.differing(expected),
        )
