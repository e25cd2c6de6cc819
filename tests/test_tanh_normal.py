"""TanhNormal: log-densities of saturated draws and of the ends, moments, entropy and mode."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxdist as jd
from jaxdist import random

KEY = jax.random.key(6)


def test_joint_log_prob_of_a_saturated_tanh_comes_from_the_pre_image():
    d = jd.TanhNormal(12.0, 1.0)
    np.testing.assert_allclose(d._log_prob_at_preimage(jnp.float32(12.0)), 21.694767, rtol=1e-7)
    y = 12 + np.asarray(random.normal(KEY, (1000,), jnp.float32), float)
    x, log_prob = d.rsample_and_log_prob(KEY, 1000)
    expected = -((y - 12) ** 2) / 2 - np.log(2 * np.pi) / 2 + 2 * np.logaddexp(y, -y) - np.log(4)
    np.testing.assert_allclose(log_prob, expected, rtol=1e-5)
    assert np.all(np.abs(x) < 1)
    gradient = jax.grad(lambda loc: jnp.mean(jd.TanhNormal(loc, 1.0).rsample_and_log_prob(KEY)[1]))
    np.testing.assert_allclose(gradient(12.0), 2.0, rtol=1e-6)  # log p = ... - log(4) + 2 y


@pytest.mark.parametrize(
    "make", [lambda: jd.TanhNormal(0.5, 1.0), lambda: jd.TanhNormal(12.0, 0.1)]
)
@pytest.mark.parametrize("dtype", [jnp.float32, jnp.bfloat16])
def test_tanh_at_the_ends_is_finite(make, dtype):
    d = jax.tree.map(lambda leaf: jnp.asarray(leaf, dtype), make())
    for end in (-1.0, 1.0):
        assert np.isfinite(d.log_prob(end))
        assert np.isfinite(jax.grad(d.log_prob)(end))
        assert all(np.isfinite(leaf) for leaf in jax.tree.leaves(jax.grad(jd.log_prob)(d, end)))


# loc, scale and mean, variance, entropy by mpmath at 30 digits
MOMENTS = [
    (0.0, 1.0, 0.0, 0.39429449, 0.66980412),
    (1.0, 0.001, 0.76159383875, 1.7637891e-07, -6.3563788),
    (-2.0, 10.0, -0.15788159, 0.89717109, -11.232115),
    (5.0, 100.0, 0.039875973, 0.99044136, -152.37249),
    (12.0, 1.0, 1.0, 0.0, -21.194767),
]


@pytest.mark.parametrize(("loc", "scale", "mean", "variance", "entropy"), MOMENTS)
def test_tanh_moments_at_any_scale(loc, scale, mean, variance, entropy):
    with jax.enable_x64(True):
        d = jd.TanhNormal(np.float64(loc), np.float64(scale))
        np.testing.assert_allclose(d.mean, mean, rtol=2e-8, atol=1e-12)
        np.testing.assert_allclose(d.variance, variance, rtol=5e-8, atol=1e-12)
        np.testing.assert_allclose(d.entropy(), entropy, rtol=5e-8)


LOCS = np.float32([0.0, 0.01, 0.3, 2.5, 12.0, 1e4])
SCALES = np.float32([1e-6, 0.03, 0.5, 1.0, 5.0, 1e4])


def means_over_y(loc, scale):
    """Means of log(2 cosh y), tanh y, and sech^2 y times 1, z, z^2, by the trapezoidal rule."""
    step = min(0.25, 0.25 / scale)
    z = np.arange(-11, 11 + step / 2, step)
    y = loc + scale * z
    decay = np.exp(-2 * np.abs(y))
    square = 4 * decay / (1 + decay) ** 2
    values = np.abs(y) + np.log1p(decay), np.tanh(y), square, z * square, z**2 * square
    density = np.exp(-z * z / 2)
    return [np.sum(density * value) / np.sum(density) for value in values]


@jax.vmap
def entropy_and_mean(loc, scale):
    """Values, and of the entropy the derivatives to second order, in units of the scale."""

    def both(loc, scale):
        d = jd.TanhNormal(loc, scale)
        return d.entropy(), d.mean

    slope = jax.jacfwd(both, (0, 1))
    (by_loc, by_scale), _ = slope(loc, scale)
    curvature, _ = jax.jacfwd(slope, (0, 1))(loc, scale)
    return (
        *both(loc, scale),
        by_loc,
        scale * by_scale,
        curvature[0][0],
        scale * curvature[0][1],
        scale**2 * curvature[1][1],
    )


@pytest.mark.parametrize(("dtype", "units"), [(np.float32, 4), (np.float64, 300)])
def test_tanh_entropy_and_mean_are_exact_at_any_scale(dtype, units):
    loc, scale = (a.ravel() for a in np.meshgrid(np.float64(LOCS), np.float64(SCALES)))
    size, tanh, *squares = np.transpose(list(map(means_over_y, loc, scale)))
    expected = [
        np.log(scale) + (np.log(2 * np.pi) + 1) / 2 + 2 * (np.log(2) - size),
        tanh,
        -2 * tanh,
        1 - 2 * scale**2 * squares[0],
        -2 * squares[0],
        -2 * scale * squares[1],
        -1 - 2 * scale**2 * squares[2],
    ]
    rounding = np.abs(loc * expected[2]) + np.abs(expected[3])  # of the arguments
    least = [np.maximum(rounding, 1), 0.01, 0.01, 1, 1, 1, 1]
    with jax.enable_x64(dtype == np.float64):
        got = jax.jit(entropy_and_mean)(dtype(loc), dtype(scale))
    size = np.maximum(np.abs(expected), np.stack(np.broadcast_arrays(*least, loc)[:-1]))
    # In float64 it is the reference that loses digits, in its million terms.
    error = np.abs(got - np.stack(expected)) / (size * np.finfo(dtype).eps)
    np.testing.assert_array_less(error.max(-1), units)


def test_tanh_entropy_and_mean_do_not_depend_on_the_shape():
    """XLA makes wrong matrix products of weighted sums for shapes such as this one."""
    scale = np.linspace(0.5, 5, 48_000, dtype=np.float32).reshape(2, 24_000)

    @jax.jit
    def both(scale):
        d = jd.TanhNormal(0.5, scale)
        return jnp.stack([d.entropy(), d.mean])

    some = (slice(None), slice(None, None, 1000))
    np.testing.assert_allclose(both(scale)[:, *some], both(scale[some]), rtol=2e-6)


def test_tanh_mode_solves_its_equation_and_has_the_implicit_derivative():
    with jax.enable_x64(True):
        for loc, scale in [(0.3, 0.5), (-0.2, 1.2), (0.0, 2.0), (1.0, 0.01)]:
            y = np.arctanh(jd.TanhNormal(loc, scale).mode)
            np.testing.assert_allclose(y, loc + 2 * scale**2 * np.tanh(y), rtol=1e-8)
        slope = jax.grad(lambda loc: jd.TanhNormal(loc, 0.5).mode)(0.3)
        near = [jd.TanhNormal(0.3 + step, 0.5).mode for step in (-1e-5, 1e-5)]
        np.testing.assert_allclose(slope, (near[1] - near[0]) / 2e-5, rtol=1e-6)
