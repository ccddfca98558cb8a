"""Funnels in which nothing is doubtful but what is put into them."""

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


def lines(*each: str) -> str:
    """A funnel with these points lines."""
    return score("at_least: 1", f"points: [{', '.join(each)}]")


def both(one: str, other: str, more: str = "") -> str:
    """A funnel that asks two things at once."""
    return to_sql(f"{{all: [{one}, {other}]}}", more=more)
