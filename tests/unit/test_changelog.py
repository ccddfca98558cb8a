"""The changelog's records: what is written is read again, what is foreign is refused."""

import msgspec
import pytest

from schemas.moments import LAST_MOMENT
from streams.engine.changelog import (
    META_KEY,
    Meta,
    UnreadableChangelog,
    decode_meta,
    encode_meta,
    lead_key,
    reign_key,
)
from streams.engine.recovered import Recovered

META = Meta(42, 1_700_000_000_000, "saas", "ab" * 32, "t", 3, 17, 1_600_000_000_000, 1)


def test_a_meta_record_is_read_as_it_was_written() -> None:
    assert decode_meta(encode_meta(META)) == META


def test_a_meta_record_of_before_there_were_versions_is_read() -> None:
    old = b"\x01" + msgspec.msgpack.encode(msgspec.structs.astuple(META)[:5])
    assert decode_meta(old) == Meta(*msgspec.structs.astuple(META)[:5])
    assert decode_meta(old).version == 0


@pytest.mark.parametrize(
    "value",
    [
        b"",
        b"\x03" + encode_meta(META)[1:],
        b"\x01\xff",
        b"\x01\x91\x01",
        encode_meta(META).replace(b"saas", b"sa\xffs"),
        encode_meta(META)[:-1] + b"\x91" * 100_000,
        encode_meta(msgspec.structs.replace(META, position=-1)),
        encode_meta(msgspec.structs.replace(META, clock=LAST_MOMENT + 1)),
    ],
)
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


def test_where_versions_came_into_force_is_passed_by() -> None:
    recovered = Recovered()
    recovered.apply(reign_key(3), encode_meta(META))
    recovered.apply(reign_key(4), encode_meta(META))
    assert (recovered.meta, recovered.foreign, recovered.states) == (None, {}, {})
    recovered.apply(reign_key(3), None)
    assert recovered.reigns == {reign_key(4)}


@pytest.mark.parametrize("key", [None, b""])
def test_a_record_without_a_key_is_refused(key: bytes | None) -> None:
    with pytest.raises(UnreadableChangelog):
        Recovered().apply(key, b"1")


def test_a_key_of_an_unknown_kind_is_kept_apart_until_a_tombstone_takes_it_away() -> None:
    recovered = Recovered(start=7)
    recovered.apply(b"Xanna", b"1")
    recovered.apply(b"Xberit", b"1")
    recovered.apply(b"Xberit", None)
    recovered.apply(b"Xcarl", None)
    assert recovered.foreign == {b"Xanna": 7}
    assert recovered.states == {}
