"""A wall clock that is wrong, and jumps."""

from pathlib import Path

from streams import clock


def wrong_by(file: str) -> None:
    """Let this process's wall clock be wrong by so many ms as ``file`` says whenever it is read."""
    if file:
        right = clock.now
        clock.now = lambda: right() + int(Path(file).read_text())


def let_be_wrong_by(file: Path, ms: int) -> None:
    """Let the file say so from now on; who reads it meanwhile finds one number or the other, never none."""
    new = file.with_suffix(".new")
    new.write_text(str(ms))
    new.replace(file)
