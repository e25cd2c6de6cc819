"""Time updates of one member on one device and on two, and what the mesh itself costs.

    python -m benchmarks.scaling

Efficiency is the time on one device over twice the time on two. Overhead is that of a mesh of one
device over no mesh. A CPU counts as two devices here, and one device already uses several cores for
large products of matrices; give the command alone to a quiet machine.
"""

from __future__ import annotations

import argparse
import functools
import re
import time
from collections.abc import Callable
from typing import Any

import jax
import numpy as np

jax.config.update("jax_num_cpu_devices", 2)  # before gymnax is imported, which starts the backend

from agents.algorithms.registry import ALGORITHMS  # noqa: E402
from agents.execution.devices import over_members  # noqa: E402
from agents.execution.mesh import MEMBERS, STREAMS, make_mesh  # noqa: E402
from agents.execution.shards import ALL_STREAMS, Shard  # noqa: E402
from benchmarks.timing import table  # noqa: E402

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


def programs(name: str, fields: dict[str, Any], num_updates: int) -> list[Program]:
    """Updates without a mesh, on a mesh of one device, and with streams on two."""
    algorithm = ALGORITHMS[name]
    config = algorithm.Config(**{"total_steps": 10**9} | fields)

    def init(shard: Shard, seed: jax.Array) -> Any:
        return algorithm.init(jax.random.key(seed), algorithm.make_problem(config, shard))

    def updates(shard: Shard, state: Any) -> Any:
        problem = algorithm.make_problem(config, shard)
        step = lambda state, _: algorithm.update(state, problem)
        return jax.lax.scan(step, state, length=num_updates)

    seeds = np.arange(1)
    alone = jax.jit(lambda state: updates(ALL_STREAMS, state))
    state = jax.jit(lambda: init(ALL_STREAMS, seeds[0]))()
    made: list[Program] = [functools.partial(alone, state)]
    for s in (1, 2):
        mesh = make_mesh(1, config.stream_groups, shape={MEMBERS: 1, STREAMS: s})
        states = jax.jit(over_members(init, mesh))(seeds)
        program = jax.jit(over_members(updates, mesh))
        made.append(functools.partial(program, states))
    return made


def seconds(program: Program) -> float:
    """The time that a program takes."""
    start = time.perf_counter()
    jax.block_until_ready(program())
    return time.perf_counter() - start


def line(name: str, num_updates: int, num_rounds: int) -> list[str]:
    """The line of a row; each time is the smallest of several, taken in turns."""
    algorithm, fields = ROWS[name]
    ready = programs(algorithm, fields, num_updates)
    for program in ready:
        seconds(program)
    rounds = [[seconds(program) for program in ready] for _ in range(num_rounds)]
    alone, one, two = np.min(rounds, axis=0) / num_updates
    return [
        name,
        *(f"{1e3 * each:.2f}" for each in (alone, one, two)),
        f"{100 * (one / alone - 1):+.1f}%",
        f"{one / two:.2f}",
        f"{one / two / 2:.2f}",
    ]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", default="", metavar="REGEX", help="rows whose name matches")
    parser.add_argument("--updates", type=int, default=10)
    parser.add_argument("--rounds", type=int, default=7)
    arguments = parser.parse_args()
    names = [name for name in ROWS if re.search(arguments.only, name)]
    lines = [line(name, arguments.updates, arguments.rounds) for name in names]
    header = ["no mesh, ms", "one device, ms", "two, ms", "overhead", "speed-up", "efficiency"]
    print(f"{jax.devices()[0].device_kind}, jax {jax.__version__}\n")
    print(table(["one update", *header], lines))


if __name__ == "__main__":
    main()
