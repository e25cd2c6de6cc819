"""Divergences that are infinite, with gradient 0, because p has mass outside q's support."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxdist as jd
from tests.kl_pairs.evaluation import quick_jit, values, values_and_gradients

# The infinite pairs of torch.distributions.kl.
INFINITE = {
    jd.Normal(0.0, 1.0): "Beta ContinuousBernoulli Exponential Gamma Pareto Uniform",
    jd.Laplace(0.0, 1.0): "Beta ContinuousBernoulli Exponential Gamma Pareto Uniform",
    jd.Gumbel(0.0, 1.0): "Beta ContinuousBernoulli Exponential Gamma Pareto Uniform",
    jd.Exponential(1.0): "Beta ContinuousBernoulli Pareto Uniform",
    jd.Gamma(2.0, 1.0): "Beta ContinuousBernoulli Pareto Uniform",
    jd.Pareto(1.0, 2.0): "Beta ContinuousBernoulli Uniform",
    jd.Beta(2.0, 2.0): "Pareto",
    jd.ContinuousBernoulli(0.3): "Pareto",
    jd.Poisson(2.0): "Bernoulli Binomial",
}
Q = {
    "Beta": jd.Beta(2.0, 3.0),
    "ContinuousBernoulli": jd.ContinuousBernoulli(0.3),
    "Exponential": jd.Exponential(2.0),
    "Gamma": jd.Gamma(2.0, 3.0),
    "Pareto": jd.Pareto(0.5, 2.0),
    "Uniform": jd.Uniform(0.0, 2.0),
    "Bernoulli": jd.Bernoulli(0.3),
    "Binomial": jd.Binomial(3, 0.3),
}


@pytest.mark.parametrize("p", INFINITE, ids=lambda p: type(p).__name__)
def test_mass_outside_the_support_of_q_gives_infinity_with_gradient_zero(p):
    for value, gradients in values_and_gradients([(p, Q[name]) for name in INFINITE[p].split()]):
        assert value == np.inf
        assert all(leaf == 0 for leaf in gradients)


PAIRS_OF_A_PARAMETER = {
    "Uniform Beta": lambda low: (jd.Uniform(low, 1.0), jd.Beta(2.0, 2.0)),
    "Uniform Uniform": lambda low: (jd.Uniform(low, 1.0), jd.Uniform(0.0, 1.0)),
    "Uniform Gamma": lambda low: (jd.Uniform(low, 1.0), jd.Gamma(2.0, 2.0)),
    "Beta Uniform": lambda low: (jd.Beta(2.0, 2.0), jd.Uniform(-0.5 - low, 1.0)),
    "Pareto Pareto": lambda scale: (jd.Pareto(scale + 2, 3.0), jd.Pareto(2.0, 4.0)),
    "TruncatedNormal Uniform": lambda low: (
        jd.TruncatedNormal(0.0, 1.0, low, 1.0),
        jd.Uniform(-0.5, 2.0),
    ),
    "Poisson": lambda rate: (jd.Poisson(1.0), jd.Poisson(jnp.maximum(rate, 0.0))),
    "Bernoulli": lambda probs: (jd.Bernoulli(0.5), jd.Bernoulli(jnp.maximum(probs, 0.0))),
    "Geometric": lambda probs: (jd.Geometric(0.5), jd.Geometric(jnp.minimum(1 + probs, 1.0))),
    "Multinomial": lambda weight: (
        jd.Multinomial(3, [0.5, 0.5]),
        jd.Multinomial(3, [jnp.maximum(weight, 0), 1.0]),
    ),
}


@pytest.mark.parametrize(
    ("name", "inside", "outside"),
    [
        ("Uniform Beta", 0.0, -1.0),
        ("Uniform Uniform", 0.0, -1.0),
        ("Uniform Gamma", 0.0, -1.0),
        ("Beta Uniform", 0.5, -1.0),
        ("Pareto Pareto", 0.5, -1.0),
        ("TruncatedNormal Uniform", 0.5, -1.0),
        ("Poisson", 1.0, -1.0),
        ("Bernoulli", 0.5, -1.0),
        ("Geometric", -0.5, 1.0),
        ("Multinomial", 1.0, -1.0),
    ],
)
def test_parameters_decide_whether_it_is_infinite(name, inside, outside):
    def divergence(parameter):
        return jd.kl_divergence(*PAIRS_OF_A_PARAMETER[name](parameter))

    value_and_gradient = quick_jit(jax.value_and_grad(divergence))
    assert np.isfinite(value_and_gradient(inside)[0])
    assert value_and_gradient(outside) == (np.inf, 0)


def test_counts_that_are_zero_with_probability_one_have_finite_divergences():
    always_zero = (jd.Poisson(0.0), jd.Geometric(1.0), jd.NegativeBinomial(2.0, 0.0))
    bounded = (jd.Bernoulli(0.25), jd.Binomial(1, 0.25))
    divergences = values([(p, q) for p in always_zero for q in bounded])
    np.testing.assert_allclose(divergences, -np.log(0.75), rtol=1e-6)
    assert jd.kl_divergence(jd.Poisson(0.0), jd.Poisson(0.0)) == 0


def test_binomials_of_which_an_outcome_is_impossible():
    infinite, finite = values(
        [
            (jd.Binomial(0, 0.5), jd.Binomial(3, 1.0)),
            (jd.Binomial(5, 0.0), jd.Binomial(3, 0.5)),
        ]
    )
    assert infinite == np.inf
    np.testing.assert_allclose(finite, 3 * np.log(2), rtol=1e-5)


def test_a_multinomial_of_another_total_count_is_infinite_with_gradient_zero():
    # The divergence of a choice is infinite too, which must not give NaN.
    p, q = jd.Multinomial(3, [0.5, 0.5]), jd.Multinomial(4, [0.0, 1.0])
    ((value, gradients),) = values_and_gradients([(p, q)])
    assert value == np.inf
    assert all(np.all(leaf == 0) for leaf in gradients)


def test_a_masked_category_has_divergence_zero_to_itself():
    d = jd.Categorical(logits=[0.0, 0.0, -np.inf])
    others = (d, jd.Softmax(d.logits), jd.Categorical([0.5, 0.5, 0.0]))
    for value, gradients in values_and_gradients([(p, d) for p in others]):
        assert value == 0
        for leaf in gradients:
            np.testing.assert_allclose(leaf, 0, atol=1e-7)
