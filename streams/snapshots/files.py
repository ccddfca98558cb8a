"""Files as snapshots need them: there as a whole or not at all."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO

from streams.errors import OutsideWorld


@contextmanager
def written_whole(path: Path) -> Iterator[IO[bytes]]:
    """A file that is at ``path`` once all has been written and is on the disk; before, what was there.

    Raises OutsideWorld where it can't be written.
    """
    try:
        with NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
            try:
                yield file
                file.flush()
                os.fsync(file.fileno())
                Path(file.name).replace(path)
            except BaseException:
                Path(file.name).unlink()
                raise
        directory = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(directory)  # the name, too
        finally:
            os.close(directory)
    except OSError as error:
        raise OutsideWorld(f"{path} can't be written: {error.strerror}") from error
