"""Moments of higher order, quantiles and covariances (law 6)."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxdist as jd
from tests.catalog import CATALOG, is_univariate

KEY = jax.random.key(8)


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
            if got is None or isinstance(d, jd.Truncated):
                continue
            expected = np.broadcast_to(reference.stats(letter), d.batch_shape)
            both = np.isfinite(got) & np.isfinite(expected)
            np.testing.assert_allclose(
                got[both], expected[both], rtol=3e-5, atol=1e-4, err_msg=f"{row.name} {name}"
            )
            compared += int(both.sum())
    assert compared > 100


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
