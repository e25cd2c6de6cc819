"""Rényi and Jensen-Shannon divergences, Hellinger and Wasserstein distances."""

import jax
import jax.numpy as jnp
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


AFFINE = [
    (jd.Normal(0.5, 2.0), jd.Normal(-1.0, 0.25)),
    (jd.Gumbel(0.5, 2.0), jd.Gumbel(-1.0, 0.25)),
    (jd.Exponential(0.5), jd.Exponential(3.0)),
    (jd.Uniform(-1.0, 2.0), jd.Uniform(0.0, 5.0)),
    (jd.Delta(3.0), jd.Gamma(2.0, 1.0)),
]


@pytest.mark.parametrize(("p", "q"), AFFINE, ids=lambda d: type(d).__name__)
def test_wasserstein_distance_is_that_of_the_quantiles(p, q):
    u = (jnp.arange(20_000) + 0.5) / 20_000
    expected = np.sqrt(np.mean((np.asarray(p.icdf(u)) - np.asarray(q.icdf(u))) ** 2))
    np.testing.assert_allclose(jd.wasserstein(p, q), expected, rtol=1e-2)
    assert jd.wasserstein(p, p) == 0


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


def test_wasserstein_distance_of_a_normal_vector_to_itself_is_zero():
    covariance = jnp.array([[2.0, 0.5, 0.3], [0.5, 1.0, 0.2], [0.3, 0.2, 0.7]])
    d = jd.MultivariateNormal(jnp.zeros(3), covariance)
    assert jd.wasserstein(d, d) == 0
    near = jd.MultivariateNormal(jnp.zeros(3), covariance * 1.0002)
    expected = (np.sqrt(1.0002) - 1) * np.sqrt(3.7)
    np.testing.assert_allclose(jd.wasserstein(d, near), expected, rtol=1e-2)


def test_renyi_divergence_refuses_an_order_that_is_not_positive():
    with pytest.raises(ValueError, match="'order' must satisfy"):
        jd.renyi_divergence(jd.Normal(0.0, 1.0), jd.Normal(1.0, 1.0), -1.0)
