"""Warnings: what is well written and works, and can hardly be meant; and what is near to it and is meant."""

from tests.unit.fault_cases.case import Case

HEAD = "funnel: f\nstages: [lead, mql, sql, won]\noff_path: [recycled]\nfinal: [won]\ntransitions:\n"
BACK = "{name: back, to: mql, from: recycled, when: {did: b, since: entry}}"
COOLED = "{name: cooled, to: recycled, from: [mql, sql], when: {did: c, since: entry}}"
WON = "{to: won, from: earlier, when: {did: w}}"
WAYS = (BACK, COOLED, WON)
TO_MQL = "{to: mql, when: {did: x}}"
TO_SQL = "{to: sql, when: {did: y, since: entry}}"


def funnel(*transitions: str, more: str = "") -> str:
    """A funnel with these transitions before some in which nothing is doubtful."""
    return HEAD + "".join(f"  - {line}\n" for line in (*transitions, *WAYS)) + more


def to_sql(condition: str, more: str = "") -> str:
    """A funnel in which leads come back to the stage that this condition leads out of."""
    return funnel(TO_MQL, "{to: sql, when: " + condition + "}", more=more)


def score(bound: str, lines: str) -> str:
    """A funnel that asks a score `s`, which is these lines."""
    return to_sql(f"{{score: s, {bound}}}", more=f"scores: {{s: {{{lines}}}}}")


def never(first: str, second: str, more: str = "") -> str:
    """A funnel in which two rules lead out of `mql`."""
    return funnel(TO_MQL, TO_SQL, f"{{name: one, {first}}}", f"▸{{name: two, {second}}}", more=more)


STRAIGHT = "write straight ones, or none"
SINCE = "ask with `since: entry` or `within`, or slow it with `again_after`"
AGAIN = "`to-sql` moves a lead that comes back to `mql` on by what it did before"
NEVER = "`two` never fires: when it is true, `one` (8:5) is too, and comes first"
FIRST = "put it first, or take it out"

CASES = [
    Case(
        "curly-quotes",
        to_sql("{did: ▸“demo_requested”, since: entry}"),
        "the quotes of `“demo_requested”` are typographic, so they are part of the text",
        STRAIGHT,
    ),
    Case(
        "curly-quotes",
        to_sql("{did: y, where: {▸‘p’: 1}, since: entry}"),
        "the quotes of `‘p’` are typographic, so they are part of the text",
        STRAIGHT,
    ),
    Case(
        "odd-activity",
        to_sql("{any: [{did: demo_held, since: entry}, {quiet: {for: 3d, of: [demo_held, ▸demo_hled]}}]}"),
        "`demo_hled` is named here only, and one letter from `demo_held`",
        "did you mean `demo_held`?",
    ),
    Case(
        "odd-activity",
        to_sql("{sequence: [demo_held, {did: ▸Demo Helds}, demo_held], since: entry}"),
        "`demo_helds` is named here only, and one letter from `demo_held`",
        "did you mean `demo_held`?",
    ),
    Case(
        "odd-activity",
        score(
            "at_least: 1",
            "points: [{on: demo_held, add: 1}, {on: demo_held, add: 2}, {on: ▸demo_hald, add: 3}]",
        ),
        "`demo_hald` is named here only, and one letter from `demo_held`",
        "did you mean `demo_held`?",
    ),
    Case(
        "built-in-activity",
        to_sql("{sum: p, of: ▸stage_assigned, at_least: 1, since: entry}"),
        "`stage_assigned` is handled before any rule, so no rule ever sees it",
        "ask about the stage instead: `visited`, `in_stage`",
    ),
    Case(
        "unused-score",
        funnel(TO_MQL, TO_SQL, more="scores: {s: ▸{points: [{on: x, add: 1}]}}"),
        "no condition asks for the score `s`: it is only shown",
        "ask for it, or take it out",
    ),
    Case(
        "unused-definition",
        funnel(TO_MQL, TO_SQL, more="define: {d: ▸{has: t}}"),
        "nothing uses the condition `d`",
        "write `use: d` somewhere, or take it out",
    ),
    Case(
        "out-of-reach",
        score(
            "at_least: ▸41",
            "points: [{on: x, add: 20, at_most: 20}, {if: {has: t}, add: 20}, {on: y, add: -5}]",
        ),
        "`s` is at most 40, so this is never true",
        "lower it, or give more points",
    ),
    Case(
        "out-of-reach",
        score("between: [▸41, 50]", "limits: [0, 40], points: [{on: x, add: 20}]"),
        "`s` is at most 40, so this is never true",
        "lower it, or give more points",
    ),
    Case(
        "out-of-reach",
        score("below: ▸0", "points: [{on: x, add: 20}]"),
        "`s` is at least 0, so this is never true",
        "raise it, or take points off",
    ),
    Case(
        "out-of-reach",
        score("between: [-9, ▸-6]", "points: [{on: x, add: -5, at_most: 5}]"),
        "`s` is at least -5, so this is never true",
        "raise it, or take points off",
    ),
    Case(
        "no-way-in",
        "funnel: f\nstages: [lead, mql]\noff_path: [▸lost]\ntransitions: [{to: mql, when: {did: x}}]",
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
    "apostrophe in a text": to_sql("{did: y, where: {p: {has_word: don’t}}, since: entry}"),
    "digits are no slips": to_sql("{sequence: [step_1, step_1, step_2], since: entry}"),
    "short types": to_sql("{sequence: [call, call, ball], since: entry}"),
    "two letters apart": to_sql("{sequence: [demo_held, demo_held, dome_hold], since: entry}"),
    "named more than once": to_sql("{sequence: [demo_held, demo_held, demo_hold, demo_hold], since: entry}"),
    "bounds per span end nothing": score("at_least: 41", "points: [{on: x, add: 20, at_most: 20, per: 7d}]"),
    "bounds that are just reached": score("at_least: 40", "limits: [0, 40], points: [{on: x, add: 20}]"),
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
    "it never comes back": funnel("{to: mql, when: {did: y}}", TO_SQL),
}
"""Files without a warning, each next to one that has it."""
