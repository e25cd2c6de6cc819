"""Values of any integer type: small ones are what replay buffers hold."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxdist as jd

SMALL = [
    jnp.int8,
    pytest.param(jnp.uint8, marks=pytest.mark.slow),
    pytest.param(jnp.int16, marks=pytest.mark.slow),
    pytest.param(jnp.uint16, marks=pytest.mark.slow),
]
BY_BETA_INTEGRALS = [
    jd.Binomial(1000, 0.1),
    jd.NegativeBinomial(100.0, 0.5),
    jd.BetaBinomial(2.0, 3.0, 1000),
]
DISCRETE = [
    jd.Categorical(logits=np.linspace(-1, 1, 200)),
    jd.Categorical(logits=np.linspace(-1, 1, 40_000)),
    jd.Categorical(np.full(300, 1 / 300)),
    jd.Greedy(np.ones(200)),
    jd.Bernoulli(0.25),
    jd.Poisson(150.0),
    jd.Geometric(0.01),
    *(pytest.param(d, marks=pytest.mark.slow) for d in BY_BETA_INTEGRALS),
    jd.DiscreteUniform(-1000, 100_000),
    jd.ZeroInflated(jd.Poisson(150.0), 0.25),
]


@pytest.mark.parametrize("dtype", SMALL)
@pytest.mark.parametrize("d", DISCRETE, ids=lambda d: f"{type(d).__name__}{d.batch_shape}")
def test_small_integers_are_the_same_numbers(d, dtype):
    values = jnp.array([0, 1, 100, jnp.iinfo(dtype).max])
    for method in ("log_prob", "cdf", "survival_function", "log_cdf", "log_survival_function"):
        function = getattr(d, method)
        np.testing.assert_array_equal(function(values.astype(dtype)), function(values), method)


@pytest.mark.parametrize("dtype", SMALL)
def test_small_integers_of_vectors(dtype):
    for d, value in [
        (jd.OneHotCategorical(np.full(200, 1 / 200)), np.eye(200)[150]),
        (jd.Multinomial(300, [0.25, 0.75]), np.array([200, 100])),
        (jd.DirichletMultinomial([1.0, 2.0, 3.0], 300), np.array([100, 100, 100])),
    ]:
        if np.max(value) <= jnp.iinfo(dtype).max:
            np.testing.assert_array_equal(d.log_prob(value.astype(dtype)), d.log_prob(value))


@pytest.mark.parametrize(
    "d",
    [
        jd.Poisson(3.0),
        jd.Geometric(0.5),
        jd.DiscreteUniform(0, 10),
        jd.Bernoulli(0.5),
        jd.Categorical([0.5, 0.5]),
        pytest.param(jd.Binomial(10, 0.5), marks=pytest.mark.slow),
        pytest.param(jd.NegativeBinomial(3.0, 0.5), marks=pytest.mark.slow),
        pytest.param(jd.BetaBinomial(2.0, 3.0, 10), marks=pytest.mark.slow),
    ],
    ids=lambda d: type(d).__name__,
)
@pytest.mark.parametrize("value", [jnp.int32(2**31 - 1), jnp.uint32(2**32 - 1)])
def test_the_largest_integers_have_all_of_the_mass_below(d, value):
    """Adding one to them overflows their type."""
    assert d.cdf(value) == 1
    assert d.survival_function(value) == 0
    assert d.log_prob(value) < -20


@pytest.mark.parametrize("excess", [-1, 0, 1])
def test_counts_must_sum_exactly_to_a_total_that_float32_rounds(excess):
    value = jnp.array([2**24, 2**24 + excess])
    for d in (jd.Multinomial(2**25, [0.5, 0.5]), jd.DirichletMultinomial([1.0, 1.0], 2**25)):
        assert np.isfinite(d.log_prob(value)) == (excess == 0)


@pytest.mark.parametrize("probs", [[0.3, 0.3, 0.4], [1e-7, 1 - 2e-7, 1e-7], [0.5, 0.0, 0.5]])
def test_draws_of_a_total_that_float32_rounds_sum_to_it(probs):
    draws = jd.Multinomial(2**25, probs).sample(jax.random.key(0), 500)
    np.testing.assert_array_equal(np.sum(draws, -1), 2**25)
    assert np.all(draws >= 0)
