"""Surrogates: the value is the objective, the gradient an estimator."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxdist as jd

KEY = jax.random.key(5)


def mean_of_square(mu, baseline=0.0):
    d = jd.Normal(mu, 1.0)
    x = d.sample(KEY, (400_000,))
    return jd.score_function(d.log_prob(x), x**2, baseline)


@pytest.mark.parametrize("baseline", [0.0, 1.0, -3.0])
def test_score_function_has_the_value_and_the_gradient_of_the_expectation(baseline):
    """E[x^2] under Normal(mu, 1) is mu^2 + 1, its derivatives 2 mu and 2."""
    mu = 1.5
    value = mean_of_square(mu, baseline)
    np.testing.assert_allclose(value, jd.Normal(mu, 1.0).sample(KEY, (400_000,)) ** 2, rtol=1e-6)
    each = jax.jacfwd(mean_of_square)(mu, baseline)
    error = 5 * float(jnp.std(each)) / len(each) ** 0.5
    assert abs(float(jnp.mean(each)) - 2 * mu) < error
    second = jax.jacfwd(jax.jacfwd(mean_of_square))(mu, baseline)
    error = 5 * float(jnp.std(second)) / len(second) ** 0.5
    assert abs(float(jnp.mean(second)) - 2) < error


def test_a_baseline_reduces_the_variance_and_gets_no_gradient():
    plain, helped = (jax.jacfwd(mean_of_square)(3.0, b) for b in (0.0, 10.0))
    assert float(jnp.var(helped)) < float(jnp.var(plain)) / 2
    gradient = jax.grad(lambda b: jnp.mean(jd.score_function(-1.0, 2.0, b)))(0.5)
    assert gradient == 0


def test_score_function_differentiates_the_objective_itself():
    gradient = jax.grad(lambda t: jd.score_function(-1.0, t**2))(3.0)
    assert gradient == 6


def test_score_function_at_an_impossible_draw():
    value, gradient = jax.value_and_grad(jd.score_function)(-jnp.inf, 2.0)
    assert value == 2
    assert gradient == 0


def test_the_discrete_score_function_against_the_exact_gradient():
    logits = jnp.array([0.3, -0.2, 1.0])
    rewards = jnp.array([1.0, 5.0, -2.0])

    def surrogate(logits):
        d = jd.Categorical(logits=logits)
        k = d.sample(KEY, (400_000,))
        return jnp.mean(jd.score_function(d.log_prob(k), rewards[k]))

    exact = jax.grad(lambda logits: jd.Categorical(logits=logits).probs @ rewards)(logits)
    np.testing.assert_allclose(jax.grad(surrogate)(logits), exact, atol=0.02)


def test_clipped_ratio_values():
    """Equation 7 of the paper, by hand: ratio 2 and 1/2 with advantages of both signs."""
    log_prob = np.log([2.0, 2.0, 0.5, 0.5, 1.1])
    advantage = np.array([1.0, -1.0, 1.0, -1.0, 3.0])
    got = jd.clipped_ratio(log_prob, np.zeros(5), advantage, 0.2)
    np.testing.assert_allclose(got, [1.2, -2.0, 0.5, -0.8, 3.3], rtol=1e-6)


def test_clipped_ratio_has_no_gradient_where_it_clips():
    def gradient(log_prob, advantage):
        return jax.grad(jd.clipped_ratio)(log_prob, 0.0, advantage, 0.2)

    assert gradient(np.log(2.0), 1.0) == 0
    np.testing.assert_allclose(gradient(np.log(2.0), -1.0), -2.0, rtol=1e-6)
    assert gradient(np.log(0.5), -1.0) == 0
    np.testing.assert_allclose(gradient(0.0, 3.0), 3.0)
    assert jax.grad(jd.clipped_ratio, argnums=1)(0.1, 0.0, 1.0) == 0
    assert jax.grad(jd.clipped_ratio, argnums=2)(0.1, 0.0, 1.0) == 0


def test_the_ratio_neither_overflows_nor_hides_nan():
    ratio = jd.importance_ratio(jnp.array([1000.0, -1000.0, -jnp.inf]), 0.0)
    assert np.all(np.isfinite(ratio))
    assert np.isfinite(jd.clipped_ratio(1000.0, 0.0, -1e6))
    assert np.isnan(jd.importance_ratio(jnp.nan, 0.0))
    assert np.isnan(jd.clipped_ratio(0.0, jnp.nan, 1.0))
