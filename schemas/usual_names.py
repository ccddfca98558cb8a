"""Names that most funnels use, each with a number by which a lead's state writes it.

A state must be readable by itself, by whoever has it and under whatever funnel, so no name in
it may depend on a funnel's own table. These numbers are part of the state's format instead: what
is here stays where it is, and more may be added behind it. Any other name is written out.
"""

from collections.abc import Mapping

_NAMES = (
    # Stages, and how a lead comes into them.
    "lead", "mql", "sal", "sql", "sqo", "customer", "client", "recycled", "nurture", "disqualified",
    "created", "manual", "merged",
    "to-mql", "to-sal", "to-sql", "to-sqo", "to-customer", "to-client",
    "rejected", "lost", "opted-out", "not-accepted-in-time", "gone-quiet", "stalled", "back-again",
    "given-up",
    # Traits.
    "company", "name", "domain", "employees", "industry", "country", "city", "revenue",
    "first_name", "last_name", "email", "phone", "job_title", "title", "language",
    "consent", "budget", "authority", "need", "timeline",
)  # fmt: skip

NUMBERS: Mapping[str, int] = {name: number for number, name in enumerate(_NAMES)}
_BY_NUMBER: Mapping[int, str] = dict(enumerate(_NAMES))


def written(name: str) -> int | str:
    """A name as a state has it: its number, or where it has none the name itself."""
    return NUMBERS.get(name, name)


def named(written: int | str) -> str:
    """The name that was written so. Raises LookupError for a number that none has."""
    return written if isinstance(written, str) else _BY_NUMBER[written]
