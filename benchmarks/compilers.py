"""Compile programs for accelerators that are absent, and count what the compiled programs do.

XLA's compilers for NVIDIA GPUs and for TPUs run on any x86-64 machine: they are packages,

    pip install -e ".[ahead-of-time]"

and `jax.experimental.topologies` describes the devices. No device is touched.
"""

from __future__ import annotations

import collections
import functools
import importlib
import importlib.metadata
import os
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jax
from jax.experimental import topologies
from jax.sharding import SingleDeviceSharding

PACKAGES = {"h100": "jax-cuda12-pjrt", "tpu": "libtpu"}
"""The device of a table, and the package with its compiler."""

H100 = Path(__file__).with_name("h100.txtpb")


@dataclass(frozen=True)
class Program:
    """A program compiled for a device.

    Attributes:
      trace_seconds: time to trace and lower it.
      compile_seconds: time that XLA took.
      launches: how often each kind of kernel, library call or copy is launched; a loop of unknown
        length counts once.
      loops: number of loops.
      unknown_loops: number of loops of unknown length.
      temporary_bytes: memory besides arguments and results.
      estimated_seconds: XLA's estimate of the run time (TPU only, NaN elsewhere); a loop of unknown
        length counts once.
      text: the optimized program.
    """

    trace_seconds: float
    compile_seconds: float
    launches: collections.Counter[str]
    loops: int
    unknown_loops: int
    temporary_bytes: int
    estimated_seconds: float
    text: str

    @property
    def num_launches(self) -> int:
        """How many kernels, library calls and copies one run launches."""
        return sum(self.launches.values())


def is_available(device: str) -> bool:
    """Whether the compiler of a device, a key of `PACKAGES`, is installed."""
    try:
        importlib.metadata.distribution(PACKAGES[device])
    except importlib.metadata.PackageNotFoundError:
        return False
    return True


@functools.cache
def topology(device: str, shape: str = "") -> Any:
    """The description of absent devices.

    Args:
      device: a key of `PACKAGES`.
      shape: their arrangement; "1x8x8" is 8 hosts of 8 GPUs, "v5e:16x16" 256 chips.
    """
    if not is_available(device):
        raise SystemExit(
            f"the compiler for {device} is missing (package {PACKAGES[device]}): "
            'pip install -e ".[ahead-of-time]"'
        )
    if device == "h100":
        shape = shape or "1x1x1"
        return topologies.get_topology_desc(
            platform="cuda", topology_name=shape, topology=shape, target_config=H100.read_text()
        )
    libtpu = importlib.import_module("libtpu")
    os.environ["TPU_SKIP_MDS_QUERY"] = "1"  # there is no metadata server to ask for devices
    os.environ.setdefault("TPU_LIBRARY_PATH", libtpu.get_library_path())
    return topologies.get_topology_desc(platform="tpu", topology_name=shape or "v5e:2x2")


def compile_for(device: str, function: Callable[..., Any], *args: Any) -> Program:
    """Compile a function for one absent device.

    Args:
      device: a key of `PACKAGES`.
      function: the function.
      *args: its arguments; of arrays only shapes and dtypes matter.
    """
    jax.clear_caches()  # parts that were traced before would cost no time
    sharding = SingleDeviceSharding(topology(device).devices[0])
    shapes = jax.tree.map(lambda x: jax.ShapeDtypeStruct(x.shape, x.dtype, sharding=sharding), args)
    start = time.perf_counter()
    lowered = jax.jit(function, out_shardings=sharding).lower(*shapes)
    middle = time.perf_counter()
    compiled = lowered.compile()
    end = time.perf_counter()
    text = compiled.as_text() or ""
    memory: Any = compiled.memory_analysis()
    cost = compiled.cost_analysis() or {}
    estimate = cost.get("optimal_seconds", -1.0)
    return Program(
        trace_seconds=middle - start,
        compile_seconds=end - middle,
        launches=count_launches(text),
        loops=len(re.findall(r" while\(", text)),
        unknown_loops=sum(
            "known_trip_count" not in line for line in text.splitlines() if " while(" in line
        ),
        temporary_bytes=memory.temp_size_in_bytes,
        estimated_seconds=estimate if estimate > 0 else float("nan"),
        text=text,
    )


# --- reading a compiled program ------------------------------------------------------------------

_LAUNCHED = (
    *("fusion", "custom-call", "copy", "copy-start", "sort", "dynamic-slice"),
    *("dynamic-update-slice", "all-reduce", "scatter", "gather", "reduce", "iota", "broadcast"),
    *("transpose", "concatenate", "convert", "slice", "pad", "select", "rng-bit-generator"),
)
_INSTRUCTION = re.compile(rf" (while|conditional|call|{'|'.join(_LAUNCHED)})\(")
_COMPUTATION = re.compile(r"^(ENTRY )?%?([\w.\-]+) .*\{\s*$")
_CALLED = re.compile(
    r"(?:to_apply|true_computation|false_computation|branch_computations)=\{?%?([\w.\-, %]+)"
)


def count_launches(text: str) -> collections.Counter[str]:
    """Count the launches of an optimized GPU program by kind, with the lengths of its loops."""
    computations: dict[str, list[str]] = {}
    current, entry = None, ""
    for line in text.splitlines():
        header = _COMPUTATION.match(line)
        if header and ("->" in line or header.group(1)):
            current = header.group(2)
            computations[current] = []
            entry = current if header.group(1) else entry
        elif line.startswith("}"):
            current = None
        elif current is not None:
            computations[current].append(line)

    @functools.cache
    def count(name: str) -> collections.Counter[str]:
        total: collections.Counter[str] = collections.Counter()
        for line in computations.get(name, ()):
            match = _INSTRUCTION.search(line)
            if match is None:
                continue
            kind = match.group(1)
            if kind == "while":
                length = re.search(r'known_trip_count":\{"n":"(\d+)"', line)
                repeats = int(length.group(1)) if length else 1
                for part in re.findall(r"(?:body|condition)=%?([\w.\-]+)", line):
                    for inner, number in count(part).items():
                        total[inner] += repeats * number
            elif kind in ("conditional", "call"):
                for names in _CALLED.findall(line):
                    for part in filter(None, re.split(r"[, %]+", names)):
                        total += count(part)
            else:
                total[kind] += 1
        return total

    return count(entry)
