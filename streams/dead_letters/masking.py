"""A dead letter as it is shown where traits are personal. On its topic it stays as it came, for a replay."""

import json
from dataclasses import replace

import msgspec

from qualifiers.personal import WITHHELD, Personal
from streams.dead_letters.letter import Letter

_OF_A_LEAD = ("traits", "properties")
"""The members of an activity in which a person is told of; a property may be called as the trait is."""
_TEXTS = ("id", "lead_id", "type", "occurred_at", "source")
"""Those that are text, and shown. What is in a member that an activity does not have may be anything."""
HIDDEN = b"withheld: in what is no activity nobody can tell what is personal (--value has it as it came)"


def masked(letter: Letter, personal: Personal) -> Letter:
    """The letter, with another value: without what is personal, where that can be told, else with none."""
    if letter.value is None:
        return letter
    try:
        document = msgspec.json.decode(letter.value)
    except (msgspec.DecodeError, RecursionError):
        return replace(letter, value=HIDDEN)
    if not isinstance(document, dict):
        return replace(letter, value=HIDDEN)
    shown = {member: _shown(member, told, personal) for member, told in document.items()}
    return replace(letter, value=json.dumps(shown, ensure_ascii=False).encode())


def _shown(member: str, told: object, personal: Personal) -> object:
    """What a member of an activity says, as far as that can be no more than it should be."""
    if isinstance(told, dict) and member in _OF_A_LEAD:
        return personal.of_all(told)
    is_safe = told is None or (isinstance(told, str) and member in _TEXTS)
    return told if is_safe else WITHHELD
