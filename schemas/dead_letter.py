"""A record that could not be applied, and why.

On Kafka a dead letter is the record as it came, with headers that say where it
lay and what was wrong; ``leadgate qualify`` writes one JSON line instead.
"""

from typing import Literal

from pydantic import BaseModel, ConfigDict

DeadLetterReason = Literal[
    "not_json",
    "not_utf8",
    "too_deep",
    "null_value",
    "missing_member",
    "wrong_type",
    "bad_moment",
    "future",
    "key_mismatch",
    "too_large",
    "unknown_stage",
    "merge_circle",
    "failed_evaluation",
]
"""What a dead letter can be for: the label of `leadgate_dead_letters_total`."""


class DeadLetterLine(BaseModel):
    """A dead letter of ``leadgate qualify``: the input line (from 1), why, and its text.

    ``reason`` is a DeadLetterReason, a colon, and a sentence for a person; in ``value``
    bytes that are not UTF-8 are written as ``\\xff``.
    """

    model_config = ConfigDict(frozen=True, title="DeadLetter")

    line: int
    reason: str
    value: str


class Unreadable(Exception):
    """A record that is no activity. Its sender's fault; ``str()`` is for a person.

    ``reason`` is one of DeadLetterReason.
    """

    def __init__(self, reason: DeadLetterReason, message: str) -> None:
        super().__init__(message)
        self.reason: DeadLetterReason = reason
