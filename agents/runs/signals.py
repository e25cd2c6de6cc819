"""Signals that ask a process to stop: Ctrl-C, a cluster's warning, a closed terminal."""

from __future__ import annotations

import contextlib
import signal
import sys
import threading
from collections.abc import Iterator
from typing import Any

STOP_SIGNALS = tuple(
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
)
"""The signals of Ctrl-C, of a cluster that is about to kill the process, of a closed terminal."""


class Interruption:
    """Whether a stop signal has come.

    Attributes:
      number: the number of the signal; None so far.
    """

    number: int | None = None

    def is_set(self) -> bool:
        """Whether a signal has come."""
        return self.number is not None


def deliver(number: int | None) -> None:
    """Do what a signal would have done that `interruptible` has caught; None does nothing.

    Ctrl-C, which asks for the end of training alone, does nothing either.
    """
    if number not in (None, signal.SIGINT):
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(OSError, ValueError):  # the terminal is gone
                stream.flush()
        signal.raise_signal(number)


@contextlib.contextmanager
def interruptible() -> Iterator[Interruption]:
    """Keep the first stop signal; the second one does what it did before.

    Signals that the process ignores, as SIGHUP under `nohup`, stay ignored, and those that another
    library handles outside of Python stay with it. Only the main thread can handle signals; in
    another one this does nothing.
    """
    interrupted = Interruption()
    if threading.current_thread() is not threading.main_thread():
        yield interrupted
        return
    handlers = {number: signal.getsignal(number) for number in STOP_SIGNALS}
    others = (signal.SIG_IGN, None)  # None: a handler that Python cannot restore
    previous = {n: handler for n, handler in handlers.items() if handler not in others}

    def restore_handlers() -> None:
        for number, handler in previous.items():
            signal.signal(number, handler)

    def interrupt(number: int, _: Any) -> None:
        interrupted.number = number
        restore_handlers()

    for number in previous:
        signal.signal(number, interrupt)
    try:
        yield interrupted
    finally:
        restore_handlers()
