"""Rényi and Jensen-Shannon divergences, Hellinger and Wasserstein distances."""

import functools
import itertools

import jax
import jax.numpy as jnp
import mpmath as mp
import numpy as np
import pytest
from scipy import integrate, linalg, stats

import jaxdist as jd
from tests.test_exponential_family import MEMBERS

EPS = float(np.finfo(np.float32).eps)


COSTLY = (jd.Wishart, jd.MultivariateNormal, jd.VonMisesFisher, jd.ContinuousBernoulli)


@pytest.mark.parametrize(
    "kind",
    [
        pytest.param(k, marks=pytest.mark.slow if k in COSTLY else (), id=k.__name__)
        for k in MEMBERS
    ],
)
def test_natural_parameters_give_the_distribution_back(kind):
    d = MEMBERS[kind][0]()
    again = kind.from_natural_parameters(*d.natural_parameters)
    for a, b in zip(again.natural_parameters, d.natural_parameters, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)
    value = d.sample(jax.random.key(0), 3)
    np.testing.assert_allclose(again.log_prob(value), d.log_prob(value), rtol=1e-4, atol=1e-5)
    assert [mean.shape for mean in d.mean_parameters] == [x.shape for x in d.natural_parameters]


PAIRS = [
    (jd.Normal(0.0, 1.0), jd.Normal(0.5, 1.25), stats.norm(0, 1), stats.norm(0.5, 1.25)),
    (jd.Gamma(2.0, 1.0), jd.Gamma(3.0, 2.0), stats.gamma(2), stats.gamma(3, scale=0.5)),
    (jd.Beta(2.0, 3.0), jd.Beta(2.5, 1.5), stats.beta(2, 3), stats.beta(2.5, 1.5)),
    (jd.Exponential(1.0), jd.Exponential(3.0), stats.expon(), stats.expon(scale=1 / 3)),
]


@pytest.mark.parametrize("order", [0.3, 0.5, 1.0, 1.25])
@pytest.mark.parametrize(("p", "q", "exact_p", "exact_q"), PAIRS, ids=lambda x: type(x).__name__)
def test_renyi_divergence_is_its_integral(p, q, exact_p, exact_q, order):
    low, high = max(exact_p.support()[0], -12), min(exact_p.support()[1], 40)

    def integrand(x):
        a, b = exact_p.logpdf(x), exact_q.logpdf(x)
        return np.exp(a) * (a - b) if order == 1 else np.exp(order * a + (1 - order) * b)

    integral, _ = integrate.quad(integrand, low, high, limit=200)
    expected = integral if order == 1 else np.log(integral) / (order - 1)
    np.testing.assert_allclose(jd.renyi_divergence(p, q, order), expected, rtol=1e-5)


def test_the_slope_of_renyi_divergence_in_its_order_at_one():
    """It is half of the variance of the log-ratio: of these Gamma distributions, of x - log x."""
    divergence = lambda p, q: jax.grad(lambda order: jd.renyi_divergence(p, q, order))(1.0)
    normal = divergence(jd.Normal(0.0, 1.0), jd.Normal(2.0, 1.0))
    np.testing.assert_allclose(normal, 2, rtol=1e-6)
    gamma = divergence(jd.Gamma(2.0, 1.0), jd.Gamma(3.0, 2.0))
    np.testing.assert_allclose(gamma, (np.pi**2 / 6 - 1 + 2 - 2) / 2, rtol=1e-5)
    of_loc = jax.grad(
        lambda loc: jd.renyi_divergence(jd.Normal(0.0, 1.0), jd.Normal(loc, 1.0), 1.0)
    )
    np.testing.assert_allclose(of_loc(2.0), 2, rtol=1e-6)


def test_renyi_divergence_is_infinite_where_the_integral_is():
    p, q = jd.Normal(0.0, 2.0), jd.Normal(0.0, 1.0)
    assert jd.renyi_divergence(p, q, 1.5) == np.inf
    assert np.isfinite(jd.renyi_divergence(q, p, 1.5))
    gradient = jax.grad(lambda scale: jd.renyi_divergence(jd.Normal(0.0, scale), q, 1.5))(2.0)
    assert gradient == 0


def test_renyi_divergence_and_distance_of_near_distributions_do_not_cancel():
    p, q = jd.Normal(0.0, 1.0), jd.Normal(1e-4, 1.0)
    np.testing.assert_allclose(jd.renyi_divergence(p, q, 0.5), 0.25e-8, rtol=1e-5)
    np.testing.assert_allclose(jd.hellinger(p, q), np.sqrt(-np.expm1(-1e-8 / 8)), rtol=1e-5)
    assert jd.hellinger(p, p) == 0
    assert jax.grad(lambda loc: jd.hellinger(jd.Normal(loc, 1.0), p))(0.0) == 0


def test_masked_categories_have_distances():
    p = jd.Categorical(logits=jnp.array([0.0, 0.0, -jnp.inf]))
    q = jd.Categorical(logits=jnp.array([0.0, np.log(3.0), -jnp.inf]))
    expected = np.sqrt(1 - np.sum(np.sqrt([0.5 * 0.25, 0.5 * 0.75])))
    np.testing.assert_allclose(jd.hellinger(p, q), expected, rtol=1e-5)
    assert jd.js_divergence(p, p) == 0


@pytest.mark.parametrize("delta", [0.3, 1e-3])
def test_js_divergence_is_the_mean_divergence_from_the_mean(delta):
    p, q = np.array([0.2, 0.3, 0.5]), np.array([0.2 + delta, 0.3 - delta, 0.5])
    m = (p + q) / 2
    expected = (stats.entropy(p, m) + stats.entropy(q, m)) / 2
    p, q = (jd.Categorical(x) for x in (p, q))
    np.testing.assert_allclose(jd.js_divergence(p, q), expected, rtol=1e-3)
    np.testing.assert_allclose(jd.js_divergence(q, p), jd.js_divergence(p, q), rtol=1e-5)


def test_js_divergence_of_counts_of_different_ranges():
    """It was that of the values of p."""
    apart = jd.js_divergence(jd.DiscreteUniform(0, 2), jd.DiscreteUniform(3, 5))
    np.testing.assert_allclose(apart, np.log(2), rtol=1e-6)
    p, q = stats.binom.pmf(range(6), 3, 0.5), stats.binom.pmf(range(6), 5, 0.25)
    expected = (stats.entropy(p, (p + q) / 2) + stats.entropy(q, (p + q) / 2)) / 2
    found = jd.js_divergence(jd.Binomial(3, 0.5), jd.Binomial(5, [0.25, 0.25]))
    np.testing.assert_allclose(found, [expected, expected], rtol=1e-5)
    of_categories = jax.jit(lambda p: jd.js_divergence(jd.Categorical(p), jd.Categorical(p)))
    assert of_categories(jnp.array([0.5, 0.5])) == 0


# A family, Rényi's divergence of order w in closed form, and parameters of pairs.
CLOSED = {
    "Binomial": (
        lambda n, p, q: (jd.Binomial(n, p), jd.Binomial(n, q)),
        lambda w, n, p, q: (
            n / (w - 1) * mp.log(p**w * q ** (1 - w) + (1 - p) ** w * (1 - q) ** (1 - w))
        ),
        [(7, 0.3, 0.5), (7, 0.3, 0.30001), (5, 1e-6, 3e-6), (3, 0.5, 0.9999)],
    ),
    "NegativeBinomial": (
        lambda n, p, q: (jd.NegativeBinomial(n, p), jd.NegativeBinomial(n, q)),
        lambda w, n, p, q: (
            n
            / (w - 1)
            * (w * mp.log(1 - p) + (1 - w) * mp.log(1 - q) - mp.log(1 - p**w * q ** (1 - w)))
        ),
        [(2.5, 0.3, 0.5), (1e4, 0.3, 0.301), (0.5, 1e-6, 3e-6), (3, 0.5, 0.9999)],
    ),
    "VonMises": (
        lambda m, k, n, j: (jd.VonMises(m, k), jd.VonMises(n, j)),
        lambda w, m, k, n, j: (
            (
                log_i0(abs(w * k + (1 - w) * j * mp.expj(n - m)))
                - w * log_i0(k)
                - (1 - w) * log_i0(j)
            )
            / (w - 1)
        ),
        [(0.0, 1.0, 0.5, 2.0), (1.0, 1e-3, 2.0, 1e-3), (0.0, 100.0, 0.01, 101.0)],
    ),
    "InverseGaussian": (
        lambda m, c, n, e: (jd.InverseGaussian(m, c), jd.InverseGaussian(n, e)),
        lambda w, m, c, n, e: (
            (
                w * mp.log(c) / 2
                + (1 - w) * mp.log(e) / 2
                - mp.log(w * c + (1 - w) * e) / 2
                + w * c / m
                + (1 - w) * e / n
                - mp.sqrt((w * c + (1 - w) * e) * (w * c / m**2 + (1 - w) * e / n**2))
            )
            / (w - 1)
        ),
        [(1.0, 1.0, 2.0, 1.5), (1.0, 1.0, 1.0001, 1.0), (100.0, 0.01, 90.0, 0.012)],
    ),
    "Maxwell": (
        lambda s, t: (jd.Maxwell(s), jd.Maxwell(t)),
        lambda w, s, t: (
            1.5
            / (w - 1)
            * (-w * mp.log(s**2) - (1 - w) * mp.log(t**2) - mp.log(w / s**2 + (1 - w) / t**2))
        ),
        [(1.0, 2.0), (1e-20, 1.0001e-20), (3.0, 2.5)],
    ),
}


def log_i0(x):
    return mp.log(mp.besseli(0, x))


def slope(function, x, i):
    """Differentiate in one argument."""
    step = abs(x[i]) * mp.mpf(10) ** -15 or mp.mpf(10) ** -15
    return mp.diff(lambda v: function(*x[:i], v, *x[i + 1 :]), x[i], h=step)


@pytest.mark.parametrize(
    "name",
    [n if n == "InverseGaussian" else pytest.param(n, marks=pytest.mark.slow) for n in CLOSED],
)
def test_divergences_in_closed_form_are_exact(name):
    """The value, and the slopes in the parameters but a count, within the rounding of these."""
    make, exact, points = CLOSED[name]
    names = range(name.endswith("Binomial"), len(points[0]))
    value = lambda *x: jd.renyi_divergence(*make(*x), 0.5)
    columns = np.float32(points).T
    both = jax.jit(jax.vmap(jax.value_and_grad(value, tuple(names))))(*columns)
    distance = jd.hellinger(*make(*columns))
    with mp.workdps(50):
        for k, point in enumerate(columns.T):
            x = [mp.mpf(float(v)) for v in point]
            function = lambda *x: exact(mp.mpf(0.5), *x)
            expected, slopes = function(*x), [slope(function, x, i) for i in names]
            effect = sum(abs(s * x[i]) for s, i in zip(slopes, names, strict=True))
            assert abs(float(both[0][k]) - expected) <= 4 * EPS * max(expected, effect), point
            square = -mp.expm1(-expected / 2)
            rounding = 4 * EPS * (1 + effect / expected)
            assert abs(float(distance[k]) / mp.sqrt(square) - 1) <= rounding, point
            for got, s in zip(both[1], slopes, strict=True):
                change = effect / max(abs(v) for v in x if v)  # the slopes may cancel
                assert abs(float(got[k]) - s) <= 3e-3 * abs(s) + 4 * EPS * change, point


SUMMED = [
    (jd.Multinomial(3, probs=[0.2, 0.3, 0.5]), jd.Multinomial(3, probs=[0.1, 0.1, 0.8])),
    (jd.OneHotCategorical([0.2, 0.3, 0.5]), jd.OneHotCategorical([0.1, 0.1, 0.8])),
    (jd.LogSeries(0.3), jd.LogSeries(0.6)),
    (jd.Zipf(4.0), jd.Zipf(3.5)),
    (jd.DiscreteLaplace(0.5), jd.DiscreteLaplace(0.8)),
    (jd.Binomial(3, 0.0), jd.Binomial(3, [0.5, 1.0])),
    (jd.Chi(2.0), jd.Chi(3.0)),
    (jd.HalfNormal(2.0), jd.HalfNormal(3.0)),
    (jd.LogitNormal(0.0, 1.0), jd.LogitNormal(0.5, 0.8)),
]


@pytest.mark.parametrize(
    ("p", "q"),
    [pytest.param(p, q, marks=[pytest.mark.slow] * (i > 2)) for i, (p, q) in enumerate(SUMMED)],
    ids=lambda d: type(d).__name__,
)
def test_hellinger_distance_is_that_of_the_roots(p, q):
    """A sum over counts or choices, or an integral."""
    if p.support.is_discrete and not p.event_shape:
        x, weight = jnp.arange(-60.0 if isinstance(p, jd.DiscreteLaplace) else 0, 4000.0), 1
    elif p.event_shape:
        n = int(getattr(p, "total_count", 1))
        x = np.array([v for v in itertools.product(range(n + 1), repeat=3) if sum(v) == n])
        weight = 1
    else:
        x = jnp.linspace(1e-6, 1 - 1e-6 if isinstance(p, jd.LogitNormal) else 30.0, 200_001)
        weight = x[1] - x[0]
    shape = (len(x), *q.batch_shape, *p.event_shape)
    x = jnp.broadcast_to(x.reshape(-1, *[1] * len(q.batch_shape), *p.event_shape), shape)
    roots = [jnp.exp(d.expand(q.batch_shape).log_prob(x) / 2) for d in (p, q)]
    expected = np.sqrt(weight * np.sum((roots[0] - roots[1]).astype(float) ** 2, 0) / 2)
    np.testing.assert_allclose(jd.hellinger(p, q), expected, rtol=1e-4)


def test_divergences_of_trials_need_one_count():
    few, more = jd.Binomial(3, 0.5), jd.Binomial(4, 0.25)
    for divergence in (jd.hellinger, functools.partial(jd.renyi_divergence, order=2.0)):
        with pytest.raises(NotImplementedError, match=r"Binomial and Binomial .* total_count"):
            divergence(few, more)
        of_counts = jax.jit(
            lambda n, divergence=divergence: divergence(few, more._with(total_count=n))
        )
        assert np.isnan(of_counts(4.0))
        assert np.isfinite(of_counts(3.0))


def test_products_have_distances():
    p, q = jd.Normal([0.0, 1.0], 1.0), jd.Normal([0.5, 1.0], [1.0, 2.0])
    affinity = np.prod(1 - np.asarray(jd.hellinger(p, q), float) ** 2)
    vectors = [jd.MultivariateNormalDiag(d.loc, d.scale) for d in (p, q)]
    full = jd.MultivariateNormal(q.loc, scale_tril=jnp.diag(q.scale))
    for pair in (
        [jd.Independent(d, 1) for d in (p, q)],
        vectors,
        (vectors[0], full),
    ):
        np.testing.assert_allclose(jd.hellinger(*pair), np.sqrt(1 - affinity), rtol=1e-5)


def test_second_derivatives_of_equal_distributions_are_the_information():
    """Of the divergence of order w, w times it, also where some parameters are equal."""
    p = jd.Normal(0.5, 2.0)
    divergence = lambda x: jd.renyi_divergence(p, jd.Normal(x[0], x[1]), 0.25)
    hessian = jax.hessian(divergence)(jnp.array([0.5, 2.0]))
    np.testing.assert_allclose(hessian, 0.25 * np.diag([0.25, 0.5]), atol=1e-6)


AFFINE = [
    (jd.Normal(0.5, 2.0), jd.Normal(-1.0, 0.25)),
    (jd.Gumbel(0.5, 2.0), jd.Gumbel(-1.0, 0.25)),
    (jd.Exponential(0.5), jd.Exponential(3.0)),
    (jd.Uniform(-1.0, 2.0), jd.Uniform(0.0, 5.0)),
    (jd.Delta(3.0), jd.Gamma(2.0, 1.0)),
    (jd.StudentT(5.0, 1.0, 2.0), jd.StudentT(5.0, -1.0, 0.5)),
    (jd.Weibull(1.0, 1.5), jd.Weibull(3.0, 1.5)),
    (jd.Gamma(2.0, 1.0), jd.Gamma(2.0, 3.0)),
    (jd.LogNormal(0.0, 0.5), jd.LogNormal(1.0, 0.5)),
    (jd.Triangular(0.0, 4.0, 1.0), jd.Triangular(1.0, 3.0, 1.5)),
    (jd.InverseGaussian(1.0, 3.0), jd.InverseGaussian(2.0, 6.0)),
]


@pytest.mark.parametrize(("p", "q"), AFFINE, ids=lambda d: type(d).__name__)
def test_wasserstein_distance_is_that_of_the_quantiles(p, q):
    u = (jnp.arange(20_000) + 0.5) / 20_000
    expected = np.sqrt(np.mean((np.asarray(p.icdf(u)) - np.asarray(q.icdf(u))) ** 2))
    np.testing.assert_allclose(jd.wasserstein(p, q), expected, rtol=1e-2)
    assert jd.wasserstein(p, p) == 0


@pytest.mark.slow
@pytest.mark.parametrize(
    ("p", "q"),
    [
        (jd.AsymmetricLaplace(0.0, 1.0, 2.0), jd.AsymmetricLaplace(1.0, 2.0, 2.0)),
        (jd.Bates(3, 0.0, 1.0), jd.Bates(3, 1.0, 4.0)),
        (
            jd.ExponentiallyModifiedGaussian(0.0, 1.0, 2.0),
            jd.ExponentiallyModifiedGaussian(1, 2, 1),
        ),
        (jd.Cosine(0.0, 1.0), jd.Cosine(1.0, 4.0)),
        (jd.Frechet(1.0, 5.0), jd.Frechet(2.0, 5.0)),
        (jd.GeneralizedExtremeValue(0.0, 1.0, 0.1), jd.GeneralizedExtremeValue(2.0, 3.0, 0.1)),
        (jd.GeneralizedNormal(0.0, 1.0, 3.0), jd.GeneralizedNormal(1.0, 2.0, 3.0)),
        (jd.GeneralizedPareto(0.0, 1.0, 0.1), jd.GeneralizedPareto(1.0, 2.0, 0.1)),
        (jd.Gompertz(0.5, 1.0), jd.Gompertz(0.5, 3.0)),
        (jd.HalfStudentT(7.0, 1.0), jd.HalfStudentT(7.0, 2.0)),
        (jd.InverseGamma(5.0, 1.0), jd.InverseGamma(5.0, 3.0)),
        (jd.JohnsonSU(1.0, 2.0, 0.0, 1.0), jd.JohnsonSU(1.0, 2.0, 1.0, 3.0)),
        (jd.LogLogistic(0.0, 0.1), jd.LogLogistic(1.0, 0.1)),
        (jd.PERT(0.0, 1.0, 4.0, 2.0), jd.PERT(1.0, 1.5, 3.0, 2.0)),
        (jd.Pareto(1.0, 7.0), jd.Pareto(2.0, 7.0)),
        (jd.SinhArcsinh(0.0, 1.0, 0.5, 1.2), jd.SinhArcsinh(1.0, 2.0, 0.5, 1.2)),
        (jd.SkewNormal(0.0, 1.0, 2.0), jd.SkewNormal(1.0, 2.0, 2.0)),
        (
            jd.SkewedExponentialPower(0.0, 1.0, 1.5, 2.0),
            jd.SkewedExponentialPower(1.0, 3.0, 1.5, 2.0),
        ),
        (jd.SoftLaplace(0.0, 1.0), jd.SoftLaplace(1.0, 2.0)),
        (jd.TruncatedNormal(0.0, 1.0, -1.0, 2.0), jd.TruncatedNormal(1.0, 2.0, -1.0, 5.0)),
        (jd.TwoPieceNormal(0.0, 1.0, 2.0), jd.TwoPieceNormal(1.0, 2.0, 2.0)),
        (jd.TwoPieceStudentT(7.0, 0.0, 1.0, 2.0), jd.TwoPieceStudentT(7.0, 1.0, 2.0, 2.0)),
    ],
    ids=lambda d: type(d).__name__,
)
def test_other_families_of_one_shape_have_wasserstein_distances(p, q):
    test_wasserstein_distance_is_that_of_the_quantiles(p, q)


def test_wasserstein_distance_without_a_variance():
    """Infinite, unless all quantiles differ by one shift."""
    shifted = jd.wasserstein(jd.Cauchy([0.0, 1.0], 2.0), jd.Cauchy(3.0, [2.0, 1.0]))
    np.testing.assert_array_equal(shifted, [3, np.inf])
    assert jd.wasserstein(jd.StudentT(2.0, 1.0, 3.0), jd.StudentT(2.0, -1.0, 3.0)) == 2
    assert jd.wasserstein(jd.LogLogistic(1.0, 2.0), jd.LogLogistic(2.0, 2.0)) == np.inf
    assert jd.wasserstein(jd.Delta(0.0), jd.Levy(0.0, 1.0)) == np.inf
    distance = lambda loc: jd.wasserstein(jd.Cauchy(loc, 1.0), jd.Cauchy(0.0, 1.0))
    assert jax.grad(distance)(2.0) == 1


def test_wasserstein_distance_needs_one_shape():
    p, q = jd.StudentT(5.0, 0.0, 1.0), jd.StudentT([5.0, 6.0], 1.0, 2.0)
    with pytest.raises(NotImplementedError, match="differ by more than location and scale"):
        jd.wasserstein(p, q)
    np.testing.assert_array_equal(np.isnan(jax.jit(jd.wasserstein)(p, q)), [False, True])
    # The slope in the shape is that of the moments: the optimal coupling is stationary there.
    distance = lambda df: jd.wasserstein(jd.StudentT(df, 0.0, 1.0), jd.StudentT(df, 0.0, 2.0))
    stddev = lambda df: jd.StudentT(df, 0.0, 1.0).stddev
    np.testing.assert_allclose(jax.grad(distance)(5.0), jax.grad(stddev)(5.0), rtol=1e-5)


def test_wasserstein_distance_of_normal_vectors():
    a, b = np.array([[2.0, 0.5], [0.5, 1.0]]), np.array([[1.0, -0.3], [-0.3, 3.0]])
    root = linalg.sqrtm(a)
    expected = np.sqrt(4 + np.trace(a + b - 2 * linalg.sqrtm(root @ b @ root)))
    p = jd.MultivariateNormal(np.zeros(2), covariance_matrix=a)
    q = jd.MultivariateNormal(np.array([2.0, 0.0]), covariance_matrix=b)
    np.testing.assert_allclose(jd.wasserstein(p, q), expected, rtol=1e-5)
    p, q = (
        jd.MultivariateNormalDiag(np.array(loc), np.array(scale))
        for loc, scale in [([0.0, 1.0], [1.0, 2.0]), ([3.0, 1.0], [1.0, 6.0])]
    )
    np.testing.assert_allclose(jd.wasserstein(p, q), 5, rtol=1e-6)


def test_pairs_without_a_closed_form_are_named():
    p, q = jd.Gamma(1.0, 1.0), jd.Laplace(0.0, 1.0)
    for divergence in (jd.hellinger, jd.js_divergence, jd.wasserstein):
        with pytest.raises(NotImplementedError, match="Gamma"):
            divergence(p, q)
    with pytest.raises(ValueError, match="same values"):
        jd.js_divergence(jd.Categorical([0.5, 0.5]), jd.Categorical([0.2, 0.3, 0.5]))


def test_wasserstein_distance_of_processes():
    circulant = jd.CirculantNormal(jnp.zeros(4), covariance_row=jnp.array([2.0, 0.5, 0.1, 0.5]))
    dense = jd.MultivariateNormal(jnp.full(4, 1.5), circulant.covariance())
    process = jd.GaussianProcess(jd.kernels.RBF(), jnp.arange(4.0), jitter=1e-3)
    np.testing.assert_allclose(jd.wasserstein(circulant, dense), 3, rtol=1e-5)
    assert jd.wasserstein(process, process) == 0


def test_wasserstein_distance_of_a_normal_vector_to_itself_is_zero():
    covariance = jnp.array([[2.0, 0.5, 0.3], [0.5, 1.0, 0.2], [0.3, 0.2, 0.7]])
    d = jd.MultivariateNormal(jnp.zeros(3), covariance)
    assert jd.wasserstein(d, d) == 0
    near = jd.MultivariateNormal(jnp.zeros(3), covariance * 1.0002)
    expected = (np.sqrt(1.0002) - 1) * np.sqrt(3.7)
    np.testing.assert_allclose(jd.wasserstein(d, near), expected, rtol=1e-2)


@pytest.mark.parametrize("order", [-1.0, np.inf])
def test_renyi_divergence_refuses_an_order_that_is_not_positive_and_finite(order):
    with pytest.raises(ValueError, match="'order' must satisfy"):
        jd.renyi_divergence(jd.Normal(0.0, 1.0), jd.Normal(1.0, 1.0), order)
