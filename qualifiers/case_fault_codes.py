"""Every code that a fault of a file of cases can have besides those of all files."""

from qualifiers.fault_codes import Meaning

CASE_FAULTS: dict[str, Meaning] = {
    "bad-moment": Meaning("A moment cannot be read.", "Write it as `day 3 10:00`, `monday 10:00` or `+2h`."),
    "moment-before": Meaning(
        "Something is expected at a moment that is over by then.", "Put the line where its moment is."
    ),
    "no-line": Meaning(
        "A line says neither what is done nor what is expected.", "Add `did`, or `stage`, or take it out."
    ),
    "several-deeds": Meaning("A line does several things.", "Give each a line of its own."),
    "not-of-a-deed": Meaning("A key needs an activity that it belongs to.", "Add `did`, or take it out."),
    "no-expectation": Meaning("A case expects nothing, so it can't fail.", "Say what is expected."),
    "duplicate-case": Meaning("Two cases have one name.", "Give one of them another name."),
    "unknown-rule": Meaning("No transition has that name.", "Name one of the funnel's transitions."),
    "unknown-signal": Meaning("No signal has that name.", "Name one of the funnel's signals."),
    "odd-activity": Meaning(
        "An activity's type is one letter from one that the funnel asks about.", "Spell it like that one."
    ),
}
"""The codes are stable: scripts may rely on them."""
