"""The lock on a run folder: one process trains a run at a time."""

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
"""Error codes of file systems without locks, such as some network file systems."""


class FolderInUse(RuntimeError):
    """Another process has locked a run folder."""


@contextlib.contextmanager
def lock(folder: Path) -> Iterator[None]:
    """Lock a folder; the operating system releases the lock when the process exits.

    Where the file system or the platform has no locks, this does nothing.

    Raises:
      FolderInUse: another process holds the lock.
    """
    with (folder / ".lock").open("a") as file:
        if not _try_lock(file):
            raise FolderInUse(
                f"another process is training '{folder}'; wait for it, or stop it first"
            )
        yield


def _try_lock(file: IO[str]) -> bool:
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
