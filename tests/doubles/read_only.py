"""A leadgate on a file system that is read-only but for one folder, as far as Python writes to it.

`python -m tests.doubles.read_only FOLDER COMMAND…`: the command is one of `leadgate`.
"""

import errno
import os
import sys
from pathlib import Path
from typing import Any

from streams.cli import run

_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_CHANGES = {"os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.link", "os.symlink", "os.truncate"}


def refuse_writes_outside(folder: Path) -> None:
    """Refuse them from now on, as the system would. A device is none, nor is a file that is open already."""
    writable = (f"{folder}/", "/dev/")

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        changes = event in _CHANGES or (event == "open" and arguments[2] & _WRITES)
        if not changes or isinstance(arguments[0], int):
            return
        path = os.path.realpath(os.fsdecode(arguments[0]))
        if path != str(folder) and not path.startswith(writable):
            raise OSError(errno.EROFS, os.strerror(errno.EROFS), path)

    sys.addaudithook(hook)


def main(folder: str, *command: str) -> int:
    """Run the command; its exit code."""
    refuse_writes_outside(Path(folder).resolve())
    return run(command)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
