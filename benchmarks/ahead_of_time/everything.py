"""Compile every function and algorithm that the tests list; for AMD's GPUs, lower them only."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable
from typing import Any

import jax

from benchmarks.ahead_of_time.options import Options
from benchmarks.compilers import lower_for, lower_for_platforms, topology
from benchmarks.timing import table
from tests.program_catalog import GROUPS, Group, failures

SLOWEST = 10
AT_A_TIME = 20  # programs; then memory is freed

Compile = Callable[..., Any]
"""Compiles a function, given it and its arguments."""
Seconds = dict[str, float]
"""The seconds to compile, by the name of the group."""


def print_tables(options: Options) -> None:
    """Print how many programs compile for each device, what fails, and what takes longest."""
    compilers = {"rocm": lower_for_rocm} | {device: compiler(device) for device in options.devices}
    every = [group for groups in GROUPS.values() for group in groups]
    seconds, errors = compile_all(
        [group for group in every if group.first and options.only.search(group.name)], compilers
    )
    rows = [
        [device, f"{len(taken)}", f"{sum(device == where for where, _ in errors)}"]
        for device, taken in seconds.items()
    ]
    print("Everything compiles\n")
    print(table(["device", "programs", "failures"], rows))
    print("\nThe programs for rocm are lowered, not compiled.\n")
    for (device, name), error in errors.items():
        print(f"{device}, {name}: {type(error).__name__}: {str(error).splitlines()[0]}")
    for device in options.devices:
        slowest = sorted(seconds[device].items(), key=lambda item: -item[1])[:SLOWEST]
        print(table([f"slowest, {device}", "s"], [[name, f"{s:.1f}"] for name, s in slowest]))
        print(flush=True)


def lower_for_rocm(function: Callable[..., Any], *args: Any) -> None:
    lower_for_platforms(("rocm",), function, *args)


def compiler(device: str) -> Compile:
    """The compiler of a device, started, so that the first program takes no longer than others."""
    topology(device)
    return lambda function, *args: lower_for(device, function, *args).compile()


def compile_all(
    groups: Iterable[Group], compilers: dict[str, Compile]
) -> tuple[dict[str, Seconds], dict[tuple[str, str], Exception]]:
    """Compile groups with every compiler.

    Returns:
      The seconds of each compiler, and the errors by compiler and function.
    """
    seconds: dict[str, Seconds] = {device: {} for device in compilers}
    errors: dict[tuple[str, str], Exception] = {}
    for number, group in enumerate(groups, 1):
        print(group.name, file=sys.stderr, flush=True)
        functions, args = group.make()
        for device, compile_ in compilers.items():
            start = time.perf_counter()
            failed = failures(compile_, functions, args)
            seconds[device][group.name] = time.perf_counter() - start
            errors |= {(device, f"{group.name}: {name}"): e for name, e in failed.items()}
        if number % AT_A_TIME == 0:
            jax.clear_caches()
    return seconds, errors
