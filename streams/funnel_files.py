"""Where a command's FUNNEL and its cases come from: files, or a preset by its name."""

from pathlib import Path

from qualifiers.loader_yaml import MAX_BYTES
from qualifiers.presets import PRESETS, preset_cases, preset_text
from streams.errors import Misuse
from streams.printable import one_line


def read_funnel_file(funnel: str) -> tuple[bytes, str]:
    """The text of FUNNEL and the name to call it by in faults and reports, which any stream can show.

    A file wins over a preset of the same name. Raises Misuse when there is neither. Not
    more is read than shows that a file is too large.
    """
    if _is_preset(funnel):
        return preset_text(funnel).encode(), funnel
    return _read(funnel, f"no such file, and no preset (there are: {', '.join(PRESETS)})"), one_line(funnel)


def read_case_file(cases: str) -> tuple[bytes, str]:
    """The text of a file of cases, or of a preset's own, and the name to call it by. Raises Misuse."""
    if _is_preset(cases):
        return preset_cases(cases).encode(), f"{cases}.cases.yaml"
    hint = "no such file: write one (docs/funnel-tests.md), or name a preset for its cases"
    return _read(cases, hint), one_line(cases)


def cases_beside(funnel: str) -> str:
    """The cases that belong to FUNNEL: `funnel.cases.yaml` beside `funnel.yaml`, or a preset's own."""
    if _is_preset(funnel):
        return funnel
    path = Path(funnel)
    return str(path.with_name(f"{path.stem}.cases{path.suffix or '.yaml'}"))


def _is_preset(name: str) -> bool:
    return name in PRESETS and not Path(name).is_file()


def _read(name: str, missing: str) -> bytes:
    """The file's text, but not more of it than shows that it is too large."""
    try:
        with Path(name).open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise Misuse(f"{name}: {missing}") from None
    except OSError as error:
        raise Misuse(f"{name}: cannot be read: {error.strerror}") from None
