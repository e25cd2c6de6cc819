"""Compare the speed of our PPO with PureJaxRL's.

    taskset -c 0 python -m benchmarks.ppo PATH_OF_PUREJAXRL

Both train with the same hyper-parameters, as one program each, in one process, in turns. The script
reports ratios of median times. `taskset` pins the process to a core.

PureJaxRL needs two adaptations to run with current packages: gymnax's `step` returns six values, of
which two together are the `done` that it expects; and if distrax is not installed, a categorical
distribution with the three methods that it uses replaces distrax's.
"""

from __future__ import annotations

import argparse
import functools
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
"""Number of environments from which fewer updates are timed, because each takes longer."""


class FiveValues:
    """A gymnax environment whose `step` returns one flag for the end of an episode."""

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
    """The methods of `distrax.Categorical` that PureJaxRL uses."""

    def __init__(self, logits: jax.Array) -> None:
        self.logits = jax.nn.log_softmax(logits)

    def sample(self, seed: jax.Array) -> jax.Array:
        return jax.random.categorical(seed, self.logits)

    def log_prob(self, action: jax.Array) -> jax.Array:
        return jnp.take_along_axis(self.logits, action[..., None], -1)[..., 0]

    def entropy(self) -> jax.Array:
        return -jnp.sum(jnp.exp(self.logits) * self.logits, -1)


@functools.cache
def load(checkout: Path) -> Any:
    """Import PureJaxRL's module `ppo` once, without packages that only other environments need."""
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
    """Return PureJaxRL's training function for a config of ours."""
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
    """Compile; return the program, the seconds of compiling and the megabytes it needs to run."""
    jax.clear_caches()  # so that shared parts are compiled again
    start = time.perf_counter()
    program = jax.jit(train).lower(jax.random.key(0)).compile()
    seconds = time.perf_counter() - start
    analysis = program.memory_analysis()
    size = analysis.temp_size_in_bytes + analysis.output_size_in_bytes
    return program, seconds, size / 1e6


def timed(program: Any, seed: int) -> float:
    start = time.perf_counter()
    jax.block_until_ready(program(jax.random.key(seed)))
    return time.perf_counter() - start


def last_returns(programs: tuple[Any, Any], num_seeds: int) -> tuple[float, float]:
    """Mean return of the episodes that ended in the last tenth of training: ours, PureJaxRL's."""
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
    parser.add_argument("checkout", type=Path, help="path of a PureJaxRL checkout")
    parser.add_argument("--num-envs", type=int, nargs="+", default=[4, 64, 1024, 2048])
    parser.add_argument(
        "--updates", type=int, default=200, help="timed updates; fewer for many environments"
    )
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--compiles", type=int, default=3)
    parser.add_argument(
        "--returns", type=int, default=0, help="number of seeds over which to compare returns"
    )
    arguments = parser.parse_args()
    module = load(arguments.checkout)
    print("| environments | speed / theirs | compile time / theirs | memory / theirs |")
    print("|---|---|---|---|")
    for num_envs in arguments.num_envs:
        updates = arguments.updates if num_envs < LARGE else max(arguments.updates // 20, 2)
        config = ppo.Config(num_envs=num_envs, total_steps=updates * num_envs * 128)
        trains = (lambda key, c=config: ppo.train(key, c), theirs(module, config))
        built = [[compiled(train) for train in trains] for _ in range(arguments.compiles)]
        (ours, _, our_size), (other, _, their_size) = built[-1]
        our_compile, their_compile = np.median([[b[1] for b in pair] for pair in built], axis=0)
        timed(ours, 0), timed(other, 0)
        times = np.array([[timed(ours, s), timed(other, s)] for s in range(arguments.rounds)])
        mine, peer = np.median(times, axis=0)
        print(
            f"| {num_envs} | {peer / mine:.2f} | {our_compile / their_compile:.2f} "
            f"({our_compile:.1f} s) | {our_size / their_size:.2f} ({our_size:.1f} MB) |",
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
