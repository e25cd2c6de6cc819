"""The table of learning results: `python -m benchmarks.learning`.

For every case, seeds are trained from nothing with the preset of the environment, and each plays
128 full episodes with actions drawn from its policy. `--only ppo` or `--only CartPole-v1` chooses
among the cases, `--seeds 4 --first-seed 6` among the seeds; `--seeds 2 --scale 0.1` makes a quick,
meaningless round.
"""

from __future__ import annotations

import argparse
import dataclasses
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from agents.programs.devices import use_all_cores

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
    """An algorithm in an environment, what is expected of it, and what others reach.

    Attributes:
      algorithm: the name of one of `agents`.
      env: the environment.
      steps: environment steps of a seed.
      bar: the mean return to reach.
      peer: what a peer reaches, and where that was published.
      solves: whether the bar is the share of seeds that solve it within the steps.
      overrides: what the budget asks to be told otherwise than by the preset.
    """

    algorithm: str
    env: str
    steps: int
    bar: float | None = None
    peer: str = ""
    solves: bool = False
    overrides: Mapping[str, Any] = field(default_factory=dict)


PUREJAXRL = "PureJaxRL PPO 492"
FASTER = {"learning_rate": 2e-3}
FASTEST = {"learning_rate": 3e-3}
THOROUGH = FASTER | {"gae_lambda": 0.9, "num_epochs": 8, "num_minibatches": 8}
CASES = [
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
    Experiment("apg", "Pendulum-v1", 100_000, -200, "PPO -200 @ 1M"),
    # At the budgets of which peers tell.
    Experiment("ppo", "CartPole-v1", 100_000, 417, "rejax PPO 417 ± 70", overrides=FASTER),
    Experiment("ppo", "Acrobot-v1", 100_000, -85.6, "rejax PPO -85.6", overrides=THOROUGH),
    Experiment("ppo", "Catch-bsuite", 32_000, 0.95, "gymnax-blines 0.95", overrides=FASTEST),
    Experiment("ppo", "Pendulum-v1", 750_000, -214, "rejax PPO -214 ± 45"),
    Experiment("sac", "CartPole-v1", 50_000, 498, "rejax SAC 498"),
    Experiment("sac", "Pendulum-v1", 10_000, -151.9, "rejax SAC -151.9 ± 5"),
    # An hour and more of both cores.
    Experiment("ppo", "Breakout-MinAtar", 10_000_000, 25, "gymnax-blines 22.9; pgx 50 @ 20M"),
    Experiment("ppo", "Asterix-MinAtar", 10_000_000, 15, "gymnax-blines 15 to 17.8"),
    Experiment("ppo", "SpaceInvaders-MinAtar", 10_000_000, 128, "gymnax-blines 128 to 132"),
    Experiment("ppo", "Freeway-MinAtar", 10_000_000, 57, "gymnax-blines 57 to 59"),
    # Of which none tells.
    *(
        Experiment(algorithm, env, steps)
        for env in ("PointRobot-misc", "Reacher-misc", "Swimmer-misc")
        for algorithm, steps in (("ppo", 500_000), ("sac", 50_000), ("apg", 100_000))
    ),
]


def config_of(case: Experiment, scale: float) -> Any:
    """The config of a case: episodes are the budget of some, and are made to suffice."""
    steps = int(case.steps * scale)
    budget = {"total_episodes": steps // 50} if case.solves else {"total_steps": steps}
    return presets.config(case.algorithm, env=case.env, **budget, **case.overrides)


def measure(
    case: Experiment, seeds: tuple[int, ...], scale: float
) -> tuple[np.ndarray, np.ndarray, float]:
    """Train and evaluate.

    Returns:
      Mean returns in evaluation, `[len(seeds)]`; whether each seed solved it within the steps,
      alike; and the seconds that it took.
    """
    start = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        run = Run(
            name=case.algorithm,
            config=config_of(case, scale),
            seeds=seeds,
            folder=Path(folder) / "run",
        )
        run.create()
        states = train(run, lambda *_: None).states
        table = metrics.read(run.metrics_path, len(seeds))
    returns, _ = evaluate_run(run, states, EPISODES)
    return returns.mean(axis=1), solved(table, case), time.monotonic() - start


def solved(table: metrics.Table, case: Experiment) -> np.ndarray:
    """Whether the mean over 100 episodes in a row, 20 batches of 5, reached the goal in time."""
    returns, steps = table["episode_return"], table["steps"]
    if not case.solves:
        return np.ones(returns.shape[1], bool)
    means = np.lib.stride_tricks.sliding_window_view(returns, 20, axis=0).mean(-1)
    return np.any((means >= SOLVED) & (steps[19:] <= case.steps), axis=0)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--scale", type=float, default=1.0, help="of the budgets of steps")
    parser.add_argument("--only", default="", help="an algorithm, or what environments are called")
    arguments = parser.parse_args()
    seeds = tuple(range(arguments.first_seed, arguments.first_seed + arguments.seeds))
    print("| algorithm | environment | steps | evaluation | seeds | bar | peer | time |")
    print("|---|---|---|---|---|---|---|---|")
    for case in CASES:
        if arguments.only == case.algorithm or arguments.only in case.env:
            returns, solves, seconds = measure(case, seeds, arguments.scale)
            reached = f"{returns.mean():.4g} ± {returns.std():.2g} (worst {returns.min():.4g})"
            if case.solves:
                reached = f"{solves.mean():.0%} of seeds solve it; at the end {reached}"
            shown = dataclasses.asdict(case) | {"bar": "" if case.bar is None else case.bar}
            print(
                f"| {shown['algorithm']} | {shown['env']} | {case.steps:,} | {reached} "
                f"| {len(returns)} | {shown['bar']} | {case.peer} | {seconds:.0f} s |",
                flush=True,
            )


if __name__ == "__main__":
    main()
