"""Squashed distributions: exact joint calls, finite ends, numeric moments."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxdist as jd
from jaxdist import random

KEY = jax.random.key(6)


def test_joint_log_prob_of_a_saturated_tanh_comes_from_the_pre_image():
    d = jd.TanhNormal(12.0, 1.0)
    np.testing.assert_allclose(d._log_prob_at(jnp.float32(12.0)), 21.694767, rtol=1e-7)
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


def test_tanh_entropy_gradient_is_that_of_the_integral():
    with jax.enable_x64(True):
        y = 0.3 + 2.0 * np.linspace(-9, 9, 4001)
        weights = np.exp(-(((y - 0.3) / 2) ** 2) / 2)
        weights /= weights.sum()
        by_loc = np.sum(weights * -2 * np.tanh(y))
        by_scale = 1 / 2 + np.sum(weights * -2 * np.tanh(y) * (y - 0.3) / 2)
        gradient = jax.grad(jd.entropy)(jd.TanhNormal(0.3, 2.0))
        np.testing.assert_allclose(gradient.loc, by_loc, rtol=1e-9)
        np.testing.assert_allclose(gradient.scale, by_scale, rtol=1e-9)


def test_tanh_mode_solves_its_equation_and_moves_with_the_parameters():
    with jax.enable_x64(True):
        for loc, scale in [(0.3, 0.5), (-0.2, 1.2), (0.0, 2.0), (1.0, 0.01)]:
            y = np.arctanh(jd.TanhNormal(loc, scale).mode)
            np.testing.assert_allclose(y, loc + 2 * scale**2 * np.tanh(y), rtol=1e-8)
        slope = jax.grad(lambda loc: jd.TanhNormal(loc, 0.5).mode)(0.3)
        near = [jd.TanhNormal(0.3 + step, 0.5).mode for step in (-1e-5, 1e-5)]
        np.testing.assert_allclose(slope, (near[1] - near[0]) / 2e-5, rtol=1e-6)


def test_relaxed_bernoulli_at_low_temperature():
    d = jd.RelaxedBernoulli(0.01, logits=jnp.array([-3.0, 0.0, 3.0]))
    x, log_prob = d.rsample_and_log_prob(KEY, 1000)
    assert np.all((np.asarray(x) > 0) & (np.asarray(x) < 1))
    assert np.all(np.isfinite(log_prob))
    assert np.all(np.isfinite(d.log_prob(jnp.array([[0.0], [1.0]]) * jnp.ones(3))))
    np.testing.assert_allclose(d.mean, jax.nn.sigmoid(d.logits), atol=5e-3)
