"""Sweeps: values of hyper-parameters, all of them or at random."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

SEARCHES = ("grid", "halving", "list", "random")
"""How the values of several sweeps are combined.

grid: every combination is a point.
list: the first values of all sweeps are a point, the second ones another, and so on.
random: points are drawn.
halving: points are drawn and trained for a short time, the best of them for longer, and so on.
"""

RANDOM = ("halving", "random")
"""Searches that draw their points."""

TRIALS = 16
"""Default number of points that are drawn."""

REDUCTION = 4
"""The number by which successive halving divides points, and multiplies the length of training."""


class Range(NamedTuple):
    """The numbers from `low` to `high`, of which a random search draws.

    Draws are uniform; if both ends are positive, their logarithms are.
    """

    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.low}..{self.high}"

    def draw(self, random: np.random.Generator, number: int) -> tuple[float, ...]:
        """Draw numbers, rounded to four digits."""
        if self.low > 0:
            numbers = np.exp(random.uniform(np.log(self.low), np.log(self.high), number))
        else:
            numbers = random.uniform(self.low, self.high, number)
        return tuple(float(f"{value:.4g}") for value in numbers)


Values = tuple[float, ...] | Range
"""The values of a hyper-parameter."""


def parse_sweep(text: str) -> tuple[str, Values]:
    """Parse a sweep: a field, and its values, such as `gamma=0.9,0.99` or `gamma=0.9..0.99`."""
    name, _, values = text.partition("=")
    low, dots, high = values.partition("..")
    try:
        numbers: Values = tuple(float(value) for value in values.split(",") if not dots)
        if dots:
            numbers = Range(float(low), float(high))
    except ValueError:
        raise argparse.ArgumentTypeError(
            "write it as learning-rate=1e-4,3e-4,1e-3 or, for a random search, "
            f"learning-rate=1e-4..1e-3; got '{text}'"
        ) from None
    if isinstance(numbers, Range) and not numbers.low < numbers.high:
        raise argparse.ArgumentTypeError(f"the range must be from low to high; got '{text}'")
    return name.replace("-", "_"), numbers


def combine(
    sweeps: Sequence[tuple[str, Values]], search: str, trials: int | None, seed: int
) -> tuple[dict[str, tuple[float, ...]], str]:
    """The values of every field, and whether they form a grid or a list: see `Run`.

    Args:
      sweeps: fields and their values.
      search: one of `SEARCHES`.
      trials: the number of points that are drawn; `TRIALS` if not given.
      seed: the seed of the draws.

    Raises:
      ValueError: the options contradict each other.
    """
    values = dict(sweeps)
    for name, _ in sweeps:
        if sum(name == other for other, _ in sweeps) > 1:
            raise ValueError(f"{name} is swept twice; list all its values in one --sweep")
    if search in RANDOM:
        if not values:
            raise ValueError(f"--search {search} needs --sweep FIELD=LOW..HIGH")
        random, number = np.random.default_rng(seed), trials or TRIALS
        drawn = {
            name: each.draw(random, number)
            if isinstance(each, Range)
            else tuple(map(float, random.choice(each, number)))
            for name, each in values.items()
        }
        return drawn, "list"
    if trials is not None:
        raise ValueError(f"--trials is for --search random or halving; got --search {search}")
    lists = {name: each for name, each in values.items() if not isinstance(each, Range)}
    for name in values.keys() - lists.keys():
        raise ValueError(f"the range of {name}, {values[name]}, needs --search random or halving")
    return lists, search


def budgets_of_rungs(num_points: int, budget: int) -> list[int]:
    """The lengths of training in successive halving, the last one that of the best point.

    Args:
      num_points: the number of points in the first rung; `num_kept` go on to the next one.
      budget: the length of training in the last rung, in which one point is left.

    References:
      Jamieson and Talwalkar 2016, "Non-stochastic Best Arm Identification and Hyperparameter
      Optimization".
    """
    budgets = [budget]
    while num_points > 1:
        num_points = num_kept(num_points)
        budgets.append(budgets[-1] // REDUCTION)
    return budgets[::-1]


def num_kept(num_points: int) -> int:
    """The number of points that successive halving keeps, at least one."""
    return -(-num_points // REDUCTION)
