"""Compile the training of our algorithms, and of other implementations of them."""

from __future__ import annotations

import functools
import importlib
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jax

from agents.algorithms import a2c, ppo, recurrent_ppo, sac
from benchmarks import launches
from benchmarks import ppo as purejaxrl
from benchmarks.ahead_of_time.options import Options
from benchmarks.compilers import compile_for
from benchmarks.timing import table

UPDATES = 11
"""Updates of a training program; no loop inside of an update has so many iterations."""

Train = Callable[[jax.Array], Any]
"""A training run as a function of a key."""


@dataclass(frozen=True)
class Row:
    """A training run.

    Attributes:
      name: name of the row.
      ours: our training function.
      peer: returns that of another implementation, given PureJaxRL's checkout; None if there is
        none.
      num_seeds: number of runs in one batch.
    """

    name: str
    ours: Train
    peer: Callable[[Path | None], Train | None] = lambda checkout: None
    num_seeds: int = 1


def rows() -> Iterator[Row]:
    """The rows of the table."""
    for num_envs in (4, 64, 2048):
        config = ppo_config(num_envs)
        for num_seeds in (1, 16):
            yield Row(
                f"PPO, CartPole, {num_envs} envs, {seeds(num_seeds)}",
                functools.partial(ppo.train, config=config),
                functools.partial(by_purejaxrl, config=config),
                num_seeds,
            )
    config = ppo_config(1024, "Breakout-MinAtar")
    yield Row(
        "PPO, Breakout-MinAtar, 1024 envs, 64 seeds",
        functools.partial(ppo.train, config=config),
        functools.partial(by_purejaxrl, config=config),
        64,
    )
    steps = UPDATES * 4 * 64
    for name, algorithm, config in (
        ("A2C, CartPole, 16 envs", a2c, a2c.Config(total_steps=UPDATES * 16 * 32)),
        ("SAC, Pendulum, 4 envs", sac, sac.Config(total_steps=2000 + steps)),
        ("SAC, CartPole, 4 envs", sac, sac.Config(env="CartPole-v1", total_steps=2000 + steps)),
        (
            "Recurrent PPO, CartPole, 16 envs",
            recurrent_ppo,
            recurrent_ppo.Config(total_steps=UPDATES * 16 * 32),
        ),
    ):
        yield Row(
            name,
            functools.partial(algorithm.train, config=config),
            functools.partial(straightforward, algorithm.__name__.split(".")[-1], config),
        )


def ppo_config(num_envs: int, env: str = "CartPole-v1") -> ppo.Config:
    return ppo.Config(env=env, num_envs=num_envs, total_steps=UPDATES * num_envs * 128)


def seeds(number: int) -> str:
    return f"{number} seed" + "s" * (number > 1)


def by_purejaxrl(checkout: Path | None, config: ppo.Config) -> Train | None:
    """PureJaxRL's PPO."""
    return checkout and purejaxrl.theirs(purejaxrl.load(checkout), config)


def straightforward(name: str, config: Any, checkout: Path | None) -> Train | None:
    """The straightforward version of an algorithm; that of recurrent PPO is PureJaxRL's."""
    make = importlib.import_module(f"benchmarks.straightforward.{name}")
    if name == "recurrent_ppo":
        return checkout and make.make_recurrent_ppo(checkout, config)
    learner = getattr(make, f"make_{name}")(config)
    return functools.partial(learner.train, num_updates=config.num_updates)


def print_tables(options: Options) -> None:
    """Print one table for each device."""
    for device in options.devices:
        lines = [
            line(device, row, options.purejaxrl) for row in rows() if options.only.search(row.name)
        ]
        columns = ["kernels", "library calls", "copies"] if device == "h100" else []
        print(f"Training, {device}: ours / other implementation\n")
        print(table(["one update", *columns, "temporary, MB", "compile, s"], lines))
        print("\nPPO's is PureJaxRL's, the others are straightforward versions.\n", flush=True)


def line(device: str, row: Row, checkout: Path | None) -> list[str]:
    """The line of a row: its name, and columns with a number for each implementation."""
    print(row.name, file=sys.stderr, flush=True)
    keys = jax.random.key(0)
    if row.num_seeds > 1:
        keys = jax.random.split(keys, row.num_seeds)
    programs = [
        compile_for(device, train if row.num_seeds == 1 else jax.vmap(train), keys)
        for train in (row.ours, row.peer(checkout))
        if train
    ]
    columns = [(f"{p.temporary_bytes / 1e6:,.1f}", f"{p.compile_seconds:.0f}") for p in programs]
    if device == "h100":
        counts = [launches.count_iteration(p.text, UPDATES) for p in programs]
        columns = [(*by_kind(n), *rest) for n, rest in zip(counts, columns, strict=True)]
    return [row.name, *(" / ".join(cells) for cells in zip(*columns, strict=True))]


def by_kind(counts: launches.Launches) -> tuple[str, str, str]:
    """The numbers of kernels, calls of libraries, and copies."""
    calls, copies = counts["custom-call"], counts["copy"]
    return f"{counts.total() - calls - copies:,}", f"{calls:,}", f"{copies:,}"
