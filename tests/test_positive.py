"""Distributions on the positive numbers: boundaries, extreme regimes and conventions."""

import jax
import jax.numpy as jnp
import mpmath as mp
import numpy as np
import pytest

import jaxdist as jd

KEY = jax.random.key(6)


def test_what_other_libraries_get_wrong():
    np.testing.assert_allclose(jd.Gamma(1e6, 1.0).log_prob(1e6), -7.826694, rtol=5e-7)
    assert jd.HalfNormal(1.0).cdf(-1.0) == 0


SHAPES = [0.5, 1.0, 2.0]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(
    "make",
    [
        lambda a: jd.Gamma(a, 1.0),
        lambda a: jd.Chi2(2 * a),
        lambda a: jd.Weibull(2.0, a),
        lambda a: jd.FisherSnedecor(2 * a, 3.0),
    ],
    ids=["Gamma", "Chi2", "Weibull", "FisherSnedecor"],
)
def test_the_density_at_zero(make, shape):
    at_zero = make(shape).log_prob(0.0)
    just_above = make(shape).log_prob(1e-30)
    if shape == 1:
        np.testing.assert_allclose(at_zero, just_above, atol=1e-5)
    else:
        assert at_zero == (np.inf if shape < 1 else -np.inf)
    gradient = jax.grad(lambda d: d.log_prob(1e-30))(make(shape))
    assert all(np.isfinite(leaf) for leaf in jax.tree.leaves(gradient))


@pytest.mark.slow
@pytest.mark.parametrize("a", [1e-3, 0.02])
def test_draws_of_a_tiny_concentration_keep_their_log_prob(a):
    d = jd.Gamma(a, 2.0)
    x, log_prob = d.sample_and_log_prob(KEY, 1000)
    assert np.all(np.asarray(x) > 0)
    assert np.all(np.isfinite(log_prob))
    assert np.max(log_prob) > d.log_prob(jnp.finfo(jnp.float32).tiny)
    score = jax.grad(lambda a: jnp.mean(jd.Gamma(a, 2.0).sample_and_log_prob(KEY, 1000)[1]))(a)
    assert abs(score) < 5 / (a * np.sqrt(1000))


@pytest.mark.parametrize("a", [1e-3, 0.5, 30.0, 1e6])
def test_entropies_of_the_gamma_family(a):
    with mp.workdps(30):
        gamma = a + mp.loggamma(a) + (1 - a) * mp.digamma(a)
        inverse = a + mp.loggamma(a) - (1 + a) * mp.digamma(a)
    np.testing.assert_allclose(jd.Gamma(a, 1.0).entropy(), float(gamma), rtol=1e-6)
    np.testing.assert_allclose(jd.InverseGamma(a, 1.0).entropy(), float(inverse), rtol=1e-6)


def test_weibull_where_the_hazard_underflows():
    value, slope = jax.value_and_grad(jd.Weibull(1.0, 4.0).log_cdf)(1e-30)
    np.testing.assert_allclose([value, slope], [4 * np.log(1e-30), 4e30], rtol=1e-6)


@pytest.mark.parametrize("k", [0.5, 7.0, 9.0, 1000.0])
def test_the_spread_of_a_sharp_weibull(k):
    with mp.workdps(40):
        t = 1 / mp.mpf(k)
        expected = mp.sqrt(mp.gamma(1 + 2 * t) - mp.gamma(1 + t) ** 2)
    np.testing.assert_allclose(jd.Weibull(1.0, k).stddev, float(expected), rtol=3e-6)


def test_pareto_just_above_its_scale():
    d = jd.Pareto(2.0, 3.0)
    x = np.nextafter(np.float32(2), np.float32(3))
    np.testing.assert_allclose(d.cdf(x), 3 * (float(x) - 2) / 2, rtol=1e-6)


def test_generalized_pareto_at_its_upper_end():
    uniform, rising, falling = (jd.GeneralizedPareto(1.0, 2.0, c) for c in (-1.0, -2.0, -0.5))
    np.testing.assert_allclose(uniform.log_prob(3.0), -np.log(2), rtol=1e-6)
    assert rising.log_prob(2.0) == np.inf
    assert falling.log_prob(5.0) == -np.inf
    assert falling.icdf(1.0) == 5
    assert falling.cdf(5.0) == 1
    _, log_prob = jd.GeneralizedPareto(1.0, 2.0, -20.0).rsample_and_log_prob(KEY, 1000)
    assert np.all(np.isfinite(log_prob))


def test_generalized_pareto_is_smooth_where_it_is_exponential():
    """d log p / d xi at xi = 0 is z^2 / 2 - z."""
    slope = jax.grad(lambda c: jd.GeneralizedPareto(0.0, 1.0, c).log_prob(3.0))
    np.testing.assert_allclose([slope(0.0), slope(1e-5)], 1.5, rtol=1e-3)
    assert jd.GeneralizedPareto(0.0, 1.0, 0.0).icdf(1.0) == np.inf


def test_infinite_moments_are_infinite_and_undefined_ones_nan():
    assert jd.Pareto(1.0, 1.0).mean == jd.Pareto(1.0, 2.0).variance == np.inf
    assert jd.InverseGamma(1.0, 1.0).mean == jd.InverseGamma(2.0, 1.0).variance == np.inf
    assert jd.HalfCauchy(1.0).mean == jd.HalfCauchy(1.0).variance == np.inf
    assert jd.FisherSnedecor(3.0, 2.0).mean == jd.FisherSnedecor(3.0, 4.0).variance == np.inf
    assert np.isnan(jd.FisherSnedecor(3.0, 2.0).variance)
    assert jd.GeneralizedPareto(0.0, 1.0, 1.0).mean == np.inf
    assert jd.GeneralizedPareto(0.0, 1.0, 0.5).variance == np.inf
    assert np.isnan(jd.GeneralizedPareto(0.0, 1.0, 1.0).variance)


def test_chi2_has_one_leaf_and_is_a_gamma():
    d = jd.Chi2(jnp.array([1.0, 4.0]))
    assert len(jax.tree.leaves(d)) == 1
    assert isinstance(d, jd.Gamma)
    x = jnp.array([0.3, 5.0])
    np.testing.assert_allclose(d.log_prob(x), jd.Gamma(d.df / 2, 0.5).log_prob(x), rtol=1e-6)


@pytest.mark.slow
def test_the_pathwise_derivative_of_f_is_that_of_its_mean():
    """E[x] = df2 / (df2 - 2)."""
    df2 = 20.0
    slope = jax.grad(lambda b: jnp.mean(jd.FisherSnedecor(5.0, b).rsample(KEY, 50_000)))(df2)
    np.testing.assert_allclose(slope, -2 / (df2 - 2) ** 2, rtol=0.05)


def test_log_normal_keeps_the_pre_image_where_the_draw_overflows():
    _, log_prob = jd.LogNormal(0.0, 100.0).sample_and_log_prob(KEY, 1000)
    assert np.all(np.isfinite(log_prob))


def test_maxwell_in_both_tails():
    """It is the distribution of the root of a chi-squared variable of three degrees."""
    d = jd.Maxwell(2.0)
    with mp.workdps(30):
        below = mp.log(mp.gammainc(1.5, 0, mp.mpf(1e-12) ** 2 / 8, True))
        above = mp.log(mp.gammainc(1.5, 450, mp.inf, True))
    np.testing.assert_allclose(d.log_cdf(1e-12), float(below), rtol=1e-6)
    np.testing.assert_allclose(d.log_survival_function(60.0), float(above), rtol=1e-6)
    assert d.log_prob(0.0) == -np.inf


X = jnp.array([0.01, 0.5, 1.0, 3.0, 20.0])


@pytest.mark.slow
@pytest.mark.parametrize(
    ("d", "same"),
    [
        (jd.NoncentralChi2(3.0, 0.0), jd.Chi2(3.0)),
        (jd.NoncentralF(3.0, 7.0, 0.0), jd.FisherSnedecor(3.0, 7.0)),
        (jd.GeneralizedInverseGaussian(-0.5, 1.5, 2.0), jd.InverseGaussian(2.0, 3.0)),
        (jd.GeneralizedInverseGaussian(2.0, 1e-8, 1e-8), jd.Gamma(2.0, 0.5)),
        (jd.GeneralizedInverseGaussian(-2.0, 1e-8, 1e8), jd.InverseGamma(2.0, 0.5)),
    ],
    ids=lambda d: type(d).__name__,
)
def test_special_cases_of_noncentral_and_generalized_families(d, same):
    for method in ("log_prob", "log_cdf", "log_survival_function"):
        got, expected = getattr(d, method)(X), getattr(same, method)(X)
        np.testing.assert_allclose(got, expected, rtol=1e-5, atol=1e-6)


@pytest.mark.slow
def test_the_square_of_a_noncentral_t_variable_is_a_noncentral_f_one():
    t, f = jd.NoncentralT(7.0, 1.5), jd.NoncentralF(1.0, 7.0, 2.25)
    root = jnp.sqrt(X)
    beyond = t.survival_function(root) + t.cdf(-root)
    np.testing.assert_allclose(beyond, f.survival_function(X), rtol=1e-5)


@pytest.mark.parametrize(
    ("d", "expected"),
    [
        (jd.HalfNormal(1e30), -90.0266099794125),
        (jd.HalfCauchy(1e30), -90.2524013320572),
        (jd.HalfStudentT(3.0, 1e30), -90.1085602958314),
    ],
    ids=lambda x: type(x).__name__,
)
def test_log_cdf_of_a_half_is_finite_where_the_probability_underflows(d, expected):
    """Against mpmath, at 1e-9; the slope in x is 1 / x."""
    value, slope = jax.value_and_grad(d.log_cdf)(1e-9)
    np.testing.assert_allclose(value, expected, rtol=3e-7)
    np.testing.assert_allclose(slope, 1e9, rtol=3e-7)


def test_the_center_of_a_half_student_t_distribution_is_linear():
    """By the density at 0, of mpmath: the logarithm of a probability would be rounded."""
    df, at_zero = (
        np.array([0.665587723, 1.40136182, 30.0]),
        [0.5820711213, 0.6746590738, 0.7912643698],
    )
    d = jd.HalfStudentT(df.astype(np.float32), 1.0)
    for x in (3e-33, 1.7e-19, 4e-11, 6e-6):
        np.testing.assert_allclose(d.cdf(x), x * np.array(at_zero), rtol=5e-7)
        np.testing.assert_allclose(d.icdf(x), x / np.array(at_zero), rtol=5e-7)


def test_slopes_of_the_cdf_of_f():
    """Against mpmath: in few degrees of freedom, and where a tail underflows but not its slope."""
    df1 = np.float32([9.57307148, 9.4885025, 5.17345381])
    df2 = np.float32([1.1190083, 4.54242229, 1.80142629])
    x = np.float32([2.26179194, 3.64557343e-11, 1.25892866e-16])
    cdf = lambda df1, x: jnp.sum(jd.FisherSnedecor(df1, df2).cdf(x))
    of_df1, of_x = jax.jit(jax.grad(cdf, (0, 1)))(df1, x)
    np.testing.assert_allclose(of_df1[0], -0.001601388, rtol=5e-7)
    np.testing.assert_allclose(of_x[1:], [1.0680447e-36, 1.95999824e-24], rtol=1e-5)


@pytest.mark.parametrize(
    ("d", "skewness", "kurtosis"),
    [  # by mpmath, from the gamma function
        (jd.Frechet(2.0, 1e4), 1.14014388348, 2.40289329566),
        (jd.Weibull(2.0, 1e4), -1.13895056093, 2.39710975666),
        (jd.Weibull(2.0, 0.3), 28.3338241510, 2343.25025658),
    ],
)
def test_the_shape_of_sharp_powers(d, skewness, kurtosis):
    np.testing.assert_allclose(d.skewness, skewness, rtol=2e-6)
    np.testing.assert_allclose(d.kurtosis, kurtosis, rtol=2e-6)
