"""Warnings about stages and rules: no way in or out, never firing, firing again."""

from tests.unit.fault_cases.case import Case
from tests.unit.fault_cases.doubtful import TO_MQL, TO_SQL, funnel, never, to_sql

SINCE = "ask with `since: entry` or `within`, or slow it with `again_after`"
AGAIN = "`to-sql` moves a lead that comes back to `mql` on by what it did before"
NEVER = "`two` never fires: when it is true, `one` (8:5) is too, and comes first"
FIRST = "put it first, or take it out"

CASES = [
    Case(
        "no-way-in",
        funnel(
            TO_MQL,
            TO_SQL,
            "{name: round, to: aside, from: apart, when: {did: d, since: entry}}",
            "{name: and-back, to: apart, from: aside, when: {did: e, since: entry}}",
        ).replace("[recycled]", "[recycled, ▸aside, apart]"),
        "no rule leads to `aside` but from where no lead comes: only a person can move a lead there",
        "write a transition to it, or take it out",
    ),
    Case(
        "no-way-out",
        funnel(TO_MQL, TO_SQL, "{name: lost, to: lost, from: mql, when: {did: d, since: entry}}").replace(
            "[recycled]", "[recycled, ▸lost]"
        ),
        "no rule leads out of `lost`: a lead stays there until a person moves it",
        "write a transition from it, or name it under `final`",
    ),
    Case(
        "no-way-in",
        "funnel: f\nstages: [lead, mql]\nfinal: [mql]\noff_path: [▸lost]\n"
        "transitions: [{to: mql, when: {did: x}}]",
        "no rule leads to `lost`: only a person can move a lead there",
        "write a transition to it, or take it out",
    ),
    Case(
        "never-fires",
        never(
            "to: recycled, from: [mql, sql], when: {quiet: 3d}", "to: recycled, from: sql, when: {quiet: 72h}"
        ),
        NEVER,
        FIRST,
    ),
    Case(
        "never-fires",
        never(
            "to: won, from: sql, when: {any: [{quiet: 3d}, {has: t}]}",
            "to: recycled, from: sql, when: {all: [{in_stage: 1d}, {has: t}]}",
        ),
        NEVER,
        FIRST,
    ),
    Case(
        "never-fires",
        never(
            "to: won, from: sql, when: {has: t}",
            "to: recycled, from: sql, when: {use: d}",
            "define: {d: {has: t}}",
        ),
        NEVER,
        FIRST,
    ),
    Case(
        "never-fires",
        never("to: won, from: sql, when: {in_stage: 3d}", "to: recycled, from: sql, when: {in_stage: 9d}"),
        NEVER,
        FIRST,
    ),
    Case(
        "never-fires",
        never(
            "to: won, from: sql, when: {did: y, within: 9d}",
            "to: recycled, from: sql, when: {did: y, times: 1, within: 9d}",
        ),
        NEVER,
        FIRST,
    ),
    Case(
        "never-fires",
        never(
            "to: won, from: sql, when: {trait: t, above: 3}",
            "to: recycled, from: sql, when: {all: [{trait: t, between: [4, 9]}, {has: u}]}",
        ),
        NEVER,
        FIRST,
    ),
    Case(
        "never-fires",
        never(
            "to: won, from: sql, when: {none: [{did: y, within: 9d}]}",
            "to: recycled, from: sql, when: {none: [{did: y, within: 30d}, {has: t}]}",
        ),
        NEVER,
        FIRST,
    ),
    Case(
        "never-fires",
        never(
            "to: won, from: sql, when: {all: [{score: s, at_least: 3}, {has: t}]}",
            "to: recycled, from: sql, when: {all: [{has: [t, u]}, {score: s, between: [4, 9]}]}",
            "scores: {s: {points: [{on: x, add: 1}]}}",
        ),
        NEVER,
        FIRST,
    ),
    Case(
        "never-fires",
        funnel(
            TO_MQL,
            TO_SQL,
            "▸{name: two, to: won, from: sql, when: {all: [{in_stage: 9d}, {has: t}]}}",
            "{name: one, to: recycled, from: sql, when: {any: [{in_stage: 3d}, {did: y, since: entry}]}}",
        ),
        "`two` never fires: the time of `one` (9:5) is up before",
        "give it the shorter time, or take it out",
    ),
    Case("fires-again", to_sql("▸{did: y}"), AGAIN, SINCE),
    Case(
        "fires-again",
        to_sql("▸{any: [{in_stage: 3d}, {all: [{use: d}, {has: t}]}]}", "define: {d: {did: y}}"),
        AGAIN,
        SINCE,
    ),
    Case("fires-again", to_sql("▸{at_least: 1, of: [{did: y}, {in_stage: 3d}]}"), AGAIN, SINCE),
    Case(
        "fires-again",
        to_sql("▸{all: [{sum: p, of: y, at_least: 3}, {none: [{has: t}]}, {visited: sql}]}"),
        AGAIN,
        SINCE,
    ),
]

MEANT = {
    "a stage for people": funnel(TO_MQL, TO_SQL)
    .replace("[recycled]", "[recycled, out]")
    .replace("[won]", "[won, out]"),
    "another `from`": funnel(
        TO_MQL,
        TO_SQL,
        "{name: one, to: recycled, from: mql, when: {quiet: 3d}}",
        "{name: two, to: recycled, from: [mql, sql], when: {quiet: 3d}}",
    ),
    "wider comes second": funnel(
        TO_MQL,
        TO_SQL,
        "{name: one, to: won, from: sql, when: {all: [{quiet: 3d}, {has: t}]}}",
        "{name: two, to: recycled, from: sql, when: {quiet: 3d}}",
    ),
    "the first may be slowed": funnel(
        TO_MQL,
        TO_SQL,
        "{name: one, to: won, from: sql, when: {quiet: 3d}, again_after: 9d}",
        "{name: two, to: recycled, from: sql, when: {quiet: 3d}}",
    ),
    "the first may be held": funnel(
        TO_MQL,
        TO_SQL,
        "{name: one, to: won, from: sql, when: {quiet: 3d}}",
        "{name: two, to: recycled, from: sql, when: {quiet: 3d}}",
        more="hold: {when: {has: t}}",
    ),
    "the first may be passed over": funnel(
        TO_MQL,
        TO_SQL,
        "{name: one, to: mql, from: sql, when: {has: t}}",
        "{name: two, to: recycled, from: sql, when: {has: t}}",
    ),
    "asked of a window": to_sql("{did: y, within: 30d}"),
    "what it is, not what it did": to_sql("{trait: t, is: 1}"),
    "something new is needed": to_sql(
        "{all: [{did: y}, {in_stage: 1d}, {score: s, at_least: 1}]}",
        "scores: {s: {points: [{on: x, add: 1}]}}",
    ),
    "a deed that is not there": to_sql("{none: [{did: y, within: 3d}]}"),
    "it is slowed": to_sql("{did: y}, again_after: 30d"),
    "the first may be held, and its time is not the other's": funnel(
        TO_MQL,
        TO_SQL,
        "{name: two, to: recycled, from: sql, when: {in_stage: 9d}}",
        "{name: one, to: won, from: sql, when: {in_stage: 3d}}",
        more="hold: {when: {has: t}}",
    ),
    "hours of the clock, and of the calendar": funnel(
        TO_MQL,
        TO_SQL,
        "{name: one, to: won, from: sql, when: {in_stage: 3h}}",
        "{name: two, to: recycled, from: sql, when: {in_stage: 9bh}}",
        more="calendar: {hours: mon-fri 09:00-17:00}",
    ),
    "a stricter one comes first": funnel(
        TO_MQL,
        TO_SQL,
        "{name: one, to: won, from: sql, when: {trait: t, above: 3}}",
        "{name: two, to: recycled, from: sql, when: {trait: t, at_least: 3}}",
    ),
    "of another while": funnel(
        TO_MQL,
        TO_SQL,
        "{name: one, to: won, from: sql, when: {did: y, within: 9d}}",
        "{name: two, to: recycled, from: sql, when: {did: y, within: 30d}}",
    ),
    "a part of a none": funnel(
        TO_MQL,
        TO_SQL,
        "{name: one, to: won, from: sql, when: {none: [{has: [t, u]}]}}",
        "{name: two, to: recycled, from: sql, when: {none: [{has: [t, v]}]}}",
    ),
    "it never comes back": funnel("{to: mql, when: {did: y}}", TO_SQL),
}
"""Files without a warning, each next to one that has it."""
