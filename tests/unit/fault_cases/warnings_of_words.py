"""Warnings about words: misspelt, or used nowhere; and about the comments that suppress one."""

from tests.unit.fault_cases.case import Case
from tests.unit.fault_cases.doubtful import TO_MQL, TO_SQL, funnel, score, to_sql

STRAIGHT = "write straight ones, or none"

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
            "points: [{on: demo_held, add: 1}, {on: demo_held, source: s, add: 2}, {on: ▸demo_hald, add: 3}]",
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
        "odd-activity",
        to_sql("{any: [{did: trial_started, since: entry}, {did: ▸trail_started, since: entry}]}"),
        "`trail_started` is one letter from `trial_started` (7:34), each named once",
        "are they one? then spell both alike",
    ),
    Case(
        "odd-activity",
        to_sql("{any: [{did: web_site_visited, since: entry}, {did: ▸website_visited, since: entry}]}"),
        "`website_visited` is one letter from `web_site_visited` (7:34), each named once",
        "are they one? then spell both alike",
    ),
    Case(
        "odd-trait",
        to_sql("{any: [{trait: company.size, is: 1}, {has: company.size}, {has: ▸company.sise}]}"),
        "`company.sise` is named here only, and one letter from `company.size`",
        "did you mean `company.size`?",
    ),
    Case(
        "unused-suppression",
        funnel(TO_MQL, TO_SQL, more="# lint: ok ▸no-way-in\ndefine: {}"),
        "line 12 has no warning `no-way-in`",
        "take the code out of the comment",
    ),
    Case(
        "unused-suppression",
        funnel(TO_MQL, TO_SQL, more="# lint: ok ▸no-wayin (people do it)"),
        "no warning has the code `no-wayin`",
        "did you mean `no-way-in`?",
    ),
    Case(
        "unused-suppression",
        funnel(TO_MQL, TO_SQL, more="# lint: ok ▸unknown-stage"),
        "`unknown-stage` is a fault, which no comment suppresses",
        "mend it, or take the code out",
    ),
    Case(
        "unused-suppression",
        funnel(TO_MQL, TO_SQL, more="▸# lint: ok"),
        "this comment names no code, so it suppresses nothing",
        "write such as `# lint: ok no-way-out`",
    ),
]

MEANT = {
    "apostrophe in a text": to_sql("{did: y, where: {p: {has_word: don’t}}, since: entry}"),
    "digits are no slips": to_sql("{sequence: [step_1, step_1, step_2], since: entry}"),
    "short types": to_sql("{sequence: [call, call, ball], since: entry}"),
    "two letters apart": to_sql("{sequence: [demo_held, demo_held, dome_hold], since: entry}"),
    "named more than once": to_sql("{sequence: [demo_held, demo_held, demo_hold, demo_hold], since: entry}"),
    "short words that differ": to_sql("{any: [{has: company.size}, {has: company.site}]}"),
    "both spellings in one list": to_sql("{did: [email_open, email_opens], since: entry}"),
    "known, and said so on the line": to_sql("{did: y}").replace(
        "{did: y}}", "{did: y}}  # lint: ok fires-again"
    ),
    "known, and said so above": to_sql("{did: y}")
    .replace("  - {to: sql", "  # lint: ok fires-again, no-way-in: as they do\n  # Or so.\n\n  - {to: sql")
    .replace(", no-way-in", ""),
    "a text, and no comment": to_sql("{did: y, since: entry, where: {p: 'a # lint: ok no-way-in'}}"),
}
"""Files without a warning, each next to one that has it."""
