"""A watcher: tells in one line why a process of several has ended, when it cannot do so itself.

JAX's runtime aborts the process if another one is gone, without running any of Python. What it
writes goes to a file; a small process of its own waits for the end, and reads that file.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TextIO

DONE = "done"
"""What the watched process writes at its orderly end."""


class Watcher:
    """Watches this process from another one, and diverts what the runtime writes to a file."""

    def __init__(self) -> None:
        descriptor, path = tempfile.mkstemp(prefix="jaxdist-", suffix=".log")
        self.log = Path(path)
        output = os.dup(2)
        self._process = subprocess.Popen(
            [sys.executable, "-I", __file__, path],
            stdin=subprocess.PIPE,
            stderr=output,
            text=True,
            start_new_session=True,  # Ctrl-C is for the watched process
        )
        os.close(output)
        _divert(descriptor)

    def tell(self, how_to_go_on: str) -> None:
        """Set the end of the line: what the user can do."""
        self._write(how_to_go_on)

    def done(self) -> None:
        """Say that the process ends in an orderly manner, after which the file is removed."""
        self._write(DONE)

    def _write(self, line: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{line}\n")
        self._process.stdin.flush()


def _divert(descriptor: int) -> None:
    """Let what is not written by Python go to a file: JAX's runtime logs to both streams."""
    for name in ("stdout", "stderr"):
        stream: TextIO = getattr(sys, name)
        stream.flush()
        own = os.fdopen(
            os.dup(stream.fileno()),
            "w",
            buffering=1,
            encoding=stream.encoding,
            errors=stream.errors,
        )
        os.dup2(descriptor, stream.fileno())
        setattr(sys, name, own)
    os.close(descriptor)


def cause(log: str) -> str:
    """The cause of the end of a process, from what its runtime wrote."""
    if "RegisterTask" in log:
        return "the processes of the run did not find each other in time"
    if lost := re.search(r"Task (\d+) heartbeat timeout|sending heartbeats\):\n(\d+)", log):
        number = lost[1] or lost[2]
        return f"process {number} of the run does not answer any more"
    if "leader task" in log or "PollForError" in log:
        return "process 0 of the run, the coordinator, does not answer any more"
    if "detected fatal errors" in log:
        return "another process of the run has died"
    return "this process was killed"


def watch(log: Path) -> None:
    """Wait for the end of the process on the other side of standard input, and tell of it."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    lines = [line.strip() for line in sys.stdin]
    if lines[-1:] == [DONE]:
        log.unlink(missing_ok=True)
        return
    then = f" {lines[-1]}" if lines else ""
    text = log.read_text(errors="replace")
    print(f"Stopped: {cause(text)} (details: {log}).{then}", file=sys.stderr)


if __name__ == "__main__":
    watch(Path(sys.argv[1]))
