"""Seeds side by side: over devices, and on each device one after another or as one batch."""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import numpy as np
from jax.sharding import Mesh, PartitionSpec

WAYS = ("auto", "loop", "vmap")
"""How a device works on several seeds: one after another, as one batch, or as suits it."""


def use_all_cores() -> None:
    """Make a device of every core; to be called before anything starts JAX's backend."""
    jax.config.update("jax_num_cpu_devices", os.cpu_count() or 1)


def over_seeds(
    function: Callable[..., Any], num_seeds: int, way: str = "auto"
) -> Callable[..., Any]:
    """Apply a function of one seed to many.

    The seeds are shared out evenly over as many devices as divide their number. A device works on
    its seeds one after another on a CPU, whose cores one seed keeps busy, and as one batch on an
    accelerator. In a loop, what comes out for a seed does not depend on which others there are; in
    a batch, it may in the last bits.

    Several CPU devices hold some memory for every product of matrices until a program ends (XLA,
    from jaxlib 0.8.2 on): let a program be a chunk of a training run, not the whole of a long one.

    Args:
      function: `function(per_seed, *shared)`.
      num_seeds: how many seeds there are.
      way: one of `WAYS`.

    Returns:
      `mapped(per_seed, *shared)`, every leaf of `per_seed` and of the result having a leading axis
      `[num_seeds]`.
    """
    mesh = _mesh(num_seeds)
    loop = way == "loop" or (way == "auto" and jax.default_backend() == "cpu")
    sharded, replicated = PartitionSpec("seeds"), PartitionSpec()

    def on_device(per_seed: Any, *shared: Any) -> Any:
        one = lambda seed: function(seed, *shared)
        return jax.lax.map(one, per_seed) if loop else jax.vmap(one)(per_seed)

    def mapped(per_seed: Any, *shared: Any) -> Any:
        specs = (sharded, *(replicated for _ in shared))
        shard = partial(jax.shard_map, mesh=mesh, in_specs=specs, out_specs=sharded)
        return shard(on_device, check_vma=False)(per_seed, *shared)

    return mapped


def _mesh(num_seeds: int) -> Mesh:
    num_devices = math.gcd(num_seeds, jax.device_count())
    return Mesh(np.asarray(jax.devices()[:num_devices]), ("seeds",))
