"""A lead's home is what Java's producers, and librdkafka's murmur2, make of its id."""

from hypothesis import given
from hypothesis import strategies as st
from kafka.partitioner import murmur2 as kafka_murmur2

from streams.engine.homes import home, murmur2


@given(st.binary(max_size=64))
def test_murmur2_is_kafkas(data: bytes) -> None:
    assert murmur2(data) == kafka_murmur2(data) & 0xFFFFFFFF


@given(st.text(min_size=1).map(lambda text: text.encode("utf-8", "replace")), st.integers(1, 64))
def test_a_home_is_one_of_the_partitions(lead: bytes, partitions: int) -> None:
    assert 0 <= home(lead, partitions) < partitions
