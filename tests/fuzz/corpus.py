"""The inputs that are kept: a file a target, a line an input, written as Python writes bytes."""

from ast import literal_eval
from collections.abc import Iterable
from pathlib import Path

HERE = Path(__file__).with_name("corpus")


def kept(target: str) -> list[bytes]:
    """The inputs of a target."""
    lines = _file(target).read_text(encoding="ascii").splitlines()
    return [literal_eval(line) for line in lines]


def keep(target: str, inputs: Iterable[bytes]) -> None:
    """Write a target's inputs, each once, the shortest first."""
    ordered = sorted(set(inputs), key=lambda one: (len(one), one))
    _file(target).write_text("".join(f"{one!r}\n" for one in ordered), encoding="ascii")


def _file(target: str) -> Path:
    return HERE / f"{target}.txt"
