"""What becomes of calls: a value, a documented error, or an error from below."""

from __future__ import annotations

import collections
import contextlib
import inspect
import linecache
import math
import re
import sys
import threading
import time
import traceback
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import jax
import numpy as np

import jaxdist as jd
from benchmarks.fuzz.calls import NAMES, Generator

PACKAGE = str(Path(jd.__file__).parent)
SLOW = 20.0
"""Seconds after which a call is printed, since it may never end."""

DOCUMENTED = (TypeError, ValueError, IndexError, NotImplementedError)


# --- calls ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Outcome:
    """What became of a call, and where its error was raised.

    Attributes:
      kind: "value", "documented error", "wrong signature", "out of memory" or "undocumented error".
      error: the error as Python prints it, on one line.
      place: the last line of the library that was running.
    """

    kind: str
    error: str = ""
    place: str = ""


def outcome(line: str) -> Outcome:
    """Evaluate a line of code."""
    try:
        value = eval(line, dict(NAMES))
        jax.block_until_ready([x for x in jax.tree.leaves(value) if isinstance(x, jax.Array)])
        if inspect.isgenerator(value):
            list(value)
    except Exception as error:
        return classify(error)
    return Outcome("value")


_SIGNATURE = re.compile(
    r"^TypeError: \S+\(\) (missing \d+ required|got an unexpected keyword|takes \d+ positional"
    r"|argument must be)"
)
"""What Python says of arguments that a function does not have, or that `int` does not take."""


def classify(error: Exception) -> Outcome:
    """Tell the errors that the library raises from those that come from below."""
    frames = traceback.extract_tb(error.__traceback__)
    of_library = [frame for frame in frames if frame.filename.startswith(PACKAGE)]
    text = " ".join(f"{type(error).__name__}: {error}".split())
    if not of_library or _SIGNATURE.search(text):
        return Outcome("wrong signature", text)
    if isinstance(error, MemoryError) or "RESOURCE_EXHAUSTED" in text:
        return Outcome("out of memory", text)
    last = of_library[-1]
    raised = linecache.getline(last.filename, last.lineno or 0).strip().startswith("raise")
    if isinstance(error, DOCUMENTED) and frames[-1] is last and raised:
        return Outcome("documented error", text)
    place = f"{Path(last.filename).relative_to(PACKAGE)}:{last.lineno}: {last.line}"
    return Outcome("undocumented error", text, place)


@contextlib.contextmanager
def naming_slow(line: str) -> Iterator[None]:
    """Print a line of code to standard error if it takes longer than `SLOW` seconds."""
    text = f"takes over {SLOW:g} s: {line}"
    timer = threading.Timer(SLOW, print, [text], {"file": sys.stderr, "flush": True})
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def fuzz(
    calls: int, seed: int, seconds: float = math.inf
) -> tuple[collections.Counter[str], dict[str, tuple[str, str]]]:
    """Make calls at random.

    Args:
      calls: the number of calls.
      seed: the seed of the calls.
      seconds: how long calls may be begun; fewer are made if it is over.

    Returns:
      How many calls there were of each kind; and by the place of each undocumented error, the error
      and a line that reproduces it.
    """
    counts: collections.Counter[str] = collections.Counter()
    bad: dict[str, tuple[str, str]] = {}
    end = time.monotonic() + seconds
    filtering = jax.config.jax_traceback_filtering
    jax.config.update("jax_traceback_filtering", "off")
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            for i, line in enumerate(Generator(seed).lines(calls)):
                if time.monotonic() > end:
                    break
                with naming_slow(line):
                    found = outcome(line)
                counts[found.kind] += 1
                if found.kind == "undocumented error":
                    bad.setdefault(
                        f"{found.error.partition(':')[0]} in {found.place}", (found.error, line)
                    )
                if i % 2000 == 1999:
                    jax.clear_caches()  # thousands of programs fill the memory
    finally:
        jax.config.update("jax_traceback_filtering", filtering)
    return counts, bad
