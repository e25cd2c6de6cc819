"""Conjugate posteriors against Bayes' formula, estimates against the likelihood around them."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

import jaxdist as jd

KEY = jax.random.key(5)
COVARIANCE = np.array([[2.0, 0.5], [0.5, 1.0]])

# The prior, the class of the likelihood and its other parameters, its unknown one, and data.
CONJUGATE = [
    (jd.Beta(2.0, 3.0), jd.Bernoulli, {}, "probs", [1, 0, 1, 1]),
    (jd.Beta(2.0, 3.0), jd.Binomial, {"total_count": 5}, "probs", [1, 4, 5]),
    (jd.Beta(2.0, 3.0), jd.Geometric, {}, "probs", [0, 2, 7]),
    (jd.Beta(2.0, 3.0), jd.NegativeBinomial, {"total_count": 4.0}, "probs", [0, 2, 7]),
    (jd.Gamma(2.0, 3.0), jd.Poisson, {}, "rate", [0, 2, 7]),
    (jd.Gamma(2.0, 3.0), jd.Exponential, {}, "rate", [0.5, 2.0]),
    (jd.Gamma(2.0, 3.0), jd.Gamma, {"concentration": 1.5}, "rate", [0.5, 2.0]),
    (jd.Gamma(2.0, 3.0), jd.InverseGamma, {"concentration": 1.5}, "rate", [0.5, 2.0]),
    (jd.Gamma(2.0, 3.0), jd.Pareto, {"scale": 0.25}, "alpha", [0.5, 2.0]),
    (jd.Normal(1.0, 2.0), jd.Normal, {"scale": 1.5}, "loc", [0.5, 3.0]),
    (jd.Normal(1.0, 2.0), jd.LogNormal, {"scale": 1.5}, "loc", [0.5, 3.0]),
    (jd.Pareto(1.0, 2.0), jd.Uniform, {}, "high", [0.5, 3.0]),
    (jd.Dirichlet([1.0, 2.0, 0.5]), jd.Categorical, {}, "probs", [0, 2, 2]),
    (jd.Dirichlet([1.0, 2.0, 0.5]), jd.OneHotCategorical, {}, "probs", np.eye(3)[[0, 2, 2]]),
    (
        jd.Dirichlet([1.0, 2.0, 0.5]),
        jd.Multinomial,
        {"total_count": 3},
        "probs",
        [[1, 0, 2], [0, 3, 0]],
    ),
    (
        jd.MultivariateNormal(jnp.ones(2), scale_tril=[[1.0, 0.0], [0.5, 2.0]]),
        jd.MultivariateNormal,
        {"covariance_matrix": COVARIANCE},
        "loc",
        [[0.5, 1.0], [2.0, -1.0], [0.0, 1.5]],
    ),
    (
        jd.InverseWishart(4.0, COVARIANCE),
        jd.MultivariateNormal,
        {"loc": np.array([0.5, 0.0])},
        "covariance_matrix",
        [[0.5, 1.0], [2.0, -1.0], [0.0, 1.5]],
    ),
    (
        jd.Wishart(4.0, covariance_matrix=COVARIANCE),
        jd.MultivariateNormal,
        {"loc": np.array([0.5, 0.0])},
        "precision_matrix",
        [[0.5, 1.0], [2.0, -1.0], [0.0, 1.5]],
    ),
]


def log_joint(prior, likelihood, known, unknown, data, weights, theta):
    extra = {"low": 0.0} if likelihood is jd.Uniform else known
    if likelihood is jd.Multinomial:
        extra = {"total_count": jnp.asarray(known["total_count"])}
    log_likelihood = likelihood(**{unknown: theta}, **extra).log_prob(jnp.asarray(data))
    return prior.log_prob(theta) + jnp.sum(weights * log_likelihood)


@pytest.mark.parametrize(
    ("prior", "likelihood", "known", "unknown", "data"),
    CONJUGATE,
    ids=lambda x: x.__name__ if isinstance(x, type) else None,
)
def test_the_posterior_is_proportional_to_prior_times_likelihood(
    prior, likelihood, known, unknown, data
):
    other = {} if likelihood is jd.Multinomial else known
    weights = jnp.arange(1.0, len(data) + 1)
    posterior = jd.posterior(prior, likelihood, data, weights=weights, **other)
    assert type(posterior) is type(prior)
    draws = posterior.sample(KEY, 3)
    excess = [
        posterior.log_prob(x) - log_joint(prior, likelihood, known, unknown, data, weights, x)
        for x in draws
    ]
    np.testing.assert_allclose(excess, np.broadcast_to(excess[0], 3), rtol=2e-5, atol=2e-5)


def test_posteriors_of_a_batch():
    data = jnp.array([[0.0, 2.0, 5.0], [1.0, 2.0, 3.0]])
    batch = jd.posterior(jd.Gamma(2.0, 1.0), jd.Poisson, data)
    assert batch.batch_shape == (3,)
    one = jd.posterior(jd.Gamma(2.0, 1.0), jd.Poisson, data[:, 2])
    np.testing.assert_allclose(batch[2].concentration, one.concentration)


def test_what_is_not_conjugate_or_not_known_is_named():
    with pytest.raises(NotImplementedError, match="no conjugate update is known for"):
        jd.posterior(jd.Normal(0.0, 1.0), jd.Poisson, [1.0])
    with pytest.raises(TypeError, match=r"other parameters are \['scale'\]; got \[\]"):
        jd.posterior(jd.Normal(0.0, 1.0), jd.Normal, [1.0])
    with pytest.raises(ValueError, match="weights must have shape"):
        jd.posterior(jd.Beta(1.0, 1.0), jd.Bernoulli, [1, 0], weights=[1.0])
    with pytest.raises(ValueError, match="an axis of observations"):
        jd.fit(jd.Normal, 1.0)
    with pytest.raises(NotImplementedError, match="no maximum likelihood estimate is known"):
        jd.fit(jd.StudentT, [1.0])


SMOOTH = [
    jd.Normal([0.5, -3.0], [1.0, 0.1]),
    jd.LogNormal([0.5, -3.0], [1.0, 0.1]),
    jd.Exponential([0.5, 10.0]),
    jd.HalfNormal([0.5, 10.0]),
    jd.Rayleigh([0.5, 10.0]),
    jd.Maxwell([0.5, 10.0]),
    jd.Gamma([0.3, 200.0], [2.0, 0.1]),
    jd.InverseGamma([0.8, 200.0], [2.0, 0.1]),
    jd.Bernoulli([0.3, 0.9]),
    jd.Poisson([0.3, 40.0]),
    jd.Geometric([0.3, 0.05]),
    pytest.param(jd.DiscreteLaplace([0.3, 2.0]), marks=pytest.mark.slow),
    jd.VonMises([0.5, 3.0], [0.3, 400.0]),
    jd.MultivariateNormalDiag(jnp.array([[0.5, 2.0], [-1.0, 3.0]]), jnp.array([0.5, 4.0])),
    jd.MultivariateNormal(jnp.array([0.5, 2.0]), covariance_matrix=COVARIANCE).expand((2,)),
]


@pytest.mark.parametrize("d", SMOOTH, ids=lambda d: type(d).__name__)
def test_the_gradient_of_the_likelihood_is_zero_at_the_estimate(d):
    data = d.sample(KEY, 200)
    weights = jnp.linspace(0.5, 1.5, 200)
    estimate = jd.fit(type(d), data, weights=weights)

    def mean_log_prob(estimate):
        return jnp.sum(weights[:, None] * estimate.log_prob(data)) / 200

    for leaf, slope in zip(
        jax.tree.leaves(estimate), jax.tree.leaves(jax.grad(mean_log_prob)(estimate)), strict=True
    ):
        np.testing.assert_allclose(slope * jnp.maximum(jnp.abs(leaf), 0.01), 0, atol=2e-3)


@pytest.mark.parametrize(
    ("d", "names"),
    [
        (jd.Laplace(2.0, 3.0), ("loc", "scale")),
        (jd.Uniform(-1.0, 5.0), ("low", "high")),
        (jd.Pareto(2.0, 3.0), ("scale", "alpha")),
        (jd.OneHotCategorical([0.2, 0.3, 0.5]), ("probs",)),
    ],
    ids=lambda x: type(x).__name__ if isinstance(x, jd.Distribution) else None,
)
def test_estimates_are_near_the_parameters_of_many_draws(d, names):
    estimate = jd.fit(type(d), d.sample(KEY, 20_000))
    for name in names:
        np.testing.assert_allclose(getattr(estimate, name), getattr(d, name), rtol=0.05)


def test_weights_count_observations():
    twice = jd.fit(jd.Laplace, [1.0, 2.0, 2.0, 7.0])
    weighted = jd.fit(jd.Laplace, [1.0, 7.0, 2.0], weights=[1.0, 1.0, 2.0])
    np.testing.assert_allclose(weighted.scale, twice.scale)
    np.testing.assert_allclose(weighted.loc, 2.0)


def test_the_spread_of_normal_data_far_from_zero_does_not_cancel():
    data = np.float32(1e4) + stats.norm.rvs(size=1000, random_state=0).astype(np.float32)
    np.testing.assert_allclose(jd.fit(jd.Normal, data).scale, np.std(data.astype(float)), 1e-5)
