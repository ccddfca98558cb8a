"""A record of the funnels' topic: a version and its funnel, one beyond this leadgate, or none of ours."""

from contextlib import suppress

from streams.funnels.registry import Unusable, compile_published
from streams.funnels.topic import decode_funnel, encode_funnel, funnel_key


def check(data: bytes) -> None:
    """Read it, and compile its funnel. Raises AssertionError, or whatever a fault raises."""
    published = decode_funnel(data)
    if published is None:
        return
    assert decode_funnel(encode_funnel(published)) == published
    assert funnel_key(published)
    with suppress(Unusable):
        compile_published(published)
