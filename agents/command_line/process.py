"""The process of a command: its devices, its cache of compiled programs, and quiet libraries."""

from __future__ import annotations

import logging
import os
import sys
import tempfile
import warnings
from collections.abc import Sequence
from pathlib import Path

import jax

from ..execution.devices import use_all_cores
from ..execution.processes import NoCluster
from ..invocation import PROGRAM
from .distributed import join
from .watcher import Watcher

FOLDER = "jaxdist-agents"
"""Name of the folder of compiled programs, in the user's folder of caches."""

WAITING = "--xla_cpu_collective_call_terminate_timeout_seconds"
"""XLA's flag for how long a CPU device waits for the others."""


def prepare(argv: Sequence[str]) -> Watcher | None:
    """Set up the process, before anything starts JAX's backend.

    Args:
      argv: the command and its options.

    Returns:
      The watcher of this process, if it trains together with others.
    """
    use_all_cores()
    _let_devices_wait()
    _quiet_libraries()
    try:
        watcher = join(argv)
    except NoCluster as error:
        print(f"{PROGRAM}: error: {error}", file=sys.stderr)
        raise SystemExit(2) from None
    _use_cache()
    return watcher


def _let_devices_wait() -> None:
    """Let CPU devices wait for each other: after 40 seconds, XLA would abort the process."""
    flags = os.environ.get("XLA_FLAGS", "")
    if WAITING not in flags:
        os.environ["XLA_FLAGS"] = f"{flags} {WAITING}=3600".strip()


def _use_cache() -> None:
    """Keep compiled programs on disk; where that is not possible, say so and go on without."""
    given = os.environ.get("JAX_COMPILATION_CACHE_DIR")
    try:
        cache = Path(given) if given else _default_cache()
        check_writable(cache)
    except (OSError, RuntimeError) as error:  # RuntimeError: the user has no home directory
        print(f"Compiled programs are not cached: {error}", file=sys.stderr)
        jax.config.update("jax_enable_compilation_cache", bool(given))
        return
    if not given:
        jax.config.update("jax_compilation_cache_dir", str(cache))
        jax.config.update("jax_persistent_cache_min_compile_time_secs", 0)


def _default_cache() -> Path:
    caches = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(caches) / FOLDER


def check_writable(folder: Path) -> None:
    """Check that files can be written to a folder, which is made if need be (`OSError`)."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=folder):
        pass


def _quiet_libraries() -> None:
    """Leave the reports of errors to the command, which prints one line."""
    for name in ("absl", "asyncio", "matplotlib"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    warnings.filterwarnings("ignore", "Error (reading|writing) persistent compilation cache")
    # What the libraries' threads and coroutines leave behind has been reported already.
    sys.unraisablehook = lambda _: None
