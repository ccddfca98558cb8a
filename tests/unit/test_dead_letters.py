"""Dead letters: which are meant, what is sent when one is replayed, and what is told of it."""

import json
from typing import Any, get_args

import pytest

from schemas.dead_letter import DeadLetterReason, Unreadable
from schemas.moments import MINUTE, format_moment
from streams.cli import run
from streams.dead_letters import Filter, Letter, Mark, Outcome, Place, Selection, Span, telling
from streams.dead_letters.letter import REPLAYED, read_letter
from streams.dead_letters.marks import MARK, mark, read_mark
from streams.dead_letters.places import LAST, parse_place, parse_span
from streams.dead_letters.reasons import REASONS
from streams.dead_letters.resending import resend
from streams.engine.chunk import Headers
from streams.engine.envelopes import dead_letter_headers
from streams.engine.forwarding import FORWARDED, INTERNAL, REKEYED, Forwarding, Gone
from streams.engine.homes import home
from tests.doubles.kafka import FakeRecord

NOW = 1_800_000_000_000
LEAD = "anna@example.com"
HERE, WAS = Place(3, 17), Place(2, 1000)
ACTIVITY: dict[str, Any] = {
    "id": "a1",
    "lead_id": LEAD,
    "type": "page_viewed",
    "occurred_at": format_moment(NOW),
}
VALUE = json.dumps(ACTIVITY).encode()


def record(
    value: bytes | None = VALUE,
    *,
    key: bytes | None = LEAD.encode(),
    headers: Headers = (),
    reason: DeadLetterReason = "future",
    place: Place = HERE,
    original: Place = WAS,
) -> FakeRecord:
    """A dead letter as it lies in its topic."""
    came = FakeRecord(("in", *original), NOW - 5, key, value, headers)
    added = dead_letter_headers(came, Unreadable(reason, "what is\nwrong"))
    return FakeRecord(("dead", *place), NOW, key, value, [*headers, *added])


def letter(*args: Any, **kwargs: Any) -> Letter:
    read = read_letter(record(*args, **kwargs))
    assert read is not None
    return read


def changed(**values: Any) -> bytes:
    return json.dumps(ACTIVITY | values).encode()


# Places ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("3", Span(3, 0, LAST)),
        ("3-17", Span(3, 17, 17)),
        ("3-17..40", Span(3, 17, 40)),
        ("3-17..17", Span(3, 17, 17)),
        ("3-17..", Span(3, 17, LAST)),
    ],
)
def test_a_span_is_read(text: str, span: Span) -> None:
    assert parse_span(text) == span


@pytest.mark.parametrize("text", ["", "x", "3-", "-3", "3-17..4", "3..5", "3-17-40", "٣", "3-17\n", " 3"])
def test_what_is_no_span_is_told_so(text: str) -> None:
    with pytest.raises(ValueError, match=r"is no place|ends before it begins"):
        parse_span(text)


def test_a_place_is_one_place() -> None:
    assert parse_place("3-17") == Place(3, 17)
    assert str(Place(3, 17)) == "3-17"
    for text in ("3", "3-17..", "3-17..17", "x"):
        with pytest.raises(ValueError, match="is not one place"):
            parse_place(text)


# What is read back ----------------------------------------------------------------------


def test_a_letter_is_read_back_as_it_came() -> None:
    read = letter(headers=[("trace", b"1"), ("nothing", None)])
    assert (read.key, read.value, list(read.headers)) == (
        LEAD.encode(),
        VALUE,
        [("trace", b"1"), ("nothing", None)],
    )
    assert (read.place, read.at, read.reason, read.message) == (
        Place(3, 17),
        NOW,
        "future",
        "what is\nwrong",
    )
    assert (read.original_topic, read.original, read.original_at) == ("in", Place(2, 1000), NOW - 5)
    assert read.replays == ()


def test_what_leadgate_says_counts_not_what_a_record_came_with() -> None:
    """One that was put aside elsewhere before has such headers already."""
    came = [("kafka_dlt-exception-fqcn", b"org.acme.Oh"), ("kafka_dlt-original-offset", b"x")]
    read = letter(headers=came)
    assert (read.reason, read.original.offset, list(read.headers)) == ("future", 1000, [])


@pytest.mark.parametrize(
    "headers",
    [
        None,
        [],
        [("kafka_dlt-exception-fqcn", b"org.acme.Oh")],
        [("kafka_dlt-exception-fqcn", b"leadgate.future")],
        [*(record().headers() or ()), ("kafka_dlt-original-offset", b"x")],
    ],
)
def test_what_others_put_there_is_no_letter(headers: Headers | None) -> None:
    assert read_letter(FakeRecord(("dead", 0, 0), NOW, None, b"", headers)) is None


def test_a_mark_is_read_back() -> None:
    sent = mark("dead", letter(), "dropped", NOW)
    assert (sent.topic, sent.partition, sent.key) == ("dead", 3, LEAD.encode())
    lies = FakeRecord(("dead", 3, 18), NOW, sent.key, sent.value, sent.headers)
    assert read_mark(lies) == Mark(17, "dropped", format_moment(NOW))
    assert read_letter(lies) is None


@pytest.mark.parametrize(
    ("offset", "value", "headers"),
    [
        (18, b'{"offset": 17, "done": "dropped", "at": ""}', []),
        (18, b"hello", [(MARK, b"dropped")]),
        (18, None, [(MARK, b"dropped")]),
        (17, b'{"offset": 17, "done": "dropped", "at": ""}', [(MARK, b"dropped")]),
    ],
    ids=["no header", "no JSON", "no value", "before its letter"],
)
def test_what_is_no_mark(offset: int, value: bytes | None, headers: Headers) -> None:
    assert read_mark(FakeRecord(("dead", 3, offset), NOW, None, value, headers)) is None


def test_a_letter_that_came_with_the_header_of_a_mark_is_a_letter() -> None:
    """Whoever may send activities can't mark a letter as dealt with."""
    forged = record(b'{"offset": 1, "done": "dropped", "at": ""}', headers=[(MARK, b"dropped")])
    assert read_mark(forged) is None
    assert read_letter(forged) is not None


# Which are meant ------------------------------------------------------------------------

FILTERS: list[tuple[Filter, bool]] = [
    (Filter(), True),
    (Filter(reasons=("future",)), True),
    (Filter(reasons=("not_json", "future")), True),
    (Filter(reasons=("not_json",)), False),
    (Filter(at=(Span(3),)), True),
    (Filter(at=(Span(3, 17, 17),)), True),
    (Filter(at=(Span(3, 18),)), False),
    (Filter(at=(Span(3, 0, 16),)), False),
    (Filter(at=(Span(2), Span(3))), True),
    (Filter(at=(Span(2),)), False),
    (Filter(original=(Span(2, 1000, 1000),)), True),
    (Filter(original=(Span(3),)), False),
    (Filter(lead=LEAD), True),
    (Filter(lead="bert"), False),
    (Filter(since=NOW), True),
    (Filter(since=NOW + 1), False),
    (Filter(until=NOW + 1), True),
    (Filter(until=NOW), False),
    (Filter(since=0), True),
    (Filter(until=0), False),
    (Filter(reasons=("future",), lead="bert"), False),
    (Filter(reasons=("future",), lead=LEAD, at=(Span(3),), original=(Span(2),), since=0, until=LAST), True),
]


@pytest.mark.parametrize(("asked", "taken"), FILTERS)
def test_a_filter_takes_what_is_all_that_it_asks(asked: Filter, taken: bool) -> None:
    assert asked.takes(letter()) is taken


@pytest.mark.parametrize(
    ("key", "value", "is_of"),
    [
        (LEAD.encode(), b"hello", True),
        (b"somebody", VALUE, True),
        (None, b'{"lead_id": "anna@example.com"}', True),
        (None, b"hello", False),
        (None, None, False),
        (None, b"[" * 100_000, False),
        (None, b'{"lead_id": 7}', False),
    ],
)
def test_whose_a_letter_is(key: bytes | None, value: bytes | None, is_of: bool) -> None:
    assert letter(value, key=key).is_of(LEAD) is is_of


def test_places_are_meant_whatever_a_filter_says() -> None:
    wanted = Selection((Place(3, 17), Place(3, 40)))
    assert wanted.takes(letter())
    assert not wanted.takes(letter(place=Place(3, 18)))
    assert list(wanted.spans) == [Span(3, 17, 17), Span(3, 40, 40)]
    assert list(Selection(filter=Filter(at=(Span(3),))).spans) == [Span(3)]


# What is sent ---------------------------------------------------------------------------

PARTITIONS = 8
SENT = (REPLAYED, b"3-17")
ELSEWHERE: Headers = [("trace", b"1"), (REKEYED, b"x"), (INTERNAL, b"leadgate:00")]


def test_an_activity_goes_to_the_home_of_the_lead_that_it_names() -> None:
    for key in (LEAD.encode(), b"somebody", None):
        sent = resend(letter(key=key, headers=ELSEWHERE), "in", PARTITIONS, NOW)
        assert (sent.topic, sent.partition) == ("in", home(LEAD.encode(), PARTITIONS))
        assert (sent.key, sent.value) == (LEAD.encode(), VALUE)
        assert list(sent.headers or ()) == [("trace", b"1"), SENT]


def test_one_that_was_sent_on_to_another_lead_goes_there_as_it_came() -> None:
    sent = Forwarding("in", PARTITIONS, "group", b"secret").forwarded(b"bert", VALUE, [("trace", b"1")])
    again = resend(letter(key=sent.key, headers=sent.headers), "in", PARTITIONS, NOW)
    assert (again.partition, again.key, again.value) == (sent.partition, b"bert", VALUE)
    assert list(again.headers or ()) == [*(sent.headers or ()), SENT]
    lies = FakeRecord(("in", 0, 0), 0, again.key, again.value, again.headers)
    assert Forwarding("in", PARTITIONS, "group", b"secret").hops(lies) == 1


def test_an_internal_record_goes_home_as_it_came() -> None:
    forwarding = Forwarding("in", PARTITIONS, "group", b"secret")
    sent = forwarding.internal(b"bert", Gone(True))
    again = resend(letter(sent.value, key=sent.key, headers=sent.headers), "in", PARTITIONS, NOW)
    assert again.partition == sent.partition
    lies = FakeRecord(("in", 0, 0), 0, again.key, again.value, again.headers)
    assert forwarding.read_internal(lies) == Gone(True)


def test_another_value_takes_the_signatures_of_the_old_one_off() -> None:
    for name in (REKEYED, FORWARDED, INTERNAL):
        broken = letter(b"hello", key=b"bert", headers=[(name, b"leadgate:00"), ("trace", b"1")])
        sent = resend(broken, "in", PARTITIONS, NOW, VALUE)
        assert (sent.key, sent.value) == (LEAD.encode(), VALUE)
        assert list(sent.headers or ()) == [("trace", b"1"), SENT]


def test_each_replay_leaves_a_header() -> None:
    came_back = letter(headers=[(REPLAYED, b"0-3"), (REPLAYED, b"0-9")])
    assert came_back.replays == ("0-3", "0-9")
    sent = resend(came_back, "in", PARTITIONS, NOW)
    assert [value for name, value in sent.headers or () if name == REPLAYED] == [b"0-3", b"0-9", b"3-17"]


HOPELESS: list[tuple[bytes | None, Headers, str]] = [
    (b"hello", (), "not_json"),
    (None, (), "null_value"),
    (b"\xff", (), "not_utf8"),
    (changed(lead_id=""), (), "wrong_type"),
    (changed(occurred_at="yesterday"), (), "bad_moment"),
    (changed(occurred_at=format_moment(NOW + 5 * MINUTE + 1)), (), "future"),
    (changed(occurred_at=format_moment(NOW + 5 * MINUTE + 1)), [(INTERNAL, b"leadgate:00")], "future"),
]


@pytest.mark.parametrize(("value", "headers", "reason"), HOPELESS)
def test_what_would_be_a_dead_letter_again_is_not_sent(
    value: bytes | None, headers: Headers, reason: str
) -> None:
    with pytest.raises(Unreadable) as refused:
        resend(letter(value, headers=headers), "in", PARTITIONS, NOW)
    assert refused.value.reason == reason
    if value is not None:
        with pytest.raises(Unreadable):
            resend(letter(headers=headers), "in", PARTITIONS, NOW, value)


def test_the_future_has_come_as_soon_as_a_worker_would_take_it() -> None:
    value = changed(occurred_at=format_moment(NOW + 5 * MINUTE))
    assert resend(letter(value), "in", PARTITIONS, NOW).value == value


# What is told ---------------------------------------------------------------------------


def test_a_letter_in_a_line() -> None:
    since = format_moment(NOW)
    assert telling.letter_line(letter(), None) == rf"3-17  future  {since}  {LEAD}  what is\nwrong"
    came_back = letter(key=b"\xff\x1b[2J", headers=[(REPLAYED, b"0-3")])
    assert telling.letter_line(came_back, Mark(17, "replayed", "then", corrected=True)) == (
        rf"3-17  future  {since}  \xff\x1b[2J  what is\nwrong  [has come back: 0-3]  "
        "[replayed at then, with another value]"
    )


def test_a_letter_in_full() -> None:
    said = telling.letter_text(letter(headers=[("trace", b"1"), (REPLAYED, b"0-3")]), None)
    for part in ("3-17", "in 2-1000", LEAD, "trace: 1", "what is\\nwrong", "open", "0-3", VALUE.decode()):
        assert part in said
    assert REASONS["future"].do.replace("`", "") in said
    assert telling.letter_text(letter(None), None).endswith("value      none")
    assert telling.letter_text(letter(b"\xff\x00"), None).endswith("in hex\nff 00")
    shown = telling.letter_text(letter(b'{\n\t"a": "\x1b[2J"}\n'), None)
    assert shown.endswith('16 bytes\n{\n        "a": "\\x1b[2J"}')


def test_a_letter_as_json() -> None:
    said = json.loads(telling.letter_json(letter(), Mark(17, "dropped", "then")))
    assert (said["place"], said["state"], said["state_since"], said["original"]["place"]) == (
        "3-17",
        "dropped",
        "then",
        "2-1000",
    )
    assert "value" not in said
    full = json.loads(telling.letter_json(letter(b"\xff", headers=[("n", None)]), None, full=True))
    assert (full["state"], full["value_hex"], full["headers"]) == ("open", "ff", [["n", None]])
    assert json.loads(telling.letter_json(letter(None), None, full=True))["value"] is None


@pytest.mark.parametrize(
    ("outcome", "dry_run", "line"),
    [
        (Outcome(Place(3, 17), "replayed"), False, "3-17 is replayed"),
        (Outcome(Place(3, 17), "dropped"), True, "3-17 would be dropped"),
        (Outcome(Place(3, 17), "left", "it\nis"), False, r"3-17 is left: it\nis"),
        (Outcome(Place(3, 17), "left", "it is"), True, "3-17 would be left: it is"),
    ],
)
def test_an_outcome_in_a_line(outcome: Outcome, dry_run: bool, line: str) -> None:
    assert telling.outcome_line(outcome, dry_run) == line
    said = json.loads(telling.outcome_json(outcome, dry_run))
    assert said == {"place": "3-17", "outcome": outcome.done, "why": outcome.why, "dry_run": dry_run}


def test_what_to_do_is_said_for_every_reason() -> None:
    assert set(REASONS) == set(get_args(DeadLetterReason))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["replay"], "say which letters: their places (3-17)"),
        (["drop"], "say which letters: their places (3-17)"),
        (["replay", "--again"], "say which letters"),
        (["replay", "3-17", "--all"], "say one of these"),
        (["drop", "3-17", "--reason", "future"], "say one of these"),
        (["drop", "--lead", "x", "--all"], "say one of these"),
        (["replay", "3"], "'3' is not one place"),
        (["show", "3"], "'3' is not one place"),
        (["list", "--at", "x"], "'x' is no place"),
        (["list", "--reason", "fuel"], "'fuel' is no reason; there are not_json,"),
        (["list", "--since", "yesterday"], "--since"),
        (["replay", "--all", "--set-value", "x.json"], "--set-value is for one letter"),
        (["replay", "3-17", "3-18", "--set-value", "x.json"], "--set-value is for one letter"),
        (["replay", "3-17", "--set-value", "nowhere.json"], "nowhere.json: cannot be read"),
    ],
)
def test_misuse_is_said_before_kafka_is_asked(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["dead-letters", *arguments]) == 2
    assert said in capsys.readouterr().err
