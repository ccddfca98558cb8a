"""Faults of the text itself: it cannot be read, or only in part."""

from qualifiers.loader_yaml import MAX_BYTES
from tests.unit.fault_cases.case import HEAD, MARK, RULE, Case, points, rules, when

TOO_DEEP = "things stand inside each other more than 60 levels deep", "name a part of it under `define`"
LAUGHS = "a: &a [1,1,1,1,1,1,1,1,1,1]\n" + "".join(
    f"{new}: &{new} [{','.join([f'*{old}'] * 10)}]\n" for old, new in zip("abcdef", "bcdefg", strict=True)
).replace(",*d]", ",▸*d]")
DOUBLED = "define:\n  d0: {did: x}\n" + "".join(
    f"  d{n}: {MARK if n == 12 else ''}{{all: [{{use: d{n - 1}}}, {{use: d{n - 1}}}]}}\n"
    for n in range(1, 15)
)

CASES = [
    Case(
        "not-utf8",
        "funnel: f\nstages: [å▸".encode() + b"\xff]",
        "the file is not UTF-8: byte 0xff stands here",
        "save it as UTF-8",
    ),
    Case(
        "control-character",
        "funnel: f\nstages: [▸\x07]",
        "the character U+0007 cannot stand in the file",
        "take it out",
    ),
    Case("too-large", "▸" + " " * (MAX_BYTES + 1), "the file is larger than it can be (1,048,576 bytes)"),
    Case("too-large", LAUGHS, "the file holds more than 100,000 values, aliases written out"),
    Case(
        "too-large",
        when("{use: d14}") + DOUBLED,
        "`d12` is too much once all that it uses is written out",
        "at most 10,000 conditions, 60 deep",
    ),
    Case(
        "too-deep",
        "a: " + "[" * 59 + "▸" + "[" * 41 + "]" * 100,
        *TOO_DEEP,
    ),
    Case(
        "too-deep",
        "a: &a " + "[" * 40 + "]" * 40 + "\nb: " + "[" * 30 + "▸*a" + "]" * 30,
        *TOO_DEEP,
    ),
    Case(
        "not-yaml",
        HEAD + "▸\ttransitions: []",
        "this cannot be read as YAML: found character that cannot start any token",
        "indent with spaces, not with tabs",
    ),
    Case(
        "not-yaml",
        "funnel: f\nstages: [lead▸}",
        "this cannot be read as YAML: did not find expected ',' or ']'",
    ),
    Case(
        "not-yaml",
        "funnel: a▸: b",
        "this cannot be read as YAML: mapping values are not allowed in this context",
    ),
    Case("empty-file", "▸", "the file is empty", "start from a preset: startup, consulting or agency"),
    Case(
        "empty-file",
        "▸# only a comment\n---\n",
        "the file is empty",
        "start from a preset: startup, consulting or agency",
    ),
    Case(
        "many-documents",
        "funnel: f\n▸---\nfunnel: g\n",
        "a second document starts here",
        "keep one document in a file",
    ),
    Case(
        "unknown-tag",
        HEAD + f"transitions: ▸!!seq [{RULE}]",
        "the tag `tag:yaml.org,2002:seq` means nothing here",
        "take it out",
    ),
    Case(
        "unknown-alias",
        HEAD + "define: {d: &deal {did: x}, e: ▸*dael}",
        "`*dael` refers to nothing above it",
        "did you mean `deal`?",
    ),
    Case("unknown-alias", "a: &a [▸*a]", "`*a` refers to nothing above it"),
    Case(
        "duplicate-key",
        rules("{to: mql, when: {did: x}, ▸to: sql}"),
        "`to` stands twice here (the first is at 6:6)",
        "keep one of them",
    ),
    Case(
        "bad-key",
        when("{did: x, where: {▸2024: y}}"),
        "a key must be text, and `2024` is not",
        "put it in quotes",
    ),
    Case(
        "number-out-of-range",
        when("{trait: x, is: ▸.inf}"),
        "`.inf` is no number that can be kept exactly",
        "write a finite number",
    ),
    Case(
        "number-out-of-range",
        when("{trait: x, is: ▸12345678901234567890}"),
        "`12345678901234567890` is no number that can be kept exactly",
        "if it is an id, put it in quotes",
    ),
    Case(
        "number-out-of-range",
        when("{trait: x, is: ▸" + "9" * 5000 + "}"),
        "`9999999999999999999999999999999999999999` is no number that can be kept exactly",
        "write a finite number",
    ),
    Case(
        "not-utf8",
        MARK.encode() + HEAD.encode("utf-16"),
        "the file is not UTF-8: byte 0xff stands here",
        "save it as UTF-8",
    ),
    Case(
        "control-character",
        "f▸\0u\0n\0n\0e\0l\0:\0 \0f\0",  # UTF-16 without its mark
        "the character U+0000 cannot stand in the file",
        "save it as UTF-8",
    ),
    Case(
        "control-character",
        HEAD.replace("\n", "\r\n") + "#\r# ▸\x07",
        "the character U+0007 cannot stand in the file",
        "take it out",
    ),
    Case("too-deep", "[" * 1000 + "▸" + "[" * 19_000, *TOO_DEEP),
    Case("too-deep", "- " * 60 + "▸" + "- " * 19_940, *TOO_DEEP),
    Case("not-yaml", 'funnel: "f▸', "this cannot be read as YAML: found unexpected end of stream"),
    Case(
        "duplicate-key",
        HEAD + f"define: {{&d x: {{did: y}}, ▸*d : {{did: z}}}}\ntransitions: [{RULE}]",
        "`x` stands twice here (the first is at 5:10)",
        "keep one of them",
    ),
    Case(
        "bad-key",
        when("{did: x, where: {▸[a]: y}}"),
        "a key must be text, and this is not",
        "a key is one word, before a colon",
    ),
    Case(
        "bad-key",
        points("{on: x, add: 10,▸5}"),
        "a key must be text, and `5` is not",
        "a fraction is written with a point: 10.5",
    ),
    Case("not-yaml", "{▸", "this cannot be read as YAML: did not find expected node content"),
]
