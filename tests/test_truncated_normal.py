"""The truncated normal distribution far out and in narrow intervals, against mpmath."""

import jax
import jax.numpy as jnp
import mpmath as mp
import numpy as np
import pytest
from scipy import special, stats

import jaxdist as jd
from jaxdist.implicit_differentiation import implicit_reparameterization

KEY = jax.random.key(7)


def test_in_the_tail():
    d = jd.TruncatedNormal(0.0, 1.0, 8.0, 9.0)
    np.testing.assert_allclose(d.log_prob(8.1), 1.289677, atol=4 * 38 * 6e-8)
    np.testing.assert_allclose(jd.TruncatedNormal(1.1, 0.005, -1.0, 1.0).mean, 0.9997512, rtol=1e-7)


def by_integration(loc, scale, low, high):
    """Log normalizer, mean, variance and entropy at 40 digits; the mode must be `low`."""
    with mp.workdps(40):
        a = (mp.mpf(low) - loc) / scale
        stop = min((mp.mpf(high) - mp.mpf(low)) / scale, 100 / (a + 1))
        drop = lambda s: s * (s / 2 + a)
        integrate = lambda f: mp.quad(lambda s: f(s) * mp.exp(-drop(s)), mp.linspace(0, stop, 9))
        mass = integrate(lambda s: 1)
        mean = integrate(lambda s: s) / mass
        variance = integrate(lambda s: (s - mean) ** 2) / mass
        entropy = mp.log(scale * mass) + integrate(drop) / mass
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


def integral(z, low, high):
    """Probability below z of the interval in standard units, by mpmath."""
    upper = lambda x: mp.erfc(x / mp.sqrt(2))
    if low + high < 0:
        return (upper(-z) - upper(-low)) / (upper(-high) - upper(-low))
    return (upper(low) - upper(z)) / (upper(low) - upper(high))


PLACES = np.array(
    [
        *((0, 1, -1, 2), (0, 1, -3, 3), (0, 1, -6, 6), (0.5, 2, -1, 1), (0, 1, -0.5, 8)),
        *((0, 1, 8, 9), (1, 2, -30, -20), (0, 1, 0.5, 0.51), (0, 1, -1e-3, 1e-3)),
        *((0, 3, -np.inf, 2), (0, 1, -np.inf, np.inf), (0, 1, 5, np.inf), (-300, 1, 0, np.inf)),
        (-300, 1, 0, 1e-4),
    ],
    np.float32,
)
RARITIES = np.array([1e-9, 3e-7, 1e-4, 0.1, 0.3], np.float32)
FUNCTIONS = ["log_prob", "cdf", "log_cdf", "survival_function", "log_survival_function"]


@pytest.fixture(scope="module")
def derivatives():
    """Draws that are rare below or above, and every derivative at them."""

    def at(params, rarity, above):
        def functions(params, x):
            d = jd.TruncatedNormal(*params, validate_args=False)
            return jnp.stack([getattr(d, name)(x) for name in FUNCTIONS])

        def draw(params, x):
            return implicit_reparameterization(jd.TruncatedNormal(*params, validate_args=False), x)

        def quantile(params, q):
            return jd.TruncatedNormal(*params, validate_args=False).icdf(q)

        loc, scale, low, high = params
        mirrored = jnp.stack([-loc, scale, -high, -low])
        x = jnp.where(above, -quantile(mirrored, rarity), quantile(params, rarity))
        along_params, along_x = jax.jacfwd(functions, (0, 1))(params, x)
        return {
            "x": x,
            "draw": jax.jacfwd(draw)(params, x),
            "functions": jnp.concatenate([along_params, along_x[:, None]], 1),
            "quantile": jax.grad(quantile, 1)(params, rarity),
        }

    each = jax.vmap(jax.vmap(at, (None, 0, 0)), (0, None, None))
    found = jax.jit(each)(PLACES, np.tile(RARITIES, 2), np.repeat([False, True], len(RARITIES)))
    return jax.tree.map(lambda x: np.asarray(x, float), found)


def reference(x, loc, scale, low, high):
    """Probabilities on both sides of x, and the derivatives, from closed forms at 50 digits.

    Returns:
      The smaller probability; derivatives of the draw in loc, scale, low and high; those of
      `FUNCTIONS` in these and x, one row for each.
    """
    z, alpha, beta = ((mp.mpf(end) - loc) / scale for end in (x, low, high))
    density = lambda t: mp.npdf(t)
    times = lambda t, weight: weight * t if weight else mp.mpf(0)
    mass = lambda a, b: mp.ncdf(-a) - mp.ncdf(-b) if a > 0 else mp.ncdf(b) - mp.ncdf(a)
    total = mass(alpha, beta)
    below, above = mass(alpha, z) / total, mass(z, beta) / total
    by_low, by_high = (density(end) / total for end in (alpha, beta))
    at_low, at_high = above * by_low / density(z) * total, below * by_high / density(z) * total
    draw = [
        1 - at_low - at_high,
        z - times(alpha, at_low) - times(beta, at_high),
        at_low,
        at_high,
    ]
    log_total = [by_low - by_high, times(alpha, by_low) - times(beta, by_high), -by_low, by_high]
    p = density(z) / total
    cdf = [*(-p * slope for slope in draw), p]
    log_prob = [a - b for a, b in zip([z, z * z - 1, 0, 0, -z], [*log_total, 0], strict=True)]
    rows = [log_prob, cdf, [d / below for d in cdf], [-d for d in cdf], [-d / above for d in cdf]]
    functions = np.array([[float(d / scale) for d in row] for row in rows])
    return float(min(below, above)), np.array([float(d) for d in draw]), functions


def test_derivatives_at_rare_draws(derivatives):
    """Exact however rare: none is a difference of probabilities near one."""
    compared = 0
    with mp.workdps(50):
        for params, found in zip(PLACES, each_place(derivatives), strict=True):
            for x, draw, functions in zip(
                found["x"], found["draw"], found["functions"], strict=True
            ):
                if not params[2] < x < params[3]:  # rounded to the end
                    continue
                rarity, expected, slopes = reference(x, *params.tolist())
                compared += rarity < 1e-6
                np.testing.assert_allclose(draw, expected, rtol=1e-5, err_msg=f"{params} {x}")
                np.testing.assert_allclose(functions[1:], slopes[1:], rtol=1e-5)
                atol = 2e-7 / params[1]
                np.testing.assert_allclose(functions[0], slopes[0], rtol=1e-5, atol=atol)
    assert compared >= 35


def test_the_slope_of_a_quantile_is_one_over_the_density(derivatives):
    below = slice(0, len(RARITIES))
    d = jd.TruncatedNormal(*np.repeat(PLACES.T[:, :, None], len(RARITIES), 2))
    density = np.exp(d.log_prob(np.float32(derivatives["x"][:, below])), dtype=float)
    np.testing.assert_allclose(derivatives["quantile"][:, below] * density, 1, rtol=1e-5)


def test_second_derivatives():
    """The rule for first derivatives can itself be differentiated, here along a line."""
    places = np.array([(0.3, 1.5, -1, 2, 0.4), (0, 1, 8, 9, 8.2), (1, 2, -4, 0.5, -0.2)])

    def log_cdf(t):
        *params, x = places.T + t * np.array([1, -0.5, 0.3, 0.7, 0.6])[:, None]
        return jd.TruncatedNormal(*params, validate_args=False).log_cdf(x)

    def slope(t):
        return jax.jvp(log_cdf, (t,), (1.0,))[1]

    with jax.enable_x64(True):
        step = 1e-4
        second = jax.jit(jax.jacfwd(slope))(0.0)
        values = jax.jit(jax.vmap(log_cdf))(step * np.arange(-2.0, 3))
        expected = np.array([-1, 16, -30, 16, -1]) @ values / (12 * step**2)
        np.testing.assert_allclose(second, expected, rtol=1e-5)


def each_place(tree):
    return [jax.tree.map(lambda x, i=i: x[i], tree) for i in range(len(PLACES))]


def test_far_below_an_interval_that_is_narrow_to_the_standard_deviation():
    """Values from mpmath; both ends are millions of standard deviations from the mode."""
    d = jd.TruncatedNormal(120.575653, 2.03174077e-05, -449.051483, -67.5785065)
    np.testing.assert_allclose(d.log_cdf(-318.199951), -1.9031391e14, rtol=1e-6)
    np.testing.assert_allclose(d.log_survival_function(-318.199951), 0, atol=1e-6)
    for leaf in jax.tree.leaves(jax.grad(lambda d: d.log_cdf(-318.199951))(d)):
        assert np.isfinite(leaf)
