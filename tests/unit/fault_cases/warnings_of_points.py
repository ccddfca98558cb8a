"""Warnings about points: bounds that are never met, lines that give twice, keys that do nothing."""

from tests.unit.fault_cases.case import Case
from tests.unit.fault_cases.doubtful import TO_MQL, TO_SQL, funnel, lines, score, to_sql

LINE = "gets the points of the line at 11:23 too"
TWICE = "take it out of one of the two lines"
APART = "let one end where the next begins: `below` the one, `at_least` the next"

CASES = [
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
        "always-true",
        to_sql("▸{score: s, at_least: 0}", "scores: {s: {points: [{on: x, add: 1}]}}"),
        "`s` is always at least 0, so this is always true",
        "move the bound, or take it out",
    ),
    Case(
        "always-true",
        to_sql("▸{score: s, between: [-5, 10]}", "scores: {s: {points: [{if: {has: t}, add: 10}]}}"),
        "`s` is always at least 0 and at most 10, so this is always true",
        "move the bound, or take it out",
    ),
    Case("overlapping-points", lines("{on: [x, y], add: 1}", "{on: [▸y, z], add: 2}"), f"`y` {LINE}", TWICE),
    Case(
        "overlapping-points",
        lines("{on: x, where: {p: 1}, add: 1}", "{on: ▸X, where: {p: {is: 1}}, add: 2}"),
        f"`x` {LINE}",
        TWICE,
    ),
    Case(
        "overlapping-points",
        lines("{if: {has: [t]}, add: 1}", "▸{if: {has: t}, add: 2}"),
        f"whoever fits it {LINE}",
        TWICE,
    ),
    Case(
        "overlapping-points",
        lines("{if: {trait: t, between: [50, 500]}, add: 1}", "▸{if: {trait: t, at_least: 500}, add: 2}"),
        "`t` 500 is in this line and in that at 11:23: it gets the points of both",
        APART,
    ),
    Case(
        "overlapping-points",
        lines(
            "{on: x, where: {p: {above: 5, below: 9}}, add: 1}",
            "▸{on: x, where: {p: {at_least: 7, at_most: 12}}, add: 2}",
        ),
        "`p` from 7 to 9 is in this line and in that at 11:23: it gets the points of both",
        APART,
    ),
    Case(
        "bound-below-add",
        lines("{on: x, add: 15, at_most: ▸10}"),
        "one such activity gives 10 of the 15 points of `add`",
        "raise it to 15 or more, or lower `add`",
    ),
    Case(
        "no-effect",
        score("at_least: 1", "half_life: ▸30d, points: [{if: {has: t}, add: 1}]"),
        "only `on` lines cool, and `s` has none: its points hold as long as they are true",
        "take it out",
    ),
    Case(
        "no-effect",
        to_sql("{score: s, at_least: 1}, resets: ▸s", "scores: {s: {points: [{if: {has: t}, add: 1}]}}"),
        "only `on` lines are reset, and `s` has none",
        "take it out",
    ),
    Case(
        "no-effect",
        funnel(TO_MQL, TO_SQL, more="calendar: ▸{hours: mon-fri 09:00-17:00}"),
        "no duration of the file is in business hours (`4bh`), so the calendar is not asked",
        "take it out, or write `bh` where nights do not count",
    ),
]

MEANT = {
    "bounds per span end nothing": score("at_least: 41", "points: [{on: x, add: 20, at_most: 20, per: 7d}]"),
    "bounds that are just reached": score("at_least: 40", "limits: [0, 40], points: [{on: x, add: 20}]"),
    "a bonus for a part of a range": lines(
        "{if: {trait: t, at_least: 200}, add: 1}", "{if: {trait: t, at_least: 2000}, add: 2}"
    ),
    "a bonus for one of the activities": lines(
        "{on: x, where: {p: {starts_with: /a}}, add: 3}", "{on: x, add: 1}"
    ),
    "ranges side by side": lines(
        "{if: {trait: t, at_least: 50, below: 500}, add: 1}", "{if: {trait: t, at_least: 500}, add: 2}"
    ),
    "ranges of other things": lines(
        "{on: x, where: {p: {below: 9}}, add: 1}", "{on: x, where: {p: {above: 5}, q: 1}, add: 2}"
    ),
    "numbers beyond all that is counted": lines(
        f"{{if: {{trait: t, above: '{'9' * 400}'}}, add: 1}}",
        f"{{if: {{trait: t, below: '1{'0' * 400}'}}, add: 2}}",
    ),
    "ranges of text": lines(
        "{if: {trait: t, between: [a, f]}, add: 1}", "{if: {trait: t, between: [f, z]}, add: 2}"
    ),
    "a bound that it may leave": to_sql(
        "{score: s, between: [0, 5]}", "scores: {s: {points: [{on: x, add: 1}]}}"
    ),
    "some lines cool": score(
        "at_least: 1", "half_life: 30d, points: [{if: {has: t}, add: 1}, {on: x, add: 1}]"
    ),
}
"""Files without a warning, each next to one that has it."""
