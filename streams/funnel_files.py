"""Where a command's FUNNEL comes from: a file, or a preset by its name."""

from pathlib import Path

from qualifiers.loader_yaml import MAX_BYTES
from qualifiers.presets import PRESETS, preset_text
from streams.errors import Misuse


def read_funnel_file(funnel: str) -> tuple[bytes, str]:
    """The text of FUNNEL and the name to call it by in faults.

    A file wins over a preset of the same name. Raises Misuse when there is neither. Not
    more is read than shows that a file is too large.
    """
    path = Path(funnel)
    if funnel in PRESETS and not path.is_file():
        return preset_text(funnel).encode(), funnel
    try:
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1), funnel
    except FileNotFoundError:
        raise Misuse(f"{funnel}: no such file, and no preset (there are: {', '.join(PRESETS)})") from None
    except OSError as error:
        raise Misuse(f"{funnel}: cannot be read: {error.strerror}") from None
