"""The changelog's records: what is written is read again, what is foreign is refused."""

import pytest

from streams.engine.changelog import (
    META_KEY,
    Meta,
    Recovered,
    UnreadableChangelog,
    decode_meta,
    encode_meta,
    lead_key,
)

META = Meta(position=42, clock=1_700_000_000_000, funnel="saas", funnel_hash="ab" * 32, topic_id="t")


def test_a_meta_record_is_read_as_it_was_written() -> None:
    assert decode_meta(encode_meta(META)) == META


@pytest.mark.parametrize("value", [b"", b"\x02" + encode_meta(META)[1:], b"\x01\xff", b"\x01\x91\x01"])
def test_a_foreign_meta_record_is_refused(value: bytes) -> None:
    with pytest.raises(UnreadableChangelog):
        decode_meta(value)


def test_the_newest_of_a_key_counts_and_a_tombstone_takes_it_away() -> None:
    recovered = Recovered()
    recovered.apply(lead_key(b"anna"), b"1")
    recovered.apply(lead_key(b"berit"), b"1")
    recovered.apply(lead_key(b"anna"), b"2")
    recovered.apply(lead_key(b"berit"), None)
    recovered.apply(META_KEY, encode_meta(META))
    assert recovered.states == {b"anna": b"2"}
    assert recovered.meta == META
    assert recovered.records == 5


@pytest.mark.parametrize("key", [None, b"", b"Xanna"])
def test_a_key_of_an_unknown_kind_is_refused(key: bytes | None) -> None:
    with pytest.raises(UnreadableChangelog):
        Recovered().apply(key, b"1")
