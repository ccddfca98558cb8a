"""Faults of names: they lead nowhere, stand twice or go in a circle."""

from tests.unit.fault_cases.case import HEAD, RULE, TO_B, Case, rules, signals, when

CASES = [
    Case(
        "unknown-stage", rules("{to: ▸mqll, when: {did: x}}"), "unknown stage `mqll`", "did you mean `mql`?"
    ),
    Case(
        "unknown-stage",
        rules("{to: mql, from: [lead, ▸leed], when: {did: x}}"),
        "unknown stage `leed`",
        "did you mean `lead`?",
    ),
    Case(
        "unknown-stage",
        rules("{to: mql, from: [▸any], when: {did: x}}"),
        "`any` is no stage and stands alone",
        "write `from: any`, without brackets",
    ),
    Case("unknown-stage", when("{visited: ▸recycle}"), "unknown stage `recycle`", "did you mean `recycled`?"),
    Case(
        "unknown-stage",
        "funnel: f\nstages: [a, b]\nfinal: [▸c]\n" + TO_B,
        "unknown stage `c`",
        "there are: a, b",
    ),
    Case(
        "unknown-stage",
        "renamed: {cold: ▸mqll}\n" + rules(RULE),
        "unknown stage `mqll`",
        "did you mean `mql`?",
    ),
    Case(
        "renamed-stage",
        "renamed: {▸lead: mql}\n" + rules(RULE),
        "`lead` is a stage of this file, so it has not been renamed",
        "take it out of `renamed`, or out of the stages",
    ),
    Case(
        "unknown-score",
        when("{any: [{score: ▸sx, below: 3}]}"),
        "unknown score `sx`",
        "there is no score in this file",
    ),
    Case(
        "unknown-score",
        rules("{to: mql, when: {did: x}, resets: [▸s]}"),
        "unknown score `s`",
        "there is no score in this file",
    ),
    Case(
        "unknown-score",
        "hold: {when: {score: ▸s, below: 3}}\n" + rules(RULE),
        "unknown score `s`",
        "there is no score in this file",
    ),
    Case(
        "unknown-stage",
        signals("{name: s, in: ▸mlq, when: {did: x}}"),
        "unknown stage `mlq`",
        "did you mean `mql`?",
    ),
    Case(
        "duplicate-signal",
        signals("{name: s, in: mql, when: {did: x}}", "{name: ▸s, in: sql, when: {did: y}}"),
        "two signals are called `s` (the first at 8:12)",
        "give one of them another name",
    ),
    Case(
        "unknown-score",
        signals("{name: s, in: mql, when: {score: ▸t, below: 1}}"),
        "unknown score `t`",
        "there is no score in this file",
    ),
    Case(
        "unknown-definition",
        when("{use: ▸redy}") + "define: {ready: {did: x}}",
        "unknown definition `redy`",
        "did you mean `ready`?",
    ),
    Case(
        "duplicate-stage",
        "funnel: f\nstages: [a, b]\noff_path: [▸b]\n" + TO_B,
        "the stage `b` is named twice (first at 2:13)",
        beyond_schema="the stages beside the path are another list",
    ),
    Case(
        "duplicate-stage",
        "funnel: f\nstages: [a, b, ▸a]\n" + TO_B,
        "the stage `a` is named twice (first at 2:10)",
    ),
    Case(
        "duplicate-transition",
        rules(RULE, "{to: ▸mql, when: {did: x}}"),
        "two transitions are called `to-mql` (the first at 6:10)",
        "give one of them a `name` of its own",
    ),
    Case(
        "duplicate-transition",
        rules("{to: mql, when: {did: x}}", "{to: mql, name: ▸to-mql, when: {did: y}}"),
        "two transitions are called `to-mql` (the first at 6:10)",
        "give one of them a `name` of its own",
    ),
    Case(
        "reserved-name",
        "funnel: f\nstages: [a, ▸any]\ntransitions: [{to: any, when: {did: x}}]",
        "a stage cannot be called `any`: in `from` it means each stage that is not final",
    ),
    Case(
        "reserved-name",
        rules("{to: mql, name: ▸created, when: {did: x}}"),
        "a transition cannot be called `created`: decisions use that word",
    ),
    Case(
        "define-circle",
        when("{use: a}") + "define:\n  a: {use: b}\n  b: {none: [{use: ▸a}]}",
        "`a` goes in a circle: a → b → a",
        "write one of them out",
    ),
    Case(
        "define-circle",
        when("{use: a}") + "define: {a: {use: ▸a}}",
        "`a` goes in a circle: a → a",
        "write one of them out",
    ),
    Case(
        "unknown-stage",
        rules("{to: ▸any, when: {did: x}}"),
        "unknown stage `any`",
        "there are: lead, mql, sql, recycled",
    ),
    Case(
        "from-final",
        HEAD.replace("[sql]", "[lead]") + "transitions:\n  - {to: ▸mql, when: {did: x}}",
        "no rule can lead out of `lead`, as it is final",
        "take it out of `from`, or out of `final`",
    ),
    Case(
        "too-large",
        when("{use: d}") + "define: {d: ▸&d {any: [" + ", ".join(["{has: x}"] * 10_000) + "]}}",
        "`d` is too much once all that it uses is written out",
        "at most 10,000 conditions, 60 deep",
    ),
]
