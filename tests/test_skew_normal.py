"""SkewNormal: tails against mpmath and Owen's T function, derivatives, quantiles and limits."""

import jax
import jax.numpy as jnp
import mpmath as mp
import numpy as np
import pytest
from scipy import special

import jaxdist as jd
from jaxdist.special.skew_normal import log_skew_ndtr, skew_ndtr

EPS = np.finfo(np.float32).eps
Z, ALPHA = np.float32(
    [
        *(
            (z, a)
            for z in (-30, -5, -0.7, -1e-6, 0.01, 2)
            for a in (-100, -3, -0.1, 0, 1e-3, 1, 20)
        ),
        *((12, 1e4), (-1e-6, 1e4), (-2, 1e4), (5, -1e4), (-0.01, -1e4), (1e-6, 100)),
    ]
).T


def log_cdf(z, alpha):
    """From the integral of the density over the lower tail, whose integrand is positive."""
    y, a = mp.mpf(abs(float(z))), mp.mpf(abs(float(alpha)))
    width = 1 / (y * (1 + a * a) + mp.sqrt(1 + a * a))
    nodes = [-y - width * k for k in (140, 64, 32, 16, 8, 4, 2, 1, 0.5, 0)]
    tail = mp.quad(lambda t: 2 * mp.npdf(t) * mp.ncdf(a * t), nodes)
    both = mp.erfc(y / mp.sqrt(2))
    if alpha < 0:
        return mp.log(both - tail) if z < 0 else mp.log1p(-tail)
    return mp.log(tail) if z < 0 else mp.log1p(tail - both)


@jax.jit
def value_and_slopes(z, alpha):
    return jax.vmap(jax.value_and_grad(log_skew_ndtr, (0, 1)))(z, alpha)


def test_log_cdf_is_exact_in_both_tails():
    with mp.workdps(50):
        expected = np.array([float(log_cdf(z, a)) for z, a in zip(Z, ALPHA, strict=True)])
    value, (by_z, by_alpha) = value_and_slopes(Z, ALPHA)
    condition = np.abs(Z * by_z) + np.abs(ALPHA * by_alpha)
    allowed = 4 * EPS * np.maximum(np.abs(expected), condition) + 1e-37
    assert np.all(np.abs(np.asarray(value, float) - expected) <= allowed)


def test_log_cdf_is_exact_where_only_its_square_remains():
    z, alpha = np.float32([(-z, a) for z in (1.14e15, 3e17, 1.5e19) for a in (0.035, 0.3, 0, -1)]).T
    rate = 1 + np.maximum(alpha, 0.0).astype(float) ** 2
    value, (by_z, _) = value_and_slopes(z, alpha)
    np.testing.assert_allclose(value, -rate * z.astype(float) ** 2 / 2, rtol=4 * EPS)
    np.testing.assert_allclose(by_z, -rate * z.astype(float), rtol=4 * EPS)


def test_cdf_is_the_difference_with_owens_t():
    z, alpha = np.meshgrid(np.linspace(-2, 4, 13), [-5, -1, -0.2, 0.0, 0.7, 3, 40])
    with jax.enable_x64(True):
        expected = special.ndtr(z) - 2 * special.owens_t(z, alpha)
        np.testing.assert_allclose(skew_ndtr(z, alpha), expected, rtol=1e-11, atol=1e-15)


@pytest.mark.parametrize("function", [skew_ndtr, log_skew_ndtr])
def test_derivatives_of_the_cdf(function):
    z, alpha = (x.ravel() for x in np.meshgrid([-3, -0.4, 1e-3, 2.0], [-4, -0.3, 0.5, 6.0]))
    with jax.enable_x64(True):
        slopes = jax.jit(jax.vmap(jax.grad(function, (0, 1))))(z, alpha)
        step = 1e-4
        for slope, (dz, da) in zip(slopes, [(step, 0), (0, step)], strict=True):
            values = [function(z + k * dz, alpha + k * da) for k in (-2, -1, 1, 2)]
            expected = np.dot([1, -8, 8, -1], np.stack(values)) / (12 * step)
            np.testing.assert_allclose(slope, expected, rtol=1e-7, atol=1e-11)


def test_slopes_of_the_log_cdf_do_not_underflow():
    _, (by_z, _) = value_and_slopes(np.float32([-1e3, -1e3]), np.float32([5, -5]))
    np.testing.assert_allclose(by_z, [26e3, 1e3], rtol=1e-4)


def test_quantiles_invert_both_tails():
    alpha = np.array([-1e4, -3, 0, 0.5, 30, 1e6])
    q = np.array([1e-300, 1e-30, 1e-6, 0.1, 0.3])[:, None] * np.ones(alpha.size)
    with jax.enable_x64(True):
        d = jd.SkewNormal(0.0, 0.5, alpha)
        np.testing.assert_allclose(d.log_cdf(d.icdf(q)), np.log(q), rtol=1e-12, atol=1e-12)
        upper = 1 - q[2:]
        np.testing.assert_allclose(d.survival_function(d.icdf(upper)), 1 - upper, rtol=1e-9)


def test_limits():
    x = jnp.array([0.1, 1.0, 3.0])
    half, steep = jd.HalfNormal(2.0), jd.SkewNormal(0.0, 2.0, 1e30)
    np.testing.assert_allclose(steep.cdf(x), half.cdf(x), rtol=1e-6)
    np.testing.assert_allclose(steep.entropy(), half.entropy(), rtol=1e-6)
    np.testing.assert_allclose(steep.stddev, half.stddev, rtol=1e-6)
    normal, flat = jd.Normal(0.0, 2.0), jd.SkewNormal(0.0, 2.0, 0.0)
    np.testing.assert_allclose(flat.log_cdf(-20 * x), normal.log_cdf(-20 * x), rtol=1e-6)
    np.testing.assert_allclose(flat.entropy(), normal.entropy(), rtol=1e-6)
