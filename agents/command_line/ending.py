"""The end of a command whose run is trained by several processes."""

from __future__ import annotations

import contextlib
import os
import re
import sys
import time
import traceback

import jax

from ..execution import processes
from .watcher import Watcher

STOPPED = 1
"""Exit code where something outside of the command has ended it."""

GRACE_SECONDS = 3.0
"""How long the first process lets the others find out by themselves that one of them is gone."""


class Ending:
    """Ends a process together with the others, or at once if it cannot count on them.

    A process waits for the others at its end. If they have failed or gone, it would wait for
    minutes, and JAX's runtime would then abort it. Without other processes, all this is left out.

    Args:
      watcher: the watcher of this process, if there are others.

    Attributes:
      is_joint: whether all processes have come to the same end of training.
    """

    def __init__(self, watcher: Watcher | None) -> None:
        self.is_joint = False
        self._watcher = watcher
        self._how_to_go_on = ""

    def tell(self, how_to_go_on: str) -> None:
        """Set what the user can do if the run does not end well."""
        self._how_to_go_on = how_to_go_on
        if self._watcher:
            self._watcher.tell(how_to_go_on)

    def leave(self, code: int) -> int:
        """End the command; returns the exit code."""
        if self._watcher is None:
            return code
        if not self.is_joint or code == STOPPED:
            self._exit(code)
        jax.distributed.shutdown()
        self._watcher.done()
        return code

    def fail(self, error: BaseException) -> None:
        """End the command with an error; returns if there are no other processes."""
        if self._watcher is None:
            return
        if isinstance(error, SystemExit):
            self._exit(error.code if isinstance(error.code, int) else STOPPED)
        if isinstance(error, processes.FirstProcessFailed):
            _print(f"Stopped: process 0 has failed: {error}")
        elif processes.is_loss(error):
            _print(f"Stopped: {lost_connection(str(error))}. {self._how_to_go_on}")
        else:
            traceback.print_exception(error)
        self._exit(STOPPED)

    def _exit(self, code: int) -> None:
        """End the process without waiting for any other."""
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(OSError, ValueError):
                stream.flush()
        assert self._watcher is not None
        self._watcher.done()  # JAX's runtime may abort this process while it waits
        if processes.is_first():
            time.sleep(GRACE_SECONDS)
        os._exit(code)


def lost_connection(error: str) -> str:
    """What an error of JAX's runtime says of a process that is gone, on one line.

    Args:
      error: its text: a code in capitals, and the lines of source code that it has passed.
    """
    line = re.sub(r"^[A-Z_]+: ", "", error.partition("\n")[0])
    reason = re.sub(r"\[\S+\.(cc|h):\d+\]\s*", "", line).partition(". ")[0]
    return f"the connection to another process was lost ({reason})"


def _print(line: str) -> None:
    with contextlib.suppress(OSError):  # the terminal is gone
        print(line, file=sys.stderr, flush=True)
