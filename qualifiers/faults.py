"""What can be wrong with a funnel file: one table of codes, and a fault with its place.

A fault is always the file's author's to mend. The message says what is wrong in the
words of the file; the tables say what each code means and what to do about it. A file
with faults is refused; warnings have the same form and refuse nothing.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import islice
from typing import NamedTuple


class Meaning(NamedTuple):
    """What a code says, and what to do."""

    means: str
    do: str


FAULTS: dict[str, Meaning] = {
    # The text itself
    "not-utf8": Meaning("The file is not UTF-8 text.", "Save it as UTF-8."),
    "control-character": Meaning("The file holds a character that text cannot have.", "Take it out."),
    "too-large": Meaning("The file is larger than a funnel can be.", "Take out what is not funnel."),
    "too-deep": Meaning("Things stand inside each other too deeply.", "Name a part under `define`."),
    "not-yaml": Meaning("It cannot be read as YAML.", "Look at indents, quotes and brackets there."),
    "empty-file": Meaning("The file holds no funnel.", "Start from a preset: startup, consulting, agency."),
    "many-documents": Meaning("`---` starts a second document.", "Keep one funnel in a file."),
    "unknown-tag": Meaning("A YAML tag such as `!x` stands there.", "Take it out."),
    "unknown-alias": Meaning(
        "`*name` refers to nothing above it.", "Put `&name` where it is meant, or spell it so."
    ),
    "duplicate-key": Meaning("The same key stands twice in one place.", "Keep one of them."),
    "bad-key": Meaning("A key is not text.", "Put it in quotes."),
    "number-out-of-range": Meaning(
        "A number is not finite, or too large to be exact.", "Put an id in quotes."
    ),
    # Its shape
    "no-value": Meaning("A key has no value.", "Give it one, or take the key out."),
    "unknown-key": Meaning("The key means nothing there.", "Spell it as the language does, or take it out."),
    "missing-key": Meaning("A key that is needed is not there.", "Add it."),
    "unknown-condition": Meaning("A condition says none of the forms there are.", "Use one of the forms."),
    "not-a-condition": Meaning(
        "Something else stands where a condition must.", "Write it as `{did: …}` or the like."
    ),
    "wrong-type": Meaning(
        "A value is of another kind than is needed there.", "Write what the message asks for."
    ),
    "bad-duration": Meaning(
        "A duration cannot be read.", "Write a whole number and a unit: 90s, 15m, 4h, 30d, 2w, or 4bh."
    ),
    "business-half-life": Meaning(
        "A half-life is given in business hours, but points decay always.", "Write it as 30d."
    ),
    "bad-hours": Meaning(
        "A range of the opening hours cannot be read, ends before it begins, or overlaps another.",
        "Write ranges such as mon-fri 09:00-17:00, with commas between them.",
    ),
    "no-open-hours": Meaning("The calendar has no hour that is open.", "Say when it is open."),
    "bad-holiday": Meaning("A holiday is no date.", "Write year, month and day: 2026-12-25."),
    "bad-name": Meaning(
        "A name has letters that names cannot have.", "Use a-z, 0-9, `_` and `-`, a letter first."
    ),
    "bad-path": Meaning("A dotted path cannot be read.", "Write names with one dot between them."),
    "bad-activity-type": Meaning(
        "An activity type has no letter or digit, or is too long.", "Name the activity."
    ),
    "bad-value": Meaning(
        "The value is not one of those that may stand there.", "Use one that the message names."
    ),
    "bad-count": Meaning(
        "Too few, too many, too small or too large.", "Keep inside the bounds that are named."
    ),
    # What it refers to
    "unknown-stage": Meaning("No stage has that name.", "Name it under `stages` or `off_path`."),
    "unknown-score": Meaning("No score has that name.", "Name it under `scores`."),
    "unknown-definition": Meaning("No condition is named so.", "Name it under `define`."),
    "duplicate-stage": Meaning("The same stage is named twice.", "Keep one of them."),
    "renamed-stage": Meaning(
        "`renamed` names a stage that the file still has.", "Take it out of `renamed`, or of the stages."
    ),
    "duplicate-transition": Meaning(
        "Two transitions have one name.", "Give one of them a `name` of its own."
    ),
    "duplicate-signal": Meaning("Two signals have one name.", "Give one of them another name."),
    "unknown-zone": Meaning("No time zone has that name.", "Name one such as Europe/Oslo, or UTC."),
    "duplicate-holiday": Meaning("The same holiday is named twice.", "Keep one of them."),
    "calendar-needed": Meaning(
        "A duration is in business hours, and nothing says which those are.", "Add a `calendar`."
    ),
    "reserved-name": Meaning("The name means something else already.", "Choose another."),
    "define-circle": Meaning("Named conditions use each other in a circle.", "Write one of them out."),
    # What it would do
    "from-needed": Meaning("No stage comes before the target.", "Say `from`."),
    "from-nowhere": Meaning("The transition can start from no stage.", "Say another `from`."),
    "from-final": Meaning(
        "A rule leads out of a final stage.", "Take the stage out of `from`, or of `final`."
    ),
    "time-circle": Meaning(
        "Time alone could move a lead round and round.", "Let one step need `did: …, since: entry`."
    ),
    "no-operator": Meaning("Nothing says what to compare with.", "Add an operator, such as `at_least: 50`."),
    "bad-pattern": Meaning("`matches` is not a pattern of RE2.", "Mend the pattern; RE2 has no look-around."),
    "blank-text": Meaning("A blank text would fit everything or nothing.", "Write the text to look for."),
    "reversed-bounds": Meaning("The lower bound is above the upper.", "Swap them."),
    "unlike-bounds": Meaning("One bound is a number, the other text.", "Make both of one kind."),
    "too-many-needed": Meaning(
        "More conditions are needed than are listed.", "Lower `at_least`, or list more."
    ),
    "not-on-traits": Meaning("An `if` line asks about more than traits.", "Use `trait` and `has` only."),
    "adds-nothing": Meaning("A points line adds 0.", "Say how many points, or take the line out."),
    "per-without-bound": Meaning("`per` says a span, but no bound.", "Add `at_most`."),
    "bound-too-wide": Meaning(
        "`at_most` is more than 64 times what the line adds.", "Lower it, or take it out."
    ),
}
"""Every code that a fault can have. The codes are stable: scripts may rely on them."""


WARNINGS: dict[str, Meaning] = {
    "curly-quotes": Meaning(
        "Typographic quotes stand around a text, as a part of it.", "Write them straight."
    ),
    "odd-activity": Meaning(
        "An activity type is named once, and is one letter from one that is named more often.",
        "Spell it like the other, if that was meant.",
    ),
    "built-in-activity": Meaning(
        "A rule asks for an activity that is handled before any rule.", "Ask about the stage instead."
    ),
    "unused-score": Meaning("No condition asks for the score.", "Ask for it, or take it out."),
    "unused-definition": Meaning("Nothing uses the named condition.", "Use it, or take it out."),
    "out-of-reach": Meaning(
        "A score can never be so high, or so low.", "Move the bound, or give other points."
    ),
    "no-way-in": Meaning(
        "No rule leads to the stage: only a person can move a lead there. (Said of all but the final"
        " stages beside the path: those are for people.)",
        "Write a rule to it, or take it out.",
    ),
    "never-fires": Meaning(
        "A rule before it leads out of the same stages, and is true whenever it is. (Only where a person has"
        " just moved the lead may the other be held back, and not this one.)",
        "Put it first, or take it out.",
    ),
    "fires-again": Meaning(
        "A lead that the rule has moved may come back, and is moved on by what it did the first time.",
        "Ask with `since: entry` or `within`, or slow the rule with `again_after`.",
    ),
}
"""Every code that a warning can have: a file with warnings is used all the same."""

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
        return self.hint or (FAULTS | WARNINGS)[self.code].do

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
