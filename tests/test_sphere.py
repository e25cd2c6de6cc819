"""Distributions on the sphere: accuracy in many dimensions, extreme concentrations, and draws."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from mpmath import mp
from scipy import stats

import jaxdist as jd
from jaxdist.special.sphere import (
    sphere_angle_derivative,
    sphere_cosine_variance,
    sphere_log_area,
    sphere_log_mean_exp,
    sphere_mean_distance,
    sphere_mean_ratio,
)

KEY = jax.random.key(5)
EPS = float(np.finfo(np.float32).eps)
KAPPA = [1e-8, 1e-3, 0.3, 1.0, 9.0, 15.9, 16.1, 30.0, 300.0, 1e4, 1e8]


def reference(dim, kappa):
    """The integrals of special/sphere.py by Bessel functions: see their docstrings."""
    kappa, order = mp.mpf(kappa), mp.mpf(dim) / 2 - 1
    bessel = mp.besseli(order, kappa)
    mean = mp.besseli(order + 1, kappa) / bessel
    log_mean_exp = mp.log(bessel) + mp.loggamma(order + 1) - order * mp.log(kappa / 2) - kappa
    variance = 1 - mean**2 - (dim - 1) * mean / kappa
    return log_mean_exp, 1 - mean, mean / kappa, variance


@pytest.mark.slow
@pytest.mark.parametrize("dim", [2, 3, 4, 10, 33, 34, 100, 1000])
def test_integrals_agree_with_mpmath(dim):
    functions = (
        sphere_log_mean_exp,
        sphere_mean_distance,
        sphere_mean_ratio,
        sphere_cosine_variance,
    )
    got = jax.jit(lambda k: [f(dim, k) for f in functions])(np.float32(KAPPA))
    for i, kappa in enumerate(np.float32(KAPPA)):
        with mp.workdps(60):
            expected = [float(v) for v in reference(dim, float(kappa))]
        least = [abs(sphere_log_area(dim) + expected[0]), 0, 0, 0]
        error = np.abs([float(v[i]) for v in got] - np.array(expected))
        assert np.all(error <= 4 * EPS * np.maximum(np.abs(expected), least)), kappa


@pytest.mark.slow
@pytest.mark.parametrize("dim", [2, 3, 4, 9, 100])
@pytest.mark.parametrize("kappa", [1e-3, 3.0, 1e4])
def test_draws_move_as_the_distribution_function_requires(dim, kappa):
    width = float(min(np.pi, (7 + np.sqrt(dim)) / np.sqrt(kappa + dim / 2)))
    weight = lambda t, k: mp.exp(-k * (1 - mp.cos(t))) * mp.sin(t) ** (dim - 2)
    panels = lambda end: mp.linspace(0, end, 12)
    total = lambda k: mp.quad(lambda t: weight(t, k), [*panels(width), mp.pi])
    cdf = lambda angle, k: mp.quad(lambda t: weight(t, k), panels(angle)) / total(k)
    for angle in (0.3 * width, 0.5 * width, 0.7 * width):
        with mp.workdps(25):
            moved = mp.diff(cdf, (angle, kappa), (0, 1))
            expected = -moved / (weight(mp.mpf(angle), kappa) / total(kappa))
        got = sphere_angle_derivative(dim, jnp.float32(angle), jnp.float32(kappa))
        np.testing.assert_allclose(got, float(expected), rtol=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize("kappa", [0.0, 0.5, 20.0, 1e5])
@pytest.mark.parametrize("dim", [2, 3, 5, 50])
def test_cosines_of_draws_have_their_distribution(dim, kappa):
    """In terms of 1 - t, which is gamma distributed for a large κ and beta distributed for 0."""
    direction = jnp.ones(dim) / np.sqrt(dim)
    d = jd.VonMisesFisher(direction, kappa)
    draws = np.asarray(d.sample(KEY, 20_000), float)
    distance = np.sum((draws - np.asarray(direction)) ** 2, -1) / 2
    half = (dim - 1) / 2
    grid = np.linspace(0, 1, 200_001)[1:-1] * min(2, 20 * (1 + half) / max(kappa, 1e-9))
    density = np.exp(-kappa * grid + (half - 1) * np.log(grid * (2 - grid)) - np.log(grid[0]))
    cdf = np.cumsum(density) / np.sum(density)
    uniform = np.interp(distance, grid, cdf)
    inside = (uniform > 0.02) & (uniform < 0.98)  # where the grid resolves the density
    assert stats.kstest((uniform[inside] - 0.02) / 0.96, "uniform").pvalue > 1e-5
    assert abs(inside.mean() - 0.96) < 0.01


@pytest.mark.parametrize("dim", [3, pytest.param(6, marks=pytest.mark.slow)])
def test_enormous_concentrations_are_those_of_a_normal_distribution(dim):
    """Of n - 1 coordinates; of the one along the mean, chi-squared, it is of their squares."""
    size = jnp.array([1e10, 1e15, 1e18, 1e25, 1e37])
    make = lambda size: jd.VonMisesFisher(jnp.eye(dim)[0], size)
    entropy, slope = jax.jvp(lambda size: make(size).entropy(), (size,), (size,))
    of_normal = (dim - 1) / 2 * (1 + np.log(2 * np.pi) - np.log(np.asarray(size, float)))
    np.testing.assert_allclose(entropy, of_normal, rtol=1e-6)
    np.testing.assert_allclose(slope, -(dim - 1) / 2, rtol=1e-6)
    variance, slope = jax.jvp(lambda size: make(size).variance[..., 0], (size,), (size,))
    expected = (dim - 1) / 2 / np.asarray(size, float) ** 2
    np.testing.assert_allclose(variance, expected, rtol=1e-5, atol=2e-38)
    np.testing.assert_allclose(slope, -2 * expected, rtol=1e-5, atol=4e-38)


def test_opposite_directions():
    """Reflections to the mean direction are defined for any one of them."""
    for first in (-1.0, 1.0):
        d = jd.PowerSpherical([first, 0.0, 0.0], 1e6)
        np.testing.assert_allclose(d.sample(KEY)[0], first, atol=1e-4)
    assert d.log_prob(jnp.array([-1.0, 0.0, 0.0])) == -np.inf
    assert np.isfinite(jd.PowerSpherical([1.0, 0.0], 0.0).log_prob(jnp.array([-1.0, 0.0])))


@pytest.mark.slow
def test_no_concentration_is_the_uniform_distribution():

    for dim in (2, 3, 8):
        north = jnp.eye(dim)[0]
        for d in (
            jd.VonMisesFisher(north, 0.0),
            jd.PowerSpherical(north, 0.0),
            jd.ProjectedNormal(0 * north),
        ):
            np.testing.assert_allclose(d.log_prob(-north), -sphere_log_area(dim), rtol=1e-6)
            np.testing.assert_allclose(d.mean, np.zeros(dim), atol=1e-7)


@pytest.mark.slow
def test_on_the_circle_it_is_the_distribution_of_von_mises():
    angle = np.linspace(-3, 3, 7, dtype=np.float32)
    x = jnp.stack([jnp.cos(angle), jnp.sin(angle)], -1)
    fisher = jd.VonMisesFisher([1.0, 0.0], 5.0)
    np.testing.assert_allclose(fisher.log_prob(x), jd.VonMises(0.0, 5.0).log_prob(angle), rtol=1e-5)


def test_one_dimension_is_refused():
    with pytest.raises(ValueError, match="mean_direction must have at least 2 entries"):
        jd.VonMisesFisher([1.0], 1.0)
    with pytest.raises(ValueError, match="concentration must have at least 2 entries"):
        jd.ProjectedNormal([1.0])


def test_slopes_in_directions_near_the_opposite_one_do_not_cancel():
    """Against mpmath."""
    direction = np.float32([0.000894362864, 0.99615556, -0.0875975192])
    x = np.float32([0.00155636703, -0.998099804, 0.0615982711])
    log_prob = lambda direction, x: jd.VonMisesFisher(direction, 5893.56787).log_prob(x)
    of_direction, of_x = jax.grad(log_prob, (0, 1))(direction, x)
    np.testing.assert_allclose(of_direction, [14.4417355, -13.471722, -153.05131], rtol=1e-5)
    np.testing.assert_allclose(of_x, [14.440398, -9.44173392, -153.3528], rtol=2e-6)
