"""A record of the control topic: whether the clocks are held; what is not understood leaves it as it was."""

from streams.engine.hold import read_word, word


def check(data: bytes) -> None:
    """Read it. Raises AssertionError, or whatever a fault raises."""
    said = {read_word(data, before) for before in (False, True)}
    assert said in ({False, True}, {False}, {True})
    if len(said) == 1:
        [held] = said
        assert read_word(word(held), not held) is held
