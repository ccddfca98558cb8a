"""What can be wrong with a funnel file, or doubtful in it: a fault with its place.

A fault is always the file's author's to mend. The message says what is wrong in the
words of the file; the tables (``fault_codes``, ``warning_codes``) say what each code means
and what to do about it. A file with faults is refused; warnings have the same form and
refuse nothing.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import islice

from qualifiers.case_fault_codes import CASE_FAULTS
from qualifiers.fault_codes import FAULTS
from qualifiers.warning_codes import WARNINGS

MAX_SAID = 300
"""Characters of a message: what it names out of the file may be as long as the file."""
MAX_KNOWN = 200
"""Words that are looked through for one that was meant."""


@dataclass(frozen=True, order=True)
class Fault:
    """One thing that is wrong with a funnel file, or doubtful, and where (line and column from 1)."""

    file: str
    line: int
    column: int
    code: str
    message: str
    hint: str = ""

    def __post_init__(self) -> None:
        for part in ("message", "hint"):
            said = getattr(self, part)
            if len(said) > MAX_SAID:
                object.__setattr__(self, part, said[: MAX_SAID - 1] + "…")

    @property
    def what_to_do(self) -> str:
        """The hint, or else what the table says of the code."""
        return self.hint or (FAULTS | CASE_FAULTS | WARNINGS)[self.code].do

    def __str__(self) -> str:
        hint = f" ({self.hint})" if self.hint else ""
        return f"{self.file}:{self.line}:{self.column} {self.message}{hint}"


class FunnelFaults(Exception):
    """A funnel file is refused as one; ``faults`` are all that is wrong with it, by place."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(sorted(set(faults)))
        super().__init__("\n".join(map(str, self.faults)))


def closest(word: object, known: Iterable[str]) -> str | None:
    """The known word most like it, if one is."""
    text = str(word)[:80].lower()
    return next(iter(get_close_matches(text, islice(known, MAX_KNOWN), n=1, cutoff=0.6)), None)


def did_you_mean(word: object, known: Iterable[str]) -> str:
    """`did you mean …?` with the known word most like it, or nothing."""
    close = closest(word, known)
    return f"did you mean `{close}`?" if close else ""
