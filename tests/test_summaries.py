"""Moments of higher order, quantiles and covariances (law 6)."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

import jaxdist as jd
from tests.catalog import CATALOG, is_univariate

KEY = jax.random.key(8)


CANCELS_IN_SCIPY = {"Frechet sharp, and heavy"}


def closed_form(d, name):
    try:
        return np.asarray(getattr(d, name), float)
    except NotImplementedError as error:
        assert "closed form" in str(error)  # noqa: PT017
        return None


@pytest.mark.slow
def test_skewness_and_kurtosis_are_those_of_scipy():
    """Of every row whose reference is SciPy's, where both exist."""
    compared = 0
    for row in CATALOG:
        reference = getattr(row.reference, "reference", row.reference)
        d = row.make()
        if not (is_univariate(d) and hasattr(reference, "stats")):
            continue
        for name, letter in (("skewness", "s"), ("kurtosis", "k")):
            got = closed_form(d, name)
            if (
                got is None or isinstance(d, jd.Truncated) or "sharp" in row.name
            ):  # cancels in SciPy
                continue
            expected = np.broadcast_to(reference.stats(letter), d.batch_shape)
            both = np.isfinite(got) & np.isfinite(expected)
            np.testing.assert_allclose(
                got[both], expected[both], rtol=3e-5, atol=1e-4, err_msg=f"{row.name} {name}"
            )
            compared += int(both.sum())
    assert compared > 100


def slow(*values):
    return pytest.param(*values, marks=pytest.mark.slow)


# Skewness and excess kurtosis where the spread is far below the mean, by mpmath.
SHARP = [
    (jd.LogLogistic(3.0, 1e-4), 8.70623733e-4, 1.20000187),
    (jd.LogLogistic(3.0, 0.24), 3.78712533, 196.733252),
    (jd.LogLogistic(3.0, 0.4), np.inf, np.inf),
    (jd.LogitNormal(-7.0, 1e-3), 0.00299453556, 1.59344882e-5),
    (jd.LogUniform(1.0, 1.0001), 3.46450319e-5, -1.2),
    slow(jd.LogitNormal(6.0, 0.2), -0.610781205, 0.66948301),
    slow(jd.TanhNormal(1.0, 1e-4), -4.56956479e-4, 3.37618449e-7),
    slow(jd.RelaxedBernoulli(1e4, logits=5e3), -2.13231974e-4, 1.19999988),
    slow(jd.TruncatedNormal(0.0, 1.0, 1e4, 2e4), 1.99999994, 5.99999952),
    slow(jd.Truncated(jd.Normal(1e4, 1.0), 1e4, 2e4), 0.995271746, 0.869177304),
    slow(jd.Maximum(jd.Normal(1e4, 1.0), 3), 0.21315705, 0.116648956),
]


@pytest.mark.parametrize(("d", "skewness", "kurtosis"), SHARP)
def test_the_shape_of_what_is_spread_little(d, skewness, kurtosis):
    np.testing.assert_allclose(d.skewness, skewness, rtol=5e-6, atol=1e-6)
    np.testing.assert_allclose(d.kurtosis, kurtosis, rtol=5e-6, atol=2e-6)


@pytest.mark.parametrize(
    "d",
    [
        jd.Normal([0.5, -3.0], 2.0),
        jd.Gamma([0.5, 3.0], 2.0),
        jd.Poisson([0.5, 3.0]),
        jd.Beta([0.5, 3.0], 2.0),
        jd.Independent(jd.Exponential([0.5, 3.0]), 1),
    ],
    ids=lambda d: type(d).__name__,
)
def test_raw_moments_are_means_of_powers(d):
    draws = np.asarray(d.sample(KEY, 200_000), float)
    for n in range(5):
        powers = draws**n
        error = np.abs(np.asarray(d.moment(n)) - powers.mean(0))
        assert np.all(error <= 6 * powers.std(0) / np.sqrt(len(draws)) + 1e-5)
    with pytest.raises(NotImplementedError, match=r"moment\(5\)"):
        d.moment(5)


VECTORS = [
    jd.MultivariateNormal(np.zeros(2), covariance_matrix=[[2.0, 0.5], [0.5, 1.0]]),
    jd.MultivariateNormalDiag(np.zeros(2), [0.5, 2.0]),
    jd.MultivariateStudentT(9.0, np.zeros(2), np.array([[1.0, 0.0], [0.5, 2.0]])),
    jd.LowRankMultivariateNormal(np.zeros(3), np.array([[1.0], [0.5], [-1.0]]), np.ones(3)),
    jd.Dirichlet([0.5, 2.0, 3.0]),
    jd.GeneralizedDirichlet([0.5, 2.0, 1.0], [0.5, 0.5, 3.0]),
    jd.OneHotCategorical([0.2, 0.3, 0.5]),
    jd.Multinomial(5, [0.2, 0.3, 0.5]),
    jd.DirichletMultinomial([0.5, 2.0, 3.0], 5),
    jd.Independent(jd.Laplace([0.0, 1.0], [1.0, 2.0]), 1),
    jd.Sample(jd.Laplace(0.0, 2.0), 3),
    jd.Masked(jd.Dirichlet([0.5, 2.0, 3.0]), True),
]


@pytest.mark.parametrize("d", VECTORS, ids=lambda d: type(d).__name__)
def test_covariance_is_that_of_draws(d):
    covariance = np.asarray(d.covariance())
    np.testing.assert_allclose(np.diagonal(covariance), d.variance, rtol=1e-5)
    draws = np.asarray(d.sample(KEY, 100_000), float)
    assert np.all(
        np.abs(np.cov(draws.T) - covariance) < 0.04 * np.sqrt(np.outer(*[d.variance] * 2))
    )
    assert d.expand((4,)).covariance().shape == (4, *covariance.shape)


def test_covariance_of_numbers_is_the_variance():
    np.testing.assert_allclose(jd.Gamma([1.0, 2.0], 1.0).covariance(), [1.0, 2.0])
    with pytest.raises(NotImplementedError, match="covariance"):
        jd.Wishart(4.0, covariance_matrix=np.eye(2)).covariance()


def test_median_interval_and_isf_are_quantiles():
    d = jd.Exponential([1.0, 2.0])
    np.testing.assert_allclose(d.median, np.log(2) / np.array([1, 2]), rtol=1e-6)
    low, high = d.interval(0.9)
    np.testing.assert_allclose(d.cdf(low), 0.05, rtol=1e-5)
    np.testing.assert_allclose(d.survival_function(high), 0.05, rtol=1e-5)
    np.testing.assert_allclose(d.isf(1e-30), -np.log(1e-30) / np.array([1, 2]), rtol=1e-6)
    assert np.all(np.isnan(d.isf(1.5)))
    with pytest.raises(NotImplementedError, match="univariate"):
        jd.Dirichlet(jnp.ones(2)).isf(0.5)


# --- averages over quantiles and integers --------------------------------------------------------

NEGATIVE = -np.inf


def counts(weights):
    """Mean, variance, skewness, kurtosis and entropy of the counts 0, 1 ... with given weights."""
    p, k = weights / weights.sum(), np.arange(len(weights))
    mean = p @ k
    variance = p @ (k - mean) ** 2
    skewness, kurtosis = p @ (k - mean) ** 3 / variance**1.5, p @ (k - mean) ** 4 / variance**2 - 3
    some = p[p > 0]
    return mean, variance, skewness, kurtosis, -np.sum(some * np.log(some))


K = np.arange(400)
POISSON = stats.poisson.pmf(K, 4.0)
WITHIN = np.where((K >= 2) & (K <= 6), POISSON, 0)
CLIPPED = np.where(K == 2, stats.poisson.cdf(2, 4.0), np.where(K == 6, stats.poisson.sf(5, 4.0), 0))
CLIPPED = np.where((K > 2) & (K < 6), POISSON, CLIPPED)
NORMAL_EDGES = stats.norm.cdf(np.arange(0, 255), 100.0, 30.0)

OF_COUNTS = [
    (jd.Truncated(jd.Poisson(4.0), 2.0, 6.0), WITHIN),
    (jd.Truncated(jd.Poisson(4.0), 12.0), np.where(K >= 12, POISSON, 0)),
    (jd.Quantized(jd.Normal(100.0, 30.0), 0, 255), np.diff(np.r_[0, NORMAL_EDGES, 1])),
    (jd.Maximum(jd.Poisson(4.0), 5), np.diff(np.r_[0, stats.poisson.cdf(K, 4.0) ** 5])),
    (jd.Censored(jd.Poisson(4.0), 2.0, 6.0), CLIPPED),
    (jd.ZeroInflated(jd.Poisson(4.0), 0.3), np.where(K == 0, 0.3, 0) + 0.7 * POISSON),
    (
        jd.Hurdle(jd.Poisson(4.0), 0.3),
        np.where(K == 0, 0.3, 0.7 * POISSON / (1 - POISSON[0])),
    ),
]
MANY = stats.poisson.pmf(np.arange(200_000), 1e5)
OF_MANY_COUNTS = [
    (jd.Truncated(jd.Poisson(1e5), 1e5), np.where(np.arange(len(MANY)) >= 100_000, MANY, 0)),
    (jd.Truncated(jd.Geometric(1e-4), high=2e4), 0.9999 ** np.arange(20_001.0)),
    (
        jd.Censored(jd.Poisson(1e5), high=100_100),
        np.r_[MANY[:100_100], stats.poisson.sf(100_099, 1e5)],
    ),
]
OF_REALS = [
    (
        jd.Truncated(jd.Normal(0.0, 1.0), [-1.0, 3.0, NEGATIVE], [2.0, 9.0, -5.0]),
        stats.truncnorm([-1.0, 3.0, -38.0], [2.0, 9.0, -5.0]),  # from -inf on, its entropy is NaN
    ),
    (jd.Truncated(jd.Laplace(0.0, 1.0), 0.0), stats.expon()),
    (jd.Folded(jd.Normal([0.0, 3.0], 2.0)), stats.foldnorm([0.0, 1.5], scale=2.0)),
    (jd.Maximum(jd.Uniform(0.0, 1.0), 10), stats.beta(10, 1)),
    (jd.Minimum(jd.Exponential(2.0), 5), stats.expon(scale=0.1)),
    (jd.OrderStatistic(jd.Uniform(0.0, 1.0), 7, 3), stats.beta(3, 5)),
]


def summaries(d):
    return d.mean, d.variance, d.skewness, d.kurtosis, d.entropy()


@pytest.mark.slow
@pytest.mark.parametrize(("d", "weights"), OF_COUNTS, ids=lambda x: type(x).__name__)
def test_summaries_of_wrapped_counts(d, weights):
    np.testing.assert_allclose(summaries(d), counts(weights), rtol=5e-6, atol=1e-6)


@pytest.mark.slow
@pytest.mark.parametrize(("d", "weights"), OF_MANY_COUNTS, ids=lambda x: type(x).__name__)
def test_summaries_of_many_counts_with_sharp_ends(d, weights):
    np.testing.assert_allclose(summaries(d), counts(weights), rtol=2e-3)


@pytest.mark.slow
@pytest.mark.parametrize(("d", "reference"), OF_REALS, ids=lambda x: type(x).__name__)
def test_summaries_of_wrapped_reals(d, reference):
    expected = [*reference.stats("mvsk"), reference.entropy()]
    for got, value in zip(summaries(d), expected, strict=True):
        np.testing.assert_allclose(got, value, rtol=2e-5, atol=3e-6)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("d", "power"),
    [
        (jd.Folded(jd.StudentT(2.5)), 2),
        (jd.Folded(jd.StudentT(1.9)), 2),
        (jd.Truncated(jd.Cauchy(0.0, 1.0), -1.0, 1.0), 2),
        (jd.Truncated(jd.Pareto(1.0, 2.1), 3.0), 2),
        (jd.Folded(jd.Cauchy(0.0, 1.0)), 1),
    ],
    ids=["finite", "infinite", "bounded", "almost infinite", "no mean"],
)
def test_moments_of_heavy_tails_are_infinite_where_they_are(d, power):
    got = float(d.moment(power) if power > 1 else d.mean)
    exists = {1: d.base_dist.mean, 2: d.base_dist.variance}[power]
    bounded = np.isfinite(d.support.bounds[1])
    assert np.isfinite(got) == bool(np.isfinite(exists) or bounded)


@pytest.mark.slow
def test_slopes_of_averages_over_quantiles():
    """Of a truncated normal variable, whose moments have a closed form."""

    def total(d):
        return d.mean + d.variance

    got = jax.grad(lambda d: total(jd.Truncated(d, 0.5, 2.0)))(jd.Normal(0.3, 1.2))
    expected = jax.grad(total)(jd.TruncatedNormal(0.3, 1.2, 0.5, 2.0))
    np.testing.assert_allclose([got.loc, got.scale], [expected.loc, expected.scale], rtol=2e-4)


@pytest.mark.slow
def test_moments_of_a_mixture_are_those_of_its_draws():
    d = jd.MixtureSameFamily(
        jd.Categorical([0.3, 0.7, 0.0]), jd.Normal([0.0, 5.0, np.inf], [1.0, 2.0, 1.0])
    )
    x = np.concatenate([stats.norm(0, 1).ppf(GRID), stats.norm(5, 2).ppf(GRID)])
    weights = np.repeat([0.3, 0.7], len(GRID)) / len(GRID)
    z = (x - weights @ x) / np.sqrt(weights @ (x - weights @ x) ** 2)
    np.testing.assert_allclose(d.skewness, weights @ z**3, rtol=1e-3)
    np.testing.assert_allclose(d.kurtosis, weights @ z**4 - 3, rtol=1e-3)


GRID = (np.arange(200_000) + 0.5) / 200_000


@pytest.mark.slow
def test_quantiles_of_logarithms_that_underflow():
    d = jd.Normal([0.0, 2.0], 1.0)
    np.testing.assert_allclose(d.log_cdf(d.ilog_cdf(-1e4)), -1e4, rtol=1e-5)
    np.testing.assert_allclose(d.log_survival_function(d.ilog_survival_function(-900.0)), -900.0)
    np.testing.assert_allclose(d.ilog_cdf(-1e-20), d.isf(1e-20), rtol=1e-6)
    k = jd.Poisson(3.0).ilog_survival_function(-300.0)
    assert jd.Poisson(3.0).log_survival_function(k) <= -300
    assert jd.Poisson(3.0).log_survival_function(k - 1) > -300
    assert np.all(np.isnan(d.ilog_cdf(1.0)))
