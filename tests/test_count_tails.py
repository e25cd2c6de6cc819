"""Tails and quantiles of counts far out, and where counts are rare."""

import jax
import numpy as np
import pytest

import jaxdist as jd
from jaxdist.numerics.integers import LARGEST_COUNT, integer_bounds
from tests.catalog import is_univariate, rows

# Searches of sums, which compile longest.
_SUMS = (
    jd.BetaBinomial,
    jd.BetaNegativeBinomial,
    jd.FisherNoncentralHypergeometric,
    jd.Skellam,
    jd.WalleniusNoncentralHypergeometric,
)


def is_searched(d):
    return is_univariate(d) and d.support.is_discrete and not isinstance(d, _SUMS)


@rows(is_searched, one_per_class=True)
def test_isf_is_the_first_count_beyond_which_little_is_left(row):
    """Where 1 - q is 1 in float32, and for references in SciPy where it is in float64."""
    d = row.make()
    q = np.float32([0.31, 1.7e-9, 2.3e-20, 3.1e-30]).reshape(-1, *[1] * len(d.batch_shape))
    q = np.broadcast_to(q, (4, *d.batch_shape))
    k = np.asarray(d.isf(q))
    low, high = map(np.asarray, integer_bounds(d))
    is_frozen = hasattr(row.reference, "dist")
    tail = row.reference.sf if is_frozen else jax.jit(d.survival_function)
    assert np.all((tail(k) <= q) | (k == high))
    assert np.all((tail(k - 1) > q) | (k == low))


def in_rate(function):
    """Return a function and its slope, of a rate or a probability."""
    return lambda at: np.stack(jax.value_and_grad(function)(at))


@pytest.mark.parametrize(
    ("value_and_slope", "expected"),
    [
        (
            in_rate(lambda rate: jd.Poisson(rate).log_cdf(1))(5.34123001e-6),
            [-1.42643182e-11, -5.34120148e-6],
        ),
        (in_rate(lambda rate: jd.Poisson(rate).cdf(1))(5.34123001e-6), [1, -5.34120148e-6]),
        (in_rate(lambda rate: jd.Poisson(rate).cdf(2))(1.68954436e-13), [1, -1.42728007e-26]),
        (in_rate(lambda p: jd.Binomial(2873, p).cdf(6))(2.15938809e-10), [1, -2.25852019e-37]),
        (
            in_rate(lambda n: jd.NegativeBinomial(n, 1.74708648e-9).cdf(3))(0.00225222041),
            [1, -2.34842077e-36],
        ),
        (
            in_rate(lambda b: jd.BetaGeometric(67898.4297, b).cdf(2))(1.22424444e-5),
            [1, -6.38921593e-15],
        ),
        (
            in_rate(lambda n: jd.BetaNegativeBinomial(7.2483258e-6, 949.521423, n).cdf(2))(
                2.08012734e-5
            ),
            [1, -5.64054516e-15],
        ),
    ],
)
def test_tails_of_rare_counts_do_not_lose_digits_by_logarithms(value_and_slope, expected):
    np.testing.assert_allclose(value_and_slope, expected, rtol=5e-7, atol=1e-39)


@pytest.mark.parametrize(
    ("value_and_slope", "expected", "rtol"),
    [
        (
            in_rate(lambda rate: jd.Poisson(rate).survival_function(10_039_613))(1e7),
            [2.95025501e-36, 1.17606932e-38],
            5e-6,
        ),
        (
            in_rate(lambda p: jd.Binomial(20_000_000, p).survival_function(10_028_000))(0.5),
            [2.82198413e-36, 3.18058608e-31],
            5e-6,
        ),
        (
            in_rate(lambda logits: jd.Binomial(155, logits=logits).cdf(10))(0.244332269),
            [0, -6.33385948e-38],
            5e-6,
        ),
        (in_rate(jd.Gamma(3.0, 1.0).cdf)(1e-15), [0, 5e-31], 1e-6),
        (in_rate(jd.Beta(3.0, 2.0).cdf)(1e-15), [0, 1.2e-29], 2e-5),
    ],
)
def test_tails_and_slopes_are_right_down_to_the_least_number(value_and_slope, expected, rtol):
    """The density, or the kernel of the incomplete function, underflows there."""
    np.testing.assert_allclose(value_and_slope, expected, rtol=rtol, atol=1e-39)


def test_far_quantiles_of_large_means():
    """By mpmath; up to counts whose tails are the same number in float32."""
    q = np.float32([1e-30, 1e-37])
    np.testing.assert_allclose(jd.Poisson(1e7).isf(q), [10_036_274, 10_040_455], atol=1)
    np.testing.assert_allclose(jd.Binomial(2e7, 0.5).isf(q), [10_025_634, 10_028_587], atol=1)
    np.testing.assert_allclose(jd.Poisson(1e7).icdf(q), [9_963_769, 9_959_599], atol=1)


def test_quantiles_at_one_and_at_what_is_no_probability_are_the_upper_end():
    q = np.float32([1, -0.1, 1.1, np.nan])
    for d, end in (
        (jd.Poisson(3.0), LARGEST_COUNT),
        (jd.Truncated(jd.Poisson(3.0), low=50), LARGEST_COUNT),
        (jd.Truncated(jd.Poisson(3.0), high=7), 7),
        (jd.Binomial(20, 0.3), 20),
    ):
        np.testing.assert_array_equal(d.icdf(q), end)
