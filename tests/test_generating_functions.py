"""Cumulant and moment generating functions, and characteristic functions."""

import doctest
import functools

import jax
import jax.numpy as jnp
import mpmath as mp
import numpy as np
import pytest
from scipy import integrate, stats

import jaxdist as jd
from jaxdist.generating_functions import functions, registry
from tests.catalog import CATALOG
from tests.transform_catalog import quick

EPS = float(np.finfo(np.float32).eps)


def exponential(x):
    return -mp.log1p(-x)


def log_mgf_of_trial(p, t):
    return mp.log1p(p * mp.expm1(t))


def from_odds(odds, t):
    return -mp.log1p(-odds * mp.expm1(t))


def nig(loc, scale, alpha, beta, t):
    root = mp.sqrt(alpha**2 - beta**2) - mp.sqrt(alpha**2 - (beta + t) ** 2)
    return loc * t + scale * root


def uniform(low, high, t):
    return mp.log((mp.exp(t * high) - mp.exp(t * low)) / (t * (high - low)))


def triangular(low, high, peak, t):
    ends = (high - peak) * mp.exp(low * t) + (peak - low) * mp.exp(high * t)
    terms = ends - (high - low) * mp.exp(peak * t)
    return mp.log(2 * terms / ((high - low) * (peak - low) * (high - peak) * t**2))


# A function from parameters to a distribution, the reference, whose last argument may be imaginary,
# and columns of parameters, the last of which is t.
CASES = {
    "Delta": (jd.Delta, lambda loc, t: loc * t, [0.5, -3.0], [2.0, -1e3]),
    "Normal": (
        jd.Normal,
        lambda loc, scale, t: loc * t + (scale * t) ** 2 / 2,
        [0.0, 1.0, -2.0, 1e5],
        [1.0, 1e-3, 5.0, 10.0],
        [1e-8, -3.0, 20.0, 0.5],
    ),
    "Laplace": (
        jd.Laplace,
        lambda loc, scale, t: loc * t + exponential((scale * t) ** 2),
        [0.0, 0.0, 1.0, 0.0],
        [1.0, 2.0, 0.5, 3.0],
        [1e-6, -0.499999, 1.2, 0.1],
    ),
    "AsymmetricLaplace": (
        jd.AsymmetricLaplace,
        lambda loc, scale, k, t: loc * t + exponential(scale * t / k) + exponential(-scale * t * k),
        [0.0, 0.0, 1.0, 0.0, 0.0],
        [1.0, 2.0, 0.5, 1.0, 1.0],
        [1.0, 3.0, 0.3, 30.0, 0.01],
        [1e-6, 1.499, -3.0, -0.0333, -90.0],
    ),
    "Logistic": (
        jd.Logistic,
        lambda loc, scale, t: loc * t + mp.log(mp.pi * scale * t / mp.sin(mp.pi * scale * t)),
        [0.0] * 6,
        [1.0, 1.0, 2.0, 2.0, 0.5, 1.0],
        [1e-4, 0.3, -0.2501, 0.24, 1.9999, -0.999],
    ),
    "Gumbel": (
        jd.Gumbel,
        lambda loc, scale, t: loc * t + mp.loggamma(1 - scale * t),
        [0.0] * 7,
        [1.0, 1.0, 2.0, 2.0, 0.5, 1.0, 1.0],
        [1e-6, 0.3, -0.25, 0.499, 1.9999, -40.0, -1e5],
    ),
    "ExponentiallyModifiedGaussian": (
        jd.ExponentiallyModifiedGaussian,
        lambda loc, scale, rate, t: loc * t + (scale * t) ** 2 / 2 + exponential(t / rate),
        [0.0, 1.0, -1.0],
        [1.0, 0.1, 3.0],
        [2.0, 0.5, 1e3],
        [1.9, -40.0, 1e-4],
    ),
    "NormalInverseGaussian": (
        jd.NormalInverseGaussian,
        nig,
        [0.0, 1.0, 0.0, 0.0],
        [1.0, 0.1, 3.0, 1.0],
        [2.0, 5.0, 1.0, 100.0],
        [0.0, -4.9, 0.9, 0.0],
        [1e-4, 9.8, 0.1, 99.99],
    ),
    "Exponential": (
        jd.Exponential,
        lambda rate, t: exponential(t / rate),
        [1.0, 1e-3, 1e6, 3.0],
        [1e-9, -1e5, 5.0, 2.999],
    ),
    "Lindley": (
        jd.Lindley,
        lambda rate, t: 2 * exponential(t / rate) - exponential(t / (1 + rate)),
        [1.0, 1e-3, 1e6, 3.0],
        [1e-9, -1e5, 5.0, 2.999],
    ),
    "Gamma": (
        jd.Gamma,
        lambda a, rate, t: a * exponential(t / rate),
        [1e-3, 1e6, 3.0],
        [1.0, 2.0, 5.0],
        [0.5, 1e-3, -1e4],
    ),
    "Hurdle": (
        lambda a, rate, gate: jd.Hurdle(jd.Gamma(a, rate), gate),
        lambda a, rate, gate, t: mp.log(gate + (1 - gate) * (1 - t / rate) ** -a),
        [0.5, 3.0, 2.0],
        [1.0, 2.0, 5.0],
        [0.3, 1e-6, 0.999],
        [1e-5, 1.9, -1e3],
    ),
    "Hurdle of Poisson": (
        lambda rate, gate: jd.Hurdle(jd.Poisson(rate), gate),
        lambda rate, gate, t: mp.log(
            gate + (1 - gate) * mp.expm1(rate * mp.exp(t)) / mp.expm1(rate)
        ),
        [3.0, 1e-6, 40.0, 0.9, 1e4, 2.0],
        [0.3, 1e-6, 0.999, 0.5, 0.25, 0.0],
        [1e-5, 1.9, -3.0, 4.0, 1e-3, -20.0],
    ),
    "Hurdle of Geometric": (
        lambda p, gate: jd.Hurdle(jd.Geometric(p), gate),
        lambda p, gate, t: mp.log(gate + (1 - gate) * p * mp.exp(t) / (1 - (1 - p) * mp.exp(t))),
        [0.3, 0.999, 1e-3],
        [0.3, 1e-6, 0.5],
        [1e-5, 1.9, -3.0],
    ),
    "Chi2": (jd.Chi2, lambda df, t: df / 2 * exponential(2 * t), [1.0, 30.0], [0.4999, -2.0]),
    "HalfNormal": (
        jd.HalfNormal,
        lambda scale, t: (scale * t) ** 2 / 2 + mp.log(mp.erfc(-scale * t / mp.sqrt(2))),
        [1.0] * 7,
        [1e-8, -1e-8, -0.49, -0.51, 3.0, -30.0, -1e6],
    ),
    "InverseGaussian": (
        jd.InverseGaussian,
        lambda m, c, t: c / m * (1 - mp.sqrt(1 - 2 * m * m * t / c)),
        [1.0, 1e3, 0.5, 2.0],
        [1.0, 1.0, 100.0, 3.0],
        [0.4999, -1e3, 1e-5, 0.3],
    ),
    "Levy": (
        jd.Levy,
        lambda loc, scale, t: loc * t - mp.sqrt(-2 * scale * t),
        [0.0, 1.0],
        [2.0, 0.5],
        [-3.0, -1e-6],
    ),
    "NoncentralChi2": (
        jd.NoncentralChi2,
        lambda k, c, t: c * t / (1 - 2 * t) + k / 2 * exponential(2 * t),
        [1.0, 3.0, 0.5],
        [0.0, 10.0, 1e3],
        [0.3, -50.0, 0.4999],
    ),
    "Uniform": (
        jd.Uniform,
        uniform,
        [-1.0, -1.0, 0.0, 2.0, -1.0, -3.0],
        [1.0, 1.0, 1.0, 5.0, 0.0, -2.0],
        [1e-4, 0.9, -3.0, 200.0, 1e6, -1e4],
    ),
    "Cosine": (
        jd.Cosine,
        lambda low, high, t: (
            uniform(low, high, t) - mp.log1p(((high - low) * t / (2 * mp.pi)) ** 2)
        ),
        [-1.0, 0.5, -5.0],
        [1.0, 1.5, -1.0],
        [1e-3, -4.0, 300.0],
    ),
    "Triangular": (
        jd.Triangular,
        triangular,
        [-1.0, -1.0, 0.0, 2.0, 0.0, 0.0],
        [1.0, 1.0, 1.0, 5.0, 1.0, 4.0],
        [0.0, 0.5, 0.25, 4.0, 0.5, 1.0],
        [1e-3, 1.5, -3.0, 200.0, 1e6, -1e4],
    ),
    "Poisson": (
        jd.Poisson,
        lambda rate, t: rate * mp.expm1(t),
        [1.0, 1e6, 3.0, 1e-30],
        [1e-9, -0.3, -50.0, 100.0],
    ),
    "Skellam": (
        jd.Skellam,
        lambda a, b, t: a * mp.expm1(t) + b * mp.expm1(-t),
        [1.0, 2.0, 3.0],
        [1.0, 50.0, 0.1],
        [1e-2, -0.3, 5.0],
    ),
    "Bernoulli": (
        jd.Bernoulli,
        log_mgf_of_trial,
        [0.5, 1e-10, 1e-10, 0.999999, 0.999999, 0.3, 1e-30, 0.56, 0.999],
        [1e-6, 5.0, -5.0, -5.0, 5.0, 1e4, 100.0, -35.0, -0.3],
    ),
    "Binomial": (
        lambda p: jd.Binomial(1000, p),
        lambda p, t: 1000 * log_mgf_of_trial(p, t),
        [0.5, 1e-10, 0.7],
        [1e-3, 30.0, -2.0],
    ),
    "Geometric": (
        jd.Geometric,
        lambda p, t: from_odds((1 - p) / p, t),
        [0.5, 1e-6, 0.99, 0.3, 0.9999],
        [0.1, -2.0, 4.5, 0.3566, -1e-7],
    ),
    "NegativeBinomial": (
        lambda r, logits: jd.NegativeBinomial(r, logits=logits),
        lambda r, logits, t: r * from_odds(mp.exp(logits), t),
        [0.5, 1e6, 2.0, 3.0, 1.0, 5.0],
        [0.0, -13.8, 100.0, -60.0, 45.0, 118.0],
        [0.5, 1e-3, -3.0, 59.0, -1e-18, 0.0],
    ),
    "DiscreteLaplace": (
        jd.DiscreteLaplace,
        lambda rate, t: exponential((mp.sinh(t / 2) / mp.sinh(rate / 2)) ** 2),
        [0.5, 1e-3, 200.0, 3.0],
        [0.499, 1e-6, -199.9, 0.1],
    ),
}
FAR = {
    "Gumbel": [
        [0.0, 0.5, -1.0, 3.0, 0.0, 0.0, 0.0],
        [1.0, 2.0, 0.5, 1.0, 1.0, 1.0, 1.0],
        [0.0, 1.0, 3.0, -10.0, 20.0, 1e4, 1e37],
    ],
    "HalfNormal": [[1.0] * 9, [0.0, 1.0, -2.1, 2.2, 5.0, -14.1, 14.2, 1e4, 1e10]],
    "Triangular": [
        [-1.0, 0.0, 0.0, 0.0, 2.0, 0.0],
        [1.0, 1.0, 1.0, 1.0, 5.0, 1.0],
        [0.0, 0.5, 0.25, 0.001, 3.0, 0.999],
        [0.0, 30.0, -1e3, 50.0, 2.0, 7.0],
    ],
}
"""More columns for characteristic functions alone, whose cumulants there are infinite or 0 / 0."""


def student_t(df, loc, scale, t):
    """Where mpmath's K converges; t is real."""
    a, z = df / 2, mp.sqrt(df) * abs(scale * t)
    log_k = mp.log(mp.besselk(a, z)) if z else mp.nan
    return loc * mp.mpc(0, t) + mp.log(2) + a * mp.log(z / 2) + log_k - mp.loggamma(a)


def bound(distance_of, reference, point):
    """The effect of rounding the arguments on a reference, which is returned as well."""
    with mp.workdps(60):
        x = [mp.mpf(float(v)) for v in point]
        value = reference(*x)
        effect = 0
        for i, at in enumerate(x):
            step = abs(at) * mp.mpf(10) ** -15
            for sign in (1, -1):
                moved = [*x[:i], at + sign * step, *x[i + 1 :]]
                effect += distance_of(reference(*moved) - value) / step * abs(at) / 2 if step else 0
    return value, effect


def evaluate(function, make, columns):
    return jax.jit(jax.vmap(lambda *x: function(make(*x[:-1]), x[-1])))(*np.float32(columns))


@pytest.mark.parametrize("name", CASES)
def test_cumulants_are_exact(name):
    make, reference, *columns = CASES[name]
    got = evaluate(jd.cumulant_generating_function, make, columns)
    for i, point in enumerate(np.float32(columns).T):
        value, effect = bound(lambda x: abs(mp.re(x)), reference, point)
        assert abs(float(got[i]) - value) <= 4 * EPS * max(abs(value), effect), (point, value)


@pytest.mark.parametrize("name", CASES)
def test_characteristic_functions_are_those_of_imaginary_numbers(name):
    make, reference, *columns = CASES[name]
    columns = np.concatenate([columns, FAR.get(name, np.empty((len(columns), 0)))], 1)
    got = np.asarray(evaluate(jd.characteristic_function, make, columns))
    assert got.dtype == np.complex64

    def transform(*point):
        return mp.exp(reference(*point[:-1], mp.mpc(0, point[-1]))) if point[-1] else mp.mpf(1)

    for i, point in enumerate(np.float32(columns).T):
        value, effect = bound(abs, transform, point)
        assert abs(complex(got[i]) - value) <= 4 * EPS * max(abs(value), effect, 1e-7), point


def test_the_characteristic_function_of_student_t():
    """By a Bessel function; that of Cauchy for one degree of freedom, near the normal for many."""
    columns = [
        [1.0, 1e-3, 0.03, 3.5, 3.5, 10.0, 80.0, 1e3, 1e4, 2.0, 1e-3, 0.9, 0.9, 1e-2],
        [0.5, 0.0, 0.0, -1.0, 0.0, 2.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0],
        [2.0, 1.0, 1.0, 1.0, 0.5, 3.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0],
        [0.7, 30.0, 1e-4, -2.5, 1e-12, 1.0, 5.0, 2.0, 0.5, 100.0, 1e-30, 1e-5, 2e-4, 1.0],
    ]
    got = np.asarray(evaluate(jd.characteristic_function, jd.StudentT, columns))
    transform = lambda *point: mp.exp(student_t(*point))
    for i, point in enumerate(np.float32(columns).T):
        value, effect = bound(abs, transform, point)
        assert abs(complex(got[i]) - value) <= 4 * EPS * max(abs(value), effect, 1e-7), point
    of_cauchy = jd.characteristic_function(jd.Cauchy(0.5, 2.0), 0.7)
    np.testing.assert_allclose(got[0], of_cauchy, rtol=1e-6)
    real = lambda t: jd.characteristic_function(jd.StudentT(5.0, 0.0, 2.0), t).real
    np.testing.assert_allclose(real(0.0), 1, rtol=2e-7)
    np.testing.assert_allclose(jax.grad(jax.grad(real))(0.0), -4 * 5 / 3, rtol=1e-5)


@pytest.mark.parametrize(
    "d",
    [jd.StudentT(3.0), jd.StudentT(0.5), jd.Gumbel(0.0, 1.0), jd.HalfNormal(1.0)],
    ids=repr,
)
def test_characteristic_functions_at_the_ends(d):
    """1 at 0, NaN where t is not finite, 0 where it is lost; no slope is NaN."""
    t = jnp.array([0.0, np.nan, np.inf, -np.inf, 1e30, -1e37])
    got = np.asarray(jd.characteristic_function(d, t))
    np.testing.assert_allclose(got[0], 1, rtol=2e-7)
    assert np.all(np.isnan(got[1:4]))
    np.testing.assert_allclose(got[4:], 0, atol=1e-29)
    slopes = jax.vmap(jax.grad(lambda t: jd.characteristic_function(d, t).imag))(t[4:])
    assert not np.any(np.isnan(slopes))


# --- laws ----------------------------------------------------------------------------------------


MORE = [
    jd.TransformedDistribution(jd.Gamma([2.0, 0.5], 3.0), jd.AffineTransform(1.0, [-2.0, 0.5])),
    jd.Mixture(jd.Categorical([0.3, 0.7]), [jd.Laplace(0.0, 1.0), jd.Uniform(1.0, 3.0)]),
    jd.Independent(jd.Bernoulli([0.5, 1e-3]), 1),
    jd.Sample(jd.MultivariateNormalDiag(np.ones((3, 2)), np.ones(2)), (4, 2)),
    jd.InverseGaussian(1e3, 1e-3),
    jd.Poisson(1e6),
]


WITHOUT_MEAN = (jd.Cauchy, jd.StudentT, jd.Levy, jd.Categorical, jd.PlackettLuce)


def rows(names=None):
    """A distribution of every class, or of some, that has the functions and a mean."""
    first = {}
    for row in CATALOG:
        name = row.name.split()[0]
        if name not in first and (names is None or name in names):
            first[name] = row.make()
    chosen = [d for d in [*first.values(), *MORE] if not isinstance(d, WITHOUT_MEAN)]
    return [d for d in chosen if has(jd.cumulant_generating_function, d)]


def has(function, d):
    try:
        jax.eval_shape(function, d, np.zeros(d.event_shape, d.dtype))
    except NotImplementedError:
        return False
    return True


@quick
def laws(d):
    """Values and slopes at 0 of both functions, and whether a slope elsewhere is NaN."""
    t = jnp.zeros(d.batch_shape + d.event_shape, d.dtype)
    units = jnp.eye(t.size, dtype=t.dtype).reshape((t.size, *t.shape))

    def total(d, t):
        return jnp.sum(jd.cumulant_generating_function(d, t))

    def slopes(function):
        along = lambda unit: jax.jvp(jax.grad(function), (t,), (unit,))[1]
        return jax.grad(function)(t), jnp.sum(jax.vmap(along)(units) * units, 0)

    def is_nan(scale):
        leaves = jax.tree.leaves(jax.grad(total, (0, 1))(d, t + scale))
        return jnp.any(jnp.stack([jnp.any(jnp.isnan(leaf)) for leaf in leaves]))

    of_log = jd.cumulant_generating_function(d, t), *slopes(functools.partial(total, d))
    if not has(jd.characteristic_function, d):
        return of_log, None, jax.vmap(is_nan)(SCALES)
    mean, _ = slopes(lambda t: jnp.sum(jd.characteristic_function(d, t).imag))
    _, square = slopes(lambda t: jnp.sum(jd.characteristic_function(d, t).real))
    return of_log, (mean, -square), jax.vmap(is_nan)(SCALES)


SCALES = np.array([0.0, 1e-3, -0.5, 30.0, -1e4], np.float32)


FEW = ("DiscreteLaplace", "MixtureSameFamily", "OneHotCategorical", "Triangular", "ZeroInflated")


@pytest.mark.parametrize("names", [FEW, pytest.param(None, marks=pytest.mark.slow)])
def test_slopes_at_zero_are_moments_and_none_elsewhere_is_nan(names):
    """Of a distribution of every class that has a mean."""
    chosen = rows(names)
    assert {type(d).__name__ for d in chosen} >= set(FEW)
    assert names or len(chosen) > 40
    for d in chosen:
        (at_zero, mean, variance), of_transform, is_nan = laws(d)
        spread = np.asarray(d.stddev)
        np.testing.assert_allclose(at_zero, 0, atol=1e-6, err_msg=repr(d))
        np.testing.assert_allclose(mean, d.mean, 1e-5, 1e-6 * spread.max(), err_msg=repr(d))
        np.testing.assert_allclose(variance, d.variance, 3e-5, err_msg=repr(d))
        assert not np.any(is_nan), (d, SCALES[is_nan])
        if of_transform is not None:
            np.testing.assert_allclose(of_transform[0], d.mean, 1e-5, 1e-6 * spread.max())
            square = np.asarray(d.mean, float) ** 2 + np.asarray(d.variance, float)
            np.testing.assert_allclose(of_transform[1], square, 3e-5, err_msg=repr(d))


def test_characteristic_functions_exist_where_moments_do_not():
    t = np.array([-2.0, 0.0, 0.5])
    np.testing.assert_allclose(
        jd.characteristic_function(jd.Cauchy(1.0, 2.0), t), np.exp(1j * t - 2 * np.abs(t)), 1e-6
    )
    labels = jd.characteristic_function(jd.Categorical([0.2, 0.3, 0.5]), t)
    expected = 0.2 + 0.3 * np.exp(1j * t) + 0.5 * np.exp(2j * t)
    np.testing.assert_allclose(labels, expected, 1e-6)
    with pytest.raises(NotImplementedError, match="characteristic_function of Weibull"):
        jd.characteristic_function(jd.Weibull(1.0, 2.0), 1.0)


INTEGRALS = [
    (jd.Logistic(0.5, 2.0), stats.logistic(0.5, 2.0), 0.2),
    (jd.Gumbel(0.5, 2.0), stats.gumbel_r(0.5, 2.0), 0.2),
    (jd.HalfNormal(2.0), stats.halfnorm(scale=2.0), 0.7),
    (jd.Triangular(-1.0, 3.0, 0.5), stats.triang(0.375, -1.0, 4.0), -1.3),
    (jd.InverseGaussian(2.0, 3.0), stats.invgauss(2 / 3, scale=3.0), 0.1),
    (jd.NoncentralChi2(3.0, 2.0), stats.ncx2(3.0, 2.0), 0.1),
    (jd.NormalInverseGaussian(0.5, 1.0, 2.0, 0.5), stats.norminvgauss(2, 0.5, 0.5, 1.0), 0.4),
    (jd.AsymmetricLaplace(0.5, 2.0, 1.5), stats.laplace_asymmetric(1.5, 0.5, 2.0), 0.2),
    (jd.ExponentiallyModifiedGaussian(0.5, 2.0, 1.5), stats.exponnorm(1 / 3, 0.5, 2.0), 0.4),
]


@pytest.mark.parametrize(("d", "reference", "t"), INTEGRALS, ids=lambda x: type(x).__name__)
def test_moments_are_integrals(d, reference, t):
    """The references above are closed forms too: these are SciPy's densities, integrated."""
    low, high = reference.ppf(1e-13), reference.isf(1e-13)
    integral, _ = integrate.quad(
        lambda x: np.exp(t * x + reference.logpdf(x)), max(low, -400), min(high, 400), limit=500
    )
    np.testing.assert_allclose(jd.moment_generating_function(d, t), integral, rtol=3e-5)


def test_it_is_infinite_with_gradient_0_where_the_moment_is():
    cases = [
        (jd.Exponential(2.0), 2.0),
        (jd.Gamma(2.0, 2.0), 3.0),
        (jd.Laplace(0.0, 1.0), -1.0),
        (jd.AsymmetricLaplace(0.0, 1.0, 2.0), 2.0),
        (jd.Logistic(0.0, 2.0), 0.5),
        (jd.Gumbel(0.0, 2.0), 0.5),
        (jd.NoncentralChi2(1.0, 2.0), 0.5),
        (jd.InverseGaussian(1.0, 1.0), 0.51),
        (jd.NormalInverseGaussian(0.0, 1.0, 2.0, 0.0), 2.1),
        (jd.Geometric(0.5), 0.7),
        (jd.NegativeBinomial(2.0, 0.5), 100.0),
        (jd.DiscreteLaplace(0.5), -0.5),
        (jd.Cauchy(0.0, 1.0), 1e-3),
        (jd.Levy(0.0, 1.0), 1e-3),
        (jd.ZeroInflated(jd.Geometric(0.5), 0.3), 0.7),
        (jd.MixtureSameFamily(jd.Categorical([0.5, 0.5]), jd.Exponential([1.0, 3.0])), 2.0),
    ]

    @quick
    def evaluate(cases):
        functions = (jd.cumulant_generating_function, jd.moment_generating_function)
        return [[jax.value_and_grad(f, (0, 1))(d, t) for f in functions] for d, t in cases]

    for (d, _), results in zip(cases, evaluate(cases), strict=True):
        for value, gradients in results:
            assert value == np.inf, d
            for leaf in jax.tree.leaves(gradients):
                assert np.all(np.asarray(leaf) == 0), d


def test_the_cumulant_function_is_finite_where_the_moment_overflows():
    d = jd.MixtureSameFamily(jd.Categorical([0.5, 0.5]), jd.Normal([0.0, 1.0], 1.0))
    assert jd.moment_generating_function(d, 20.0) == np.inf
    np.testing.assert_allclose(
        jd.cumulant_generating_function(d, 20.0), 220 + np.log(0.5), rtol=1e-6
    )
    masked = jd.Categorical(logits=[0.0, 0.0, -np.inf])
    np.testing.assert_allclose(
        jd.cumulant_generating_function(masked, [1e-6, 1e3]), [5e-7, 1e3 - np.log(2)], rtol=1e-5
    )


def test_wrappers_of_finite_counts_have_sums():
    pmf, k, t = stats.binom(6, 0.3).pmf(np.arange(7)), np.arange(7), np.array([-1.5, 0.25])
    cdf = np.cumsum(pmf)
    clipped = np.where(k == 1, cdf[1], np.where(k == 4, pmf[4:].sum(), pmf * (k > 1) * (k < 4)))
    base = jd.Binomial(6, 0.3)
    for d, probs in (
        (jd.Truncated(base, 1, 4), pmf * (k >= 1) * (k <= 4) / pmf[1:5].sum()),
        (jd.Hurdle(base, 0.5), np.where(k == 0, 0.5, 0.5 * pmf / pmf[1:].sum())),
        (jd.Maximum(base, 2), np.diff(cdf**2, prepend=0)),
        (jd.Censored(base, 1, 4), clipped),
    ):
        exact = np.exp(np.outer([*t, *1j * t], k)) @ probs
        of_log = jd.cumulant_generating_function(d, t)
        np.testing.assert_allclose(of_log, np.log(exact[:2].real), rtol=2e-6)
        np.testing.assert_allclose(jd.characteristic_function(d, t), exact[2:], rtol=2e-6)
    for d in (jd.Hurdle(jd.Skellam(1.0, 1.0), 0.5), jd.Censored(jd.Poisson(1.0), 1)):
        with pytest.raises(NotImplementedError, match=f"generating_function of {type(d).__name__}"):
            jd.cumulant_generating_function(d, 1.0)


def test_vectors_and_transforms():
    t = np.array([0.3, -0.2], np.float32)
    loc, factor = np.array([0.5, -1.0]), np.array([[1.0, 0.0], [0.5, 2.0]])
    expected = loc @ t + t @ factor @ factor.T @ t / 2
    base = jd.Independent(jd.Normal(np.zeros(2), 1.0), 1)
    for d in (
        jd.MultivariateNormal(loc, scale_tril=factor),
        jd.MultivariateNormal(loc, precision_matrix=np.linalg.inv(factor @ factor.T)),
        jd.TransformedDistribution(base, jd.LowerCholeskyAffine(loc, factor)),
        jd.LowRankMultivariateNormal(loc, [[0.0], [2.0]], [1.0, 0.25]),
    ):
        result = jd.cumulant_generating_function(d, t)
        if isinstance(d, jd.LowRankMultivariateNormal):
            expected = loc @ t + t @ np.diag([1.0, 4.25]) @ t / 2
        np.testing.assert_allclose(result, expected, rtol=1e-5)
        phi = jd.characteristic_function(d, t)
        np.testing.assert_allclose(phi, np.exp((1 + 1j) * (loc @ t) - expected), rtol=1e-5)


def test_shapes_types_and_errors():
    d = jd.Normal(np.zeros(3), 1.0)
    for function in (jd.cumulant_generating_function, jd.characteristic_function):
        assert function(d, 0.5).shape == (3,)
        assert function(d, np.zeros((4, 3))).shape == (4, 3)
        with pytest.raises(ValueError, match="vmap"):
            function(d, np.zeros((3, 1)))
        with pytest.raises(TypeError, match="Distribution"):
            function(1.0, 0.5)
        with pytest.raises(NotImplementedError, match=rf"the {function.__name__} of LogNormal"):
            function(jd.LogNormal(0.0, 1.0), 0.5)
        assert np.all(np.isnan(function(d, [np.nan, np.inf, -np.inf])))
    assert jd.cumulant_generating_function(d, 1).dtype == np.float32
    half = jd.Gamma(jnp.bfloat16(2.0), jnp.bfloat16(4.0))
    assert jd.cumulant_generating_function(half, jnp.bfloat16(1.0)).dtype == jnp.bfloat16
    assert jd.characteristic_function(half, jnp.bfloat16(1.0)).dtype == np.complex64
    exp = jd.TransformedDistribution(jd.Normal(0.0, 1.0), jd.ExpTransform())
    with pytest.raises(NotImplementedError, match="only by affine transforms"):
        jd.cumulant_generating_function(exp, 0.5)
    for register in (jd.register_cumulant_generating_function, jd.register_characteristic_function):
        with pytest.raises(TypeError, match=f"{register.__name__}: expected a subclass"):
            register(float)


@pytest.mark.parametrize("module", [functions, registry], ids=lambda m: m.__name__)
def test_the_examples_in_the_documentation_run(module):
    result = doctest.testmod(module)
    assert result.attempted > 0
    assert result.failed == 0
