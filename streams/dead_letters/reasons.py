"""What each reason of a dead letter means, and what a person does about it."""

from typing import NamedTuple

from schemas.dead_letter import DeadLetterReason


class Meaning(NamedTuple):
    """A row of the table."""

    means: str
    do: str


_MEND = "have its sender mend it; replay it with the right value (`--set-value`), or drop it"

REASONS: dict[DeadLetterReason, Meaning] = {
    "not_json": Meaning("its value is not JSON", _MEND),
    "not_utf8": Meaning("its value is not UTF-8", _MEND),
    "null_value": Meaning("it has no value", _MEND),
    "too_deep": Meaning("its value is nested deeper than 32 levels", _MEND),
    "too_large": Meaning(
        "its value, or what comes of it, is larger than may be",
        "replay it with a smaller value (`--set-value`); or, where its message says that what comes of it "
        "can't be sent, see what `leadgate topics check` says, and replay it",
    ),
    "missing_member": Meaning("it is no activity: a member is missing, which the message names", _MEND),
    "wrong_type": Meaning("it is no activity: a member, which the message names, is of another type", _MEND),
    "bad_moment": Meaning("its `occurred_at` is no moment", _MEND),
    "future": Meaning(
        "it is dated more than 5 minutes after it was appended",
        "replay it when its moment has come, or with the right moment (`--set-value`)",
    ),
    "unknown_stage": Meaning(
        "a `stage_assigned` names a stage that the funnel does not have",
        "put a funnel in force that has the stage, and replay it; or replay it with another stage "
        "(`--set-value`)",
    ),
    "merge_circle": Meaning(
        "a `lead_merged` into the lead itself, or into what has become part of it; or an activity that was "
        "sent on too often, as its lead was merged in a circle",
        "the leads are what they were: drop it, or replay it with the right `into` (`--set-value`)",
    ),
    "key_mismatch": Meaning(
        "it has been sent home before, and this is still not its home",
        "see what `leadgate topics check` says, and replay it: it is sent home anew",
    ),
    "failed_evaluation": Meaning(
        "leadgate's own fault: please report it",
        "replay it when a leadgate runs that has the fault mended",
    ),
}
