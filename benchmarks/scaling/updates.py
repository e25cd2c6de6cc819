"""Updates of one member, on no mesh and on meshes."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable
from typing import Any

import jax
import numpy as np

from agents.algorithms.registry import ALGORITHMS
from agents.execution.devices import over_members
from agents.execution.mesh import MEMBERS, STREAMS, make_mesh
from agents.execution.shards import ALL_STREAMS, Shard

ROWS: dict[str, tuple[str, dict[str, Any]]] = {
    "PPO, CartPole, 4 envs": ("ppo", {}),
    "PPO, CartPole, 16 envs": ("ppo", {"num_envs": 16}),
    "PPO, CartPole, 256 envs": ("ppo", {"num_envs": 256}),
    "PPO, Breakout-MinAtar, 64 envs": (
        "ppo",
        {"env": "Breakout-MinAtar", "num_envs": 64, "num_minibatches": 8, "activation": "relu"},
    ),
    "A2C, CartPole, 16 envs": ("a2c", {}),
    "Recurrent PPO, CartPole, 64 envs": ("recurrent-ppo", {"num_envs": 64}),
    "SAC, Pendulum, 4 envs": ("sac", {}),
    "SAC, Pendulum, 4 envs, batches of 4,096": ("sac", {"batch_size": 4096}),
}
"""The algorithm and the hyper-parameters of each row."""

Program = Callable[[], Any]
"""Makes some updates."""


def without_mesh(name: str, num_updates: int) -> Program:
    """The updates of a row on one device of this process."""
    init, updates = _functions(name, num_updates)
    state = jax.jit(lambda: init(ALL_STREAMS, 0))()
    return functools.partial(jax.jit(lambda state: updates(ALL_STREAMS, state)), state)


def on_mesh(name: str, num_updates: int, num_devices: int) -> Program:
    """The updates of a row, with its streams divided among devices, which may be of processes."""
    init, updates = _functions(name, num_updates)
    algorithm, fields = ROWS[name]
    groups = ALGORITHMS[algorithm].Config(**fields).stream_groups
    mesh = make_mesh(1, groups, shape={MEMBERS: 1, STREAMS: num_devices})
    states = jax.jit(over_members(init, mesh))(np.arange(1))
    return functools.partial(jax.jit(over_members(updates, mesh)), states)


def _functions(name: str, num_updates: int) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """The functions of a shard that make the initial state, and some updates of it."""
    algorithm_name, fields = ROWS[name]
    algorithm = ALGORITHMS[algorithm_name]
    config = algorithm.Config(**{"total_steps": 10**9} | fields)

    def init(shard: Shard, seed: Any) -> Any:
        return algorithm.init(jax.random.key(seed), algorithm.make_problem(config, shard))

    def updates(shard: Shard, state: Any) -> Any:
        problem = algorithm.make_problem(config, shard)
        step = lambda state, _: algorithm.update(state, problem)
        return jax.lax.scan(step, state, length=num_updates)

    return init, updates


def seconds(program: Program) -> float:
    """The time that a program takes."""
    start = time.perf_counter()
    jax.block_until_ready(program())
    return time.perf_counter() - start
