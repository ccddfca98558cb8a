"""Whose code a peer runs: the wheel's, compiled, as it is deployed, or the checkout's, plain Python."""

from collections.abc import Mapping
from pathlib import Path

from streams.errors import OutsideWorld

CHECKOUT = Path(__file__).resolve().parents[3]
INSTALLED = CHECKOUT / "build" / "installed"
"""Where `make wheel` installs it."""
_BUILT_OF = ("schemas", "qualifiers", "streams")


class NotBuilt(OutsideWorld):
    """There is no wheel of what the checkout holds now."""


def check() -> None:
    """Raises NotBuilt where something in the checkout is newer than the wheel."""
    built = CHECKOUT / "build" / "wheel" / ".ready"
    newest = max(path.stat().st_mtime for name in _BUILT_OF for path in (CHECKOUT / name).rglob("*.py"))
    if not built.exists() or not INSTALLED.exists() or built.stat().st_mtime < newest:
        raise NotBuilt(
            "the code that is measured has not been compiled since it changed: run `make wheel` first"
        )


def importing(*, compiled: bool) -> Mapping[str, str]:
    """The environment in which `python -P -m` finds that code, and the benchmarks beside it."""
    return {"PYTHONPATH": f"{INSTALLED}:{CHECKOUT}" if compiled else str(CHECKOUT)}
