"""Dead letters, and what has become of them, as people and programs read them: text, or JSON."""

import json
from collections.abc import Iterator
from typing import Any

from schemas.moments import format_moment
from streams.dead_letters.letter import Letter
from streams.dead_letters.marks import Mark
from streams.dead_letters.operator import Outcome
from streams.dead_letters.reasons import REASONS
from streams.printable import one_line

_HEX_BYTES = 32
"""In one line."""


def letter_line(letter: Letter, mark: Mark | None) -> str:
    """A letter in one line: place, reason, when it came there, key, what is wrong; and what was done."""
    key = "-" if letter.key is None else _text(letter.key)
    words = [str(letter.place), letter.reason, format_moment(letter.at), key, letter.message]
    if letter.replays:
        words.append(f"[has come back: {', '.join(letter.replays)}]")
    if mark is not None:
        words.append(f"[{_done(mark)}]")
    return one_line("  ".join(words))


def letter_text(letter: Letter, mark: Mark | None) -> str:
    """A letter in full, and what to do."""
    told = (f"{name:<11}{one_line(said)}".rstrip() for name, said in _told(letter, mark))
    return "\n".join([*told, _value(letter)])


def _told(letter: Letter, mark: Mark | None) -> Iterator[tuple[str, str]]:
    yield "place", str(letter.place)
    yield "since", format_moment(letter.at)
    yield "was", f"{letter.original_topic} {letter.original}, from {format_moment(letter.original_at)}"
    yield "key", "none" if letter.key is None else _text(letter.key)
    if letter.replays:
        yield "came back", f"was replayed as {', '.join(letter.replays)}"
    yield "state", "open" if mark is None else _done(mark)
    yield "reason", letter.reason
    yield "message", letter.message
    yield "do", _do(letter)
    for name, value in letter.headers:
        yield "header", f"{name}: {'none' if value is None else _text(value)}"


def _value(letter: Letter) -> str:
    if letter.value is None:
        return f"{'value':<11}none"
    head = f"{'value':<11}{len(letter.value):,} bytes"
    try:
        lines = letter.value.decode().expandtabs().splitlines()
        return "\n".join([head, *map(one_line, lines)])
    except UnicodeDecodeError:
        starts = range(0, len(letter.value), _HEX_BYTES)
        lines = [letter.value[start : start + _HEX_BYTES].hex(" ") for start in starts]
        return "\n".join([f"{head}, which are not UTF-8: in hex", *lines])


def letter_json(letter: Letter, mark: Mark | None, full: bool = False) -> str:
    """A letter as a JSON object in one line; in full, also its headers and its value, and what to do."""
    said: dict[str, Any] = {
        "place": str(letter.place),
        "reason": letter.reason,
        "at": format_moment(letter.at),
        "key": None if letter.key is None else _text(letter.key),
        "message": letter.message,
        "original": {
            "topic": letter.original_topic,
            "place": str(letter.original),
            "at": format_moment(letter.original_at),
        },
        "came_back_from": letter.replays,
        "state": "open" if mark is None else mark.done,
        "state_since": None if mark is None else mark.at,
        "corrected": mark is not None and mark.corrected,
    }
    if full:
        said["do"] = _do(letter)
        said["headers"] = [[name, None if value is None else _text(value)] for name, value in letter.headers]
        said |= _value_json(letter.value)
    return json.dumps(said, ensure_ascii=False)


def _value_json(value: bytes | None) -> dict[str, str | None]:
    try:
        return {"value": None if value is None else value.decode()}
    except UnicodeDecodeError:
        assert value is not None
        return {"value_hex": value.hex()}


def outcome_line(outcome: Outcome, dry_run: bool) -> str:
    """What has become of a letter, or would, in one line."""
    if outcome.done == "left":
        return f"{outcome.place} {'would be' if dry_run else 'is'} left: {one_line(outcome.why)}"
    return f"{outcome.place} {'would be' if dry_run else 'is'} {outcome.done}"


def outcome_json(outcome: Outcome, dry_run: bool) -> str:
    """The same as a JSON object."""
    said = {"place": str(outcome.place), "outcome": outcome.done, "why": outcome.why, "dry_run": dry_run}
    return json.dumps(said, ensure_ascii=False)


def _done(mark: Mark) -> str:
    return f"{mark.done} at {mark.at}{', with another value' if mark.corrected else ''}"


def _do(letter: Letter) -> str:
    """What to do; a letter of a later leadgate may have a reason that this one does not know."""
    meaning = next((meaning for reason, meaning in REASONS.items() if reason == letter.reason), None)
    return "ask the leadgate that put it there" if meaning is None else meaning.do.replace("`", "")


def _text(value: bytes) -> str:
    return value.decode(errors="backslashreplace")
