"""Distributions on the real line: extreme regimes and conventions."""

import functools
import math

import jax
import jax.numpy as jnp
import mpmath as mp
import numpy as np
import pytest
from scipy import stats

import jaxdist as jd

KEY = jax.random.key(5)


@pytest.mark.parametrize(
    ("log_prob", "expected"),
    [
        (lambda: jd.StudentT(1e10, 0.0, 1.0).log_prob(1.0), -1.418939),
        (lambda: jd.StudentT(3.0).log_prob(1e20), -183.0105),
        (lambda: jd.Cauchy(0.0, 1.0).log_prob(1e20), -93.24813),
        (lambda: jd.Normal(0.0, log_scale=-104.0).log_prob(0.0), 103.08106),
        (lambda: jd.Normal(0.0, 1.0).log_cdf(-20.0), -203.91716),
    ],
)
def test_what_other_libraries_get_wrong(log_prob, expected):
    np.testing.assert_allclose(log_prob(), expected, rtol=5e-7)


def test_a_tiny_log_scale_has_the_right_score():
    slope = jax.grad(lambda s: jd.Normal(0.0, log_scale=s).log_prob(0.0))(-104.0)
    assert slope == -1


def test_the_peak_of_laplace_pulls_to_neither_side():
    by_loc, by_value = jax.grad(lambda loc, x: jd.Laplace(loc, 0.5).log_prob(x), (0, 1))(2.0, 2.0)
    assert by_loc == by_value == 0


@pytest.mark.parametrize(
    ("make", "z", "expected"),
    [
        (lambda: jd.Laplace(0.0, 1.0), -500.0, -500 - np.log(2)),
        (lambda: jd.Logistic(0.0, 1.0), -500.0, -500.0),
        (lambda: jd.Cauchy(0.0, 1.0), -1e30, -np.log(np.pi * 1e30)),
        (lambda: jd.StudentT(3.0), -1e20, float(mp.log(mp.mpf("1.102657790843585e-60")))),
        (
            lambda: jd.StudentT(0.1),
            -1e30,
            float(mp.log(mp.betainc(0.05, 0.5, 0, mp.mpf("1e-61"), True) / 2)),
        ),
        (lambda: jd.Gumbel(0.0, 1.0), -4.0, -np.exp(4.0)),
    ],
    ids=["Laplace", "Logistic", "Cauchy", "StudentT", "StudentT heavy", "Gumbel"],
)
def test_log_cdf_far_below(make, z, expected):
    value, slope = jax.value_and_grad(make().log_cdf)(z)
    np.testing.assert_allclose(value, expected, rtol=2e-6)
    assert np.isfinite(slope)
    assert slope > 0


@pytest.mark.parametrize("z", [50.0, 500.0])
def test_the_upper_tail_of_gumbel_is_exponential(z):
    value, slope = jax.value_and_grad(jd.Gumbel(0.0, 1.0).log_survival_function)(z)
    np.testing.assert_allclose([value, slope], [-z, -1], rtol=1e-6)


@pytest.mark.parametrize("method", ["cdf", "survival_function", "log_survival_function"])
def test_gumbel_far_below_has_no_nan_gradient(method):
    slope = jax.grad(lambda d: getattr(d, method)(-1000.0))(jd.Gumbel(0.0, 1.0))
    assert slope.loc == slope.scale == 0


def test_cauchy_quantiles_keep_their_digits_in_both_tails():
    d = jd.Cauchy(0.0, 1.0)
    q = jnp.array([1e-30, 1e-3, 0.25, 0.5, 0.75])
    with mp.workdps(50):
        expected = [float(-mp.cot(mp.pi * mp.mpf(float(p)))) for p in q]
    np.testing.assert_allclose(d.icdf(q), expected, rtol=1e-6, atol=1e-7)


def test_moments_of_student_t_follow_torch():
    d = jd.StudentT(jnp.array([0.5, 1.5, 3.0]))
    np.testing.assert_array_equal(d.mean, [np.nan, 0, 0])
    np.testing.assert_allclose(d.variance, [np.nan, np.inf, 3], rtol=1e-6)
    gradient = jax.grad(lambda d: jnp.sum(d.variance))(d)
    assert np.all(np.isfinite(gradient.df))


@pytest.mark.slow
def test_student_t_is_cauchy_at_one_degree_of_freedom():
    x = jnp.array([-1e6, -3.0, 0.0, 0.1, 40.0])
    for method in ("log_prob", "cdf", "log_cdf", "survival_function"):
        student, cauchy = (getattr(d, method)(x) for d in (jd.StudentT(1.0), jd.Cauchy(0.0, 1.0)))
        np.testing.assert_allclose(student, cauchy, rtol=1e-5)


@pytest.mark.parametrize("df", [0.05, 2.0, 1e6])
def test_student_t_entropy(df):
    half = mp.mpf(df) / 2
    normalizer = mp.log(mp.beta(half, 0.5)) + mp.log(df) / 2
    expected = normalizer + (half + 0.5) * (mp.digamma(half + 0.5) - mp.digamma(half))
    np.testing.assert_allclose(jd.StudentT(df).entropy(), float(expected), rtol=1e-6)


@pytest.mark.slow
def test_the_pathwise_derivative_of_student_t_is_that_of_its_variance():
    """E[t^2] = df / (df - 2)."""
    df = 12.0
    slope = jax.grad(lambda df: jnp.mean(jd.StudentT(df).rsample(KEY, 50_000) ** 2))(df)
    np.testing.assert_allclose(slope, -2 / (df - 2) ** 2, rtol=0.05)


@pytest.mark.slow
def test_noncentral_t_variables_of_few_degrees_of_freedom_far_from_zero():
    """Where the integrand is largest is known to eps, however few the degrees of freedom."""
    df = np.float32([0.11, 0.28, 1.06, 40.0, 0.15])
    noncentrality = np.float32([186.2, 176.4, 70.2, 101.0, 191.4])
    t = np.float32([241.9, 214.5, 69.9, 84.9, 2e4])
    d, reference = jd.NoncentralT(df, noncentrality), stats.nct(df.astype(float), noncentrality)
    np.testing.assert_allclose(d.log_prob(t), reference.logpdf(t), rtol=3e-6)
    np.testing.assert_allclose(d.cdf(t), reference.cdf(t), rtol=2e-5)
    slopes = jax.vmap(jax.grad(jd.NoncentralT(df[0], noncentrality[0]).log_prob))(t[:3])
    h = 1e-4 * t[:3].astype(float)
    first = stats.nct(float(df[0]), float(noncentrality[0]))
    differences = (first.logpdf(t[:3] + h) - first.logpdf(t[:3] - h)) / (2 * h)
    np.testing.assert_allclose(slopes, differences, rtol=1e-3)


def test_the_noncentral_t_distribution_of_noncentrality_zero_is_students():
    x, d, same = jnp.array([-30.0, -1.0, 0.0, 2.5]), jd.NoncentralT(3.5, 0.0), jd.StudentT(3.5)
    np.testing.assert_allclose(d.log_prob(x), same.log_prob(x), rtol=1e-5)
    np.testing.assert_allclose(d.log_cdf(x), same.log_cdf(x), rtol=1e-5)
    np.testing.assert_allclose([d.mean, d.variance], [0, same.variance], rtol=1e-5, atol=1e-6)


@pytest.mark.slow
def test_slopes_of_extreme_skews():
    """Of Student's tails, in logarithms: (df + 1) of u, and 1 or -1 of the width."""
    for skew in (1e-30, 1e-12, 1e12, 1e30):
        d = jd.TwoPieceStudentT(3.0, 0.0, 1.0, skew)
        for x in (-1.0, 1.0):
            score = jax.grad(jd.log_prob)(d, x)
            u = float(np.float32(skew)) ** (1 if x < 0 else -1)
            of_log_u = 1 if x < 0 else -1
            expected = -4 * u * u / (3 + u * u) * of_log_u - (1 if skew > 1 else -1)
            np.testing.assert_allclose(score.skew * skew, expected, rtol=1e-5)
    slope = jax.grad(lambda skew: jd.TwoPieceNormal(0.0, 1.0, skew).entropy())(1e-30)
    np.testing.assert_allclose(slope, -1e30, rtol=1e-5)


@pytest.mark.parametrize(
    ("d", "method", "x", "slope"),
    [
        (jd.Gumbel(0.0, 1.0), "log_survival_function", 0.0, -1 / math.expm1(1)),
        (
            jd.GeneralizedExtremeValue(0.0, 1.0, 0.3),
            "log_survival_function",
            0.0,
            -1 / math.expm1(1),
        ),
        (jd.Weibull(1.0, 2.0), "log_cdf", 1.0, 2 / math.expm1(1)),
        (jd.Frechet(1.0, 2.0), "log_survival_function", 1.0, -2 / math.expm1(1)),
        (jd.GeneralizedPareto(0.0, 1.0, -1.0), "cdf", 0.5, 1.0),
        (jd.GeneralizedExtremeValue(0.0, 1.0, -1.0), "cdf", 0.5, math.exp(-0.5)),
    ],
    ids=lambda x: type(x).__name__ if isinstance(x, jd.Distribution) else str(x),
)
def test_slopes_where_two_formulas_meet(d, method, x, slope):
    """Neither a half of each, nor that of the one that is not used."""
    np.testing.assert_allclose(jax.grad(getattr(d, method))(x), slope, rtol=1e-6)


def test_slopes_of_sinh_arcsinh_in_its_tailweight():
    """Against mpmath: terms of first order cancel for a small one, factors overflow for a large."""
    parameters = np.float32(
        [
            [0.0, 0.00129004533, 0.891887128, 0.0340841785],
            [0.0, 213070509000000.0, 3.30130577, 0.0528109558],
            [-42787668000.0, 150.861328, -9.92631912, 26.8075485],
            [0.0, 2.0, 0.1, 100.0],
        ]
    )
    x = np.float32([3.61463426e-05, 52807486900000.0, -3.39999995e38, 3.0])

    @functools.partial(jax.jit, static_argnums=0)
    def slopes(method, p, x):
        of = lambda p, x: getattr(jd.SinhArcsinh(*p, validate_args=False), method)(x)
        return jax.vmap(jax.grad(of, (0, 1)))(p, x)

    of_log_prob, of_x = slopes("log_prob", parameters, x)
    of_cdf, _ = slopes("cdf", parameters, x)
    np.testing.assert_allclose(
        of_log_prob[:, 3], [0.0239874507, 0.86124901, -1376.66883, -0.01007948198], rtol=1e-6
    )
    np.testing.assert_allclose(of_cdf[0, 3], 0.000164992833, rtol=6e-7)
    np.testing.assert_allclose(of_log_prob[2, 1], -2.9468185, rtol=6e-7)
    np.testing.assert_allclose(of_x[2], -1.30459105e-36, atol=1.2e-38)  # subnormal
    d = jd.SinhArcsinh(0.0, 2.0, 0.1, np.float32([60.0, 100.0, 1e4]))
    x = d.sample(jax.random.key(0), 1000)
    assert not np.any(np.isnan([x, d.log_prob(x)]))


def test_lambert_w_normal_is_normal_without_heavy_tails():
    d, normal = jd.LambertWNormal(1.0, 2.0, 0.0), jd.Normal(1.0, 2.0)
    x = np.float32([-3e38, -7.0, 1.0, 2.5])
    np.testing.assert_allclose(d.log_cdf(x), normal.log_cdf(x), rtol=1e-6)
    np.testing.assert_allclose(d.icdf(np.float32([0, 0.1, 1])), normal.icdf([0, 0.1, 1]), rtol=1e-6)
    np.testing.assert_allclose(d.entropy(), normal.entropy(), rtol=1e-6)


def test_moments_of_lambert_w_normal_are_those_of_its_quantiles():
    """Excess kurtosis 3 (1 - 2 t)^3 / (1 - 4 t)^(5/2) - 3."""
    d = jd.LambertWNormal(0.0, 1.0, np.float32([0.0, 1e-4, 0.1, 0.3, 0.6, 1.5]))
    expected = [0, 1.200660e-3, 2.508243, np.inf, np.nan, np.nan]
    np.testing.assert_allclose(d.kurtosis, expected, rtol=1e-4)
    np.testing.assert_allclose(d.variance, [1, 1.0003, 0.8**-1.5, 0.4**-1.5, np.inf, np.nan], 1e-5)
    np.testing.assert_array_equal(d.mean, [0, 0, 0, 0, 0, np.nan])
