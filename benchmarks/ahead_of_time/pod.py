"""Compile one update of one member for many devices, and count what they communicate."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
from jax.sharding import NamedSharding, PartitionSpec

from agents.algorithms.registry import ALGORITHMS
from agents.execution.devices import over_members
from agents.execution.mesh import MEMBERS, STREAMS, make_mesh, partition_specs
from agents.execution.shards import Shard
from benchmarks.ahead_of_time.options import Options
from benchmarks.collectives import Collective, collectives
from benchmarks.compilers import topology
from benchmarks.timing import table

TOPOLOGIES = {"h100": "1x8x8", "tpu": "v5e:16x16"}
"""64 GPUs on 8 hosts, and 256 chips in 64 processes."""

CONFIGS: dict[str, dict[str, Any]] = {
    "ppo": {"num_envs": 16_384, "total_steps": 10**8},
    "recurrent-ppo": {"num_envs": 4096, "total_steps": 10**8},
    "sac": {"num_envs": 256, "batch_size": 4096, "warmup_steps": 6400, "total_steps": 10**6},
}
"""The hyper-parameters of each algorithm that is compiled."""


@dataclass(frozen=True)
class PodProgram:
    """An update of one member, compiled for a mesh of devices.

    Attributes:
      num_devices: the number of devices, all along the streams.
      param_bytes: the size of the parameters.
      observation_bytes: the size of the observations of an update, over all devices.
      collectives: what the devices communicate.
      bytes_per_device: the memory of one device: arguments and intermediate results.
    """

    num_devices: int
    param_bytes: int
    observation_bytes: int
    collectives: list[Collective]
    bytes_per_device: int

    @property
    def num_collectives(self) -> int:
        """How often the devices communicate in an update."""
        return sum(one.times for one in self.collectives)

    @property
    def num_bytes(self) -> int:
        """How many bytes each device gives to the others in an update."""
        return sum(one.times * one.num_bytes for one in self.collectives)


def compile_update(device: str, name: str) -> PodProgram:
    """Compile an update of an algorithm for a pod of absent devices.

    Args:
      device: a key of `TOPOLOGIES`.
      name: a key of `CONFIGS`.
    """
    algorithm = ALGORITHMS[name]
    config = algorithm.Config(**CONFIGS[name])
    devices = topology(device, TOPOLOGIES[device]).devices
    shape = {MEMBERS: 1, STREAMS: len(devices)}
    mesh = make_mesh(1, config.stream_groups, devices, shape)

    def init(shard: Shard, seed: jax.Array) -> Any:
        return algorithm.init(jax.random.key(seed), algorithm.make_problem(config, shard))

    def update(shard: Shard, state: Any) -> Any:
        return algorithm.update(state, algorithm.make_problem(config, shard))

    def placed(tree: Any, specs: Any) -> Any:
        return jax.tree.map(
            lambda x, spec: jax.ShapeDtypeStruct(
                x.shape, x.dtype, sharding=NamedSharding(mesh, spec)
            ),
            tree,
            specs,
        )

    seeds = placed(jax.ShapeDtypeStruct((1,), jnp.uint32), PartitionSpec(MEMBERS))
    states = jax.eval_shape(over_members(init, mesh), seeds)
    states = placed(states, partition_specs(states))
    program = jax.jit(over_members(update, mesh), donate_argnums=0).lower(states).compile()
    memory: Any = program.memory_analysis()
    return PodProgram(
        num_devices=len(devices),
        param_bytes=_num_bytes(states.params),
        observation_bytes=config.num_steps * _num_bytes(states.streams.observation),
        collectives=collectives(program.as_text() or ""),
        bytes_per_device=memory.argument_size_in_bytes + memory.temp_size_in_bytes,
    )


def _num_bytes(tree: Any) -> int:
    return sum(leaf.size * leaf.dtype.itemsize for leaf in jax.tree.leaves(tree))


def print_tables(options: Options) -> None:
    """Print one table for each kind of device."""
    header = ["one update", "environments", "collectives", "kB reduced", "largest, kB"]
    for device in options.devices:
        lines = list(_lines(device, options))
        print(f"One run on {TOPOLOGIES[device]} ({device})\n")
        print(table([*header, "gradient, kB", "observations, MB", "MB per device"], lines))
        print(flush=True)


def _lines(device: str, options: Options) -> Iterator[list[str]]:
    for name, fields in CONFIGS.items():
        if not options.only.search(name):
            continue
        print(name, file=sys.stderr, flush=True)
        program = compile_update(device, name)
        kinds = {one.opcode for one in program.collectives}
        yield [
            f"{name}, {program.num_devices} devices",
            f"{fields['num_envs']:,}",
            f"{program.num_collectives:,} {', '.join(sorted(kinds))}",
            f"{program.num_bytes / 1e3:,.0f}",
            f"{max(one.num_bytes for one in program.collectives) / 1e3:,.1f}",
            f"{program.param_bytes / 1e3:,.1f}",
            f"{program.observation_bytes / 1e6:,.1f}",
            f"{program.bytes_per_device / 1e6:,.1f}",
        ]
