"""Special functions that single families need, against mpmath."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from mpmath import mp

from jaxdist.special.bessel_k import log_kve
from jaxdist.special.horseshoe import horseshoe_isf, horseshoe_sf, log_horseshoe_density
from jaxdist.special.irwin_hall import (
    irwin_hall_log_cdf,
    irwin_hall_log_prob,
    irwin_hall_quantile,
)
from jaxdist.special.normal_inverse_gaussian import nig_log_prob
from jaxdist.special.normal_inverse_gaussian_tails import nig_log_sf
from jaxdist.special.radial import log_radial_integral

pytestmark = pytest.mark.slow

EPS = float(np.finfo(np.float32).eps)


def assert_close(function, reference, *points, allowed=4):
    """Compare values and slopes in the first argument, in eps of what rounding it changes."""
    columns = np.float32(np.broadcast_arrays(*points))
    got = jax.jit(jax.vmap(jax.value_and_grad(function)))(*columns)
    for i, point in enumerate(columns.T):
        with mp.workdps(40):
            x, *others = (mp.mpf(float(v)) for v in point)
            value = reference(x, *others)
            slope = mp.diff(lambda x, others=others: reference(x, *others), x)
        least = max(abs(value), abs(x * slope), 1)
        assert abs(float(got[0][i]) - value) <= allowed * EPS * least, point
        assert abs(float(got[1][i]) - slope) <= 4 * allowed * EPS * max(abs(slope), 1e-30), point


@pytest.mark.parametrize("order", [0, 0.5, 1, 1.5, 4, 30])
def test_bessel_k(order):
    assert_close(
        lambda z: log_kve(order, z),
        lambda z: mp.log(mp.besselk(order, z)) + z,
        [1e-9, 1e-3, 0.3, 0.99, 1.01, 4.0, 60.0, 1e4],
    )


def test_horseshoe():
    def density(z):
        y = z * z / 2
        return y + mp.log(mp.e1(y)) - mp.log(2 * mp.pi**3) / 2

    def tail(z):
        term = lambda u: mp.ncdf(-z * mp.exp(u)) / mp.cosh(u) / mp.pi
        return mp.quad(term, mp.linspace(-50 - abs(mp.log(z)), 50, 25))

    points = [1e-8, 1e-3, 0.3, 1.0, 1.2, 5.0, 30.0]
    assert_close(log_horseshoe_density, density, points)
    sf = lambda z: horseshoe_sf(z, jnp.log(z))
    assert_close(lambda z: -sf(z), lambda z: -tail(z), points)
    p = np.float32([1e-6, 0.01, 0.2, 0.45, 0.499])
    np.testing.assert_allclose(sf(horseshoe_isf(p)), p, rtol=1e-6)


@pytest.mark.parametrize("count", [1, 2, 3, 10, 40])
def test_irwin_hall(count):
    def spline(t, power):
        terms = (
            (-1) ** k * mp.binomial(count, k) * (t - k) ** power for k in range(int(mp.ceil(t)))
        )
        return mp.log(mp.fsum(terms) / mp.factorial(power))

    t = np.float32([1e-4, 0.03, 0.21, 0.45, 0.49]) * count
    log_cdf = lambda t: irwin_hall_log_cdf(count, t, jnp.log(t))
    assert_close(log_cdf, lambda t: spline(t, count), t, allowed=8)
    if count > 2:
        got = jax.jit(lambda t: irwin_hall_log_prob(count, t))(t)
        with mp.workdps(60):
            expected = [float(spline(mp.mpf(float(v)), count - 1)) for v in t]
        np.testing.assert_allclose(got, expected, rtol=8 * EPS * count, atol=8 * EPS)
    p = np.float32([1e-30, 1e-6, 0.01, 0.3, 0.5])
    quantile = irwin_hall_quantile(count, p)
    np.testing.assert_allclose(log_cdf(quantile), np.log(np.float64(p)), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("dim", [2, 3, 10, 200])
def test_radial_integral(dim):
    def reference(t):
        if abs(t) < 8:
            return mp.log(mp.pcfd(-dim, -t)) + mp.loggamma(dim) - t * t / 4
        mode = (t + mp.sqrt(t * t + 4 * dim)) / 2
        width = 1 / mp.sqrt(1 + dim / mode**2)
        term = lambda r: mp.exp((dim - 1) * mp.log(r / mode) - ((r - t) ** 2 - (mode - t) ** 2) / 2)
        ends = sorted({max(mode + k * width, mode / 1000) for k in range(-30, 31, 3)})
        total = mp.log(mp.quad(term, [0, *ends]))
        return total + (dim - 1) * mp.log(mode) - (mode - t) ** 2 / 2

    assert_close(
        lambda t: log_radial_integral(dim, t),
        lambda t: reference(t) + min(t, 0) ** 2 / 2,
        [-30.0, -5.0, -0.5, 0.1, 3.0, 7.0, 60.0],
    )


def test_normal_inverse_gaussian():
    delta, alpha, beta = 1.5, 2.0, -0.75
    gamma = mp.sqrt(mp.mpf(alpha) ** 2 - mp.mpf(beta) ** 2)

    def density(z):
        q = mp.sqrt(delta**2 + z * z)
        bessel = mp.log(alpha * delta * mp.besselk(1, alpha * q) / (mp.pi * q))
        return bessel + delta * gamma + beta * z

    def tail(z):
        panels = [z, z + 0.5, z + 2, z + 5, z + 10, z + 20, z + 60]
        return mp.log(mp.quad(lambda x: mp.exp(density(x)), panels))

    shape = np.float32([delta, alpha, beta])
    points = [-3.0, -0.5, 0.25, 2.0, 20.0]
    assert_close(lambda z: nig_log_prob(z, *shape), density, points)
    assert_close(lambda z: nig_log_sf(z, *shape), tail, points, allowed=8)
