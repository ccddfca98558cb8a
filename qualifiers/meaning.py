"""What a funnel file means, apart from how it is written: its hash, and the keys of its slots.

Two files that mean the same have the same hash: durations are milliseconds, short
forms are long, defaults are said, whole floats are integers, sets are sorted. The
order of transitions, points lines and conditions is part of the meaning.
"""

from base64 import b85encode
from hashlib import sha256
from typing import Any

import msgspec

from qualifiers.transitions import resolve
from schemas.funnel_file import FunnelFile

_canonical = msgspec.json.Encoder(order="sorted").encode
_SETS = ("did", "on", "holidays")
"""Lists in which neither order nor repeats mean anything."""


def plain(meaning: object) -> Any:
    """A part of the syntax tree as plain data in which equal meanings are equal."""
    dump = getattr(meaning, "model_dump", None)
    if dump is not None:
        return plain(dump(by_alias=True, exclude_none=True))
    if isinstance(meaning, dict):
        return {
            key: sorted(set(value)) if key in _SETS and isinstance(value, list) else plain(value)
            for key, value in meaning.items()
        }
    if isinstance(meaning, list | tuple):
        return [plain(one) for one in meaning]
    if isinstance(meaning, float) and meaning.is_integer():
        return int(meaning)
    return meaning


def funnel_hash(file: FunnelFile) -> str:
    """SHA-256, in hex, over the meaning of the file."""
    meaning = plain(file.model_copy(update={"renamed": file.renamed or None})) | {
        "off_path": sorted(file.off_path),
        "final": sorted(file.final),
        "transitions": [
            {
                "name": rule.name,
                "from": rule.sources,
                "to": rule.to,
                "when": plain(rule.when),
                "again_after": rule.again_after,
                "resets": rule.resets,
            }
            for rule in resolve(file)
        ],
        "signals": [
            {"name": one.name, "in": sorted(set(one.in_)), "when": plain(one.when)} for one in file.signals
        ],
    }
    return sha256(_canonical(meaning)).hexdigest()


def canonical(*parts: object) -> bytes:
    """A meaning made of several parts, the same however each was written."""
    return _canonical([plain(part) for part in parts])


def firing(rule: str) -> tuple[str, str]:
    """The parts of what the slot of a rule's last firing means."""
    return "fired", rule


def slot_key(meaning: bytes) -> str:
    """32 bits, as text, that stand for what is counted, in whatever file it is asked.

    So short because each lead's state holds one per slot. A funnel in which two slots
    fall together is found when it is compiled.
    """
    return b85encode(sha256(meaning).digest()[:4]).decode()
