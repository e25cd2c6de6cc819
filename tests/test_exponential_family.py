"""Exponential families: the density, entropy and divergence from the log-normalizer."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import special

import jaxdist as jd
from tests.catalog import CATALOG

KEY = jax.random.key(2)


def rests(x):
    """What is left after each entry but the last."""
    return np.cumsum(x[..., ::-1], -1)[..., -2::-1]


STATISTICS = {
    jd.Normal: lambda x: (x, x * x),
    jd.Bernoulli: lambda x: (x,),
    jd.Exponential: lambda x: (x,),
    jd.Lindley: lambda x: (x,),
    jd.Gamma: lambda x: (np.log(x), x),
    jd.Chi2: lambda x: (np.log(x), x),
    jd.Poisson: lambda x: (x,),
    jd.Beta: lambda x: (np.log(x), np.log1p(-x)),
    jd.ContinuousBernoulli: lambda x: (x,),
    jd.Dirichlet: lambda x: (np.log(x),),
    jd.GeneralizedDirichlet: lambda x: (np.log(x[..., :-1]), np.log(rests(x))),
    jd.Categorical: lambda x: (np.eye(3)[x],),
    jd.Wishart: lambda x: (np.linalg.slogdet(x)[1], x),
    jd.InverseGamma: lambda x: (np.log(x), 1 / x),
    jd.LogNormal: lambda x: (np.log(x), np.log(x) ** 2),
    jd.Geometric: lambda x: (x,),
    jd.Rayleigh: lambda x: (x**2,),
    jd.MultivariateNormal: lambda x: (x, x[..., :, None] * x[..., None, :]),
    jd.VonMisesFisher: lambda x: (x,),
}
MEMBERS = {
    jd.Normal: (lambda: jd.Normal([0.5, -1.0], [2.0, 0.3]), lambda: jd.Normal(0.1, [1.0, 0.5])),
    jd.Bernoulli: (lambda: jd.Bernoulli([0.2, 0.7]), lambda: jd.Bernoulli([0.5, 0.9])),
    jd.Exponential: (lambda: jd.Exponential([0.5, 3.0]), lambda: jd.Exponential([1.0, 4.0])),
    jd.Lindley: (lambda: jd.Lindley([0.5, 3.0]), lambda: jd.Lindley([1.0, 4.0])),
    jd.Gamma: (lambda: jd.Gamma([0.5, 3.0], 2.0), lambda: jd.Gamma([1.0, 4.0], [3.0, 1.0])),
    jd.Chi2: (lambda: jd.Chi2([1.5, 3.0]), lambda: jd.Chi2([1.0, 4.0])),
    jd.Poisson: (lambda: jd.Poisson([0.5, 3.0]), lambda: jd.Poisson([1.0, 4.0])),
    jd.Beta: (lambda: jd.Beta([1.5, 3.0], 2.0), lambda: jd.Beta([1.0, 4.0], [3.0, 1.0])),
    jd.ContinuousBernoulli: (
        lambda: jd.ContinuousBernoulli([0.2, 0.7]),
        lambda: jd.ContinuousBernoulli([0.4, 0.9]),
    ),
    jd.Dirichlet: (lambda: jd.Dirichlet([[1.5, 3.0], [2, 1]]), lambda: jd.Dirichlet([1.0, 4.0])),
    jd.GeneralizedDirichlet: (
        lambda: jd.GeneralizedDirichlet([[1.5, 3.0], [2, 1]], [0.5, 2.0]),
        lambda: jd.GeneralizedDirichlet([1.0, 4.0], 2.0),
    ),
    jd.Categorical: (
        lambda: jd.Categorical([[0.2, 0.3, 0.5], [0.1, 0.1, 0.8]]),
        lambda: jd.Categorical([0.3, 0.3, 0.4]),
    ),
    jd.Wishart: (
        lambda: jd.Wishart([3.0, 5.0], scale_tril=[[1.0, 0.0], [0.5, 2.0]]),
        lambda: jd.Wishart([4.0, 5.0], scale_tril=[[1.5, 0.0], [0.1, 1.0]]),
    ),
    jd.InverseGamma: (
        lambda: jd.InverseGamma([1.5, 3.0], 2.0),
        lambda: jd.InverseGamma([1.0, 4.0], [3.0, 1.0]),
    ),
    jd.LogNormal: (
        lambda: jd.LogNormal([0.5, -1.0], [2.0, 0.3]),
        lambda: jd.LogNormal(0.1, [1.0, 0.5]),
    ),
    jd.Geometric: (lambda: jd.Geometric([0.2, 0.7]), lambda: jd.Geometric([0.5, 0.9])),
    jd.Rayleigh: (lambda: jd.Rayleigh([0.5, 3.0]), lambda: jd.Rayleigh([1.0, 4.0])),
    jd.MultivariateNormal: (
        lambda: jd.MultivariateNormal([0.5, -1.0], scale_tril=[[1.0, 0.0], [0.5, 2.0]]),
        lambda: jd.MultivariateNormal([0.0, 1.0], scale_tril=[[1.5, 0.0], [0.1, 1.0]]),
    ),
    jd.VonMisesFisher: (
        lambda: jd.VonMisesFisher([[0.6, 0.8], [0.0, 1.0]], [2.0, 5.0]),
        lambda: jd.VonMisesFisher([1.0, 0.0], [1.0, 3.0]),
    ),
}
# Their laws are slow tests.
OTHERS = (
    jd.GeneralizedDirichlet,
    jd.InverseGamma,
    jd.LogNormal,
    jd.Lindley,
    jd.Geometric,
    jd.Rayleigh,
    jd.MultivariateNormal,
    jd.VonMisesFisher,
)


def log_base_measure(kind, x):
    logs = {
        jd.Poisson: lambda x: -special.gammaln(x + 1.0),
        jd.LogNormal: lambda x: -np.log(x),
        jd.Rayleigh: np.log,
        jd.Lindley: np.log1p,
        jd.MultivariateNormal: lambda x: -x.shape[-1] * np.log(2 * np.pi) / 2,
    }
    return logs[kind](x) if kind in logs else 0


@functools.partial(jax.jit, compiler_options={"xla_backend_optimization_level": 0})
def evaluate(p, q, x):
    natural = p.natural_parameters
    entropies = jd.ExponentialFamily._entropy(p), p.entropy()
    divergences = p.bregman_divergence(q), jd.kl_divergence(p, q)
    return natural, p.log_normalizer(*natural), p.log_prob(x), entropies, divergences


@pytest.mark.parametrize(
    "kind",
    [pytest.param(k, marks=[pytest.mark.slow] * (k in OTHERS), id=k.__name__) for k in MEMBERS],
)
def test_parameters_and_normalizer_make_density_entropy_and_divergence(kind):
    p, q = (make().expand((2,)) for make in MEMBERS[kind])
    x = np.asarray(p.sample(KEY, 5))
    natural, normalizer, log_prob, entropies, divergences = evaluate(p, q, x)
    products = [eta * t for eta, t in zip(natural, STATISTICS[kind](x), strict=True)]
    inner = sum(np.sum(np.reshape(product, (5, 2, -1)), -1) for product in products)
    expected = inner - normalizer + log_base_measure(kind, x)
    np.testing.assert_allclose(log_prob, expected, rtol=2e-5, atol=1e-5)
    np.testing.assert_allclose(*entropies, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(*divergences, rtol=1e-5, atol=2e-6)
    again = kind.from_natural_parameters(*natural)
    np.testing.assert_allclose(again.log_prob(x), log_prob, rtol=2e-5, atol=1e-5)


def test_the_members_are_those_of_the_catalog():
    others = jd.Softmax | jd.Greedy | jd.EpsilonGreedy | jd.OrderedLogistic | jd.ProbitBernoulli
    others |= jd.StoppingRatioLogistic
    assert set(MEMBERS) == {
        kind
        for row in CATALOG
        if issubclass(kind := type(row.make()), jd.ExponentialFamily)
        and not issubclass(kind, others)
    }


def test_a_masked_category_leaves_entropy_and_divergence_finite():
    p = jd.Categorical(logits=[0.0, 1.0, -np.inf])
    np.testing.assert_allclose(jd.ExponentialFamily._entropy(p), p.entropy(), rtol=1e-6)


class Rayleigh(jd.ExponentialFamily):
    """A family that is not part of the library."""

    rate: jd.Param = jd.param(jd.constraints.positive)
    support = jd.constraints.positive

    def _natural_parameters(self):
        return (-self.rate,)

    def _log_normalizer(self, *natural_parameters):
        return -jnp.log(-natural_parameters[0])


def test_the_divergence_of_any_family_is_found():
    p, q = Rayleigh(np.array([[1.0], [2.0]])), Rayleigh([1.0, 3.0, 4.0])
    ratio = q.rate / p.rate
    np.testing.assert_allclose(
        jd.kl_divergence(p, q), ratio - 1 - np.log(ratio), rtol=1e-5, atol=1e-6
    )
    with pytest.raises(TypeError, match="Rayleigh and Exponential"):
        p.bregman_divergence(jd.Exponential(1.0))
