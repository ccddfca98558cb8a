"""Venvs of the peers' own: what they need would not agree with what leadgate needs."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

from streams.errors import OutsideWorld
from tests.benchmarks.peers.code import CHECKOUT

_REQUIREMENTS = CHECKOUT / "tests" / "benchmarks" / "workers" / "requirements"
_VENVS = CHECKOUT / "build" / "benchmarks" / "venvs"


class NotInstalled(OutsideWorld):
    """What a peer needs cannot be had here."""


def python(name: str) -> Path:
    """The interpreter of that venv."""
    return _VENVS / name / "bin" / "python"


def make(name: str) -> None:
    """Make the venv, where it is missing or other than its requirements. Raises NotInstalled."""
    requirements, venv = _lock(name), _VENVS / name
    installed = venv / "installed.txt"
    if installed.exists() and installed.read_bytes() == requirements.read_bytes():
        return
    pip = [str(python(name)), "-m", "pip", "--disable-pip-version-check"]
    for command in (
        [sys.executable, "-m", "venv", "--clear", str(venv)],
        [*pip, "install", "--quiet", "--no-compile", "--require-hashes", "--requirement", str(requirements)],
    ):
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode != 0:
            raise NotInstalled(f"the venv of {name} cannot be made:\n{done.stderr[-2_000:]}")
    shutil.copy(requirements, installed)


def pinned(name: str, package: str) -> str:
    """The version of the package that the venv has."""
    found = re.search(rf"^{package}==(\S+)", _lock(name).read_text(), re.MULTILINE)
    return found[1] if found else "?"


def _lock(name: str) -> Path:
    return _REQUIREMENTS / f"{name}.txt"
