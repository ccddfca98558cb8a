"""Faults of meaning: what is well written, and could never work."""

from tests.unit.fault_cases.case import OPERATORS, Case, points, rules, scores, when

CASES = [
    Case(
        "from-needed",
        rules("{to: ▸recycled, when: {did: x}}"),
        "`recycled` is off the path, so nothing comes before it",
        "say which stages it leads from: `from: [...]`, or `from: any`",
    ),
    Case(
        "from-needed",
        rules("{to: ▸lead, when: {did: x}}"),
        "`lead` is the first stage, so nothing comes before it",
        "say which stages it leads from: `from: [...]`, or `from: any`",
    ),
    Case(
        "from-nowhere",
        rules("{to: recycled, from: ▸earlier, when: {did: x}}"),
        "no stage of the path comes before `recycled`",
    ),
    Case(
        "from-nowhere",
        rules("{to: mql, from: ▸mql, when: {did: x}}"),
        "a transition cannot lead from `mql` to itself",
    ),
    Case(
        "from-final",
        rules("{to: mql, from: [lead, ▸sql], when: {did: x}}"),
        "no rule can lead out of `sql`, as it is final",
        "take it out of `from`, or out of `final`",
    ),
    Case(
        "time-circle",
        rules("{to: mql, when: {in_stage: 1d}}", "▸{to: lead, from: mql, when: {quiet: 1d}}"),
        "time alone could move a lead round and round: lead → mql → lead",
        "let one of these steps need `did: …, since: entry`, or give it `again_after`",
    ),
    Case("no-operator", when("▸{trait: x}"), "nothing says what to compare with", f"add one of: {OPERATORS}"),
    Case(
        "no-operator",
        when("▸{score: s}") + "scores: {s: {points: [{on: x, add: 1}]}}",
        "the score is compared with nothing",
        "add `at_least`, `below` or `between`",
    ),
    Case(
        "no-operator",
        when("{did: x, where: {y: ▸{}}}"),
        "nothing says what to compare with",
        f"add one of: {OPERATORS}",
    ),
    Case(
        "no-operator",
        when("{did: x, source: ▸{}}"),
        "nothing says what to compare with",
        f"add one of: {OPERATORS}",
    ),
    Case(
        "bad-pattern",
        when("{trait: x, matches: ▸'(a'}"),
        "`matches` cannot read its pattern: missing ): (a",
        "patterns are RE2's: no look-around, no back-references",
    ),
    Case(
        "bad-pattern",
        points("{on: x, add: 1, where: {y: {matches: ▸'(?=a)'}}}"),
        "`matches` cannot read its pattern: invalid perl operator: (?=",
        "patterns are RE2's: no look-around, no back-references",
    ),
    Case(
        "blank-text",
        when("{trait: x, has_word: [a, ▸' ']}"),
        "`has_word` has nothing to look for",
        "write the text that it looks for",
    ),
    Case(
        "reversed-bounds",
        scores("limits: ▸[100, 0]", "points: [{on: x, add: 1}]"),
        "`100` is above `0`",
        "the lower one comes first",
    ),
    Case(
        "reversed-bounds",
        when("{trait: x, between: ▸['10', 9]}"),
        "`10` is above `9`",
        "the lower one comes first",
    ),
    Case(
        "unlike-bounds",
        when("{trait: x, between: ▸[1, b]}"),
        "`1` and `b` cannot be compared: one is text",
        "make both numbers, or both text",
    ),
    Case(
        "too-many-needed",
        when("{at_least: ▸3, of: [{has: x}, {has: y}]}"),
        "3 conditions are needed, but 2 listed",
        "it could never be true",
    ),
    Case(
        "not-on-traits",
        points("{if: {any: [{did: ▸x}, {has: x}]}, add: 1}"),
        "an `if` line cannot ask `did`: it is about traits alone",
        "for what a lead does, write an `on` line",
    ),
    Case(
        "not-on-traits",
        points("{if: {use: ▸d}, add: 1}") + "define: {d: {quiet: 1d}}",
        "`d` asks about more than traits, which an `if` line cannot",
        "use `trait` and `has` only; for what a lead does, `on`",
        beyond_schema="what `d` asks stands elsewhere",
    ),
    Case(
        "adds-nothing",
        points("{on: x, add: ▸0}"),
        "the line adds 0 points",
        "say how many, or take the line out",
    ),
    Case(
        "per-without-bound",
        points("{on: x, add: 1, per: ▸7d}"),
        "`per` says a span, but not how much is given in it",
        "add `at_most: …`, the most that the line gives in that span",
    ),
    Case(
        "bound-too-wide",
        points("{on: x, add: -1, at_most: ▸65}"),
        "`at_most` is more than 64 times what the line adds",
        "64 at most, or no bound at all",
    ),
    Case(
        "from-nowhere",
        rules("{to: lead, from: ▸earlier, when: {did: x}}"),
        "no stage of the path comes before `lead`",
    ),
    Case(
        "blank-text",
        when("{trait: x, starts_with: ▸''}"),
        "`starts_with` has nothing to look for",
        "write the text that it looks for",
    ),
    Case(
        "unlike-bounds",
        when("{trait: x, between: ▸['a', 1]}"),
        "`a` and `1` cannot be compared: one is text",
        "make both numbers, or both text",
    ),
    Case(
        "reversed-bounds",
        when("{trait: x, between: ▸[b, A]}"),
        "`b` is above `A`",
        "the lower one comes first",
    ),
    Case(
        "not-on-traits",
        points("{if: {use: ▸d}, add: 1}")
        + "define: {d: {any: [{has: x}, {use: e}]}, e: {any: [{use: d2}, {visited: mql}]}, d2: {has: x}}",
        "`d` asks about more than traits, which an `if` line cannot",
        "use `trait` and `has` only; for what a lead does, `on`",
        beyond_schema="what `d` asks stands elsewhere",
    ),
]
