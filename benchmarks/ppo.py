"""PPO here against PureJaxRL's: `python -m benchmarks.ppo PATH`, PATH being a checkout of theirs.

Both train with the same hyper-parameters, as one program each, in one process, by turns; what is
reported is the ratio of the medians of their times. Pin the process to a core to keep the
scheduler out of it: `taskset -c 0 python -m benchmarks.ppo PATH`.

Two things are changed from outside, so that PureJaxRL runs with today's packages: gymnax returns
six values from `step`, of which two together are the `done` it expects; and where distrax is not
installed, a categorical distribution with the three methods it uses takes its place.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import sys
import time
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gymnax
import jax
import jax.numpy as jnp
import numpy as np

from agents.algorithms import ppo

LARGE = 256
"""From this many environments on, fewer updates are timed: each takes long enough."""


class FiveValues:
    """A gymnax environment whose `step` tells of an episode's end in one flag."""

    def __init__(self, env: Any) -> None:
        self._env = env

    def __getattr__(self, name: str) -> Any:
        return getattr(self._env, name)

    def step(self, key: jax.Array, state: Any, action: jax.Array, params: Any) -> tuple[Any, ...]:
        observation, state, reward, terminated, truncated, _ = self._env.step(
            key, state, action, params
        )
        return observation, state, reward, terminated | truncated, {}


class Categorical:
    """What PureJaxRL asks of `distrax.Categorical`."""

    def __init__(self, logits: jax.Array) -> None:
        self.logits = jax.nn.log_softmax(logits)

    def sample(self, seed: jax.Array) -> jax.Array:
        return jax.random.categorical(seed, self.logits)

    def log_prob(self, action: jax.Array) -> jax.Array:
        return jnp.take_along_axis(self.logits, action[..., None], -1)[..., 0]

    def entropy(self) -> jax.Array:
        return -jnp.sum(jnp.exp(self.logits) * self.logits, -1)


def load(checkout: Path) -> Any:
    """PureJaxRL's module `ppo`, without the packages that only its other environments need."""
    folder = checkout / "purejaxrl"
    if not (folder / "ppo.py").exists():
        raise SystemExit(f"'{checkout}' is not a checkout of PureJaxRL: it has no purejaxrl/ppo.py")
    sys.path.insert(0, str(folder))
    training = types.SimpleNamespace(EpisodeWrapper=None, AutoResetWrapper=None)
    stand_ins = {
        "brax": {"envs": None},
        "brax.envs": {},
        "brax.envs.wrappers": {},
        "brax.envs.wrappers.training": vars(training),
        "navix": {},
    }
    if importlib.util.find_spec("distrax") is None:
        stand_ins["distrax"] = {"Categorical": Categorical}
    for name, attributes in stand_ins.items():
        module = types.ModuleType(name)
        vars(module).update(attributes)
        sys.modules.setdefault(name, module)

    def make(name: str) -> tuple[Any, Any]:
        env, params = gymnax.make(name)
        return FiveValues(env), params

    # Not `import ppo`: the name is taken by `agents.ppo` above.
    module = importlib.import_module("ppo")
    module.gymnax = types.SimpleNamespace(make=make)
    return module


def theirs(module: Any, config: ppo.Config) -> Callable[[jax.Array], Any]:
    """Their training run; the result holds the mean return of the last episodes."""
    train = module.make_train(
        {
            "LR": config.learning_rate,
            "NUM_ENVS": config.num_envs,
            "NUM_STEPS": config.num_steps,
            "TOTAL_TIMESTEPS": config.total_steps,
            "UPDATE_EPOCHS": config.num_epochs,
            "NUM_MINIBATCHES": config.num_minibatches,
            "GAMMA": config.gamma,
            "GAE_LAMBDA": config.gae_lambda,
            "CLIP_EPS": config.clip,
            "ENT_COEF": config.entropy_coef,
            "VF_COEF": config.value_coef,
            "MAX_GRAD_NORM": config.max_grad_norm,
            "ACTIVATION": config.activation,
            "ENV_NAME": config.env,
            "ANNEAL_LR": config.anneal,
            "DEBUG": False,
        }
    )
    return train


def compiled(train: Callable[[jax.Array], Any]) -> tuple[Any, float, float]:
    """The program, the seconds that compiling it took, and the megabytes it needs to run."""
    jax.clear_caches()  # of what the programs before have in common with it
    start = time.perf_counter()
    program = jax.jit(train).lower(jax.random.key(0)).compile()
    seconds = time.perf_counter() - start
    analysis = program.memory_analysis()
    room = analysis.temp_size_in_bytes + analysis.output_size_in_bytes
    return program, seconds, room / 1e6


def timed(program: Any, seed: int) -> float:
    start = time.perf_counter()
    jax.block_until_ready(program(jax.random.key(seed)))
    return time.perf_counter() - start


def last_returns(programs: tuple[Any, Any], num_seeds: int) -> tuple[float, float]:
    """The mean return of the episodes that ended in the last tenth of training."""
    ours, others = [], []
    for seed in range(num_seeds):
        _, log = programs[0](jax.random.key(seed))
        tail = slice(-max(1, len(log["episodes"]) // 10), None)
        count = np.asarray(log["episodes"][tail])
        sums = np.where(count > 0, log["episode_return"][tail], 0.0) * count
        ours.append(sums.sum() / count.sum())
        info = programs[1](jax.random.key(seed))["metrics"]
        tail = slice(-max(1, len(info["returned_episode"]) // 10), None)
        ended = np.asarray(info["returned_episode"][tail])
        others.append(np.asarray(info["returned_episode_returns"][tail])[ended].mean())
    return float(np.mean(ours)), float(np.mean(others))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkout", type=Path, help="the path of a PureJaxRL checkout")
    parser.add_argument("--num-envs", type=int, nargs="+", default=[4, 64, 1024, 2048])
    parser.add_argument("--updates", type=int, default=200, help="fewer for many environments")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--compiles", type=int, default=3)
    parser.add_argument("--returns", type=int, default=0, help="compare returns over these seeds")
    arguments = parser.parse_args()
    module = load(arguments.checkout)
    print("| environments | speed, times theirs | compile, times theirs | memory, times theirs |")
    print("|---|---|---|---|")
    for num_envs in arguments.num_envs:
        updates = arguments.updates if num_envs < LARGE else max(arguments.updates // 20, 2)
        config = ppo.Config(num_envs=num_envs, total_steps=updates * num_envs * 128)
        trains = (lambda key, c=config: ppo.train(key, c), theirs(module, config))
        built = [[compiled(train) for train in trains] for _ in range(arguments.compiles)]
        (ours, _, our_room), (other, _, their_room) = built[-1]
        our_compile, their_compile = np.median([[b[1] for b in pair] for pair in built], axis=0)
        timed(ours, 0), timed(other, 0)
        times = np.array([[timed(ours, s), timed(other, s)] for s in range(arguments.rounds)])
        mine, peer = np.median(times, axis=0)
        print(
            f"| {num_envs} | {peer / mine:.2f} | {our_compile / their_compile:.2f} "
            f"({our_compile:.1f} s) | {our_room / their_room:.2f} ({our_room:.1f} MB) |",
            flush=True,
        )
    if arguments.returns:
        config = ppo.Config()
        programs = tuple(
            compiled(train)[0]
            for train in (lambda key: ppo.train(key, config), theirs(module, config))
        )
        mine, peer = last_returns(programs, arguments.returns)
        print(f"\nCartPole-v1, 500k steps, last tenth: {mine:.1f} here, {peer:.1f} theirs")


if __name__ == "__main__":
    main()
