"""Every code of a fault: what it means, and what to do about it."""

from typing import NamedTuple


class Meaning(NamedTuple):
    """What a code says, and what to do."""

    means: str
    do: str
    why: str = ""
    """Why it matters; of a fault there is nothing to say: the file is refused."""


FAULTS: dict[str, Meaning] = {
    # The text itself
    "not-utf8": Meaning("The file is not UTF-8 text.", "Save it as UTF-8."),
    "control-character": Meaning("The file holds a character that text cannot have.", "Take it out."),
    "too-large": Meaning("The file is larger than it can be.", "Take out what does not belong there."),
    "too-deep": Meaning("Things stand inside each other too deeply.", "Name a part under `define`."),
    "not-yaml": Meaning("It cannot be read as YAML.", "Look at indents, quotes and brackets there."),
    "empty-file": Meaning("The file holds nothing.", "Start from a preset: startup, consulting, agency."),
    "many-documents": Meaning("`---` starts a second document.", "Keep one document in a file."),
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
"""Every code that a fault of a funnel file can have. The codes are stable: scripts may rely on them."""
