"""Train and evaluate every algorithm: prints the table of learning results.

    python -m benchmarks.learning

Each seed is trained from scratch with the preset of the environment, and evaluated over 128 full
episodes with actions sampled from its policy, and with greedy ones. `--only ppo` or `--only
CartPole-v1` selects rows, `--seeds 4 --first-seed 6` selects seeds. `--seeds 2 --scale 0.1` is a
quick test of the script.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from agents.execution.devices import use_all_cores

use_all_cores()  # before gymnax is imported, which starts the backend

from agents.algorithms import presets  # noqa: E402
from agents.runs import metrics  # noqa: E402
from agents.runs.evaluation import evaluate_run  # noqa: E402
from agents.runs.run import Run  # noqa: E402
from agents.runs.training import train  # noqa: E402

EPISODES = 128
SOLVED = 195.0
"""The mean return over 100 episodes in a row at which CartPole-v0 counts as solved."""


@dataclass(frozen=True)
class Experiment:
    """An algorithm in an environment.

    Attributes:
      algorithm: name of the algorithm.
      env: name of the environment.
      steps: environment steps per seed.
      target: mean return to reach.
      peer: published result of another library.
      solves: whether `target` is the fraction of seeds that solve the environment within `steps`.
      overrides: hyper-parameters that differ from the preset.
    """

    algorithm: str
    env: str
    steps: int
    target: float | None = None
    peer: str = ""
    solves: bool = False
    overrides: Mapping[str, Any] = field(default_factory=dict)


PUREJAXRL = "PureJaxRL PPO 492"
FASTER = {"learning_rate": 2e-3}
FASTEST = {"learning_rate": 3e-3}
THOROUGH = FASTER | {"gae_lambda": 0.9, "num_epochs": 8, "num_minibatches": 8}
PERCEPTRON = {
    "channels": (),
    "shared_torso": False,
    "entropy_coef": 0.01,
    "anneal_entropy": False,
    "clip_value": True,
}
EXPERIMENTS = [
    Experiment("ppo", "CartPole-v1", 500_000, 475, PUREJAXRL),
    Experiment("trpo", "CartPole-v1", 500_000, 475, PUREJAXRL),
    Experiment("a2c", "CartPole-v1", 500_000, 475, PUREJAXRL),
    Experiment("vpg", "CartPole-v1", 500_000, 475, PUREJAXRL),
    Experiment("recurrent-ppo", "CartPole-v1", 500_000, None, PUREJAXRL),
    Experiment("reinforce", "CartPole-v0", 100_000, 0.9, "torch, 1 of 1 seed in 38k steps", True),
    Experiment("ppo", "Acrobot-v1", 500_000, -88, "PureJaxRL -84.0; rejax -85.6 @ 100k"),
    Experiment("ppo", "Pendulum-v1", 1_000_000, -200, "rejax PPO -214 @ 750k"),
    Experiment("ppo", "Catch-bsuite", 100_000, 0.95, "gymnax-blines 0.95 @ 32k"),
    Experiment("ppo", "MountainCarContinuous-v0", 500_000, 90, "PPO and SAC of the peers 0"),
    Experiment("sac", "CartPole-v1", 100_000, 475, "rejax SAC 498 @ 50k"),
    Experiment("sac", "Pendulum-v1", 20_000, -160, "rejax SAC -151.9 @ 10k"),
    Experiment("sac", "MountainCarContinuous-v0", 50_000, 90, "PPO and SAC of the peers 0"),
    Experiment("dqn", "CartPole-v1", 100_000, 475, PUREJAXRL),
    Experiment("td3", "Pendulum-v1", 20_000, -160, "rejax SAC -151.9 @ 10k"),
    Experiment(
        "td3", "Pendulum-v1", 20_000, -160, "rejax SAC -151.9 @ 10k", overrides={"variant": "ddpg"}
    ),
    Experiment("mpo", "CartPole-v1", 100_000, 475, "rejax SAC 498 @ 50k"),
    Experiment("vmpo", "CartPole-v1", 500_000, 475, PUREJAXRL),
    Experiment("pqn", "CartPole-v1", 500_000, 475, PUREJAXRL),
    Experiment("impala", "CartPole-v1", 500_000, 475, PUREJAXRL),
    Experiment("mpo", "Pendulum-v1", 20_000, -160, "rejax SAC -151.9 @ 10k"),
    Experiment("awr", "CartPole-v1", 100_000, 475, PUREJAXRL),
    Experiment("awr", "Pendulum-v1", 300_000, -200, "rejax PPO -214 @ 750k"),
    Experiment("apg", "Pendulum-v1", 100_000, -200, "PPO -200 @ 1M"),
    # At the smaller budgets that peers report.
    Experiment("ppo", "CartPole-v1", 100_000, 417, "rejax PPO 417 ± 70", overrides=FASTER),
    Experiment("ppo", "Acrobot-v1", 100_000, -85.6, "rejax PPO -85.6", overrides=THOROUGH),
    Experiment("ppo", "Catch-bsuite", 32_000, 0.95, "gymnax-blines 0.95", overrides=FASTEST),
    Experiment("ppo", "Pendulum-v1", 750_000, -214, "rejax PPO -214 ± 45"),
    Experiment("sac", "CartPole-v1", 50_000, 498, "rejax SAC 498"),
    Experiment("sac", "Pendulum-v1", 10_000, -151.9, "rejax SAC -151.9 ± 5"),
    # These take more than an hour on two cores.
    Experiment("ppo", "Asterix-MinAtar", 3_000_000, 30, "gymnax-blines 15 to 17.8 @ 10M"),
    Experiment("ppo", "Freeway-MinAtar", 3_000_000, 62, "gymnax-blines 57 to 59 @ 10M"),
    Experiment("ppo", "Breakout-MinAtar", 5_000_000, 65, "gymnax-blines 22.9 @ 10M; pgx 50 @ 20M"),
    Experiment(
        "ppo",
        "Breakout-MinAtar",
        10_000_000,
        25,
        "gymnax-blines 22.9; pgx 50 @ 20M",
        overrides=PERCEPTRON,
    ),
    Experiment(
        "ppo", "Asterix-MinAtar", 10_000_000, 15, "gymnax-blines 15 to 17.8", overrides=PERCEPTRON
    ),
    Experiment("ppo", "SpaceInvaders-MinAtar", 10_000_000, 190, "gymnax-blines 128 to 132"),
    Experiment(
        "ppo",
        "SpaceInvaders-MinAtar",
        10_000_000,
        128,
        "gymnax-blines 128 to 132",
        overrides=PERCEPTRON,
    ),
    Experiment(
        "ppo", "Freeway-MinAtar", 10_000_000, 57, "gymnax-blines 57 to 59", overrides=PERCEPTRON
    ),
    # Without published results.
    *(
        Experiment(algorithm, env, steps)
        for env in ("PointRobot-misc", "Reacher-misc", "Swimmer-misc")
        for algorithm, steps in (("ppo", 500_000), ("sac", 50_000), ("apg", 100_000))
    ),
]


def config_of(experiment: Experiment, scale: float) -> Any:
    """Return the config; if the budget is in episodes, it is long enough for `steps`."""
    steps = int(experiment.steps * scale)
    budget = {"total_episodes": steps // 50} if experiment.solves else {"total_steps": steps}
    return presets.config(
        experiment.algorithm, env=experiment.env, **budget, **experiment.overrides
    )


def measure(
    experiment: Experiment, seeds: tuple[int, ...], scale: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray, float]:
    """Train and evaluate.

    Returns:
      Mean returns of drawn and of greedy actions, each `[len(seeds)]`; whether each seed solved
      the environment within the steps, `[len(seeds)]`; and the seconds of training and evaluation.
    """
    start = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        run = Run(
            name=experiment.algorithm,
            config=config_of(experiment, scale),
            seeds=seeds,
            folder=Path(folder) / "run",
        )
        run.create()
        states = train(run, lambda *_: None).states
        table = metrics.read(run.metrics_path, len(seeds))
    drawn, greedy = (returns.mean(axis=1) for returns in evaluate_run(run, states, EPISODES))
    return drawn, greedy, solved(table, experiment), time.monotonic() - start


def summary(returns: np.ndarray) -> str:
    """Mean, standard deviation and least of the seeds' returns."""
    return f"{returns.mean():.4g} ± {returns.std():.2g} (worst {returns.min():.4g})"


def solved(table: metrics.Table, experiment: Experiment) -> np.ndarray:
    """Whether the mean return over 100 successive episodes (20 batches of 5) reached `SOLVED`."""
    returns, steps = table["episode_return"], table["steps"]
    if not experiment.solves:
        return np.ones(returns.shape[1], bool)
    means = np.lib.stride_tricks.sliding_window_view(returns, 20, axis=0).mean(-1)
    return np.any((means >= SOLVED) & (steps[19:] <= experiment.steps), axis=0)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--scale", type=float, default=1.0, help="factor on the steps")
    parser.add_argument(
        "--only", default="", help="an algorithm, or part of the name of an environment"
    )
    arguments = parser.parse_args()
    seeds = tuple(range(arguments.first_seed, arguments.first_seed + arguments.seeds))
    print(
        "| algorithm | environment | steps | evaluation | greedy | seeds | target | peer | time |\n"
        "|---|---|---|---|---|---|---|---|---|"
    )
    for experiment in EXPERIMENTS:
        if arguments.only == experiment.algorithm or arguments.only in experiment.env:
            returns, greedy, solves, seconds = measure(experiment, seeds, arguments.scale)
            reached = summary(returns)
            if experiment.solves:
                reached = f"{solves.mean():.0%} of seeds solve it; at the end {reached}"
            target = "" if experiment.target is None else experiment.target
            print(
                f"| {experiment.algorithm} | {experiment.env} | {experiment.steps:,} | {reached} "
                f"| {summary(greedy)} | {len(returns)} | {target} | {experiment.peer} "
                f"| {seconds:.0f} s |",
                flush=True,
            )


if __name__ == "__main__":
    main()
