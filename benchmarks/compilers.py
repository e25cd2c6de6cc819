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
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
from jax.experimental import topologies
from jax.sharding import SingleDeviceSharding

from benchmarks import launches

PACKAGES = {"h100": "jax-cuda12-pjrt", "tpu": "libtpu"}
"""The device of a table, and the package with its compiler."""

H100 = Path(__file__).with_name("h100.txtpb")

TPU_ENVIRONMENT = {
    "TPU_SKIP_MDS_QUERY": "1",  # there is no metadata server to ask for devices,
    "TPU_ACCELERATOR_TYPE": "v5litepod-4",  # and it would complain that it does not know them
    "TPU_WORKER_HOSTNAMES": "localhost",
    "ALLOW_MULTIPLE_LIBTPU_LOAD": "1",  # processes share the compiler; the device they could not
}
"""What the TPU's compiler asks for."""


@dataclass(frozen=True)
class Program:
    """A program compiled for a device.

    Attributes:
      trace_seconds: time to trace and lower it.
      compile_seconds: time that XLA took.
      launches: how often each kind of kernel, library call or copy is launched, see
        `benchmarks.launches.count_launches`.
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


def require(device: str) -> None:
    """Exit, naming what to install, if the compiler of a device is not installed."""
    if not is_available(device):
        raise SystemExit(
            f"the compiler for {device} is missing (package {PACKAGES[device]}): "
            'pip install -e ".[ahead-of-time]"'
        )


@functools.cache
def topology(device: str, shape: str = "") -> Any:
    """The description of absent devices.

    Args:
      device: a key of `PACKAGES`.
      shape: their arrangement; "1x8x8" is 8 hosts of 8 GPUs, "v5e:16x16" 256 chips.
    """
    require(device)
    if device == "h100":
        shape = shape or "1x1x1"
        return topologies.get_topology_desc(
            platform="cuda", topology_name=shape, topology=shape, target_config=H100.read_text()
        )
    libtpu = importlib.import_module("libtpu")
    for name, value in (TPU_ENVIRONMENT | {"TPU_LIBRARY_PATH": libtpu.get_library_path()}).items():
        os.environ.setdefault(name, value)
    return topologies.get_topology_desc(platform="tpu", topology_name=shape or "v5e:2x2")


@functools.cache
def _start(device: str) -> None:
    """Compile a first program, which takes longer than the next."""
    lower_for(device, lambda x: x + 1, jax.ShapeDtypeStruct((), jnp.float32)).compile()


def lower_for(device: str, function: Callable[..., Any], *args: Any) -> jax.stages.Lowered:
    """Trace and lower a function for one absent device.

    Args:
      device: a key of `PACKAGES`.
      function: the function.
      *args: its arguments; of arrays only shapes and dtypes matter.
    """
    sharding = SingleDeviceSharding(topology(device).devices[0])
    shapes = jax.tree.map(lambda x: jax.ShapeDtypeStruct(x.shape, x.dtype, sharding=sharding), args)
    return jax.jit(function, out_shardings=sharding).lower(*shapes)


def lower_for_platforms(
    platforms: tuple[str, ...], function: Callable[..., Any], *args: Any
) -> jax.stages.Lowered:
    """Trace and lower a function for platforms, "cuda", "rocm" or "tpu"; needs no compiler."""
    return jax.jit(function).trace(*args).lower(lowering_platforms=platforms)


def compile_for(device: str, function: Callable[..., Any], *args: Any) -> Program:
    """Compile a function for one absent device.

    Args:
      device: a key of `PACKAGES`.
      function: the function.
      *args: its arguments; of arrays only shapes and dtypes matter.
    """
    _start(device)
    jax.clear_caches()  # parts that were traced before would cost no time
    start = time.perf_counter()
    lowered = lower_for(device, function, *args)
    middle = time.perf_counter()
    compiled = lowered.compile()
    end = time.perf_counter()
    text = compiled.as_text() or ""
    memory: Any = compiled.memory_analysis()
    cost = compiled.cost_analysis() or {}
    estimate = cost.get("optimal_seconds", -1.0)
    loops = launches.loops(text)
    return Program(
        trace_seconds=middle - start,
        compile_seconds=end - middle,
        launches=launches.count_launches(text),
        loops=len(loops),
        unknown_loops=loops.count(None),
        temporary_bytes=memory.temp_size_in_bytes,
        estimated_seconds=estimate if estimate > 0 else float("nan"),
        text=text,
    )
