"""Seeds in parallel: sharded over devices, and on each device in a loop or as one batch."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import jax
import numpy as np
from jax.sharding import Mesh, PartitionSpec

WAYS = ("auto", "loop", "vmap")
"""How a device runs several seeds: in a loop, as one batch, or whichever suits the device."""


def use_all_cores() -> None:
    """Make every CPU core a device. Call it before anything starts JAX's backend."""
    jax.config.update("jax_num_cpu_devices", os.cpu_count() or 1)


def over_seeds(
    function: Callable[..., Any],
    num_seeds: int,
    way: str = "auto",
    devices: Sequence[jax.Device] | None = None,
) -> Callable[..., Any]:
    """Map a function of one seed over many.

    The seeds are sharded evenly over as many devices as divide their number. A CPU device runs its
    seeds in a loop, since one seed keeps a core busy; an accelerator runs them as one batch. In a
    loop the result of a seed does not depend on the other seeds; in a batch its last bits may.

    With several CPU devices, XLA (from jaxlib 0.8.2 on) holds some memory for every matrix product
    until a program ends: split long training runs into several programs.

    Args:
      function: `function(per_seed, *shared)`.
      num_seeds: the number of seeds.
      way: one of `WAYS`.
      devices: the devices to use; all of the default backend if not given.

    Returns:
      `mapped(per_seed, *shared)`; every leaf of `per_seed` and of the result has a leading axis
      `[num_seeds]`.
    """
    mesh = _mesh(num_seeds, devices or jax.devices())
    is_cpu = mesh.devices.item(0).platform == "cpu"
    loop = way == "loop" or (way == "auto" and is_cpu)
    sharded, replicated = PartitionSpec("seeds"), PartitionSpec()

    def on_device(per_seed: Any, *shared: Any) -> Any:
        one = lambda seed: function(seed, *shared)
        return jax.lax.map(one, per_seed) if loop else jax.vmap(one)(per_seed)

    def mapped(per_seed: Any, *shared: Any) -> Any:
        specs = (sharded, *(replicated for _ in shared))
        shard = partial(jax.shard_map, mesh=mesh, in_specs=specs, out_specs=sharded)
        return shard(on_device, check_vma=False)(per_seed, *shared)

    return mapped


def _mesh(num_seeds: int, devices: Sequence[jax.Device]) -> Mesh:
    num_devices = math.gcd(num_seeds, len(devices))
    return Mesh(np.asarray(devices[:num_devices]), ("seeds",))
