"""The truncated normal distribution far out and in narrow intervals, against mpmath."""

import jax
import jax.numpy as jnp
import mpmath as mp
import numpy as np
import pytest
from scipy import special, stats

import jaxdist as jd

KEY = jax.random.key(7)


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


INTERVALS = [
    *((8.0, 9.0), (5.25, 1e6), (-9.0, -8.0), (-40.0, -39.0), (1.5, 1.8), (0.0, 1e-3)),
    *((-1e-3, 1e-3), (-1.0, 2.0), (-6.0, 6.0), (-0.01, np.inf), (-np.inf, 0.5), (-np.inf, np.inf)),
]


def probability(x, low, high):
    """Probability below x, by the tail that is smaller, or by quadrature where it is narrow."""
    if low + high < 0:
        return 1 - probability(-x, -high, -low)
    if high - low < 0.01:
        nodes, weights = np.polynomial.legendre.leggauss(8)

        def mass(length):
            s = np.multiply.outer((1 + nodes) / 2, length)
            return length * np.tensordot(weights, np.exp(-s * (s / 2 + low)), 1)

        return mass(x - low) / mass(high - low)
    above = lambda x: special.log_ndtr(-x)
    return np.expm1(above(x) - above(low)) / np.expm1(above(high) - above(low))


def test_draws():
    """Far out, in both tails, in narrow intervals and in wide ones."""
    draw = jax.jit(lambda low, high: jd.TruncatedNormal(0.0, 1.0, low, high).sample(KEY, 200_000))
    for interval in INTERVALS:
        low, high = map(float, np.float32(interval))
        draws = np.asarray(draw(low, high), float)
        assert np.all((low <= draws) & (draws <= high))
        assert stats.kstest(probability(draws, low, high), "uniform").pvalue > 1e-4, interval


def test_quantiles_of_64_bits():
    with jax.enable_x64(True), mp.workdps(40):
        for low, high in INTERVALS[:-1]:
            x = jd.TruncatedNormal(0.0, 1.0, low, high).sample(KEY, 5)
            below = np.array([float(integral(mp.mpf(z), low, high)) for z in x.tolist()])
            found = jd.TruncatedNormal(0.0, 1.0, low, high).icdf(below)
            np.testing.assert_allclose(found, x, rtol=1e-9)


@pytest.mark.parametrize(
    ("loc", "scale", "low", "high"),
    [(0, 1, 8, 9), (1, 2, -30, -20), (0.5, 2, -1, 1), (0, 1, 0.5, 0.51), (0, 3, -np.inf, 2)],
)
def test_draws_move_as_their_probability_says(loc, scale, low, high):
    given = tuple(map(jnp.float32, (loc, scale, low, high)))
    draw = lambda *params: jd.TruncatedNormal(*params).rsample(KEY, 6)
    slopes = np.stack(jax.jacobian(draw, argnums=(0, 1, 2, 3))(*given), -1)
    with mp.workdps(40):
        params = [mp.mpf(float(p)) for p in given]
        for x, slope in zip(draw(*given).tolist(), slopes, strict=True):
            density = mp.diff(cumulative, (x, *params), (1, 0, 0, 0, 0))
            for j, p in enumerate(params):
                order = tuple(int(k == j + 1) for k in range(5))
                moved = 0 if mp.isinf(p) else mp.diff(cumulative, (x, *params), order) / density
                np.testing.assert_allclose(slope[j], float(-moved), rtol=2e-5, atol=1e-6)


def cumulative(x, loc, scale, low, high):
    return integral((x - loc) / scale, (low - loc) / scale, (high - loc) / scale)


def integral(z, low, high):
    """Probability below z of the interval in standard units, by mpmath."""
    upper = lambda x: mp.erfc(x / mp.sqrt(2))
    if low + high < 0:
        return (upper(-z) - upper(-low)) / (upper(-high) - upper(-low))
    return (upper(low) - upper(z)) / (upper(low) - upper(high))
