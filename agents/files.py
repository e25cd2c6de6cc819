"""Files that several processes may want: replaced as a whole, and held by one at a time."""

from __future__ import annotations

import contextlib
import errno
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO

if sys.platform != "win32":
    import fcntl

NO_LOCKS = (errno.ENOSYS, errno.ENOTSUP, errno.ENOLCK)
"""What file systems without locks answer, some of them on clusters."""


class InUse(RuntimeError):
    """Another process is at work on a folder."""


def replace(path: Path, text: str) -> None:
    """Write a file anew: whoever reads it, whenever that is, finds the old text or the new one."""
    beside = path.with_suffix(".tmp")
    beside.write_text(text)
    beside.replace(path)


@contextlib.contextmanager
def held(folder: Path) -> Iterator[None]:
    """Hold a folder; the system lets go of it when the process ends, in whichever way.

    Where the file system or the platform has no locks, nothing is held.

    Raises:
      InUse: another process holds it.
    """
    with (folder / ".lock").open("a") as file:
        if not _lock(file):
            raise InUse(f"another process is training '{folder}'; wait for it, or stop it first")
        yield


def _lock(file: IO[str]) -> bool:
    if sys.platform == "win32":
        return True
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:
        if error.errno not in NO_LOCKS:
            raise
    return True
