"""Compile our samplers, those of jax.random, and its approximate ones."""

from __future__ import annotations

import functools
import math
import sys
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

import jaxdist as jd
from benchmarks.ahead_of_time.options import Options
from benchmarks.compilers import Program, compile_for
from benchmarks.samplers import KEY, Sampler, Workload, sampler_of, workloads
from benchmarks.timing import table

DRAWS = 1_000_000
KERNELS = {"h100": "launches", "tpu": "fusions"}


def print_tables(options: Options) -> None:
    """Print one table for each device."""
    rows_of_table = workloads(DRAWS)
    has_approximate = any(workload.approximate for workload in rows_of_table)
    columns = ["ours", "jax.random", *["approximate"] * has_approximate]
    for device in options.devices:
        rows = []
        for workload in rows_of_table:
            if options.only.search(workload.name):
                print(workload.name, file=sys.stderr, flush=True)
                functions = samplers(workload)
                arguments = (KEY, *(jnp.asarray(p) for p in workload.params))
                programs = [compile_for(device, f, *arguments) for f in functions]
                rows.append([workload.name, *cells(device, programs)])
        header = ["compile, s", KERNELS[device], "loops", "temporary, MB", "estimate, us"]
        header = header if device == "tpu" else header[:-1]
        print(f"Samplers, {device}: {' / '.join(columns)}\n")
        print(table([f"{DRAWS:,} draws", *header], rows), flush=True)
        print("\nDraws of vectors are fewer. Loops of unknown length count once.\n", flush=True)


def samplers(workload: Workload) -> list[Callable[..., Any]]:
    """Functions of a key and the parameters: ours, and those that there are of jax.random."""
    shape = () if workload.per_row else (max(int(DRAWS * workload.fraction), 1),)

    def draw(sampler: Sampler, key: jax.Array, *params: jax.Array) -> jax.Array:
        return sampler(key, shape, *params)

    ours = sampler_of(workload, "jaxdist", jd, shape)
    peers = filter(None, (workload.by_jax, workload.approximate))
    return [ours, *(functools.partial(draw, peer) for peer in peers)]


def cells(device: str, programs: list[Program]) -> list[str]:
    """The columns of a row, each with a number for every program."""

    def kernels(program: Program) -> int:
        return program.num_launches if device == "h100" else program.launches["fusion"]

    columns: list[Callable[[Program], str]] = [
        lambda p: f"{p.trace_seconds + p.compile_seconds:.1f}",
        lambda p: f"{kernels(p)}",
        lambda p: f"{p.loops}",
        lambda p: f"{p.temporary_bytes / 1e6:.3g}",
    ]
    if device == "tpu":
        columns.append(
            lambda p: "" if math.isnan(p.estimated_seconds) else f"{1e6 * p.estimated_seconds:.3g}"
        )
    return [" / ".join(column(program) for program in programs) for column in columns]
