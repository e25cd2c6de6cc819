"""A function of one member of a run, mapped over all members on a mesh of devices."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from typing import Any

import jax
from jax.sharding import Mesh, PartitionSpec

from .mesh import MEMBERS, num_padded, partition_specs, shard_of
from .shards import Shard

OVER_SEEDS = ("auto", "loop", "vmap")
"""How a device runs several members: in a loop, as one batch, or whichever suits the device."""


def use_all_cores() -> None:
    """Make every CPU core of this process a device, unless JAX_NUM_CPU_DEVICES says how many.

    Call it before anything starts JAX's backend.
    """
    if "JAX_NUM_CPU_DEVICES" not in os.environ:
        jax.config.update("jax_num_cpu_devices", num_cores())


def num_cores() -> int:
    """The number of cores that this process may use; a scheduler may grant some of them."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def first_devices(num: int | None = None) -> list[jax.Device]:
    """The first devices, an equal number of each process; all if no number is given.

    Raises:
      ValueError: there are fewer, the processes cannot give as many each, or some devices of CPUs
        would be left over in several processes.
    """
    devices = jax.devices()
    if num is None:
        return devices
    processes = jax.process_count()
    if not 1 <= num <= len(devices):
        raise ValueError(f"the number of devices must lie between 1 and {len(devices)}; got {num}")
    if num % processes:
        raise ValueError(
            f"{num} devices cannot be divided evenly among {processes} processes: give a multiple"
        )
    if processes > 1 and num < len(devices) and devices[0].platform == "cpu":
        # XLA does not order the collectives of all devices of a process and those of a part of
        # them: the processes could receive each other's in another order.
        raise ValueError(
            f"on CPUs several processes use all of their devices, {len(devices)} here; for {num}, "
            f"set JAX_NUM_CPU_DEVICES={num // processes} in the environment of each process"
        )
    own: dict[int, list[jax.Device]] = {}
    for device in devices:
        own.setdefault(device.process_index, []).append(device)
    return [device for each in own.values() for device in each[: num // processes]]


def over_members(
    function: Callable[..., Any], mesh: Mesh, over_seeds: str = "auto"
) -> Callable[..., Any]:
    """Map a function of one member on one shard of its streams over a mesh.

    A CPU device runs its members in a loop, since one member keeps a core busy; an accelerator runs
    them as one batch. In a loop the result of a member does not depend on the other members; in a
    batch its last bits may.

    With several CPU devices, XLA (from jaxlib 0.8.2 on) holds some memory for every matrix product
    until a program ends: split long training runs into several programs.

    Args:
      function: `function(shard, member, *shared)`. What it returns is the same on every shard,
        except for what belongs to single streams (`mesh.partition_specs`).
      mesh: a mesh of `mesh.make_mesh`.
      over_seeds: one of `OVER_SEEDS`.

    Returns:
      `mapped(members, *shared)`; every leaf of `members` and of the result has a leading axis,
      whose length is a multiple of the members of the mesh (`mesh.num_padded`).
    """
    is_cpu = mesh.devices.item(0).platform == "cpu"
    loop = over_seeds == "loop" or (over_seeds == "auto" and is_cpu)
    shard = shard_of(mesh)

    def on_device(shard: Shard, members: Any, *shared: Any) -> Any:
        one = lambda member: function(shard, member, *shared)
        return jax.lax.map(one, members) if loop else jax.vmap(one)(members)

    def mapped(members: Any, *shared: Any) -> Any:
        _check_padding(members, mesh)
        replicated = [PartitionSpec() for _ in shared]
        return jax.shard_map(
            partial(on_device, shard),
            mesh=mesh,
            in_specs=(partition_specs(members), *replicated),
            out_specs=result_specs(members, *shared),
            check_vma=False,
        )(members, *shared)

    def result_specs(*arguments: Any) -> Any:
        if shard.count == 1:
            return PartitionSpec(MEMBERS)
        return partition_specs(jax.eval_shape(partial(on_device, Shard()), *arguments))

    return mapped


def _check_padding(members: Any, mesh: Mesh) -> None:
    num = len(jax.tree.leaves(members)[0])
    if num_padded(num, mesh) != num:
        raise ValueError(
            f"{num} members do not divide evenly among {mesh.shape[MEMBERS]}: pad them to "
            f"{num_padded(num, mesh)} with copies of the last"
        )
