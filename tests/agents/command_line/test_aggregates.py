import numpy as np
import pytest
from scipy.stats import norm, trim_mean

from agents.command_line.aggregates import (
    bootstrap_interval,
    interquartile_mean,
    performance_profile,
    profile_interval,
)

pytestmark = pytest.mark.fast


@pytest.mark.parametrize("n", [1, 2, 3, 4, 7, 8, 30])
def test_the_interquartile_mean_is_that_of_rliable(n):
    """Which is SciPy's trimmed mean."""
    values = np.random.default_rng(n).normal(size=(5, n)) ** 3
    expected = [trim_mean(row, 0.25) for row in values]
    np.testing.assert_allclose(interquartile_mean(values), expected)


def test_intervals_cover_the_mean_as_often_as_they_say():
    """Of 20 normal draws in each of two environments; percentile intervals are a little short."""
    random = np.random.default_rng(0)
    ends = [bootstrap_interval([*random.normal(size=(2, 20))]) for _ in range(300)]
    covered = np.mean([low <= 0 <= high for low, high in ends])
    assert 0.88 < covered < 0.98


def test_intervals_shrink_like_the_standard_error():
    """That of the mean is sigma / sqrt(n)."""
    values = norm.ppf((np.arange(400) + 0.5) / 400)
    low, high = bootstrap_interval([values], lambda x: x.mean(axis=-1))
    np.testing.assert_allclose([low, high], norm.ppf([0.025, 0.975]) / 20, rtol=0.15)


def test_seeds_are_resampled_within_their_environment():
    assert bootstrap_interval([np.zeros(4), np.ones(4)], lambda x: x.mean(axis=-1)) == (0.5, 0.5)


def test_a_profile_is_the_fraction_of_seeds_above_a_threshold():
    """Environments count alike, whatever the number of their seeds."""
    scores = [np.array([0.0, 1.0]), np.array([0.5, 0.5, 0.5, 2.0])]
    thresholds = np.array([-1.0, 0.0, 0.5, 1.0, 2.0])
    profile = performance_profile(scores, thresholds)
    np.testing.assert_allclose(profile, [1, 0.75, (0.5 + 0.25) / 2, 0.125, 0])
    low, high = profile_interval(scores, thresholds)
    assert np.all((low <= profile) & (profile <= high))
