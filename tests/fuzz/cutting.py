"""One input as several pieces, as a record's key, value and headers, or a file's frames."""

SEPARATOR = b"\xfe|"
"""It is in no UTF-8, and seldom in anything else."""


def cut(data: bytes) -> list[bytes]:
    """The pieces of an input, one at least."""
    return data.split(SEPARATOR)


def joined(*pieces: bytes) -> bytes:
    """The input that is cut into these."""
    return SEPARATOR.join(pieces)
