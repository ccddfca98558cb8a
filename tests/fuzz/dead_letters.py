"""A record of the dead letters' topic: a letter, which can be told, found and sent again; a mark; or none."""

import json

from schemas.dead_letter import Unreadable
from schemas.moments import parse_moment
from streams.dead_letters.letter import Letter, read_letter
from streams.dead_letters.marks import Mark, read_mark
from streams.dead_letters.resending import resend
from streams.dead_letters.telling import letter_json, letter_line, letter_text
from tests.doubles.kafka import FakeRecord
from tests.fuzz.cutting import cut

NOW = parse_moment("2026-01-31T09:30:00Z")
AT = ("lead.dead-letters", 3, 17)


def check(data: bytes) -> None:
    """Key, value, then name and value of each header. Raises AssertionError, or whatever a fault raises."""
    key, value, *others = [*cut(data), b""]
    names = [name.decode(errors="replace") for name in others[::2]]
    headers = list(zip(names, others[1::2], strict=False))
    record = FakeRecord(AT, NOW, key, value, headers)
    letter, mark = read_letter(record), read_mark(record)
    assert letter is None or mark is None
    if letter is not None:
        for done in (None, Mark(17, "replayed", "2026-01-31T09:30:00.000Z")):
            _tell(letter, done)
        _send(letter)


def _tell(letter: Letter, mark: Mark | None) -> None:
    assert len(letter_line(letter, mark).splitlines()) == 1
    head, _, value = letter_text(letter, mark).partition("\nvalue ")
    assert value.encode()
    assert all(char.isprintable() or char == "\n" for char in head)
    # place, since, was, key, state, reason, message, do; whether it has come back; its headers
    assert len(head.splitlines()) == 8 + bool(letter.replays) + len(letter.headers)
    for full in (False, True):
        assert json.loads(letter_json(letter, mark, full))["place"] == "3-17"


def _send(letter: Letter) -> None:
    letter.is_of("anna@example.com")
    try:
        sent = resend(letter, "lead.activities", 4, NOW)
    except Unreadable:
        return
    assert sent.headers is not None
    assert sent.headers[-1] == ("leadgate-replayed", b"3-17")
