"""Train a straightforward version, and print the returns."""

from __future__ import annotations

import argparse
from pathlib import Path

import jax
import numpy as np

from agents.algorithms.registry import ALGORITHMS
from benchmarks.straightforward.a2c import make_a2c
from benchmarks.straightforward.learner import Log
from benchmarks.straightforward.recurrent_ppo import make_recurrent_ppo
from benchmarks.straightforward.sac import make_sac


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("algorithm", choices=["a2c", "sac", "recurrent-ppo"])
    parser.add_argument("--env", default="CartPole-v1")
    parser.add_argument("--steps", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--checkout", type=Path, help="path of a PureJaxRL checkout")
    arguments = parser.parse_args()
    key, name = jax.random.key(arguments.seed), arguments.algorithm
    config = ALGORITHMS[name].Config(env=arguments.env, total_steps=arguments.steps)
    if name == "recurrent-ppo":
        if arguments.checkout is None:
            parser.error("recurrent-ppo needs --checkout, the path of a PureJaxRL checkout")
        info = jax.jit(make_recurrent_ppo(arguments.checkout, config))(key)["metric"]
        log = Log(info["returned_episode"], info["returned_episode_returns"])
    else:
        learner = make_a2c(config) if name == "a2c" else make_sac(config)
        output = jax.jit(lambda key: learner.train(key, config.num_updates))(key)[1]
        log = output[0] if name == "sac" else output
    for tenth, part in enumerate(np.array_split(np.arange(len(log.ended)), 10), start=1):
        ended = np.asarray(log.ended[part])
        mean = np.asarray(log.episode_return[part])[ended].mean() if ended.any() else np.nan
        print(f"{tenth * 10:3d}% of training: mean return {mean:.1f}", flush=True)


if __name__ == "__main__":
    main()
