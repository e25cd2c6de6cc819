"""Random parameters, moderate, wide and extreme, and values in the bulk, the tails and at ends."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

Rng = np.random.Generator
TINY, HUGE = 1.2e-38, 3.4e38  # the normal numbers of float32
ONE_BELOW = 1 - 2.0**-24


def power_of_ten(*ranges: tuple[float, float]) -> Callable[[Rng, int], float]:
    """Draw positive numbers whose logarithm is uniform on the range of a level."""
    return lambda rng, level: 10 ** rng.uniform(*ranges[level])


positive = power_of_ten((-1, 1), (-4, 4), (-18, 18))
concentration = power_of_ten((-0.5, 1.5), (-3, 4), (-6, 6))
large_concentration = power_of_ten((-0.5, 1.5), (-3, 4), (3, 10))
exponent = power_of_ten((-0.5, 1), (-2, 2), (-3, 4))


def real(rng: Rng, level: int) -> float:
    """Draw a number of either sign, now and then 0."""
    return 0.0 if rng.random() < 0.1 else rng.choice([-1, 1]) * positive(rng, level)


def skewness(rng: Rng, level: int) -> float:
    """Draw a number of either sign that is not extreme."""
    return rng.choice([-1, 1]) * 10 ** rng.uniform(*[(-1, 1), (-3, 2), (-8, 4)][level])


def probability(rng: Rng, level: int) -> float:
    """Draw from (0, 1), also close to its ends."""
    small = 10 ** -rng.uniform(*[(0, 1), (0, 6), (0, 35)][level])
    return float(min(small if rng.random() < 0.6 else 1 - small, ONE_BELOW)) or 0.5


def logits(rng: Rng, level: int) -> float:
    """Draw log-odds."""
    return rng.choice([-1, 1]) * rng.uniform(*[(0, 3), (0, 40), (0, 100)][level])


def extreme_logits(rng: Rng, level: int) -> float:
    """Draw log-odds up to 1e4."""
    return logits(rng, level) if level < 2 else rng.choice([-1, 1]) * 10 ** rng.uniform(0, 4)


def trials(rng: Rng, level: int) -> int:
    """Draw a number of trials."""
    return int(10 ** rng.uniform(*[(0, 1.5), (1, 4), (3, 6.5)][level]))


def few_trials(rng: Rng, level: int) -> int:
    """Draw a number of trials over which sums are quick."""
    return int(10 ** rng.uniform(*[(0, 1.5), (1, 2.5), (2, 3.2)][level]))


def vector(draw: Callable[[Rng, int], Any], size: int) -> Callable[[Rng, int], np.ndarray]:
    """Draw independent entries."""
    return lambda rng, level: np.array([draw(rng, level) for _ in range(size)])


# --- values: a draw of NumPy's, or one moved into a tail -----------------------------------------


def on_the_line(rng: Rng, x: float) -> float:
    """Leave a draw from the real line, or move it far out, or close to zero."""
    exponent = rng.choice([0, rng.uniform(0, 3), rng.uniform(3, 15), -rng.uniform(0, 20)], p=SHARES)
    return np.clip(x * 10**exponent, -HUGE, HUGE)


def among_positives(rng: Rng, x: float) -> float:
    """Leave a draw from the positive numbers, or move it into a tail."""
    exponent = rng.choice(
        [0, rng.uniform(-1, 1), rng.uniform(-4, 4), rng.uniform(-20, 20)], p=SHARES
    )
    return np.clip(x * 10**exponent, TINY, HUGE)


def in_the_unit_interval(rng: Rng, x: float) -> float:
    """Leave a draw from (0, 1), or move it to an end."""
    near_0, near_1 = 10 ** -rng.uniform(0, 37), 1 - 10 ** -rng.uniform(0, 7)
    return np.clip(rng.choice([x, rng.random(), near_0, near_1], p=SHARES), TINY, ONE_BELOW)


def among_counts(rng: Rng, k: float, largest: float = 2.0**30) -> int:
    """Leave a draw of a count, or take a multiple of it, a small one or a neighbor."""
    other = [k, k * 10 ** rng.uniform(-2, 2), rng.integers(0, 3), k + rng.integers(-2, 3)]
    return int(np.clip(rng.choice(other, p=SHARES), 0, min(largest, 2.0**30)))


SHARES = (0.55, 0.15, 0.15, 0.15)
