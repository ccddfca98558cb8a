"""Faults of shape: keys and values that the model does not have."""

from tests.unit.fault_cases.case import (
    DURATION,
    FORMS,
    HEAD,
    RULE,
    TO_B,
    Case,
    points,
    rules,
    scores,
    signals,
    when,
)

CASES = [
    Case("no-value", when("{did: x, ▸within: }"), "`within` has no value", "write one, or take the key out"),
    Case(
        "no-value", when("{trait: x, ▸is: null}"), "`is` has no value", "what is missing is `exists: false`"
    ),
    Case("no-value", when("{did: [x, ▸~]}"), "this entry has no value", "write one, or take the entry out"),
    Case(
        "no-value", HEAD + "▸transitions:\n", "`transitions` has no value", "write one, or take the key out"
    ),
    Case(
        "unknown-key",
        "▸stagse: [a]\n" + rules(RULE.strip(" -\n")),
        "unknown key `stagse`",
        "did you mean `stages`?",
    ),
    Case("unknown-key", rules("{to: mql, ▸wen: {did: x}}"), "unknown key `wen`", "did you mean `when`?"),
    Case(
        "unknown-key",
        when("{did: x, times: 2, ▸withing: 3d}"),
        "unknown key `withing`",
        "did you mean `within`?",
    ),
    Case(
        "unknown-key",
        when("{trait: x, ▸starts-with: y}"),
        "unknown key `starts-with`",
        "did you mean `starts_with`?",
    ),
    Case(
        "unknown-key", when("{did: x, where: {y: {▸abov: 3}}}"), "unknown key `abov`", "did you mean `above`?"
    ),
    Case("unknown-key", when("{quiet: {▸fro: 3d, for: 3d}}"), "unknown key `fro`", "did you mean `for`?"),
    Case(
        "unknown-key",
        when("{did: x, ▸score: s}"),
        "`score` cannot stand in the same condition as `did`",
        "put several conditions under `all: […]`",
    ),
    Case(
        "unknown-key",
        scores("▸halflife: 3d", "points: [{on: x, add: 1}]"),
        "unknown key `halflife`",
        "did you mean `half_life`?",
    ),
    Case(
        "unknown-key",
        points("{on: x, add: 1, ▸atmost: 3}"),
        "unknown key `atmost`",
        "did you mean `at_most`?",
    ),
    Case(
        "unknown-key",
        "▸calender: {zone: UTC}\n" + rules(RULE),
        "unknown key `calender`",
        "did you mean `calendar`?",
    ),
    Case(
        "unknown-key",
        "hold: {when: {has: x}, ▸until: 3d}\n" + rules(RULE),
        "unknown key `until`",
        "known here: when",
    ),
    Case("missing-key", rules("▸{to: mql}"), "`when` is missing here"),
    Case(
        "missing-key",
        "▸stages: [a]\ntransitions: [{from: any, when: {did: x}, to: a}]",
        "`funnel` is missing here",
    ),
    Case("missing-key", when("▸{at_least: 1}"), "`of` is missing here"),
    Case("unknown-condition", when("{▸dit: x}"), "`dit` makes no condition", "did you mean `did`?"),
    Case("unknown-condition", when("{▸clicked: 3}"), "`clicked` makes no condition", f"known: {FORMS}"),
    Case("unknown-condition", when("▸{}"), "this condition says nothing", f"known: {FORMS}"),
    Case(
        "unknown-condition", points("{▸onn: x, add: 1}"), "`onn` makes no points line", "did you mean `on`?"
    ),
    Case(
        "not-a-condition",
        when("▸[{did: x}]"),
        "a condition is needed here, not a list",
        "write `all: […]` or `any: […]`",
    ),
    Case(
        "not-a-condition",
        when("▸demo"),
        "`demo` is not a condition",
        f"a condition is a mapping with one of: {FORMS}",
    ),
    Case(
        "not-a-condition",
        when("{all: [{did: x}, ▸y]}"),
        "`y` is not a condition",
        f"a condition is a mapping with one of: {FORMS}",
    ),
    Case("wrong-type", "▸- a\n", "a funnel file is a mapping that begins with `funnel: name`"),
    Case("wrong-type", HEAD + "transitions: ▸3", "a list is needed for `transitions`"),
    Case("wrong-type", when("{did: x, times: ▸two}"), "a whole number is needed for `times`"),
    Case("wrong-type", when("{did: x, times: ▸true}"), "a whole number is needed for `times`"),
    Case(
        "wrong-type",
        when("{trait: x, is: ▸[a, b]}"),
        "`is`: one value is needed here; a list is written with `in`",
    ),
    Case("wrong-type", when("{trait: x, above: ▸true}"), "`above`: a number or text is needed here"),
    Case("wrong-type", when("{trait: x, exists: ▸yes}"), "`true` or `false` is needed for `exists`"),
    Case(
        "wrong-type",
        when("{trait: x, starts_with: ▸47}"),
        "text is needed for `starts_with`",
        "put it in quotes",
    ),
    Case("wrong-type", points("{on: x, add: ▸many}"), "`add`: a number is needed here"),
    Case("bad-duration", when("{in_stage: ▸3 days}"), f"`in_stage`: {DURATION}"),
    Case("bad-duration", when("{in_stage: ▸0d}"), f"`in_stage`: {DURATION}"),
    Case(
        "bad-duration",
        when("{in_stage: ▸2bd}"),
        "`in_stage`: business time is written in hours alone, such as 4bh",
    ),
    Case("bad-duration", when("{in_stage: ▸30}"), f"`in_stage`: {DURATION}"),
    Case(
        "bad-duration",
        when("{in_stage: ▸99999999w}"),
        "`in_stage`: a duration is at most 36525d, a hundred years",
        beyond_schema="the limit is of a product",
    ),
    Case(
        "bad-name",
        "funnel: ▸My Funnel\nstages: [a, b]\n" + TO_B,
        "`My Funnel` cannot be a name",
        "a name has a-z, 0-9, `_` and `-`, a letter first",
    ),
    Case(
        "bad-name",
        rules(RULE) + "define: {▸Ready Now: {did: x}}",
        "`Ready Now` cannot be a name",
        "a name has a-z, 0-9, `_` and `-`, a letter first",
    ),
    Case(
        "bad-path",
        when("{trait: ▸company..size, is: 1}"),
        "`company..size` is not a path such as `company.size`",
        "dots go into what is inside; a name that has a dot in itself cannot be reached",
    ),
    Case(
        "bad-path",
        when("{did: x, where: {▸.y: 1}}"),
        "`.y` is not a path such as `company.size`",
        "dots go into what is inside; a name that has a dot in itself cannot be reached",
    ),
    Case(
        "bad-activity-type",
        when("{did: ▸'--'}"),
        "`--` has no letter or digit",
        beyond_schema="what a letter is, Unicode says",
    ),
    Case("bad-value", when("{did: x, since: ▸stage}"), "`since` can only be `entry`"),
    Case("bad-count", when("{did: x, times: ▸65}"), "`times` can be at most 64"),
    Case("bad-count", when("{did: x, times: ▸0}"), "`times` must be at least 1"),
    Case("bad-count", when("{all: ▸[]}"), "`all` needs at least 1"),
    Case("bad-count", scores("limits: ▸[1, 2, 3]", "points: [{on: x, add: 1}]"), "`limits` has more than 2"),
    Case(
        "bad-count",
        scores("limits: ▸[1]", "points: [{on: x, add: 1}]"),
        "`limits` needs a pair such as [0, 100]",
    ),
    Case(
        "bad-duration", rules("{to: mql, when: {did: x}, again_after: ▸soon}"), f"`again_after`: {DURATION}"
    ),
    Case("bad-count", when("{sequence: ▸[x]}"), "`sequence` needs at least 2"),
    Case(
        "unknown-key",
        when("{sequence: [x, {did: y, ▸times: 2}]}"),
        "unknown key `times`",
        "known here: did, where, source",
    ),
    Case("missing-key", signals("▸{name: s, when: {did: x}}"), "`in` is missing here"),
    Case("no-value", rules(RULE) + "scores: {▸s: }", "`s` has no value", "write one, or take the key out"),
    Case(
        "unknown-key",
        when("{▸triat: t, at_least: 1, below: 3}"),
        "unknown key `triat`",
        "did you mean `trait`?",
    ),
    Case(
        "unknown-key",
        rules(RULE, "{to: sql, when: {visited: mql}}").replace("stages", "▸stage"),
        "unknown key `stage`",
        "did you mean `stages`?",
    ),
    Case(
        "unknown-key",
        points("{on: x, add: 1}").replace("scores", "▸score"),
        "unknown key `score`",
        "did you mean `scores`?",
    ),
    Case(
        "unknown-key",
        rules("{to: recycled, ▸form: any, when: {did: x}}"),
        "unknown key `form`",
        "did you mean `from`?",
    ),
    Case("missing-key", f"▸funnel: f\ntransitions: [{RULE}]", "`stages` is missing here"),
    Case("wrong-type", "▸funnel", "a funnel file is a mapping that begins with `funnel: name`"),
    Case(
        "wrong-type", "▸cases: []", "this is a file of cases, and no funnel file", "`leadgate test` runs it"
    ),
    Case(
        "wrong-type",
        when("{score: s, at_least: 1}") + "scores: ▸[s]",
        "a mapping, `key: value`, is needed for `scores`",
    ),
    Case("wrong-type", when("{trait: t, in: ▸a}"), "a list is needed for `in`"),
    Case("wrong-type", when("{trait: t, between: [1, ▸true]}"), "`between`: a number or text is needed here"),
    Case(
        "wrong-type", points("{on: x, add: ▸'10'}"), "`add`: a number is needed here", "take the quotes off"
    ),
    Case(
        "wrong-type",
        scores("points:", "- on: x", "  add: ▸10,5"),
        "`add`: a number is needed here",
        "a fraction is written with a point: `10.5`",
    ),
    Case("bad-count", points("{on: x, add: 1, at_most: ▸0}"), "`at_most` must be above 0"),
    Case(
        "bad-count",
        f"funnel: ▸{'f' * 65}\nstages: [a, b]\n" + TO_B,
        f"`{'f' * 20}…` is longer than 64 characters",
    ),
    Case(
        "bad-count",
        rules(RULE).replace(
            "[lead, mql, sql]", f"▸[lead, mql, sql, {', '.join(f's{n}' for n in range(98))}]"
        ),
        "`stages` has more than 100",
    ),
    Case("bad-count", when("{sum: p, of: x, at_least: ▸0}"), "`at_least` must be above 0"),
]
