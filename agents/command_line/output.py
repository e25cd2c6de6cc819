"""The output of commands: it never ends a command, whatever becomes of the terminal or pipe."""

from __future__ import annotations

import contextlib
import io
import itertools
import os
import sys
from pathlib import Path
from typing import Any, TextIO

from rich.console import Console

from ..execution import processes
from ..invocation import PROGRAM


class Output(io.TextIOBase):
    """Standard output, which goes on without a reader.

    If the reader is gone (`| head -1`, a closed terminal), what follows is dropped. Characters
    that the encoding lacks are replaced.

    Args:
      stream: the stream to write to.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._is_open = True

    @property
    def encoding(self) -> str:  # type: ignore[override]
        """The encoding of the stream."""
        return self._stream.encoding or "ascii"

    def write(self, text: str) -> int:
        """Write text, if there is a reader."""
        known = text.encode(self.encoding, "replace").decode(self.encoding)
        self._try(self._stream.write, known)
        return len(text)

    def flush(self) -> None:
        """Flush the stream, if there is a reader."""
        self._try(self._stream.flush)

    def fileno(self) -> int:
        """The file descriptor of the stream."""
        return self._stream.fileno()

    def isatty(self) -> bool:
        """Whether the stream is a terminal."""
        return self._stream.isatty()

    def _try(self, function: Any, *arguments: Any) -> None:
        if not self._is_open:
            return
        try:
            function(*arguments)
        except (OSError, ValueError):  # the pipe is broken, the terminal or the file is closed
            self._is_open = False
            self._discard()

    def _discard(self) -> None:
        """Let what is left in the stream's buffer go nowhere, when Python flushes it at exit."""
        try:
            descriptor = self._stream.fileno()
        except (OSError, ValueError):  # a stream without a file, or a closed one
            return
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, descriptor)
        os.close(nowhere)


def console(**options: Any) -> Console:
    """A console on standard output; text is printed as it is, without markup.

    Of several processes that train a run, the first one prints.
    """
    stream: Any = Output(sys.stdout)
    is_quiet = not processes.is_first()
    return Console(
        file=stream, quiet=is_quiet, highlight=False, markup=False, emoji=False, **options
    )


def file_to_write(given: str | None, default: str) -> Path:
    """The file of a result: a new one, unless the user has named a file.

    Args:
      given: a file, which may exist, or a folder, in which a new file is named like the default.
      default: the file if none is given; with a number before the suffix if there is one already.

    Raises:
      ValueError: the given name is empty, or its folder does not exist.
    """
    if given is None:
        return free_path(Path(default))
    if not given:
        raise ValueError("--out must name a file; got an empty name")
    path = Path(given)
    if not given.endswith("/") and not path.parent.is_dir():
        raise ValueError(f"--out names a file in '{path.parent}', which is no folder; make it")
    if path.is_dir() or given.endswith("/"):
        path.mkdir(parents=True, exist_ok=True)
        return free_path(path / Path(default).name)
    return path if path.suffix else path.with_suffix(Path(default).suffix)


def free_path(path: Path) -> Path:
    """A path like the given one that no file has: with a number before the suffix, if need be."""
    numbered = (path.with_stem(f"{path.stem}-{number}") for number in itertools.count(2))
    return next(free for free in itertools.chain([path], numbered) if not free.exists())


def warn(message: str) -> None:
    """Print a message of one line to standard error."""
    with contextlib.suppress(OSError):  # the terminal is gone
        print(f"{PROGRAM}: {message}", file=sys.stderr)
