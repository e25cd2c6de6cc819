"""Matrices: normalizers against integrals, Bartlett's decomposition, extreme regimes."""

import jax
import jax.numpy as jnp
import mpmath
import numpy as np
import pytest
from scipy import integrate, stats

import jaxdist as jd

KEY = jax.random.key(13)
SCALE = np.array([[1.0, 0.5], [0.5, 2.0]])


def test_wishart_of_one_number_is_gamma():
    d, x = jd.Wishart(3.5, [[2.0]]), 1.75
    expected = stats.gamma(3.5 / 2, scale=4).logpdf(x)
    np.testing.assert_allclose(d.log_prob([[x]]), expected, rtol=1e-6)


in_extreme_regimes = pytest.mark.parametrize("df", [1.05, 2.0, 1e4, 1e6])


@in_extreme_regimes
def test_log_prob_of_extreme_wisharts(df):
    reference = stats.wishart(float(np.float32(df)), SCALE)
    x = np.asarray((df + np.sqrt(df)) * SCALE, np.float32)
    expected = reference.logpdf(np.float64(x))
    np.testing.assert_allclose(jd.Wishart(df, SCALE).log_prob(x), expected, atol=4e-7 * df + 1e-6)


@in_extreme_regimes
def test_entropy_of_extreme_wisharts(df):
    with mpmath.workdps(30):
        halves = [(mpmath.mpf(float(np.float32(df))) - j) / 2 for j in range(2)]
        log_gamma = mpmath.log(mpmath.pi) / 2 + mpmath.fsum(map(mpmath.loggamma, halves))
        psi = mpmath.fsum(map(mpmath.digamma, halves))
        a = halves[0]
        expected = 3 * mpmath.log(2) + 1.5 * mpmath.log(1.75) + log_gamma
        expected += 2 * a - (2 * a - 3) / 2 * psi
    np.testing.assert_allclose(
        jd.Wishart(df, SCALE).entropy(), float(expected), rtol=2e-6, atol=2e-6
    )


def test_draws_with_few_degrees_of_freedom_are_positive_definite():
    d = jd.Wishart(2.01, np.eye(3))
    draws, log_prob = d.rsample_and_log_prob(KEY, 2000)
    assert np.all(d.support.check(draws))
    assert np.all(np.isfinite(log_prob))


def test_wishart_modes():
    d = jd.Wishart([2.5, 6.0], SCALE)
    assert np.all(np.isnan(d.mode[0]))
    np.testing.assert_allclose(d.mode[1], 3 * SCALE, rtol=1e-6)


def test_wishart_parameterizations_agree():
    x = jnp.array([[3.0, 1.0], [1.0, 4.0]])
    values = [
        jd.Wishart(4.0, SCALE).log_prob(x),
        jd.Wishart(4.0, precision_matrix=np.linalg.inv(SCALE)).log_prob(x),
        jd.Wishart(4.0, scale_tril=np.linalg.cholesky(SCALE)).log_prob(x),
    ]
    np.testing.assert_allclose(values, values[0], rtol=1e-5)


def test_wishart_takes_one_square_matrix():
    with pytest.raises(ValueError, match=r"covariance_matrix \(2, 3\)"):
        jd.Wishart(4.0, np.ones((2, 3)))
    with pytest.raises(ValueError, match="exactly one of"):
        jd.Wishart(4.0)


@pytest.mark.slow
def test_pathwise_derivatives_of_wishart_expectations():
    """E tr W = df tr V, and E log |W| has the derivative of digammas in df."""
    scale = jnp.asarray(SCALE)

    def means(df, scale):
        draws = jd.Wishart(df, scale).rsample(KEY, 50_000)
        determinants = draws[:, 0, 0] * draws[:, 1, 1] - draws[:, 0, 1] ** 2
        return jnp.mean(jnp.trace(draws, axis1=1, axis2=2)), jnp.mean(jnp.log(determinants))

    by_df, by_scale = jax.jacrev(means, (0, 1))(5.0, scale)[0]
    np.testing.assert_allclose(by_df, jnp.trace(scale), rtol=0.05)
    np.testing.assert_allclose(by_scale, 5 * np.eye(2), atol=0.1)
    slope = jax.grad(lambda df: means(df, scale)[1])(5.0)
    halves = (5.0 - np.arange(2)) / 2
    expected = float(sum(mpmath.psi(1, half) for half in halves)) / 2
    np.testing.assert_allclose(slope, expected, rtol=0.02)


def test_gradients_of_wishart_matrices_are_symmetric():
    x = jnp.array([[3.0, 1.0], [1.0, 4.0]])
    score = jax.grad(jd.log_prob)(jd.Wishart(4.0, SCALE), x)
    np.testing.assert_allclose(score.covariance_matrix, score.covariance_matrix.T, rtol=1e-5)
    precision = np.linalg.inv(SCALE)
    expected = (precision @ np.asarray(x) @ precision - 4 * precision) / 2
    np.testing.assert_allclose(score.covariance_matrix, expected, rtol=1e-4)


@pytest.mark.parametrize("concentration", [0.6, 1.0, 4.0])
def test_lkj_normalizer_of_two_rows(concentration):
    """The only entry is sin(t), with the line element cos(t)."""

    def density(t):
        factor = np.array([[1.0, 0.0], [np.sin(t), np.cos(t)]])
        return float(np.exp(d.log_prob(factor))) * np.cos(t)

    with jax.enable_x64(True):
        d = jd.LKJCholesky(2, concentration)
        total, _ = integrate.quad(density, -np.pi / 2, np.pi / 2, epsrel=1e-7)
    np.testing.assert_allclose(total, 1, rtol=1e-6)


def test_lkj_normalizer_of_three_rows():
    """The last row lies in a disc: with radius sin(t) the area element is sin(t) cos(t)."""

    def density(first, t):
        factor = np.eye(3)
        factor[1, :2] = np.sin(first), np.cos(first)
        factor[2] = np.sin(t), 0, np.cos(t)
        volume = np.cos(first) * 2 * np.pi * np.sin(t) * np.cos(t)
        return float(np.exp(d.log_prob(factor))) * volume

    with jax.enable_x64(True):
        d = jd.LKJCholesky(3, 1.75)
        nodes, weights = np.polynomial.legendre.leggauss(20)
        total = sum(
            u * v * np.pi**2 / 8 * density(a * np.pi / 2, (b + 1) * np.pi / 4)
            for a, u in zip(nodes, weights, strict=True)
            for b, v in zip(nodes, weights, strict=True)
        )
    np.testing.assert_allclose(total, 1, rtol=1e-6)


def test_correlations_are_beta_distributed():
    """Each is 2 B - 1 with B ~ Beta(b, b), b = concentration + dim / 2 - 1, in every position."""
    factors = jd.LKJCholesky(4, 1.5).sample(KEY, 50_000)
    correlations = np.asarray(jnp.einsum("nij,nkj->nik", factors, factors), float)
    law = stats.beta(2.5, 2.5, -1, 2)
    for i, j in zip(*np.tril_indices(4, -1), strict=True):
        assert stats.kstest(correlations[:, i, j], law.cdf).pvalue > 1e-5


@pytest.mark.slow
@pytest.mark.parametrize("concentration", [1e-3, 1e6])
def test_lkj_in_extreme_regimes(concentration):
    d = jd.LKJCholesky(3, concentration)
    draws, log_prob = d.rsample_and_log_prob(KEY, 1000)
    assert np.all(d.support.check(draws))
    assert np.all(np.isfinite(log_prob))
    gradient = jax.grad(lambda d: jnp.sum(d.rsample_and_log_prob(KEY, 10)[1]) + d.entropy())(d)
    assert np.isfinite(gradient.concentration)
    np.testing.assert_allclose(np.mean(log_prob), -d.entropy(), rtol=0.1)


def test_lkj_mode():
    np.testing.assert_array_equal(jd.LKJCholesky(3, 2.0).mode, np.eye(3))
    assert np.all(np.isnan(np.diagonal(jd.LKJCholesky(3, 0.5).mode)))


def test_lkj_dim_is_static():
    with pytest.raises(ValueError, match="dim"):
        jd.LKJCholesky(2.5)
    assert jax.tree.structure(jd.LKJCholesky(2)) != jax.tree.structure(jd.LKJCholesky(3))


@pytest.mark.slow
def test_lkj_pathwise_derivative():
    """E L_10^2 = 1 / (2 concentration + dim - 1)."""

    def mean(concentration):
        return jnp.mean(jd.LKJCholesky(3, concentration).rsample(KEY, 50_000)[:, 1, 0] ** 2)

    np.testing.assert_allclose(jax.grad(mean)(1.5), -2 / 25, rtol=0.03)
