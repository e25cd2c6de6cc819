"""The truncated normal distribution far out and in narrow intervals, against mpmath."""

import jax
import jax.numpy as jnp
import mpmath as mp
import numpy as np
import pytest

import jaxdist as jd


def test_in_the_tail():
    d = jd.TruncatedNormal(0.0, 1.0, 8.0, 9.0)
    np.testing.assert_allclose(d.log_prob(8.1), 1.289677, atol=4 * 38 * 6e-8)
    np.testing.assert_allclose(jd.TruncatedNormal(1.1, 0.005, -1.0, 1.0).mean, 0.9997512, rtol=1e-7)


def by_integration(loc, scale, low, high):
    """Log normaliser, mean, variance and entropy at 40 digits; the mode must be `low`."""
    with mp.workdps(40):
        a = (mp.mpf(low) - loc) / scale
        stop = min((mp.mpf(high) - mp.mpf(low)) / scale, 100 / (a + 1))
        fall = lambda s: s * (s / 2 + a)
        integrate = lambda f: mp.quad(lambda s: f(s) * mp.exp(-fall(s)), mp.linspace(0, stop, 9))
        mass = integrate(lambda s: 1)
        mean = integrate(lambda s: s) / mass
        variance = integrate(lambda s: (s - mean) ** 2) / mass
        entropy = mp.log(scale * mass) + integrate(fall) / mass
        return [float(x) for x in (-mp.log(mass * scale), mean * scale, variance, entropy)]


TAILS = [
    (-1e4, 1.0, 0.0, np.inf),
    (-300.0, 1.0, 0.0, 1e-4),
    (-8.0, 1.0, 0.0, 1.0),
    (-3.0, 2.0, 0.0, 50.0),
]


@pytest.mark.parametrize(("loc", "scale", "low", "high"), TAILS)
def test_far_out_it_is_exact_from_the_end(loc, scale, low, high):
    d = jd.TruncatedNormal(loc, scale, low, high)
    top, mean, variance, entropy = by_integration(loc, scale, low, high)
    np.testing.assert_allclose(d.log_prob(low), top, rtol=2e-6)
    np.testing.assert_allclose(d.mean, mean, rtol=2e-6)
    np.testing.assert_allclose(d.variance, variance * scale**2, rtol=1e-5)
    np.testing.assert_allclose(d.entropy(), entropy, rtol=2e-6, atol=2e-6)
    q = jnp.array([1e-6, 0.01, 0.5, 0.99, 0.9999])
    np.testing.assert_allclose(d.cdf(d.icdf(q)), q, rtol=3e-5)
    np.testing.assert_allclose(d.survival_function(d.icdf(q)), 1 - q, rtol=2e-2)
    mirrored = jd.TruncatedNormal(-loc, scale, -high, -low)
    np.testing.assert_allclose(mirrored.mean, -mean, rtol=2e-6)
    np.testing.assert_allclose(mirrored.log_prob(-low), top, rtol=2e-6)


@pytest.mark.slow
def test_gradients_are_finite_everywhere():
    d = jd.TruncatedNormal(
        np.array([0, 0, -1e4, 0, 0, 1e4, 2]), 1.0,
        np.array([-np.inf, -np.inf, 0, 8, -3, -np.inf, 1.999]),
        np.array([np.inf, 0.5, np.inf, 9, np.inf, 0, 2.0]),
    )  # fmt: skip

    def everything(d):
        draw, log_prob = d.rsample_and_log_prob(jax.random.key(7))
        return jnp.sum(draw + log_prob + d.mean + d.variance + d.entropy() + d.log_cdf(draw))

    value, gradient = jax.value_and_grad(everything)(d)
    assert np.isfinite(value)
    assert all(np.all(np.isfinite(leaf)) for leaf in jax.tree.leaves(gradient))


def test_icdf_derivative():
    with jax.enable_x64(True):
        for low, high in [(-1.0, 2.0), (2.0, np.inf), (-np.inf, -1.0)]:
            d = jd.TruncatedNormal(0.3, 1.5, low, high)
            x, slope = jax.value_and_grad(d.icdf)(0.2)
            np.testing.assert_allclose(slope * jnp.exp(d.log_prob(x)), 1, rtol=1e-12)
            np.testing.assert_allclose(d.cdf(x), 0.2, rtol=1e-9)
