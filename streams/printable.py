"""Text from outside, as it may be shown on a terminal."""


def one_line(text: str) -> str:
    """Without what would begin another line, or move a terminal's cursor."""
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in text)
