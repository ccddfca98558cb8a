"""Who this worker is, beyond its life: the transactional id, and its place in the group.

An id that comes back lets a restarted worker abort at once what its dead self
left open; one that two live processes share makes them fence each other. So it
is either given (a pod's name), or a slot in the state directory, held under a
file lock for as long as the process lives.
"""

import fcntl
import os
import uuid
from dataclasses import dataclass
from pathlib import Path

from streams.errors import OutsideWorld

SLOTS = 1000


@dataclass(slots=True, frozen=True)
class Identity:
    """A worker's name; while ``lock`` (a file descriptor, or None) is open, nobody else has it."""

    name: str
    lock: int | None = None


def identify(name: str | None, directory: Path) -> Identity:
    """``name`` if it is given, else the first free slot of ``directory``.

    Raises OutsideWorld when the directory can't be written, or has no slot left.
    """
    if name:
        return Identity(name)
    try:
        return _take_slot(directory)
    except OSError as error:
        raise OutsideWorld(
            f"the state directory {directory} can't be written ({error.strerror}): give another "
            "(LEADGATE_STATE_DIRECTORY), or give the worker its lasting name (LEADGATE_WORKER_ID)"
        ) from error


def _take_slot(directory: Path) -> Identity:
    directory.mkdir(parents=True, exist_ok=True)
    for slot in range(SLOTS):
        descriptor = os.open(directory / f"worker-{slot}", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            continue
        stored = os.read(descriptor, 64).decode()
        if not stored:
            stored = f"worker-{uuid.uuid4().hex[:12]}"
            os.write(descriptor, stored.encode())
        return Identity(stored, descriptor)
    raise OutsideWorld(f"{SLOTS} workers already run with the state directory {directory}")
