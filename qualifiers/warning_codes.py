"""Every code of a warning: what it means, why it matters, and what to do about it."""

from qualifiers.fault_codes import Meaning

WARNINGS: dict[str, Meaning] = {
    # Words
    "curly-quotes": Meaning(
        "Typographic quotes stand around a text, as a part of it.",
        "Write them straight.",
        "No lead has such a text, so what asks for it is never true. Word processors put them in.",
    ),
    "odd-activity": Meaning(
        "An activity type is named once, and is one letter from another of the file's.",
        "Spell it like the other, if that was meant.",
        "A type that nobody sends is no fault: its rule waits for ever, and its points are never given.",
    ),
    "odd-trait": Meaning(
        "A trait is named once, and is one letter from another of the file's.",
        "Spell it like the other, if that was meant.",
        "A trait that nobody fills is missing of every lead, and what asks for it is not true.",
    ),
    "built-in-activity": Meaning(
        "A rule asks for an activity that is handled before any rule.",
        "Ask about the stage instead.",
        "No rule sees it, so this never counts.",
    ),
    "unused-score": Meaning(
        "No condition asks for the score.",
        "Ask for it, or take it out.",
        "It moves nobody: either a rule was forgotten, or its points are kept up for nothing.",
    ),
    "unused-definition": Meaning(
        "Nothing uses the named condition.",
        "Use it, or take it out.",
        "Whoever changes it later will think that this changes what leads do.",
    ),
    # Points
    "out-of-reach": Meaning(
        "A score can never be so high, or so low.",
        "Move the bound, or give other points.",
        "The rule looks as if it worked, and no lead ever gets there.",
    ),
    "always-true": Meaning(
        "A score is within these bounds whatever a lead does.",
        "Move the bound, or take the condition out.",
        "The rule does not ask what it seems to: leads that have done nothing pass it.",
    ),
    "overlapping-points": Meaning(
        "What fits a points line fits another of the score too, and it does not seem to be meant: the same"
        " activity without another `where`, or ranges that overlap by a part. (A range inside another, or a"
        " narrower `where`, is a bonus.)",
        "Take the activity out of one of them, or let one range end where the next begins.",
        "All lines that fit add up, so the lead gets both.",
    ),
    "bound-below-add": Meaning(
        "`at_most` is less than one such activity gives.",
        "Raise `at_most`, or lower `add`.",
        "`add` says points that nobody ever gets.",
    ),
    "no-effect": Meaning(
        "A key changes nothing: a `half_life` or `resets` of a score without `on` lines, or a `calendar` in a"
        " file without `bh`.",
        "Take it out, or write what it is for.",
        "It seems to cool a score, to empty it or to spare the nights, and does not.",
    ),
    # Stages and rules
    "no-way-in": Meaning(
        "No rule leads to the stage from where leads begin: only a person can move a lead there. (Said of all"
        " but the final stages beside the path: those are for people.)",
        "Write a rule to it, or take it out.",
        "What is built on the stage waits for leads that never come.",
    ),
    "no-way-out": Meaning(
        "No rule leads out of the stage, and it is not `final`.",
        "Write a rule out of it, or name it under `final`.",
        "Leads come in and stay for good: nothing wins them back, and no deadline ever clears them.",
    ),
    "never-true": Meaning(
        "A condition asks for two things that are not true at once. (Of a trait that is a list, each may be"
        " true of another of its values.)",
        "Take one of them out, or put them under `any`.",
        "The rule never fires, the signal is never given, and nothing else tells of it.",
    ),
    "never-fires": Meaning(
        "Another rule leads out of the same stages, is true whenever this one is, and comes first: by its"
        " place in the file, or as its time in the stage is up sooner. (It may be otherwise only where a"
        " person has just moved the lead, or the file has just been changed.)",
        "Put it first, or take it out.",
        "The rule is read as if it did something, and does nothing.",
    ),
    "fires-again": Meaning(
        "A lead that the rule has moved may come back, and is moved on by what it did the first time.",
        "Ask with `since: entry` or `within`, or slow the rule with `again_after`.",
        "Sales gets the lead back at once, without anything new from it.",
    ),
    # The comments that say that a warning is known
    "unused-suppression": Meaning(
        "A comment `# lint: ok …` names a code for which there is no warning there.",
        "Take the code out of the comment.",
        "It would hide the next warning of that kind, which nobody has looked at.",
    ),
}
"""Every code that a warning can have: a file with warnings is used all the same."""
