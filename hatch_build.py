"""Compiles the rules into the wheel, with mypyc: `make wheel`, and the image.

Only where HATCH_BUILD_HOOKS_ENABLE=1 asks for it, and never in an editable install: a checkout
stays plain Python. All is made in a temporary folder, so that nothing compiled is left beside
the sources to be taken for them when they have changed.
"""

import os
import shlex
import shutil
import sysconfig
from contextlib import chdir
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hatchling.builders.config import BuilderConfig
from hatchling.builders.hooks.plugin.interface import BuildHookInterface

MISSING = """\
leadgate's wheel is compiled, for which {missing} missing. To get it:
  Debian, Ubuntu   apt-get install gcc libc6-dev python3-dev
  Fedora           dnf install gcc python3-devel
  macOS            xcode-select --install
(A checkout needs none of this: make setup.)"""


class CompiledRules(BuildHookInterface[BuilderConfig]):
    """Adds an extension module for each file that `compile` in pyproject.toml names."""

    _made: TemporaryDirectory[str] | None = None

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile, and have the results packed beside their sources, which tracebacks show."""
        if version == "editable":
            return
        if missing := _missing():
            self.app.abort(MISSING.format(missing=missing))
        self._made = TemporaryDirectory(prefix="leadgate-")
        root, made = Path(self.root), Path(self._made.name)
        with chdir(root):
            _compile(self.config["compile"], made)
        libraries = made / "lib"
        for library in libraries.rglob("*.so"):
            build_data["force_include"][str(library)] = str(library.relative_to(libraries))
        build_data["pure_python"] = False
        build_data["infer_tag"] = True

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:  # noqa: ARG002
        """The wheel has been written."""
        if self._made is not None:
            self._made.cleanup()


def _missing() -> str | None:
    compiler = shlex.split(os.environ.get("CC") or sysconfig.get_config_var("CC") or "cc")[0]
    if shutil.which(compiler) is None:
        return f"a C compiler ({compiler}) is"
    if not (Path(sysconfig.get_path("include")) / "Python.h").exists():
        return "Python's headers (Python.h) are"
    return None


def _compile(sources: list[str], made: Path) -> None:
    # Only here: whoever builds a wheel of plain Python needs neither.
    from mypyc.build import mypycify
    from setuptools import Distribution

    options = ["--config-file", "pyproject.toml", "--cache-dir", str(made / "cache")]
    extensions = mypycify(
        [*options, *sources], group_name="leadgate", debug_level="0", target_dir=str(made / "c")
    )
    build = Distribution({"name": "leadgate", "ext_modules": extensions}).get_command_obj("build_ext")
    build.build_lib, build.build_temp = str(made / "lib"), str(made / "o")
    build.ensure_finalized()
    build.run()
