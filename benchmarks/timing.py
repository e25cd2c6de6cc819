"""Timing in one process, interleaved, by medians: what shared and noisy machines allow."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import Any

import jax

_PAUSE = 0.005  # seconds, until the threads of the call before have come to rest; those of the
# next are awake after a call that does not count


def compile_seconds(function: Callable[..., Any], *args: Any) -> tuple[float, Callable[..., Any]]:
    """Compile a function for its arguments; return the time and the compiled function."""
    lowered = jax.jit(function).lower(*args)
    start = time.perf_counter()
    compiled = lowered.compile()
    return time.perf_counter() - start, compiled


def call_and_wait(function: Callable[..., Any], *args: Any) -> None:
    """Call a function, and wait until its result has been computed."""
    jax.block_until_ready(function(*args))


def interleaved(calls: dict[str, Callable[[], Any]], repeats: int) -> dict[str, float]:
    """Time calls in turns.

    Args:
      calls: what to call, by name; a call returns once its result is there.
      repeats: how many rounds are made, after one that does not count.

    Returns:
      The median of the seconds of every call.
    """
    seconds: dict[str, list[float]] = {name: [] for name in calls}
    for call in calls.values():
        call()
    for _ in range(repeats):
        for name, call in calls.items():
            time.sleep(_PAUSE)
            call()
            start = time.perf_counter()
            call()
            seconds[name].append(time.perf_counter() - start)
    return {name: statistics.median(times) for name, times in seconds.items()}


def table(header: list[str], rows: list[list[str]]) -> str:
    """Format a table in Markdown."""
    lines = [header, ["---"] + ["---:"] * (len(header) - 1), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
