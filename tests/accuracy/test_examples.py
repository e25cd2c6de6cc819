"""Inputs at which results were once wrong in kind, with their right values from mpmath."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxdist as jd
from tests.accuracy.examples import EXAMPLES
from tests.accuracy.examples.example import slope

SLOW_EXAMPLES = (
    "slope of the cdf of WalleniusNoncentralHypergeometric",
    "small quantile of a nearly uniform PERT",
    "quantile of Truncated far from the mode",
)


@pytest.mark.parametrize(
    "name",
    [pytest.param(v, marks=pytest.mark.slow if v in SLOW_EXAMPLES else ()) for v in EXAMPLES],
)
def test_value(name):
    evaluate, expected = EXAMPLES[name]
    np.testing.assert_allclose(evaluate(), expected, rtol=2e-6)


@pytest.mark.parametrize(
    ("d", "x", "expected"),
    [
        (
            jd.DirichletMultinomial([343539.219, 8.88725281, 2.12325558e-5], 144_758),
            [144_754, 4, 0],
            -1.82753447,
        ),
        (jd.NoncentralF(2.73265862, 766.885498, 0.00144872128), 0.443511814, -0.361821985),
        (jd.LambertWNormal(0.0, 3.74693359e-13, 95.6592789), 0.0901656523, -3.07414203),
    ],
    ids=lambda v: type(v).__name__,
)
def test_logarithms_of_factors_do_not_cancel(d: jd.Distribution, x: Any, expected: float) -> None:
    np.testing.assert_allclose(d.log_prob(np.array(x)), expected, rtol=4 * 2.0**-23)


def test_the_slope_of_a_negative_binomial_in_a_large_total_count():
    """Rounding the total count changes it by 3e-8."""
    log_prob = lambda r: jd.NegativeBinomial(r, logits=1.3e-6).log_prob(227000)
    np.testing.assert_allclose(slope(log_prob, 227810.188), -1.77934479e-3, atol=2.4e-7)


def test_a_truncated_normal_far_from_its_bounds_is_at_the_nearest():
    d = jd.TruncatedNormal(1.3e11, 1.3e-34, 6.2858e7, 6.2921e7)
    np.testing.assert_array_equal(d.sample(jax.random.key(0), 3), np.float32(6.2921e7))
    assert d.cdf(6.29e7) == 0
    d = jd.TruncatedNormal(-1.8e7, 2.5e-33, -2.4e9, 1.7e10)
    assert d.cdf(0.0) == 1


# The derivatives of log_prob in loc, scale, low, high and the value, from mpmath.
FAR = {
    "beyond 1e44 standard deviations": (
        (1.3e11, 1.3e-34, 6.2858e7, 6.2921e7, 6.2921e7),
        [7.69602913e-12, -1.53846152e34, 0, -np.inf, np.inf],
    ),
    "beyond 1e20 standard deviations": (
        (-1e10, 1e-10, 0, 1, 1e-20),
        [1, 2e20, 1e30, 0, -1e30],
    ),
    "at the end, beyond 1e20": ((-1e20, 1, 0, 5, 0), [-1e-20, -2, 1e20, 0, -1e20]),
    "beyond 1e8 standard deviations": ((-1e8, 1, 0, 5, 2e-8), [1e-8, 2, 1e8, 0, -1e8]),
    "at a scale far above the interval": (
        (0, 50, 5, 5.001, 5.0003),
        [-8.00132e-8, -1.60046e-8, 1000.06999, -1000.06999, -0.00200012],
    ),
    "at a scale that nothing depends on": (
        (0.3, 1e8, -0.5, 0.7, 0.1),
        [0, -1.2e-25, 0.833333333, -0.833333333, 2e-17],
    ),
}


@pytest.mark.parametrize("name", FAR)
def test_slopes_of_a_truncated_normal_far_out(name):
    (*parameters, x), expected = FAR[name]

    def log_prob(x, *parameters):
        return jd.TruncatedNormal(*parameters, validate_args=False).log_prob(x)

    of_x, *of_parameters = jax.grad(log_prob, range(5))(*map(jnp.float32, (x, *parameters)))
    np.testing.assert_allclose([*of_parameters, of_x], expected, rtol=4e-5, atol=1e-23)


def test_the_draw_of_a_tiny_concentration_has_a_gradient():
    draw = lambda a: jd.Dirichlet(a).rsample(jax.random.key(0))[1]
    assert np.all(np.isfinite(jax.grad(draw)(jnp.array([2.5e-37, 2.4, 4.0, 7.5e-2]))))


# Derivatives of the cdf in the parameters, where the density underflows. From mpmath.
FAR_TAILS = {
    "Cauchy": (jd.Cauchy, (3.84151673e14, 5.83450323e-16), 1031244.19, [0, 8.28604714e-16]),
    "Cauchy, below": (jd.Cauchy, (0.5, 2.0), -1e25, [0, 3.183099e-26]),
    "HalfCauchy": (jd.HalfCauchy, (1e-12,), 1e15, [-6.36619781e-16]),
    "StudentT": (
        jd.StudentT,
        (3.3, 0.5, 2e-3),
        1e7,
        [3.07514437e-31, 0, -2.37488328e-29],
    ),
    "StudentT, beyond the largest float": (
        jd.StudentT,
        (0.0176199172, -0.00975026563, 0.00407666061),
        3.39999995e38,
        [8.73815878, 0, -0.391687393],
    ),
    "HalfStudentT, beyond the largest float": (
        jd.HalfStudentT,
        (0.0176199172, 0.00407666061),
        3.39999995e38,
        [17.4763176, -0.783374786],
    ),
    "HalfStudentT": (jd.HalfStudentT, (2.5, 3.0), 1e13, [1.9885462e-30, -5.90997911e-32]),
    "TwoPieceStudentT": (
        jd.TwoPieceStudentT,
        (1.0, 0.0, 1.0, 2.0),
        -1e25,
        [-3.69650914e-25, 0, 6.366198e-27, -8.2760574e-27],
    ),
    "Horseshoe": (jd.Horseshoe, (2.0,), -1e25, [2.53974555e-26]),
    "Levy": (jd.Levy, (0.1, 1e-12), 1e18, [-3.98942289e-34, -0.000398942284]),
    "GeneralizedExtremeValue": (
        jd.GeneralizedExtremeValue,
        (0.0, 1e-12, 0.42),
        1.0,
        [-5.0390285e-28, -5.03902852e-16, -3.09102663e-26],
    ),
    "GeneralizedPareto": (
        jd.GeneralizedPareto,
        (0.0, 1e-12, 0.42),
        1.0,
        [-5.0390285e-28, -5.03902852e-16, -3.09102663e-26],
    ),
}
SLOW_TO_COMPILE = (
    "HalfStudentT",
    "HalfStudentT, beyond the largest float",
    "Horseshoe",
    "TwoPieceStudentT",
)


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=pytest.mark.slow if name in SLOW_TO_COMPILE else ())
        for name in FAR_TAILS
    ],
)
def test_slopes_of_the_cdf_far_in_a_tail(name):
    """They are density times z, which does not underflow where the density does."""
    family, parameters, x, expected = FAR_TAILS[name]
    cdf = lambda *parameters: family(*parameters).cdf(jnp.float32(x))
    slopes = jax.grad(cdf, tuple(range(len(parameters))))(*map(jnp.float32, parameters))
    np.testing.assert_allclose(slopes, expected, rtol=1e-5, atol=1.2e-38)


@pytest.mark.parametrize(
    ("d", "q", "expected"),
    [
        (jd.Frechet(1.51921265e-17, 0.0106759835), 0.755358875, 7.65084453e34),
        (jd.GeneralizedNormal(0.0, 1.82191493e-17, 0.0300884657), 0.908552527, 7.97849943e35),
        (jd.Pareto(1e-10, 0.025), 0.9, 9.99989104e29),
        (jd.SinhArcsinh(0.0, 1e-14, -6.86481285, 17.0086632), 0.0650250688, -1.691381e35),
        (jd.Weibull(1e-10, 0.0088), 0.9, 1.44833436e31),
    ],
    ids=str,
)
def test_quantiles_whose_powers_overflow(d: jd.Distribution, q: float, expected: float) -> None:
    """The effect of rounding q is up to 100 eps."""
    np.testing.assert_allclose(d.icdf(q), expected, rtol=2e-5)
