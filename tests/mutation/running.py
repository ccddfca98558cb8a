"""A mutant and the tests: a forked process, which imports the rules anew with the one change in them.

All else that the tests need has been imported before the fork, so that a mutant costs what its tests cost.
"""

import os
import signal
import sys
import time
from collections.abc import Sequence
from importlib import import_module
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import spec_from_file_location
from pathlib import Path
from types import CodeType, ModuleType
from typing import Literal

from tests.mutation.operators import mutated
from tests.mutation.suites import suite_of

Verdict = Literal["killed", "timed out", "survived"]

CHECKOUT = Path(__file__).resolve().parents[2]
SECONDS = 90.0
"""A mutant that takes longer goes round for ever: it is noticed."""
_LOOK_SECONDS = 0.05
_PASSED, _NONE_FOUND = 0, 5
"""Pytest's exit codes."""


class NotTried(Exception):
    """The tests fail by themselves, or there are none: nothing can be said of mutants."""


def source_of(module: str) -> str:
    """The source of a module of `qualifiers`."""
    return (CHECKOUT / "qualifiers" / f"{module}.py").read_text(encoding="utf-8")


def prepare() -> None:
    """Import what no mutant changes."""
    os.environ["HYPOTHESIS_PROFILE"] = "mutants"
    for name in ("pytest", "hypothesis", "jsonschema", "re2", "tests.profiles", "streams.local_kafka"):
        import_module(name)
    for path in sorted((CHECKOUT / "schemas").glob("*.py")):
        import_module(f"schemas.{path.stem}")
    assert not any(name.startswith("qualifiers") for name in sys.modules)


def judge(module: str, number: int | None, seconds: float = SECONDS) -> Verdict:
    """What the module's tests say of a mutant; None: of the module as it is."""
    child = os.fork()
    if child == 0:
        os._exit(_run(module, number))
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            code = os.waitstatus_to_exitcode(status)
            if code == _NONE_FOUND:
                raise NotTried(f"there are no tests of {module}")
            return "survived" if code == _PASSED else "killed"
        time.sleep(_LOOK_SECONDS)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return "timed out"


def _run(module: str, number: int | None) -> int:
    """The exit code of the tests; of a child's."""
    import pytest

    silent = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silent, 1)
    os.dup2(silent, 2)
    if number is not None:
        sys.meta_path.insert(0, _Finder(_Loader(module, number)))
    try:
        return int(pytest.main([*_OPTIONS, *suite_of(module)]))
    except BaseException:
        return 1


_OPTIONS: Sequence[str] = (
    "-x", "-q", "-p", "no:cacheprovider", f"--rootdir={CHECKOUT}",
    "-W", "ignore::pytest.PytestAssertRewriteWarning",  # of what was imported before the fork
)  # fmt: skip


class _Finder(MetaPathFinder):
    """Finds the one module that is another, before Python finds it as it is."""

    def __init__(self, loader: "_Loader") -> None:
        self._loader = loader

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname != self._loader.name:
            return None
        return spec_from_file_location(fullname, self._loader.path, loader=self._loader)


class _Loader(SourceFileLoader):
    """Gives the module its one change."""

    def __init__(self, module: str, number: int) -> None:
        super().__init__(f"qualifiers.{module}", str(CHECKOUT / "qualifiers" / f"{module}.py"))
        self._number = number

    def get_code(self, fullname: str) -> CodeType:
        tree = mutated(Path(self.path).read_text(encoding="utf-8"), self._number)
        code: CodeType = compile(tree, self.path, "exec")
        return code
