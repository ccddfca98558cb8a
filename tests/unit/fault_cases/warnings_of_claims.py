"""Warnings about conditions that are never true."""

from tests.unit.fault_cases.case import Case
from tests.unit.fault_cases.doubtful import both, to_sql

AT_ONCE = "take one of them out, or put both under `any`"

CASES = [
    Case(
        "never-true",
        both("{has: t}", "▸{none: [{has: t}]}"),
        "this is never true while what is asked at 7:28 is",
        AT_ONCE,
    ),
    Case(
        "never-true",
        both("{use: d}", "▸{none: [{in_stage: 3d}]}", "define: {d: {all: [{in_stage: 9d}, {has: t}]}}"),
        "this is never true while what is asked at 7:28 is",
        AT_ONCE,
    ),
    Case(
        "never-true",
        both("{did: y, since: entry, within: 3d}", "▸{none: [{did: y}]}"),
        "this is never true while what is asked at 7:28 is",
        AT_ONCE,
    ),
    Case(
        "never-true",
        both("{score: s, at_least: 9}", "▸{score: s, below: 9}", "scores: {s: {points: [{on: x, add: 1}]}}"),
        "this is never true while what is asked at 7:28 is",
        AT_ONCE,
    ),
    Case(
        "never-true",
        to_sql("▸{score: s, between: [5, 9], below: 5}", "scores: {s: {points: [{on: x, add: 1}]}}"),
        "what is asked here is never true at once",
        "take one of the bounds out",
    ),
    Case(
        "never-true",
        to_sql("▸{trait: t, is_not: a, in: [A]}"),
        "what is asked here is never true at once",
        "take one of the bounds out",
    ),
    Case(
        "never-true",
        both("{trait: t, is: a}", "▸{trait: t, in: [b, c]}"),
        "this is never true while what is asked at 7:28 is, unless the trait is a list",
        AT_ONCE,
    ),
    Case(
        "never-true",
        to_sql("{at_least: 2, of: [{trait: t, above: 500}, ▸{trait: t, at_most: '500'}]}"),
        "this is never true while what is asked at 7:40 is, unless the trait is a list",
        AT_ONCE,
    ),
    Case(
        "never-true",
        both("{has: t}", "▸{trait: t, exists: false}"),
        "this is never true while what is asked at 7:28 is",
        AT_ONCE,
    ),
]

MEANT = {
    "both bounds of a range": both("{trait: t, at_least: 5}", "{trait: t, at_most: 5}"),
    "one of both lists": both("{trait: t, in: [a, b]}", "{trait: t, in: [b, c]}"),
    "of another trait": both("{trait: t, is: a}", "{trait: u, is: b}"),
    "something has been done, but not lately": both("{did: y}", "{none: [{did: y, within: 3d}]}"),
    "more than one, and not more than that": both(
        "{did: y, times: 2, within: 9d}", "{none: [{did: y, times: 3}]}"
    ),
}
"""Files without a warning, each next to one that has it."""
