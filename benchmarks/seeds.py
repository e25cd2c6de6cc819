"""Time PPO with many seeds in one program, in environment steps per second.

    python -m benchmarks.seeds [PATH_OF_PUREJAXRL]

Each seed trains an agent with the preset of its environment, in MinAtar with perceptrons, which
PureJaxRL has too; an accelerator is busy from about a thousand seeds on. With a checkout of
PureJaxRL, its agents train with the same hyper-parameters, in turns, in the same process (see
`benchmarks/ppo.py`).
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax
import numpy as np

from agents.algorithms import ppo, presets
from agents.execution.devices import OVER_SEEDS, over_members
from agents.execution.mesh import MEMBERS, make_mesh
from agents.experience import environments
from benchmarks.ppo import compiled, load, theirs, timed
from benchmarks.timing import table

ENVIRONMENTS = ["CartPole-v1", "Breakout-MinAtar"]


def config_of(env: str) -> ppo.Config:
    """Return the hyper-parameters in an environment."""
    if environments.base_name(env).endswith("MinAtar"):
        return ppo.Config(env=env, **presets.MINATAR)
    return presets.config("ppo", env=env)


def programs(
    config: ppo.Config, num_seeds: int, over_seeds: str, module: Any | None
) -> list[Callable[[jax.Array], Any]]:
    """Return functions from a key to the last returns of all seeds: ours, then PureJaxRL's."""
    trains = [lambda _, key: ppo.train(key, config)[1]["episode_return"][-1]]
    if module is not None:
        other = theirs(module, config)
        trains.append(lambda _, key: other(key)["metrics"]["returned_episode_returns"][-1].mean())
    num_devices = math.gcd(num_seeds, len(jax.devices()))
    mesh = make_mesh(num_seeds, 1, shape={MEMBERS: num_devices})
    batched = [over_members(train, mesh, over_seeds) for train in trains]
    return [lambda key, s=s: s(jax.random.split(key, num_seeds)) for s in batched]


def measure(
    config: ppo.Config, num_seeds: int, over_seeds: str, module: Any | None, num_rounds: int
) -> list[str]:
    """Million steps per second, seconds to compile and megabytes: ours, then PureJaxRL's."""
    ready = [compiled(program) for program in programs(config, num_seeds, over_seeds, module)]
    for program, *_ in ready:
        timed(program, 0)
    rounds = [[timed(program, seed) for program, *_ in ready] for seed in range(num_rounds)]
    figures = []
    for seconds, (_, compile_time, size) in zip(np.median(rounds, axis=0), ready, strict=True):
        speed = num_seeds * config.total_steps / seconds / 1e6
        figures += [f"{speed:.3g}", f"{compile_time:.1f}", f"{size:.0f}"]
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkout", type=Path, nargs="?", help="path of a PureJaxRL checkout")
    parser.add_argument("--env", nargs="+", default=ENVIRONMENTS)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 64, 1024, 2048])
    parser.add_argument("--updates", type=int, default=50)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument(
        "--over-seeds", choices=OVER_SEEDS, default="auto", help="how a device maps over its seeds"
    )
    arguments = parser.parse_args()
    module = load(arguments.checkout) if arguments.checkout else None
    rows = []
    for env in arguments.env:
        config = config_of(env)
        config = config.replace(total_steps=arguments.updates * config.steps_per_update)
        for num_seeds in arguments.seeds:
            figures = measure(config, num_seeds, arguments.over_seeds, module, arguments.rounds)
            rows.append([env, str(num_seeds), *figures])
    header = ["million steps per second", "compile, s", "MB"]
    if module is not None:
        header += [f"PureJaxRL: {name}" for name in header]
    print(f"{jax.devices()[0].device_kind}, jax {jax.__version__}\n")
    print(table(["environment", "seeds", *header], rows))


if __name__ == "__main__":
    main()
