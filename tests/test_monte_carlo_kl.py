"""Monte Carlo estimates of divergences, and cross-entropies."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxdist as jd
from tests.kl_pairs.evaluation import quick_jit, values_and_gradients

KEY = jax.random.key(3)


@pytest.mark.parametrize(
    ("p", "q"),
    [
        pytest.param(
            jd.Wishart(4.0, scale_tril=np.eye(2)),
            jd.Wishart(6.0, scale_tril=[[0.7, 0], [0.3, 0.6]]),
            marks=pytest.mark.slow,
        ),
        pytest.param(jd.LKJCholesky(3, 1.5), jd.LKJCholesky(3, 2.5), marks=pytest.mark.slow),
        (jd.Multinomial(5, [0.2, 0.3, 0.5]), jd.Multinomial(5, [0.3, 0.3, 0.4])),
        (jd.Normal(np.zeros(2), 1.0), jd.Normal(0.2, [1.1, 0.5])),
        (jd.Uniform(0.0, 1.0), jd.Normal(0.5, 1.0)),
    ],
    ids=lambda d: type(d).__name__,
)
def test_the_estimate_agrees_with_the_closed_form(p, q):
    @quick_jit
    def estimate_and_divergence(p, q):
        return jd.monte_carlo_kl(p, q, KEY, 20_000), jd.kl_divergence(p, q)

    (estimate, error), exact = estimate_and_divergence(p, q)
    assert estimate.shape == error.shape == exact.shape
    assert np.all(np.abs(estimate - exact) < 5 * error + 1e-6)


def test_the_estimate_agrees_where_torch_has_a_wrong_closed_form():
    """The expected distance of a normal draw from another location than its own."""
    p, q = jd.Normal(1.0, 2.0), jd.Laplace(-3.0, 1.5)
    estimate, error = jd.monte_carlo_kl(p, q, KEY, 100_000)
    assert abs(estimate - jd.kl_divergence(p, q)) < 5 * error


@pytest.mark.parametrize(
    ("p", "q"),
    [
        (jd.Normal(0.0, 1.0), jd.Normal(0.3, 1.2)),
        (jd.Bernoulli(logits=0.4), jd.Bernoulli(logits=-0.2)),
    ],
    ids=lambda d: type(d).__name__,
)
def test_the_gradient_of_the_estimate_is_that_of_the_divergence(p, q):
    def estimate(p, q):
        return jd.monte_carlo_kl(p, q, KEY, 200_000).estimate

    sampled = jax.tree.leaves(quick_jit(jax.grad(estimate, argnums=(0, 1)))(p, q))
    ((_, exact),) = values_and_gradients([(p, q)])
    np.testing.assert_allclose(sampled, exact, atol=0.01)


def test_the_estimate_is_infinite_if_a_draw_is_outside_the_support_of_q():
    estimate, error = jd.monte_carlo_kl(jd.Normal(0.0, 1.0), jd.Exponential(1.0), KEY, 100)
    assert estimate == error == np.inf


def test_an_estimate_needs_two_draws():
    with pytest.raises(ValueError, match="at least 2; got 1"):
        jd.monte_carlo_kl(jd.Normal(0.0, 1.0), jd.Normal(0.0, 1.0), KEY, 1)


def test_cross_entropy_is_the_entropy_plus_the_divergence():
    p, q = jd.Categorical([0.25, 0.75]), jd.Categorical([0.5, 0.5])
    np.testing.assert_allclose(jd.cross_entropy(p, q), np.log(2), rtol=1e-6)
    np.testing.assert_allclose(jd.cross_entropy(p, p), p.entropy(), rtol=1e-6)


def test_cross_entropy_is_infinite_where_the_divergence_is():
    assert jd.cross_entropy(jd.Normal(0.0, 1.0), jd.Exponential(1.0)) == np.inf


def test_cross_entropy_in_half_precision_is_computed_in_float32():
    half = jnp.bfloat16
    p, q = jd.Normal(half(0.0), half(1.0)), jd.Normal(half(0.5), half(1.5))
    wide = 0.5 * np.log(2 * np.pi * 2.25) + 1.25 / 4.5
    assert jd.cross_entropy(p, q).dtype == half
    np.testing.assert_allclose(float(jd.cross_entropy(p, q)), wide, rtol=4e-3)


MASKED, UNMASKED = np.array([0.0, -np.inf, 0.0]), np.array([0.0, np.log(2), 0.0])


@pytest.mark.parametrize(
    ("p", "q", "exact"),
    [
        (jd.Categorical(logits=MASKED), jd.Categorical(logits=UNMASKED), np.log(2)),
        (jd.OneHotCategorical(logits=MASKED), jd.OneHotCategorical(logits=UNMASKED), np.log(2)),
        (jd.Categorical([0.5, 0.0, 0.5]), jd.Categorical([0.25, 0.5, 0.25]), np.log(2)),
        (jd.Multinomial(3, logits=MASKED), jd.Multinomial(3, logits=UNMASKED), 3 * np.log(2)),
        (jd.Greedy([0.0, 1.0, 0.0]), jd.Softmax([0.0, np.log(2), 0.0]), np.log(2)),
        (jd.Bernoulli(1.0), jd.Bernoulli(0.25), np.log(4)),
        (jd.Poisson(0.0), jd.Poisson(0.7), 0.7),
        (jd.Binomial(3, 1.0), jd.Binomial(3, 0.25), 3 * np.log(4)),
        (
            jd.Independent(jd.Categorical(logits=np.stack([MASKED, UNMASKED])), 1),
            jd.Independent(jd.Categorical(logits=np.stack([UNMASKED, UNMASKED])), 1),
            np.log(2),
        ),
        (
            jd.Joint([jd.Categorical(logits=MASKED), jd.Normal(0.0, 1.0)]),
            jd.Joint([jd.Categorical(logits=UNMASKED), jd.Normal(0.0, 1.0)]),
            np.log(2),
        ),
        (jd.ZeroInflated(jd.Poisson(0.7), 1.0), jd.ZeroInflated(jd.Poisson(0.7), 0.0), 0.7),
        (jd.Uniform(0.0, 0.5), jd.Uniform(0.0, 1.0), np.log(2)),
    ],
    ids=lambda x: type(x).__name__,
)
def test_the_estimate_is_unbiased_where_q_has_mass_outside_of_the_support_of_p(p, q, exact):
    estimate, error = jd.monte_carlo_kl(p, q, KEY, 1000)
    assert abs(estimate - exact) <= 5 * error + 1e-5


def test_equal_distributions_have_the_estimate_0_without_error():
    """The low-variance form is used where the supports are known to be equal."""
    for d in (jd.Categorical(logits=MASKED), jd.Normal(0.0, 1.0), jd.Poisson(3.0)):
        assert jd.monte_carlo_kl(d, d, KEY, 10) == (0, 0)


def test_different_numbers_of_categories_are_an_error():
    with pytest.raises(ValueError, match="as many categories; got 2 and 3"):
        jd.monte_carlo_kl(jd.Categorical([0.5] * 2), jd.Categorical([0.2, 0.3, 0.5]), KEY, 4)
