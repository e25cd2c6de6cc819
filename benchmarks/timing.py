"""Timing on shared, noisy machines: medians of interleaved calls in one process."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import Any

import jax

_PAUSE = 0.005  # seconds, in which the threads of the previous call go idle


def compile_seconds(function: Callable[..., Any], *args: Any) -> tuple[float, Callable[..., Any]]:
    """Compile a function for its arguments; return the seconds and the compiled function."""
    lowered = jax.jit(function).lower(*args)
    start = time.perf_counter()
    compiled = lowered.compile()
    return time.perf_counter() - start, compiled


def call_and_wait(function: Callable[..., Any], *args: Any) -> None:
    """Call a function and wait for its arrays."""
    jax.block_until_ready(function(*args))


def interleaved(calls: dict[str, Callable[[], Any]], repeats: int) -> dict[str, float]:
    """Time functions in turns.

    Args:
      calls: functions by name; each returns when its result is ready.
      repeats: number of rounds after a warm-up round.

    Returns:
      Median time of each function, in seconds.
    """
    seconds: dict[str, list[float]] = {name: [] for name in calls}
    for call in calls.values():
        call()
    for _ in range(repeats):
        for name, call in calls.items():
            time.sleep(_PAUSE)
            call()  # wakes the threads
            start = time.perf_counter()
            call()
            seconds[name].append(time.perf_counter() - start)
    return {name: statistics.median(times) for name, times in seconds.items()}


def table(header: list[str], rows: list[list[str]]) -> str:
    """Format a table in Markdown."""
    lines = [header, ["---"] + ["---:"] * (len(header) - 1), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
