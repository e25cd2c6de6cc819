"""Signals that ask a process to stop: Ctrl-C, a cluster's warning, a closed terminal."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator

STOP_SIGNALS = tuple(
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
)
"""The signals of Ctrl-C, of a cluster that is about to kill the process, of a closed terminal."""


@contextlib.contextmanager
def interruptible() -> Iterator[threading.Event]:
    """Turn the first stop signal into an event; the second one does what it did before.

    Signals that the process ignores, as SIGHUP under `nohup`, stay ignored. Only the main thread
    can handle signals; in another one this does nothing.
    """
    interrupted = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield interrupted
        return
    handlers = {number: signal.getsignal(number) for number in STOP_SIGNALS}
    previous = {n: handler for n, handler in handlers.items() if handler != signal.SIG_IGN}

    def restore_handlers() -> None:
        for number, handler in previous.items():
            signal.signal(number, handler)

    def interrupt(*_: object) -> None:
        interrupted.set()
        restore_handlers()

    for number in previous:
        signal.signal(number, interrupt)
    try:
        yield interrupted
    finally:
        restore_handlers()
