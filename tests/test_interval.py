"""Distributions on an interval: cases that libraries get wrong."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxdist as jd

KEY = jax.random.key(5)


def test_beta_of_large_concentrations():
    np.testing.assert_allclose(jd.Beta(1e6, 1e6).log_prob(0.5), 7.028537, rtol=2e-7)
    np.testing.assert_allclose(jd.Beta(1e6, 1e6).entropy(), -6.528537, rtol=1e-6)  # mpmath


def test_beta_of_small_concentrations_draws_between_the_ends():
    d = jd.Beta(0.001, 0.001)
    draws = np.asarray(d.sample(KEY, 1_000_000))
    middle = np.mean((draws > 0.4) & (draws < 0.6))
    np.testing.assert_allclose(middle, 4.05e-4, rtol=0.2)
    assert 0.495 < np.mean(draws > 0.5) < 0.505
    assert np.all((draws > 0) & (draws < 1))


@pytest.mark.slow
@pytest.mark.parametrize("make", [jd.Beta, jd.Kumaraswamy])
def test_joint_call_is_exact_where_the_draw_rounds_to_the_end(make):
    """With concentrations (1, b), log p is the same function of -log(1 - x), which x has lost."""
    d = make(1.0, 0.01)
    x, log_prob = d.sample_and_log_prob(KEY, 10_000)
    assert np.mean(np.asarray(x) > 1 - 1e-7) > 0.5
    # 1 - x = u ** 100, so that log p = log(0.01) - 0.99 * 100 log(u) with u uniform
    assert np.all(np.isfinite(log_prob))
    np.testing.assert_allclose(np.mean(log_prob), np.log(0.01) + 99, rtol=0.05)
    gradient = jax.grad(lambda d: jnp.sum(d.rsample_and_log_prob(KEY, 100)[1]))(d)
    assert all(np.isfinite(leaf) for leaf in jax.tree.leaves(gradient))


@pytest.mark.parametrize("make", [jd.Beta, jd.Kumaraswamy])
def test_density_at_the_ends(make):
    ends = np.array([0.0, 1.0])
    inf = np.inf
    np.testing.assert_array_equal(make(0.5, 2.0).log_prob(ends), [inf, -inf])
    np.testing.assert_array_equal(make(2.0, 0.5).log_prob(ends), [-inf, inf])
    np.testing.assert_allclose(make(1.0, 1.0).log_prob(ends), [0, 0], atol=1e-6)


@pytest.mark.parametrize("logits", [-1e-3, 0.0, 1e-6, 1e-3])
def test_continuous_bernoulli_near_one_half(logits):
    d = jd.ContinuousBernoulli(logits=logits)
    np.testing.assert_allclose(d.mean, 0.5 + logits / 12, rtol=1e-6)
    np.testing.assert_allclose(d.variance, 1 / 12, rtol=1e-6)
    np.testing.assert_allclose(d.entropy(), -(logits**2) / 24, atol=1e-7)
    np.testing.assert_allclose(d.log_prob(0.25), -logits / 4, atol=1e-7)
    q = jnp.linspace(0, 1, 5)
    np.testing.assert_allclose(d.icdf(q), q + logits * q * (1 - q) / 2, atol=1e-6)
    slope = jax.grad(lambda l: jd.ContinuousBernoulli(logits=l).icdf(0.3))(logits)
    np.testing.assert_allclose(slope, 0.3 * 0.7 / 2, rtol=1e-3)


def test_steep_continuous_bernoulli_is_exponential():
    d = jd.ContinuousBernoulli(logits=jnp.array([-1e4, 1e4]))
    np.testing.assert_allclose(d.mean, [1e-4, 1 - 1e-4], rtol=1e-6)
    np.testing.assert_allclose(d.stddev, [1e-4, 1e-4], rtol=1e-5)
    np.testing.assert_allclose(d.entropy(), 1 - np.log([1e4, 1e4]), rtol=1e-6)
    for certain in (0.0, 1.0):
        d = jd.ContinuousBernoulli(certain)
        assert np.isfinite(d.log_prob(0.3))
        assert np.isfinite(d.sample(KEY))


def test_a_uniform_distribution_as_wide_as_numbers_reach():
    d = jd.Uniform(jnp.array([-3e38, 1.0]), jnp.array([3e38, 3.0]))
    x = jnp.array([1.5e38, 2.5])

    @jax.jit
    def evaluate(d):
        score = jax.grad(lambda d: jnp.sum(d.log_prob(x)))(d)
        draws = d.sample(jax.random.key(3), 1000)
        return [d.log_prob(x), -d.entropy()], [d.cdf(x), 1 - d.survival_function(x)], score, draws

    log_probs, cdfs, score, draws = evaluate(d)
    for value in log_probs:
        np.testing.assert_allclose(value, -np.log([6e38, 2.0]), rtol=1e-6)
    for value in cdfs:
        np.testing.assert_allclose(value, [0.75, 0.75], rtol=1e-6)
    np.testing.assert_allclose(score.high, [-1 / 6e38, -0.5], rtol=1e-6, atol=2e-39)  # subnormal
    np.testing.assert_allclose(d.icdf(jnp.array([[0.0] * 2, [1.0] * 2])), [[-3e38, 1], [3e38, 3]])
    np.testing.assert_allclose(d.icdf(0.75), x, rtol=1e-6)
    np.testing.assert_allclose(d.mean, [0.0, 2.0])
    p = jd.Uniform(jnp.array([-1.0, 1.5]), jnp.array([1.0, 2.5]))
    np.testing.assert_allclose(jd.kl_divergence(p, d), np.log([3e38, 2.0]), rtol=1e-6)
    np.testing.assert_allclose(d.stddev, np.array([6e38, 2.0]) / np.sqrt(12), rtol=1e-6)
    spread = np.std(np.asarray(draws, float) / np.array([6e38, 2.0]), axis=0)
    np.testing.assert_allclose(spread, 1 / np.sqrt(12), rtol=0.05)


def test_relaxed_bernoulli_at_low_temperature():
    d = jd.RelaxedBernoulli(0.01, logits=jnp.array([-3.0, 0.0, 3.0]))
    x, log_prob = d.rsample_and_log_prob(KEY, 1000)
    assert np.all((np.asarray(x) > 0) & (np.asarray(x) < 1))
    assert np.all(np.isfinite(log_prob))
    assert np.all(np.isfinite(d.log_prob(jnp.array([[0.0], [1.0]]) * jnp.ones(3))))
    np.testing.assert_allclose(d.mean, jax.nn.sigmoid(d.logits), atol=5e-3)


def test_relaxed_bernoulli_of_a_tiny_probability_keeps_it():
    """Its logarithm is rounded by many eps; at a low temperature P(X > 1/2) is the probability."""
    p = np.float32([3e-31, 7e-18, 2e-11, 0.3])
    d = jd.RelaxedBernoulli(1e-6, probs=p)
    np.testing.assert_allclose(d.survival_function(0.5), p, rtol=3e-7)
    np.testing.assert_allclose(d.log_cdf(0.5), np.log1p(-p.astype(float)), rtol=3e-7)


@pytest.mark.slow
def test_the_noncentral_beta_distribution_at_its_ends():
    d = jd.NoncentralBeta([0.5, 1.0, 2.0, 2.0], [3.0, 3.0, 1.0, 0.5], [3.0, 0.0, 3.0, 3.0])
    np.testing.assert_allclose(d.log_prob(0.0), [np.inf, np.log(3), -np.inf, -np.inf], rtol=1e-6)
    np.testing.assert_allclose(d.log_prob(1.0), [-np.inf, -np.inf, np.log(3.5), np.inf], rtol=1e-6)
    x = jnp.array([1e-3, 0.4, 0.999])
    central, same = jd.NoncentralBeta(2.0, 3.0, 0.0), jd.Beta(2.0, 3.0)
    np.testing.assert_allclose(central.log_prob(x), same.log_prob(x), rtol=1e-5)
    np.testing.assert_allclose(central.cdf(x), same.cdf(x), rtol=1e-5)


def test_summaries_of_a_narrow_kumaraswamy_distribution_do_not_cancel():
    """Against mpmath."""
    d = jd.Kumaraswamy(np.float32([7410.8584, 4908.79199]), np.float32([12.2082787, 55.9453392]))
    np.testing.assert_allclose(d.variance, [2.84890928e-08, 6.7382965e-08], rtol=4e-7)
    d = jd.Kumaraswamy(np.float32([9.9499836, 88.6676559]), np.float32([4636.85352, 76768.8359]))
    np.testing.assert_allclose(d.entropy(), [-1.62690826, -3.04105795], rtol=3e-7)


def test_slopes_of_a_uniform_cdf_near_an_end_do_not_cancel():
    low, x = -3439.84497, -0.0452977344
    slope = jax.grad(lambda low: jd.Uniform(low, 0.0).cdf(x))(low)
    np.testing.assert_allclose(slope, x / low**2, rtol=1e-6)
    mirrored = jax.grad(lambda high: jd.Uniform(0.0, high).survival_function(-x))(-low)
    np.testing.assert_allclose(mirrored, -x / low**2, rtol=1e-6)


def test_narrow_pert_tails_keep_the_distance_from_the_mode():
    """References are by mpmath; the mode is 0, so that no rounding moves it."""
    parameters = np.float32([-44382920700.0, 0.0, 59579408400.0, 253409.797])
    x, p = np.float32(-29485084.0), 0.38627172123

    @jax.jit
    def evaluate(parameters, x):
        d = jd.PERT(*parameters, validate_args=False)
        quantiles = d.icdf(p), d.isf(1 - p)
        return [d.cdf(x), 1 - d.survival_function(x), jnp.exp(d.log_cdf(x))], quantiles

    tails, quantiles = evaluate(parameters, x)
    np.testing.assert_allclose(tails, p, rtol=1e-6)
    np.testing.assert_allclose(quantiles, x, rtol=1e-6)
    of = jax.jit(jax.grad(lambda p, x: jd.PERT(*p, validate_args=False).cdf(x), (0, 1)))
    of_parameters, of_x = of(parameters, x)
    of_mpmath = [-1.25633693e-12, -3.7457122e-09, 9.17980131e-13, -2.17623689e-07]
    np.testing.assert_allclose(of_x, 3.74605056e-09, rtol=1e-6)
    np.testing.assert_allclose(of_parameters, of_mpmath, rtol=6e-7)
