"""Counts: extreme parameters, values at the boundary, exact quantiles and draws of large counts."""

import itertools
import math

import jax
import jax.numpy as jnp
import mpmath
import mpmath as mp
import numpy as np
import pytest
from scipy import stats

import jaxdist as jd
from jaxdist.numerics.integers import LARGEST_COUNT

KEY = jax.random.key(11)


@pytest.mark.parametrize(
    ("log_prob", "expected"),
    [
        (lambda: jd.Poisson(1e6).log_prob(1_000_000), -7.826694),
        (lambda: jd.Poisson(0.0).log_prob(0), 0.0),
        (lambda: jd.Poisson(0.0).log_prob(1), -np.inf),
        (lambda: jd.Geometric(logits=17.8487759).log_prob(1), -17.84878),
        (lambda: jd.NegativeBinomial(1e6, logits=-13.8155107).log_prob(1), -1.0),
        (lambda: jd.Binomial(10, 0.0).log_prob(0), 0.0),
        (lambda: jd.Binomial(10, 0.0).log_prob(1), -np.inf),
        (lambda: jd.Binomial(10, 1.0).log_prob(10), 0.0),
        (lambda: jd.Binomial(10, 1.0).log_prob(9), -np.inf),
        (lambda: jd.Binomial(0, 0.3).log_prob(0), 0.0),
        (lambda: jd.Geometric(1.0).log_prob(0), 0.0),
        (lambda: jd.Geometric(1.0).log_prob(1), -np.inf),
        (lambda: jd.NegativeBinomial(3.0, 0.0).log_prob(0), 0.0),
        (lambda: jd.NegativeBinomial(3.0, 0.0).log_prob(2), -np.inf),
        (lambda: jd.NegativeBinomial(0.0, 0.5).log_prob(0), 0.0),
        (lambda: jd.Multinomial(3, [0.5, 0.5]).log_prob(jnp.array([1, 1])), -np.inf),
        (lambda: jd.BetaBinomial(2.0, 3.0, 0).log_prob(0), 0.0),
        (lambda: jd.Binomial(10, logits=-np.inf).log_prob(0), 0.0),
        (lambda: jd.Binomial(10, logits=-np.inf).log_prob(1), -np.inf),
        (lambda: jd.Binomial(10, logits=np.inf).log_prob(10), 0.0),
        (lambda: jd.DiscreteUniform(2, 2).log_prob(2), 0.0),
    ],
)
def test_log_prob_where_libraries_fail(log_prob, expected):
    np.testing.assert_allclose(log_prob(), expected, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize(
    ("make", "value"),
    [
        (lambda: jd.Poisson(0.0), 0),
        (lambda: jd.Poisson(0.0), 1),
        (lambda: jd.Binomial(10, 0.0), 0),
        (lambda: jd.Binomial(10, 1.0), 10),
        (lambda: jd.Geometric(1.0), 0),
        (lambda: jd.Geometric(1.0), 1),
        (lambda: jd.NegativeBinomial(3.0, 0.0), 0),
        (lambda: jd.NegativeBinomial(0.0, 0.5), 0),
        (lambda: jd.Multinomial(3, [0.0, 1.0]), jnp.array([0, 3])),
        (lambda: jd.Multinomial(3, logits=[-np.inf, 1.0, 0.0]), jnp.array([0, 2, 1])),
    ],
)
def test_gradients_at_the_boundary_are_not_nan(make, value):
    for gradient in (jax.grad(jd.log_prob)(make(), value), jax.grad(jd.entropy)(make())):
        assert not any(np.any(np.isnan(leaf)) for leaf in jax.tree.leaves(gradient))


@pytest.mark.parametrize(
    ("make", "value"),
    [
        (lambda: jd.Poisson(0.0), 1),
        (lambda: jd.Bernoulli(0.0), 1),
        (lambda: jd.Bernoulli(1.0), 0),
        (lambda: jd.Geometric(1.0), 1),
        (lambda: jd.Binomial(1, 0.0), 1),
        (lambda: jd.Binomial(10, 0.0), 1),
        (lambda: jd.Binomial(10, 0.0), 10),
        (lambda: jd.Binomial(10, 1.0), 0),
        (lambda: jd.Binomial(10, 1.0), 9),
        (lambda: jd.Binomial(10, logits=-np.inf), 1),
        (lambda: jd.NegativeBinomial(3.0, 0.0), 2),
        (lambda: jd.Multinomial(3, [0.0, 1.0]), jnp.array([1, 2])),
    ],
)
def test_an_impossible_count_has_a_finite_gradient(make, value):
    log_prob, gradient = jax.value_and_grad(jd.log_prob)(make(), value)
    assert log_prob == -np.inf
    assert all(np.all(np.isfinite(leaf)) for leaf in jax.tree.leaves(gradient))


def test_gradient_of_poisson_at_rate_zero():
    assert jax.grad(jd.log_prob)(jd.Poisson(0.0), 0).rate == -1


def exact_numbers(*values):
    """Return parameters, as they are rounded to float32, as mpmath numbers."""
    return [mpmath.mpf(float(value)) for value in values]


@pytest.mark.parametrize(
    ("total_count", "probs", "k"), [(0.7, 0.9999, 5_000), (0.001, 0.75, 3), (1e6, 0.5, 1_000_000)]
)
def test_log_prob_of_extreme_negative_binomials(total_count, probs, k):
    d = jd.NegativeBinomial(total_count, probs)
    with mpmath.workdps(50):
        lgamma = mpmath.loggamma
        r, p = exact_numbers(d.total_count, d.probs)
        log_choose = lgamma(k + r) - lgamma(r) - lgamma(k + 1)
        expected = log_choose + k * mpmath.log(p) + r * mpmath.log1p(-p)
    np.testing.assert_allclose(d.log_prob(k), float(expected), rtol=2e-6, atol=2e-6)


@pytest.mark.parametrize(
    ("concentration1", "concentration0", "total_count", "k"),
    [
        (1e6, 1e6, 1_000_000, 500_000),
        (0.001, 0.002, 1_000, 500),
        (1e-3, 1e3, 100, 0),
        (7.0, 2.0, 1_000_000, 900_000),
    ],
)
def test_log_prob_of_extreme_beta_binomials(concentration1, concentration0, total_count, k):
    d = jd.BetaBinomial(concentration1, concentration0, total_count)

    def log_beta(a, b):
        return mpmath.loggamma(a) + mpmath.loggamma(b) - mpmath.loggamma(a + b)

    with mpmath.workdps(50):
        a, b, n = exact_numbers(d.concentration1, d.concentration0, d.total_count)
        log_choose = -log_beta(k + 1, n - k + 1) - mpmath.log(n + 1)
        expected = log_choose + log_beta(k + a, n - k + b) - log_beta(a, b)
    np.testing.assert_allclose(d.log_prob(k), float(expected), rtol=2e-6, atol=2e-6)


def test_tails_of_a_binomial_have_a_small_relative_error():
    d, reference = jd.Binomial(1000, 0.5), stats.binom(1000, 0.5)
    np.testing.assert_allclose(d.log_survival_function(900), reference.logsf(900), rtol=1e-5)
    np.testing.assert_allclose(d.log_cdf(100), reference.logcdf(100), rtol=1e-5)


def test_the_tail_of_a_beta_binomial_has_a_small_relative_error():
    tail = stats.betabinom(400, 50, 50).pmf(np.arange(391, 401)).sum()
    d = jd.BetaBinomial(50.0, 50.0, 400)
    np.testing.assert_allclose(d.log_survival_function(390), np.log(tail), rtol=1e-5)


@pytest.mark.parametrize(
    ("a", "b", "n", "k"),
    [(2.0, 3.0, 10**5, 3 * 10**4), (500.0, 300.0, 10**6, 6 * 10**5), (0.5, 0.3, 10**6, 100)],
)
def test_the_cdf_of_beta_binomials_of_many_trials(a, b, n, k):
    """Some of the terms stand for all of them."""
    cdf = jd.BetaBinomial(a, b, total_count=n).cdf(k)
    np.testing.assert_allclose(cdf, stats.betabinom.cdf(k, n, a, b), rtol=3e-6)


def test_counts_of_billions_of_trials_need_no_billions_of_terms():
    """Their shares have a beta distribution, and their sums over all integers would take hours."""
    n = 2_000_000_000
    d = jd.BetaBinomial(2.0, 3.0, total_count=n)
    shares = stats.beta(2, 3)
    np.testing.assert_allclose(d.cdf(n // 4), shares.cdf(0.25), rtol=1e-6)
    np.testing.assert_allclose(d.icdf(0.2617), n * shares.ppf(0.2617), rtol=1e-5)
    np.testing.assert_allclose(d.entropy(), np.log(n) + shares.entropy(), rtol=1e-6)
    pair = jd.DirichletMultinomial(jnp.array([2.0, 3.0]), total_count=n)
    np.testing.assert_allclose(pair.entropy(), d.entropy(), rtol=1e-5)


def test_the_cdf_below_the_distant_mode_of_a_power_tail():
    a, b, n = 1.5, 1000.0, 1000.0
    d = jd.BetaNegativeBinomial(concentration0=a, concentration1=b, total_count=n)
    k = np.array([20_000, 100_000, 300_000])
    terms = np.exp(stats.betanbinom.logpmf(np.arange(300_001), n, a, b))
    np.testing.assert_allclose(d.cdf(k), np.cumsum(terms)[k], rtol=1e-5)
    enormous = jd.BetaNegativeBinomial(
        concentration0=0.0154116033, concentration1=741531.3, total_count=42697.68
    )
    assert 0 < enormous.cdf(10**9) < 1e-9


def test_cdf_of_a_rare_success_and_a_rare_failure():
    rare, certain = jd.Binomial(100, logits=-25.0), jd.Binomial(100, logits=25.0)
    p = 1 / (1 + math.exp(25))
    np.testing.assert_allclose(rare.survival_function(0), 100 * p, rtol=1e-5)
    np.testing.assert_allclose(certain.cdf(99), 100 * p, rtol=1e-5)


@pytest.mark.parametrize(
    ("d", "reference"),
    [
        (jd.Poisson(1e6), stats.poisson(1e6)),
        (jd.Poisson(0.01), stats.poisson(0.01)),
        (jd.Binomial(10_000, 0.3), stats.binom(10_000, float(np.float32(0.3)))),
        (jd.NegativeBinomial(0.5, 0.75), stats.nbinom(0.5, 0.25)),
        (jd.NegativeBinomial(500.0, 0.5), stats.nbinom(500, 0.5)),
        (jd.Geometric(2.0**-12), stats.geom(2.0**-12, loc=-1)),
        (jd.BetaBinomial(0.5, 4.0, 300), stats.betabinom(300, 0.5, 4)),
        (jd.DiscreteUniform(-5, 994), stats.randint(-5, 995)),
    ],
    ids=lambda d: type(d).__name__,
)
def test_icdf_is_the_smallest_count_that_reaches(d, reference):
    q = np.array([0.001, 0.03, 0.31, 0.5, 0.77, 0.96, 0.9991], np.float32)
    x = np.asarray(d.icdf(q))
    assert x.dtype == np.int32
    slack = 4e-6  # of the cumulative probability: it is float32
    assert np.all(reference.cdf(x) >= q * (1 - slack) - 1e-7)
    assert np.all(reference.cdf(x - 1) <= q * (1 + slack) + 1e-7)


def test_icdf_at_the_ends():
    assert jd.Poisson(3.0).icdf(0.0) == 0
    assert jd.Poisson(3.0).icdf(1.0) == LARGEST_COUNT
    assert jd.Poisson(0.0).icdf(1.0) == 0
    assert jd.Binomial(1000, 0.1).icdf(1.0) == 1000
    assert jd.DiscreteUniform(-3, 5).icdf(0.0) == -3
    assert jd.DiscreteUniform(-3, 5).icdf(1.0) == 5


@pytest.mark.parametrize("rate", [1e5, 1e6, 1e9])
def test_draws_of_large_poisson_rates(rate):
    draws = np.asarray(jd.Poisson(rate).sample(KEY, 50_000), float)
    z = (draws - rate) / math.sqrt(rate)
    assert abs(z.mean()) < 5 / math.sqrt(len(z))
    assert stats.kstest(z, "norm").pvalue > 1e-5
    assert set(np.unique(draws % 8)) == set(range(8))


def test_draws_do_not_need_a_threefry_key():
    key = jax.random.key(0, impl="rbg")
    for d in (jd.Poisson(50.0), jd.Binomial(200, 0.4), jd.NegativeBinomial(4.0, 0.5)):
        assert abs(float(d.sample(key, 2_000).mean()) - float(d.mean)) < float(d.stddev) / 8


def test_draws_of_large_binomials_and_their_complement():
    d = jd.Binomial(np.array([1e6, 1e6, 1e9]), np.array([0.3, 0.7, 1e-9]))
    draws = np.asarray(d.sample(KEY, 50_000), float)
    assert np.all(np.abs(draws.mean(0) - d.mean) < 5 * np.asarray(d.stddev) / math.sqrt(50_000))
    np.testing.assert_allclose(draws.var(0), d.variance, rtol=0.05)


def test_multinomial_draws_sum_to_the_total_and_covary():
    d = jd.Multinomial(np.array([5, 1000]), [0.2, 0.3, 0.0, 0.5])
    draws = np.asarray(d.sample(KEY, 20_000), float)
    np.testing.assert_array_equal(draws.sum(-1), np.broadcast_to([5, 1000], (20_000, 2)))
    assert np.all(draws[..., 2] == 0)
    covariance = np.cov(draws[:, 1, 0], draws[:, 1, 3])[0, 1]
    np.testing.assert_allclose(covariance, -1000 * 0.2 * 0.5, rtol=0.1)


def all_counts(total, categories):
    candidates = itertools.product(range(total + 1), repeat=categories)
    return np.array([x for x in candidates if sum(x) == total])


MULTINOMIALS = [jd.Multinomial(6, [0.15, 0.6, 0.25]), jd.Multinomial(6, [0.0, 0.6, 0.4])]


@pytest.mark.parametrize(
    "d",
    [*MULTINOMIALS, jd.DirichletMultinomial([0.5, 3.0, 1.5], 6)],
    ids=lambda d: type(d).__name__,
)
def test_moments_and_entropy_of_vectors_of_counts_by_enumeration(d):
    x = all_counts(6, 3)
    log_p = np.asarray(d.log_prob(x), float)
    p = np.exp(log_p)
    np.testing.assert_allclose(p.sum(), 1, rtol=1e-5)
    np.testing.assert_allclose(d.mean, p @ x, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(d.variance, p @ x**2 - (p @ x) ** 2, rtol=1e-4, atol=1e-5)
    information = np.where(p > 0, -log_p, 0)
    np.testing.assert_allclose(d.entropy(), p @ information, rtol=1e-5)


@pytest.mark.parametrize("d", MULTINOMIALS)
def test_the_mode_of_a_multinomial_is_the_most_probable_vector(d):
    x = all_counts(6, 3)
    p = np.exp(np.asarray(d.log_prob(x), float))
    assert p[np.all(x == d.mode, -1)] >= p.max() * (1 - 1e-6)


def entropy_of(reference):
    mean, reach = reference.mean(), 40 * reference.std() + 100
    p = reference.pmf(np.arange(max(0, int(mean - reach)), int(mean + reach)))
    return -np.sum(p[p > 0] * np.log(p[p > 0]))


@pytest.mark.parametrize(
    ("d", "reference"),
    [
        (jd.Poisson(np.array([0.3, 30.0, 1e6])), [stats.poisson(r) for r in (0.3, 30.0, 1e6)]),
        (
            jd.Binomial(np.array([20, 1000, 1e5]), np.array([0.75, 0.5, 0.25])),
            [stats.binom(20, 0.75), stats.binom(1000, 0.5), stats.binom(1e5, 0.25)],
        ),
        (
            jd.NegativeBinomial(np.array([0.125, 5.0, 29.0, 31.0]), 1 - 2.0**-10),
            [stats.nbinom(r, 2.0**-10) for r in (0.125, 5.0, 29.0, 31.0)],
        ),
    ],
    ids=lambda d: type(d).__name__,
)
def test_entropy_by_summation(d, reference):
    expected = [entropy_of(r) for r in reference]
    np.testing.assert_allclose(d.entropy(), expected, rtol=4e-6)


COUNTS = np.float32([1, 7, 7, 300, 300, 1e6, 1e6, 1e6])
LOGITS = np.float32([0.3, 2, -8, 1, -9, 0.5, -4, -12])


@pytest.mark.slow
@pytest.mark.parametrize(
    "make",
    [
        lambda x: jd.Binomial(COUNTS.astype(x.dtype), logits=x),
        lambda x: jd.Binomial(COUNTS.astype(x.dtype), jax.nn.sigmoid(x)),
        lambda x: jd.NegativeBinomial(COUNTS.astype(x.dtype), logits=x),
        lambda x: jd.NegativeBinomial(COUNTS.astype(x.dtype), jax.nn.sigmoid(x)),
    ],
)
def test_the_slope_of_the_entropy_of_large_counts(make):
    """It is that of a central difference in float64, which does not cancel."""

    def entropy(x):
        return jnp.sum(make(x).entropy())

    slope = jax.grad(entropy)(LOGITS)
    with jax.enable_x64(True):
        x, step = LOGITS.astype(np.float64), 1e-4
        values = [make(x + i * step).entropy() for i in (-2, -1, 1, 2)]
        expected = (8 * (values[2] - values[1]) - (values[3] - values[0])) / (12 * step)
    np.testing.assert_allclose(slope, expected, rtol=2e-5, atol=1e-7)


@pytest.mark.slow
def test_the_curvature_of_the_entropy_of_poisson_counts():
    def expected(rate):
        k = np.arange(max(0, int(rate - 12 * rate**0.5)), int(rate + 12 * rate**0.5 + 60))
        return stats.poisson(rate).pmf(k) @ np.log1p(1 / (k + 1)) - 1 / rate

    rates = np.float32([0.125, 0.75, 10, 1e3, 1e4])
    curvature = jax.vmap(jax.grad(jax.grad(lambda rate: jd.Poisson(rate).entropy())))(rates)
    np.testing.assert_allclose(curvature, [expected(float(r)) for r in rates], rtol=1e-5)


def test_listing_the_support_needs_one_known_count():
    np.testing.assert_array_equal(jd.Binomial(3, 0.5).enumerate_support(), [0, 1, 2, 3])
    np.testing.assert_array_equal(jd.DiscreteUniform(2, 4).enumerate_support(), [2, 3, 4])
    with pytest.raises(NotImplementedError, match=r"Binomial.*'total_count'"):
        jd.Binomial(np.array([3, 4]), 0.5).enumerate_support()
    with pytest.raises(NotImplementedError, match=r"jax\.jit"):
        jax.jit(lambda d: d.enumerate_support())(jd.Binomial(3, 0.5))


def test_total_counts_may_differ_in_a_batch():
    d = jax.vmap(jd.Multinomial)(jnp.array([2.0, 9.0]), jnp.array([[0.5, 0.5], [0.1, 0.9]]))
    np.testing.assert_array_equal(jax.vmap(jd.sample)(d, jax.random.split(KEY)).sum(-1), [2, 9])


@pytest.mark.slow
def test_a_negative_binomial_by_its_mean_and_dispersion():
    mean, dispersion = np.array([6.0, 1e-3, 4e3]), np.array([0.5, 20.0, 0.125])
    d = jd.NegativeBinomial.from_mean_dispersion(mean, dispersion)
    np.testing.assert_allclose(d.mean, mean, rtol=1e-5)
    np.testing.assert_allclose(d.variance, mean + dispersion * mean**2, rtol=1e-5)
    reference = stats.nbinom(1 / dispersion, 1 / (1 + mean * dispersion))
    np.testing.assert_allclose(d.log_prob(2), reference.logpmf(2), rtol=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize("k", [0, 3, 20_000])
def test_a_geometric_count_is_a_negative_binomial_one(k):
    """Of a beta mixture too, where success and failure have changed their names."""
    a, b = np.array([0.25, 3.0, 40.0]), np.array([0.5, 7.0, 2.0])
    geometric, other = jd.BetaGeometric(a, b), jd.BetaNegativeBinomial(b, a, 1.0)
    for name in ("log_prob", "log_cdf", "log_survival_function"):
        np.testing.assert_allclose(getattr(geometric, name)(k), getattr(other, name)(k), rtol=1e-5)
    np.testing.assert_allclose(geometric.entropy(), other.entropy(), rtol=1e-5)


def test_third_and_fourth_moments_of_small_urns():
    """Also of at most three balls, where the formulas for more divide by 0; NaN of one count."""
    s, f, n = (x.ravel() for x in np.meshgrid(range(5), range(5), range(9)))
    s, f, n = (x[(n <= s + f) & (s + f > 0)] for x in (s, f, n))
    expected = []
    for given in zip(s, f, n, strict=True):
        d = stats.hypergeom(sum(given[:2]), given[0], given[2])
        k = np.arange(d.support()[0], d.support()[1] + 1)
        distance, p = k - d.mean(), d.pmf(k)
        spread = np.sqrt(p @ distance**2) if k.size > 1 else np.nan
        expected.append([p @ (distance / spread) ** 3, p @ (distance / spread) ** 4 - 3])
    d = jd.Hypergeometric(s, f, n)
    actual = np.stack([d.skewness, d.kurtosis], -1)
    np.testing.assert_allclose(actual, expected, rtol=1e-5, atol=3e-6)


def test_counts_of_no_trial_have_no_third_and_fourth_moment():
    for d in (jd.Binomial([0, 3], 0.5), jd.BetaBinomial(2.0, 3.0, [0, 3])):
        moments = np.stack([d.skewness, d.kurtosis])
        np.testing.assert_array_equal(np.isnan(moments), [[True, False]] * 2)


@pytest.mark.slow
def test_the_noncentral_hypergeometric_distribution_of_odds_one_is_the_central_one():
    d, same = jd.FisherNoncentralHypergeometric(30, 20, 15, 1.0), jd.Hypergeometric(30, 20, 15)
    k = jnp.arange(16)
    np.testing.assert_allclose(d.log_prob(k), same.log_prob(k), rtol=1e-5, atol=1e-6)
    for name in ("mean", "variance", "skewness", "kurtosis", "mode"):
        np.testing.assert_allclose(getattr(d, name), getattr(same, name), rtol=1e-5, atol=5e-6)
    slope = jax.grad(lambda odds: jd.FisherNoncentralHypergeometric(30, 20, 15, odds).log_prob(7))
    np.testing.assert_allclose(slope(1.0), 7 - same.mean, rtol=1e-4)  # the score of a logit


@pytest.mark.slow
def test_wallenius_of_odds_one_is_the_hypergeometric_distribution():
    d, same = jd.WalleniusNoncentralHypergeometric(30, 20, 15, 1.0), jd.Hypergeometric(30, 20, 15)
    k = jnp.arange(16)
    np.testing.assert_allclose(d.log_prob(k), same.log_prob(k), rtol=1e-5, atol=1e-6)
    for name in ("mean", "variance", "skewness", "kurtosis", "mode"):
        np.testing.assert_allclose(getattr(d, name), getattr(same, name), rtol=1e-5, atol=5e-6)


@pytest.mark.slow
@pytest.mark.parametrize("k", [49_000, 50_000, 51_000])
def test_wallenius_of_many_balls(k):
    """Of many more draws than balls are alike, by the integral in 30 digits."""
    s, f, n, odds = 60_000, 40_000, 70_000, 2.0
    m, rate = n - k, odds * (s - k) + f - (n - k)
    with mp.workdps(30):

        def log_integrand(u):
            t = mp.exp(u)
            return u - rate * t + k * mp.log(-mp.expm1(-odds * t)) + m * mp.log(-mp.expm1(-t))

        peak = mp.findroot(lambda u: mp.diff(log_integrand, u), mp.log(mp.mpf(n) / s))
        top = log_integrand(peak)
        density = lambda u: mp.exp(log_integrand(u) - top)
        total = mp.quad(density, [peak + w for w in np.linspace(-0.1, 0.1, 41)])
        expected = mp.log(mp.binomial(s, k) * mp.binomial(f, m) * rate * total) + top
    d = jd.WalleniusNoncentralHypergeometric(s, f, n, odds)
    np.testing.assert_allclose(d.log_prob(k), float(expected), rtol=3e-6)


@pytest.mark.slow
@pytest.mark.parametrize("odds", [1e-3, 0.5, 30.0])
def test_wallenius_draws_of_many_balls_have_the_right_moments(odds):
    d = jd.WalleniusNoncentralHypergeometric([60_000, 300], [40_000, 20], [70_000, 200], odds)
    draws = np.asarray(d.sample(jax.random.key(5), 10_000), float)
    mean, stddev = np.asarray(d.mean, float), np.asarray(d.stddev, float)
    assert np.all(np.abs(draws.mean(0) - mean) <= 5 * stddev / 100 + 1e-5 * mean)
    assert np.all(np.abs(draws.std(0) - stddev) <= 0.05 * stddev)


@pytest.mark.slow
def test_wallenius_of_extreme_odds():
    """The balls of larger weight are taken first; a slope is finite where a count is certain."""
    s, f, n = np.array([[5, 5, 1], [4, 4, 1], [6, 3, 1]])
    fewest, most = np.maximum(n - f, 0), np.minimum(n, s)
    for odds, certain in ((1e-30, fewest), (1e30, most)):
        d = jd.WalleniusNoncentralHypergeometric(s, f, n, odds)
        np.testing.assert_allclose(d.log_prob(certain), 0, atol=1e-6)
        np.testing.assert_allclose(d.mean, certain, rtol=1e-6, atol=1e-6)
        score = jax.grad(lambda d, certain=certain: jnp.sum(d.log_prob(certain)))(d)
        assert np.all(np.abs(score.odds * odds) < 1e-6)


@pytest.mark.slow
def test_wallenius_of_odds_at_the_ends_of_float32():
    """By the recurrence over the balls in mpmath; the slopes are whole numbers over the odds."""
    least, largest = np.float32(1.2e-38), np.float32(3e38)
    s, f, n = np.array([[5, 5, 5, 1, 5, 9], [4, 4, 4, 1, 4, 9], [6, 3, 6, 1, 3, 0]])
    odds = [least, least, largest, largest, largest, largest]
    d = jd.WalleniusNoncentralHypergeometric(s, f, n, odds)
    k = [3, 1, 2, 0, 1, 0]
    expected = [-256.6347695, -85.62643138, -353.8067818, -88.59684582, -176.5893757, 0]
    np.testing.assert_allclose(d.log_prob(k), expected, rtol=1e-6)
    score = jax.grad(lambda d: jnp.sum(d.log_prob(k)))(d).odds
    np.testing.assert_allclose(score[:2] * least, [3, 1], rtol=1e-6)
    np.testing.assert_allclose(score[2:], 0, atol=2e-38)
    assert np.all(np.isfinite(d.mean))
    assert np.all(np.isfinite(d.variance))


@pytest.mark.slow
@pytest.mark.parametrize("odds", [1e-3, 1e3])
def test_slopes_of_wallenius_where_one_count_is_nearly_certain(odds):
    """By differences in float64."""
    s, f, n = np.array([[5, 3, 9], [4, 9, 5], [6, 6, 4]])
    k = np.minimum(n, s) if odds > 1 else np.maximum(n - f, 0)

    def log_prob(log_odds):
        return jd.WalleniusNoncentralHypergeometric(s, f, n, jnp.exp(log_odds)).log_prob(k)

    slope = jax.jvp(log_prob, (jnp.log(odds),), (jnp.ones(()),))[1]
    with jax.enable_x64(True):
        up, down = (np.asarray(log_prob(np.log(odds) + step)) for step in (1e-4, -1e-4))
    np.testing.assert_allclose(slope, (up - down) / 2e-4, rtol=1e-4)


@pytest.mark.slow
def test_the_complement_of_wallenius_counts_that_are_nearly_certain():
    """Of the probabilities of all others, from mpmath: by one kind only, and by all of one kind."""
    d = jd.WalleniusNoncentralHypergeometric(
        [2933, 11], [46463, 37], [1098, 24], [1.21453577e-5, 328.57016]
    )
    np.testing.assert_allclose(d.log_prob([0, 11]), [-8.51913269893e-4, -9.89162483e-15], rtol=2e-5)
    np.testing.assert_allclose(d.mean, [8.52e-4, 11], rtol=1e-3)


@pytest.mark.slow
def test_second_derivatives_of_wallenius_in_all_modes():
    """JAX's reverse mode keeps values of a scan, and of them what it takes for derivatives."""

    @jax.grad
    def score(odds):
        return jd.WalleniusNoncentralHypergeometric(20, 14, 12, odds).log_prob(7)

    forward, reverse = jax.jvp(score, (2.5,), (1.0,))[1], jax.grad(score)(2.5)
    with jax.enable_x64(True):
        expected = (score(2.5 + 1e-4) - score(2.5 - 1e-4)) / 2e-4
    np.testing.assert_allclose([forward, reverse], expected, rtol=1e-4)


@pytest.mark.parametrize("num_failures", [1, 100, 1000])
@pytest.mark.parametrize("odds", [1e-6, 1e-2, 1.0, 1e3, 1e6])
def test_one_draw_from_an_urn_is_a_success_with_probability_in_proportion_to_the_odds(
    num_failures, odds
):
    """The one success is nearly certain, or nearly impossible."""
    for urn in (jd.FisherNoncentralHypergeometric, jd.WalleniusNoncentralHypergeometric):
        d = urn(1, num_failures, 1, odds)
        success, failure = odds / (odds + num_failures), num_failures / (odds + num_failures)
        log_probs = -np.log1p([odds / num_failures, num_failures / odds])
        np.testing.assert_allclose(d.log_prob([0, 1]), log_probs, rtol=1e-6)
        np.testing.assert_allclose([d.cdf(0), d.mean], [failure, success], rtol=1e-6)
        np.testing.assert_allclose(d.variance, success * failure, rtol=1e-6)


def test_quantiles_of_a_hurdle_whose_counts_are_rare():
    d = jd.Hurdle(jd.Poisson(1.2e-4), gate=2e-5)
    np.testing.assert_array_equal(d.icdf(jnp.array([0.5, 0.9999, 0.999995])), [1, 1, 2])


def test_the_slope_of_the_cdf_of_a_log_series_with_a_long_tail():
    """It was infinite at 1 - p = 2e-19, whose square underflows."""
    slope = jax.grad(lambda logits: jd.LogSeries(logits=logits).cdf(9337209.0))(42.9567146)
    np.testing.assert_allclose(slope, -0.00901041559, rtol=1e-6)


def test_the_slope_of_a_hurdle_whose_counts_are_rare():
    """The slope of log P(X > 0) in a small rate cancels one over the rate."""
    log_prob = lambda rate: jd.Hurdle(jd.Poisson(rate), gate=0.999825656).log_prob(1.0)
    np.testing.assert_allclose(jax.grad(log_prob)(0.00134544028), -0.50011212, rtol=5e-7)
