"""Counts that do not fit into int32, and bounds that float32 rounds."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxdist as jd
from jaxdist.numerics.integers import LARGEST_COUNT, add_steps, integer_bounds
from jaxdist.special.wallenius_density import wallenius_spread

KEY = jax.random.key(7)

BEYOND = {
    "Poisson": lambda: jd.Poisson(1e10),
    "Poisson of the largest rate": lambda: jd.Poisson(3e38),
    "Binomial": lambda: jd.Binomial(10**12, probs=0.3),
    "Binomial, likely": lambda: jd.Binomial(10**12, probs=0.7),
    "Binomial, rare failures": lambda: jd.Binomial(10**12, logits=30.0),
    "Binomial, sure": lambda: jd.Binomial(10**12, probs=1.0),
    "BetaBinomial": lambda: jd.BetaBinomial(50.0, 70.0, 10**12),
    "NegativeBinomial": lambda: jd.NegativeBinomial(1e6, logits=12.0),
    "Geometric": lambda: jd.Geometric(logits=-40.0),
    "BetaGeometric": lambda: jd.BetaGeometric(1e3, 1e15),
    "BetaNegativeBinomial": lambda: jd.BetaNegativeBinomial(1e12, 50.0, 100.0),
    "Hypergeometric": lambda: jd.Hypergeometric(10**12, 10**12, 10**11),
    "FisherNoncentralHypergeometric": lambda: jd.FisherNoncentralHypergeometric(
        10**11, 10**11, 10**11, 1.5
    ),
    "Skellam": lambda: jd.Skellam(1e11, 1e10),
    "DiscreteUniform": lambda: jd.DiscreteUniform(10**9, 10**17),
    "Quantized": lambda: jd.Quantized(jd.Normal(1e12, 1e3)),
    "Censored": lambda: jd.Censored(jd.Poisson(1e10), low=3.0),
    "Truncated": lambda: jd.Truncated(jd.Poisson(1e10), low=3.0),
    "Hurdle": lambda: jd.Hurdle(jd.Poisson(1e10), gate=0.0),
    "ZeroInflated": lambda: jd.ZeroInflated(jd.Poisson(1e10), gate=0.0),
}


# The others compile long, and saturate by the same functions.
QUICK = ("Poisson", "Binomial", "NegativeBinomial", "Geometric", "Skellam", "Quantized")


@pytest.mark.parametrize(
    "name", [pytest.param(k, marks=() if k in QUICK else pytest.mark.slow) for k in BEYOND]
)
def test_counts_beyond_int32_become_the_largest(name: str) -> None:
    d = BEYOND[name]()
    assert (d.sample(KEY, 64) == LARGEST_COUNT).all()
    assert (d.icdf(jnp.array([0.1, 0.5])) == LARGEST_COUNT).all()


WITHIN = {  # mean and standard deviation of draws that fit, of parameters that do not
    "Poisson": (lambda: jd.Poisson(2.1e9), 2.1e9, 2.1e9**0.5),
    "Binomial": (lambda: jd.Binomial(1e12, probs=1e-6), 1e6, 1e3),
    "Binomial, few": (lambda: jd.Binomial(1e12, probs=4e-12), 4.0, 2.0),
    "Binomial, likely": (lambda: jd.Binomial(2.5e9, probs=0.75), 1.875e9, 21650.6),
    "Hypergeometric": (lambda: jd.Hypergeometric(1e12, 1e12, 1000), 500.0, 250**0.5),
    "Skellam": (lambda: jd.Skellam(1e10, 1e10), 0.0, 2e10**0.5),
    "NoncentralChi2": (lambda: jd.NoncentralChi2(3.0, 1e10), 1e10, 2e5),
}


@pytest.mark.parametrize("name", WITHIN)
def test_counts_within_int32_are_drawn_of_larger_parameters(name: str) -> None:
    make, mean, stddev = WITHIN[name]
    draws = np.asarray(make().sample(KEY, 20_000), float)
    rounding = mean * 2.0**-23
    assert abs(draws.mean() - mean) < 5 * stddev / 20_000**0.5 + rounding
    assert abs(draws.std() / stddev - 1) < 0.03


@pytest.mark.slow
def test_draws_of_balls_beyond_int32_become_the_largest() -> None:
    d = jd.WalleniusNoncentralHypergeometric(10**11, 10**11, 10**11, 1.5)
    assert (d.sample(KEY, 8) == LARGEST_COUNT).all()


@pytest.mark.slow
def test_moments_and_quantiles_of_balls_beyond_int32():
    """The share m of successes that are taken solves 1 - m = m^1.5; the spread overflowed."""
    d = jd.WalleniusNoncentralHypergeometric(10**11, 10**11, 10**11, 1.5)
    assert (d.icdf(jnp.array([0.1, 0.5])) == LARGEST_COUNT).all()
    np.testing.assert_allclose(d.mean, 0.569840291e11, rtol=1e-6)


def test_the_spread_of_balls_is_that_of_smaller_numbers():
    s = np.float32([0, 4, 30, 30, 1e11, 1e30])
    f = np.float32([5, 0, 20, 20, 1e11, 1e30])
    n = np.float32([2, 3, 0, 25, 1e11, 1e30])
    k = np.float32([0, 3, 0, 15, 5e10, 5e29])
    first = np.maximum(k.astype(float) * (s - k), 0) + 0.25
    second = np.maximum((n - k).astype(float) * (k + f - n), 0) + 0.25
    size = s.astype(float) + f
    expected = np.sqrt(size / (size - 1) / (s / first + f / second))
    np.testing.assert_allclose(wallenius_spread(k, s, f, n), expected, rtol=1e-5)


def test_negative_counts_beyond_int32_become_the_least() -> None:
    d = jd.Skellam(1e10, 1e11)
    assert (d.sample(KEY, 64) == -LARGEST_COUNT).all()
    assert d.icdf(0.5) == -LARGEST_COUNT


def test_draws_next_to_the_largest_count_are_saturated_one_by_one() -> None:
    draws = np.asarray(jd.Poisson(2.0**31).sample(KEY, 20_000))
    assert abs((draws == LARGEST_COUNT).mean() - 0.5) < 0.02
    below = draws[draws < LARGEST_COUNT].astype(float)
    assert abs((2.0**31 - below).mean() / (2.0**31 * 2 / np.pi) ** 0.5 - 1) < 0.05


@pytest.mark.parametrize(
    "make",
    [
        lambda: jd.Multinomial(10**12, probs=[0.3, 0.7]),
        lambda: jd.DirichletMultinomial([1.0, 2.0], 10**12),
    ],
)
def test_vectors_of_counts_refuse_totals_beyond_int32(make) -> None:
    with pytest.raises(ValueError, match="total_count"):
        make()


def test_vectors_of_a_traced_total_beyond_int32_are_implausible() -> None:
    @jax.jit
    def draw(total):
        d = jd.Multinomial(total, probs=[0.3, 0.7])
        x = d.sample(KEY, 8)
        return x, d.log_prob(x)

    x, log_prob = draw(1e12)
    assert (x == LARGEST_COUNT).all()
    assert (log_prob == -jnp.inf).all()


def test_samplers_take_wide_integers() -> None:
    draws = jd.random.binomial(KEY, np.array([10**12, 100]), 0.3, 0.7, (5, 2))
    assert (draws[:, 0] == LARGEST_COUNT).all()
    assert (draws[:, 1] <= 100).all()


def test_steps_are_added_exactly() -> None:
    start = jnp.array([0.0, 2.0**30, 2.0**31, -(2.0**31), 2.0**40, -(2.0**40), 2.0**31 - 256])
    step = jnp.array([-5, 7, -5, 5, -(2**28), 3, 100])
    exact = np.clip(np.asarray(start, np.int64) + np.asarray(step), -LARGEST_COUNT, LARGEST_COUNT)
    np.testing.assert_array_equal(add_steps(start, step), exact)


BOUNDS = {  # in 64 bits: a bound, and a distribution one of whose ends it is
    "Censored": (1, 19990001, lambda: jd.Censored(jd.Poisson(2e7), high=19990001)),
    "Censored below": (0, 20010001, lambda: jd.Censored(jd.Poisson(2e7), low=20010001)),
    "Truncated": (1, 19990001, lambda: jd.Truncated(jd.Poisson(2e7), high=19990001)),
    "Quantized": (1, 19990001, lambda: jd.Quantized(jd.Normal(2e7, 4e3), high=19990001)),
    "Binomial": (1, 2**24 + 1, lambda: jd.Binomial(2**24 + 1, probs=1.0)),
    "Binomial of few": (1, 2**31 - 3, lambda: jd.Binomial(2**31 - 3, probs=1.0)),
    "DiscreteUniform": (1, 2**31 - 3, lambda: jd.DiscreteUniform(2**31 - 4, 2**31 - 3)),
    "Hypergeometric": (1, 2**24 + 1, lambda: jd.Hypergeometric(2**24 + 1, 0, 2**24 + 1)),
}


@pytest.mark.parametrize(
    "name", [pytest.param(k, marks=pytest.mark.slow if k == "Truncated" else ()) for k in BOUNDS]
)
def test_bounds_keep_their_digits_in_64_bits(name: str) -> None:
    which, end, make = BOUNDS[name]
    with jax.enable_x64(True):
        d = make()
        assert integer_bounds(d)[which] == end
        draws = d.sample(KEY, 2000)
        assert (draws.min() if which == 0 else draws.max()) == end
        assert d.icdf(1.0 if which else 0.0) == end
        assert jnp.isfinite(d.log_prob(draws)).all()
