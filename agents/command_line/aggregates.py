"""Aggregates over seeds: interquartile means, bootstrap intervals and performance profiles.

The recipe of the library rliable, Agarwal et al. 2021, "Deep Reinforcement Learning at the Edge of
the Statistical Precipice".
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

RESAMPLES = 1000
"""Number of resamples of a bootstrap interval."""

LEVEL = 0.95
"""The probability that a bootstrap interval is meant to cover."""


def interquartile_mean(values: np.ndarray) -> np.ndarray:
    """The mean of the middle half: less sensitive to outliers than the mean, less wasteful than
    the median.

    The floor(n / 4) lowest and as many of the highest values are left out, as by
    `scipy.stats.trim_mean(values, 0.25)`; of up to three values it is the mean.

    Args:
      values: `[..., n]`.

    Returns:
      Means over the last axis, `[...]`.
    """
    ordered, cut = np.sort(values, axis=-1), values.shape[-1] // 4
    return ordered[..., cut : values.shape[-1] - cut].mean(axis=-1)


def bootstrap_interval(
    scores: Sequence[np.ndarray],
    statistic: Callable[[np.ndarray], np.ndarray] = interquartile_mean,
) -> tuple[float, float]:
    """A percentile bootstrap interval, with seeds resampled within each environment.

    The random numbers are always the same, so that intervals along a curve form smooth bands.

    Args:
      scores: the scores of the seeds in each environment, each `[seeds]`.
      statistic: function from scores of all environments `[resamples, n]` to `[resamples]`.

    Returns:
      The ends of the interval of probability `LEVEL`.
    """
    random = np.random.default_rng(0)
    resampled = [each[random.integers(len(each), size=(RESAMPLES, len(each)))] for each in scores]
    values = statistic(np.concatenate(resampled, axis=-1))
    low, high = np.percentile(values, [50 * (1 - LEVEL), 50 * (1 + LEVEL)])
    return float(low), float(high)


def performance_profile(scores: Sequence[np.ndarray], thresholds: np.ndarray) -> np.ndarray:
    """The fraction of seeds, in all environments, whose score exceeds each threshold.

    Environments have the same weight, whatever the number of their seeds.

    Args:
      scores: the scores of the seeds in each environment, each `[..., seeds]`.
      thresholds: `[thresholds]`.

    Returns:
      Fractions, `[..., thresholds]`.
    """
    fractions = [np.mean(each[..., None] > thresholds, axis=-2) for each in scores]
    return np.mean(fractions, axis=0)


def profile_interval(
    scores: Sequence[np.ndarray], thresholds: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Pointwise bootstrap intervals of a performance profile, `[thresholds]` each."""
    random = np.random.default_rng(0)
    resampled = [each[random.integers(len(each), size=(RESAMPLES, len(each)))] for each in scores]
    profiles = performance_profile(resampled, thresholds)
    low, high = np.percentile(profiles, [50 * (1 - LEVEL), 50 * (1 + LEVEL)], axis=0)
    return low, high
