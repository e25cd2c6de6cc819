"""Sums of two independent variables."""

import doctest

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.experimental import checkify
from scipy import stats

import jaxdist as jd
from jaxdist import convolution

FACTOR = [[1.0, 0.0], [0.5, 2.0]]
VECTOR = jd.MultivariateNormal([0.0, 1.0], scale_tril=FACTOR)
DIAGONAL = jd.MultivariateNormalDiag([1.0, 1.0], [0.5, 2.0])
LOW_RANK = jd.LowRankMultivariateNormal([0.5, 1.0], [[1.0], [2.0]], [0.5, 2.0])
PAIRS = [
    (jd.Normal([0.0, 1.0], 3.0), jd.Normal(2.0, log_scale=np.log(4.0)), jd.Normal),
    (jd.Cauchy(0.0, 1.0), jd.Cauchy(1.0, 2.0), jd.Cauchy),
    (jd.Levy(0.0, 1.0), jd.Levy(1.0, 2.0), jd.Levy),
    (jd.Normal(1.0, 2.0), jd.Exponential(2.0), jd.ExponentiallyModifiedGaussian),
    (
        jd.ExponentiallyModifiedGaussian(1.0, 2.0, 0.5),
        jd.Normal(1.0, 2.0),
        jd.ExponentiallyModifiedGaussian,
    ),
    (
        jd.NormalInverseGaussian(1.0, 2.0, 3.0, 0.5),
        jd.NormalInverseGaussian(0.0, 1.0, 3.0, 0.5),
        jd.NormalInverseGaussian,
    ),
    (jd.Gamma(2.0, 3.0), jd.Gamma([1.0, 0.5], 3.0), jd.Gamma),
    (jd.Gamma(2.0, 0.3), jd.Exponential(np.float32(0.1) * np.float32(3.0)), jd.Gamma),
    (jd.Exponential(3.0), jd.Exponential(3.0), jd.Gamma),
    (jd.Chi2(3.0), jd.Gamma(2.0, 0.5), jd.Gamma),
    (jd.Chi2(3.0), jd.Chi2(4.0), jd.Chi2),
    (jd.NoncentralChi2(3.0, 1.0), jd.NoncentralChi2(2.0, 0.5), jd.NoncentralChi2),
    (jd.NoncentralChi2(3.0, 1.0), jd.Chi2(2.0), jd.NoncentralChi2),
    (jd.InverseGaussian(1.0, 3.0), jd.InverseGaussian(2.0, 12.0), jd.InverseGaussian),
    (jd.Poisson(3.0), jd.Poisson([1.0, 2.0]), jd.Poisson),
    (jd.Skellam(3.0, 1.0), jd.Skellam(1.0, 2.0), jd.Skellam),
    (jd.Skellam(3.0, 1.0), jd.Poisson(1.0), jd.Skellam),
    (jd.Binomial(3, 0.3), jd.Binomial(4, 0.3), jd.Binomial),
    (jd.Binomial(3, logits=0.3), jd.Bernoulli(logits=0.3), jd.Binomial),
    (jd.Bernoulli(0.3), jd.Bernoulli(0.3), jd.Binomial),
    (jd.Bernoulli(0.3), jd.Bernoulli(logits=0.5), jd.PoissonBinomial),
    (jd.PoissonBinomial([0.3, 0.9]), jd.Bernoulli([0.1, 0.2]), jd.PoissonBinomial),
    (jd.PoissonBinomial([0.3, 0.9]), jd.PoissonBinomial([0.5]), jd.PoissonBinomial),
    (jd.NegativeBinomial(2.0, 0.7), jd.NegativeBinomial(0.5, 0.7), jd.NegativeBinomial),
    (jd.NegativeBinomial(2.0, 0.7), jd.Geometric(0.3), jd.NegativeBinomial),
    (jd.Geometric(0.3), jd.Geometric(0.3), jd.NegativeBinomial),
    (jd.Multinomial(2, [0.2, 0.8]), jd.Multinomial(3, [0.2, 0.8]), jd.Multinomial),
    (jd.Categorical([0.2, 0.8]), jd.Categorical([[0.5, 0.0, 0.5]]), jd.Categorical),
    (VECTOR, VECTOR, jd.MultivariateNormal),
    (VECTOR, DIAGONAL, jd.MultivariateNormal),
    (VECTOR, LOW_RANK, jd.MultivariateNormal),
    (DIAGONAL, DIAGONAL, jd.MultivariateNormalDiag),
    (DIAGONAL, LOW_RANK, jd.LowRankMultivariateNormal),
    (LOW_RANK, LOW_RANK, jd.LowRankMultivariateNormal),
    (jd.Delta(2.0), jd.Gamma(2.0, 1.0), jd.TransformedDistribution),
    (jd.Normal(0.0, 1.0), jd.Delta([2.0, 3.0]), jd.Normal),
    (jd.Delta(2.0), jd.Delta(1.0), jd.Delta),
    (
        jd.Independent(jd.Poisson([1.0, 2.0]), 1),
        jd.Independent(jd.Poisson([0.5, 3.0]), 1),
        jd.Independent,
    ),
]


@jax.jit
def transforms(p, q, total):
    t = jnp.stack([jnp.full(total.batch_shape + total.event_shape, t) for t in (0.1, -1.3, 2.0)])
    p, q = p.expand(total.batch_shape), q.expand(total.batch_shape)
    product = jd.characteristic_function(p, t) * jd.characteristic_function(q, t)
    return jd.characteristic_function(total, t), product


@pytest.mark.parametrize(("p", "q", "kind"), PAIRS, ids=lambda x: type(x).__name__)
def test_its_characteristic_function_is_the_product(p, q, kind):
    """Which determines a distribution; those are compared with mpmath elsewhere."""
    for total in (jd.convolve(p, q), jd.convolve(q, p)):
        assert type(total) is kind
        got, expected = transforms(p, q, total)
        np.testing.assert_allclose(got, expected, rtol=2e-5, atol=1e-6)
        assert total.event_shape == p.event_shape


def test_sums_of_circulant_vectors_and_of_mixtures():
    row = np.float32([2.0, 0.5, 0.1, 0.5])
    circulant = jd.CirculantNormal(jnp.ones(4), covariance_row=row)
    total = jd.convolve(circulant, circulant)
    assert isinstance(total, jd.CirculantNormal)
    np.testing.assert_allclose(total.covariance_row, 2 * row, rtol=1e-6)
    dense = jd.convolve(circulant, jd.MultivariateNormalDiag(jnp.zeros(4), jnp.full(4, 3.0)))
    np.testing.assert_allclose(
        dense.covariance(), circulant.covariance() + 9 * np.eye(4), rtol=1e-5, atol=1e-6
    )
    parts = jd.Normal(np.float32([-1.0, 2.0]), np.float32([0.5, 2.0]))
    noisy = jd.convolve(
        jd.Normal([0.0, 3.0], 2.0), jd.MixtureSameFamily(jd.Categorical([0.3, 0.7]), parts)
    )
    assert noisy.batch_shape == (2,)
    x, stddev = 0.7, np.sqrt(4 + np.square([0.5, 2.0]))
    of_part = [stats.norm.pdf(x, loc + np.array([-1.0, 2.0]), stddev) for loc in (0.0, 3.0)]
    np.testing.assert_allclose(
        jnp.exp(noisy.log_prob(x)), of_part @ np.array([0.3, 0.7]), rtol=1e-5
    )


def test_the_sum_of_uniform_numbers_is_triangular():
    total = jd.convolve(jd.Uniform(-1.0, 2.0), jd.Uniform([0.0, 5.0], [3.0, 8.0]))
    x = np.array([0.5, 6.0])
    np.testing.assert_allclose(
        total.log_prob(x), stats.triang(0.5, [-1.0, 4.0], 6.0).logpdf(x), rtol=1e-6
    )


UNEQUAL = [
    (jd.Gamma(2.0, 3.0), jd.Exponential(2.0), "equal rate"),
    (jd.Binomial(2, 0.5), jd.Binomial(2, 0.4), "equal probs"),
    (jd.Geometric(0.5), jd.NegativeBinomial(2.0, 0.4), "equal probs"),
    (jd.Uniform(0.0, 1.0), jd.Uniform(0.0, 2.0), "equal width"),
    (jd.InverseGaussian(1.0, 1.0), jd.InverseGaussian(2.0, 1.0), "equal concentration"),
    (jd.Gumbel(0.0, 1.0), jd.Normal(0.0, 1.0), "Gumbel and Normal has no distribution here; write"),
    (jd.Delta(1.0), jd.Poisson(1.0), "Delta and Poisson has no distribution here; write"),
]


@pytest.mark.parametrize(("p", "q", "message"), UNEQUAL, ids=lambda x: type(x).__name__)
def test_sums_that_leave_the_library_are_errors(p, q, message):
    with pytest.raises(NotImplementedError, match=rf"{message}.*a jaxdist.Program that draws both"):
        jd.convolve(p, q)


def test_traced_parameters_that_differ_give_nan():
    def rate(first, second):
        return jd.convolve(jd.Gamma(1.0, first), jd.Gamma(2.0, second)).rate

    np.testing.assert_array_equal(jax.jit(rate)(3.0, 3.0), 3.0)
    assert np.isnan(jax.jit(rate)(3.0, 2.0))
    with jd.validation("checkify"):
        error, _ = checkify.checkify(jax.jit(lambda x, y: rate(x, y)))(3.0, 2.0)
    with pytest.raises(checkify.JaxRuntimeError, match="equal rate"):
        error.throw()
    trials = jax.jit(lambda p: jd.convolve(jd.Bernoulli(p), jd.Bernoulli(p)))(0.3)
    assert type(trials) is jd.PoissonBinomial


def test_other_types_and_shapes():
    half = jd.convolve(jd.Normal(jnp.bfloat16(1.0), 1.0), jd.Normal(jnp.bfloat16(2.0), 1.0))
    assert half.dtype == jnp.result_type(jnp.bfloat16, 1.0)
    with pytest.raises(TypeError, match="q must be a Distribution"):
        jd.convolve(jd.Normal(0.0, 1.0), 1.0)
    with pytest.raises(ValueError, match="event shapes"):
        jd.convolve(jd.Normal(0.0, 1.0), VECTOR)


def test_the_examples_in_the_documentation_run():
    result = doctest.testmod(convolution)
    assert result.attempted > 0
    assert result.failed == 0
