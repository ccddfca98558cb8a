"""What workers send each other is recognised while the secret that signs it is being changed."""

import pytest

from streams.engine.forwarding import Forwarding, Gone
from streams.engine.transaction import Outgoing
from streams.settings import load_settings
from tests.doubles.kafka import FakeRecord

OLD, NEW = b"the old one is long", b"the new one is longer"
LEAD, VALUE = b"lead-1", b"{}"


def worker(*secrets: bytes, group: str = "group") -> Forwarding:
    return Forwarding("in", 4, group, *secrets)


def sent_by(sender: Forwarding) -> list[Outgoing]:
    return [
        sender.rekeyed(LEAD, VALUE, []),
        sender.forwarded(LEAD, VALUE, []),
        sender.internal(LEAD, Gone(True)),
    ]


def recognised(by: Forwarding, sent: list[Outgoing]) -> list[bool]:
    rekeyed, forwarded, internal = (
        FakeRecord((one.topic, 0, 0), 0, one.key, one.value, one.headers) for one in sent
    )
    return [
        by.was_rekeyed(LEAD, VALUE, rekeyed.headers() or ()),
        by.hops(forwarded) == 1,
        by.read_internal(internal) == Gone(True),
    ]


@pytest.mark.parametrize(
    ("of_one", "of_the_other"),
    [
        ((OLD,), (OLD, NEW)),
        ((OLD, NEW), (NEW, OLD)),
        ((NEW, OLD), (NEW,)),
    ],
    ids=["accepted", "exchanged", "the old one taken away"],
)
def test_at_each_step_of_the_change_workers_before_and_after_it_understand_each_other(
    of_one: tuple[bytes, ...], of_the_other: tuple[bytes, ...]
) -> None:
    one, other = worker(*of_one), worker(*of_the_other)
    assert recognised(other, sent_by(one)) == recognised(one, sent_by(other)) == [True] * 3


def test_how_often_an_activity_was_sent_on_is_signed_too() -> None:
    sent = worker(OLD).forwarded(LEAD, VALUE, [], 12)
    [(name, mark)] = sent.headers or ()
    assert worker(OLD).hops(FakeRecord(("in", 0, 0), 0, LEAD, VALUE, [(name, mark)])) == 12
    forged = (mark or b"").replace(b":12:", b":1:")
    assert worker(OLD).hops(FakeRecord(("in", 0, 0), 0, LEAD, VALUE, [(name, forged)])) == 0


def test_all_steps_at_once_are_too_many() -> None:
    assert recognised(worker(NEW), sent_by(worker(OLD))) == [False] * 3


def test_what_is_accepted_signs_nothing() -> None:
    assert recognised(worker(OLD), sent_by(worker(NEW, OLD))) == [False] * 3


def test_settings_name_the_one_that_signs_first(monkeypatch: pytest.MonkeyPatch) -> None:
    assert load_settings().forward_secrets == [b""]
    monkeypatch.setenv("LEADGATE_FORWARD_SECRET_ACCEPTED", NEW.decode())
    assert load_settings().forward_secrets == [b"", NEW]
    monkeypatch.setenv("LEADGATE_FORWARD_SECRET", OLD.decode())
    assert load_settings().forward_secrets == [OLD, NEW]
