"""Native JSON activities: ``{"id", "lead_id", "type", "occurred_at", …}``.

Two ways lead to one verdict. The fast one is a single msgspec decode into types
narrow enough to be right whenever they say yes. When they say no, the slow one
reads the document again with ``ActivityDocument``, the
authority, which either says yes after all (rare forms, such as deep nesting) or
says what is wrong, all of it.
"""

import json
from functools import lru_cache
from typing import Any, NoReturn, TypeVar

import msgspec
from pydantic import ValidationError

from schemas.activity import Activity, type_name
from schemas.activity_document import ActivityDocument
from schemas.dead_letter import DeadLetterReason, Unreadable
from schemas.moments import parse_moment
from streams.intake.wire import Wire

LARGEST = 1024 * 1024
"""Bytes that an activity may have: what it was about, not a document."""


_T = TypeVar("_T")
_decoder = msgspec.json.Decoder(Wire)
_decode = _decoder.decode
_known_type = lru_cache(maxsize=4096)(type_name)
_LONGEST_KEPT = 128
_LONGEST_SAID = 1_000
"""Characters of a reason: it travels in a header, and may quote what the record says."""


def decode_native(value: bytes | None) -> Activity:
    """The activity that a record's value holds. Raises Unreadable, with all that is wrong.

    Of a member that is there twice the last counts; members that are not known
    are ignored. Whether the moment lies in the future is the caller's to judge.
    """
    try:
        if len(value) > LARGEST:  # type: ignore[arg-type]
            raise Unreadable("too_large", f"{len(value)} bytes, where an activity may have {LARGEST}")  # type: ignore[arg-type]
        # msgspec looks at the UTF-8 of what it keeps only, not at what it skips.
        value.isascii() or value.decode()  # type: ignore[union-attr]
        return _activity(_decode(value))  # type: ignore[arg-type]
    except (ValueError, RecursionError, AttributeError, TypeError):
        return _decode_slowly(value)


def decode_native_lines(block: bytes, lines: int) -> list[Activity] | None:
    """The activities of so many whole lines, one each; None where one has none, or must be read by itself.

    Quicker than line by line, and never otherwise than `decode_native`.
    """
    if len(block) > LARGEST:
        return None
    try:
        block.isascii() or block.decode()
        wires = decode_lines(_decoder, block, lines)
        return None if wires is None else [_activity(wire) for wire in wires]
    except (ValueError, RecursionError):
        return None


def decode_lines(decoder: "msgspec.json.Decoder[_T]", block: bytes, lines: int) -> list[_T] | None:
    """What a decoder makes of so many JSON objects, one a line; None where a line is none, or not for it."""
    if not block.startswith(b"{") or not block.endswith(b"}\n"):
        return None
    # Within a value no { follows a }: so one ends with each line, and where there are no more, each is one.
    if block.count(b"}\n{") != lines - 1:
        return None
    try:
        values = decoder.decode_lines(block)
    except (ValueError, RecursionError):
        return None
    return values if len(values) == lines else None


def _activity(wire: Wire) -> Activity:
    """Raises ValueError where it is none."""
    type_ = _known_type(wire.type) if len(wire.type) <= _LONGEST_KEPT else type_name(wire.type)
    if not type_:
        raise ValueError("a type needs a letter or a digit")
    return Activity(
        wire.id,
        wire.lead_id,
        type_,
        parse_moment(wire.occurred_at),
        wire.properties,
        wire.traits,
        wire.source,
    )


def _decode_slowly(value: bytes | None) -> Activity:
    if value is None:
        raise Unreadable("null_value", "the record has no value (null): an activity is a JSON object")
    try:
        text = value.decode()
    except UnicodeDecodeError as error:
        raise Unreadable(
            "not_utf8", f"the value is not UTF-8: {error.reason} at byte {error.start}"
        ) from None
    try:
        document = msgspec.json.decode(text)
    except RecursionError:
        raise Unreadable("too_deep", "the value is nested deeper than 32 levels") from None
    except msgspec.ValidationError:
        raise Unreadable("wrong_type", "a number in the value is out of every range") from None
    except msgspec.DecodeError as error:
        raise Unreadable("not_json", f"the value is not JSON: {_grammar(text) or error}") from None
    if not isinstance(document, dict):
        raise Unreadable("wrong_type", f"an activity is a JSON object, not {_kind(document)}")
    try:
        return ActivityDocument.model_validate(document).activity()
    except ValidationError as error:
        _complain(error, document)


def _grammar(text: str) -> str | None:
    """What the standard library finds wrong with a JSON text: it says more, but lets more pass."""
    if not text.strip():
        return "it is empty"
    try:
        json.loads(text, parse_constant=_no_constant)
    except RecursionError:
        return None
    except ValueError as error:
        return str(error)
    return "half of a surrogate pair in an escape" if "\\u" in text else None


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON number")


_KINDS = {dict: "an object", list: "a list", str: "text", bool: "true or false", type(None): "null"}


def _kind(value: object) -> str:
    return _KINDS.get(type(value), "a number")


_EXPECTED = {"string_type": "text", "dict_type": "an object"}
_REASONS: tuple[DeadLetterReason, ...] = ("too_deep", "missing_member", "wrong_type", "bad_moment")
"""Where several are true, the first of these is the record's."""


def _complain(error: ValidationError, document: dict[str, Any]) -> NoReturn:
    """Raises Unreadable that names every fault that pydantic found."""
    reasons: set[DeadLetterReason] = set()
    missing: list[str] = []
    others: list[str] = []
    for fault in error.errors(include_url=False):
        member, form = str(fault["loc"][0]), fault["type"]
        given = document.get(member)
        if form == "missing":
            reasons.add("missing_member")
            missing.append(f"`{member}`")
        elif form == "too_deep":
            reasons.add("too_deep")
            others.append(f"`{member}` {fault['msg']}")
        elif form in _EXPECTED:
            reasons.add("wrong_type")
            others.append(f"`{member}` must be {_EXPECTED[form]}, not {_kind(given)}")
        elif form == "string_too_short":
            reasons.add("wrong_type")
            others.append(f"`{member}` is empty")
        else:
            bad_moment = member == "occurred_at" and isinstance(given, str)
            reasons.add("bad_moment" if bad_moment else "wrong_type")
            others.append(f"`{member}`: {fault['msg'].removeprefix('Value error, ')}")
    if missing:
        others.insert(0, f"missing {' and '.join(missing) if len(missing) < 3 else ', '.join(missing)}")
    said = "; ".join(others)
    if len(said) > _LONGEST_SAID:
        said = said[:_LONGEST_SAID] + " …"
    raise Unreadable(next(reason for reason in _REASONS if reason in reasons), said) from None
