"""The one catalogue of leadgate's metrics: what a scrape shows, and what the documentation says of it."""

from typing import Literal, NamedTuple

PREFIX = "leadgate_"

_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400
_STAY_DAYS = (1, 2, 7, 14, 30, 60, 90, 180, 365)

Kind = Literal["counter", "gauge", "histogram"]
Merge = Literal["sum", "max", "min"]
Labels = tuple[str, ...]


class Entry(NamedTuple):
    """A metric: its name without the prefix, what it is, its labels, what it tells, its buckets' bounds.

    ``merged`` is how a supervisor makes one figure of what several workers say under the same labels;
    counters and histograms are summed.
    """

    name: str
    kind: Kind
    labels: Labels
    help: str
    buckets: tuple[float, ...] = ()
    merged: Merge = "sum"


CATALOGUE = (
    Entry(
        "activities_total",
        "counter",
        ("outcome", "format"),
        "Records taken from the input, by what became of them and the format they came in.",
    ),
    Entry(
        "activities_by_type_total",
        "counter",
        ("type",),
        "Activities applied, or seen before, by type; a type that the funnel does not name is `other`.",
    ),
    Entry(
        "stage_changes_total",
        "counter",
        ("from", "to", "rule"),
        "Stage changes committed; `from` is empty where a lead was created.",
    ),
    Entry(
        "rule_outcomes_total",
        "counter",
        ("rule", "outcome"),
        "What became of leads that a rule had moved on: accepted, rejected or ignored; won or lost.",
    ),
    Entry("signals_total", "counter", ("signal",), "Signals given."),
    Entry("leads", "gauge", ("stage",), "Leads in this worker's open partitions, by stage."),
    Entry(
        "leads_to_reread",
        "gauge",
        (),
        "Leads of those that are still to be read again, after a change of the funnel, at most.",
    ),
    Entry(
        "previous_stage_seconds",
        "histogram",
        ("stage",),
        "How long leads had been in the stage that they left.",
        # From a demonstration's seconds to the year that a sale may take.
        (10, _MINUTE, 10 * _MINUTE, _HOUR, 6 * _HOUR, *(days * _DAY for days in _STAY_DAYS)),
    ),
    Entry(
        "decision_latency_seconds",
        "histogram",
        (),
        "From a record's time to the commit of a stage change that it caused, not one that time caused.",
        # Tens of milliseconds in a quiet stream; minutes while a backlog is worked off.
        (0.005, 0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300),
    ),
    Entry(
        "chunk_seconds",
        "histogram",
        (),
        "How long a pass took, its transaction included.",
        # Up to what ends a transaction: its time-out.
        (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10),
    ),
    Entry(
        "chunk_records",
        "histogram",
        (),
        "How many records of the input a pass took; none where time alone moved leads.",
        (0, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000),
    ),
    Entry(
        "consumer_lag_records",
        "gauge",
        ("topic", "partition"),
        "How far an open partition's applied position is behind the end of its log.",
        # Of a partition that has just moved, the worker that lost it may still speak.
        merged="max",
    ),
    Entry(
        "stream_time_seconds",
        "gauge",
        ("partition",),
        "An open partition's clock, since the epoch: up to where time has moved its silent leads.",
        merged="max",
    ),
    Entry(
        "transactions_total",
        "counter",
        ("outcome",),
        "Transactions by outcome; an aborted or fenced one is done again from what is committed.",
    ),
    Entry("table_leads", "gauge", ("partition",), "Leads in an open partition's table.", merged="max"),
    Entry(
        "table_recovery_seconds",
        "histogram",
        (),
        "From an assignment to a table that is built from its changelog.",
        (0.05, 0.1, 0.25, 0.5, 1, 2, 3, 5, 10, 30, 60, 120, 300),
    ),
    Entry("rebalances_total", "counter", (), "Assignments that the group has given this worker."),
    Entry("dead_letters_total", "counter", ("reason",), "Dead letters, by what was wrong with the record."),
    Entry("funnel_info", "gauge", ("funnel", "hash"), "1, with the funnel in force as labels.", merged="max"),
    Entry(
        "funnel_reload_success",
        "gauge",
        (),
        "1; 0 from a changed funnel file that was refused to one that was not.",
        merged="min",
    ),
    Entry(
        "broker_waiting_seconds",
        "gauge",
        (),
        "How long this worker has been waiting for the brokers to answer; 0 while they do.",
        merged="max",
    ),
)
"""All metrics of a worker that are leadgate's own. A lead is never a label."""

SUPERVISOR = (
    Entry("member_up", "gauge", ("worker",), "Of each member: 1 while it answers, else 0."),
    Entry("member_restarts_total", "counter", ("worker",), "Of each member: how often it was started again."),
)
"""What a supervisor adds of its own."""
