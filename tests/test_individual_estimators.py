"""Properties of single estimators: REBAR's draws, sets, lattices, relaxations and baselines."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxdist as jd
from jaxdist import estimators as es
from jaxdist.estimators.rebar import draw_coupled
from jaxdist.estimators.without_replacement import leave_out_ratios

KEY = jax.random.key(3)


@pytest.mark.parametrize("d", [jd.Bernoulli(0.2), jd.OneHotCategorical(jnp.array([0.2, 0.5, 0.3]))])
def test_the_conditional_draws_of_rebar(d):
    """They round to the same discrete value, and have the marginal distribution of the others."""
    draws = jax.jit(draw_coupled, static_argnums=2)(d, KEY, 40_000)
    if isinstance(d, jd.Bernoulli):
        rounded = draws.z_tilde > 0
    else:
        rounded = jax.nn.one_hot(jnp.argmax(draws.z_tilde, -1), 3)
    np.testing.assert_array_equal(rounded, draws.b)
    for power in (1, 2):
        np.testing.assert_allclose(
            jnp.mean(jnp.tanh(draws.z) ** power, 0),
            jnp.mean(jnp.tanh(draws.z_tilde) ** power, 0),
            atol=0.02,
        )
    np.testing.assert_allclose(jnp.mean(draws.b, 0), d.mean, atol=0.01)


def test_probabilities_of_sets_against_all_orders():
    p = np.array([0.3, 0.05, 0.2, 0.1])
    rest = 0.35

    def probability(members, removed=()):
        """The probability of drawing these first, in any order, when some values are removed."""
        total = 0.0
        for order in itertools.permutations(members):
            remaining, product = 1 - sum(p[i] for i in removed), 1.0
            for i in order:
                product, remaining = product * p[i] / remaining, remaining - p[i]
            total += product
        return total

    ratios, pair_ratios = jax.jit(leave_out_ratios)(jnp.array(p), jnp.array(rest))
    for s in range(4):
        others = [i for i in range(4) if i != s]
        expected = probability(others, [s]) / probability(range(4))
        np.testing.assert_allclose(ratios[s], expected, rtol=1e-5)
        for r in others:
            pair = [i for i in others if i != r]
            expected = probability(pair, [s, r]) / probability(others, [s])
            np.testing.assert_allclose(pair_ratios[s, r], expected, rtol=1e-5)
        np.testing.assert_allclose(pair_ratios[s, s], 1, rtol=1e-6)


def test_all_values_drawn_without_replacement_are_an_enumeration():
    d = jd.Categorical(logits=jnp.array([0.0, 30.0, -30.0, 1.0]))
    rewards = jnp.array([1.0, 2.0, 4.0, 8.0])

    @jax.value_and_grad
    def mean(d, estimator):
        return jd.expectation(lambda k: rewards[k], d, KEY, num_samples=4, estimator=estimator)

    mean = jax.jit(mean, static_argnums=1)
    value, slope = mean(d, "without_replacement")
    exact, expected = mean(d, "enumeration")
    np.testing.assert_allclose(value, exact, rtol=1e-6)
    np.testing.assert_allclose(slope.logits, expected.logits, rtol=1e-4, atol=1e-11)


def test_lattice_points_fill_the_cube():
    points = es.lattice(KEY, 256, 64)
    assert points.shape == (256, 64)
    assert np.all((points > 0) & (points < 1))
    for column in np.sort(points, 0).T:  # each projection is evenly spaced
        np.testing.assert_allclose(np.diff(column), 1 / 256, atol=1e-5)


def test_means_over_lattice_points_have_a_small_error():
    def error(points):
        """Standard deviation of the mean of a smooth function over points."""
        factors = 1 + 0.5 * jnp.sin(2 * jnp.pi * points)
        return jnp.std(jnp.mean(jnp.prod(factors, -1), -1))

    keys = jax.random.split(KEY, 50)
    lattices = jax.vmap(lambda key: es.lattice(key, 256, 6))(keys)
    independent = jax.vmap(lambda key: jax.random.uniform(key, (256, 6)))(keys)
    assert error(lattices) < error(independent) / 10


def test_straight_through_is_exact_for_linear_functions():
    d = jd.OneHotCategorical(logits=jnp.array([0.1, 0.5, -0.4]))
    f = lambda x: x @ jnp.array([1.0, -2.0, 0.5])

    @jax.grad
    def gradient(d, estimator):
        return jd.expectation(f, d, KEY, estimator=estimator)

    gradient = jax.jit(gradient, static_argnums=1)
    exact, biased = gradient(d, "enumeration"), gradient(d, "straight_through")
    np.testing.assert_allclose(biased.logits, exact.logits, rtol=1e-5)


def test_the_bias_of_gumbel_softmax_falls_with_the_temperature():
    d = jd.Bernoulli(logits=0.4)
    f = lambda x: (x - 0.2) ** 2
    exact = jax.grad(lambda d: jd.expectation(f, d, KEY, estimator="enumeration"))(d).logits

    def bias(temperature):
        def objective(d):
            estimator = es.GumbelSoftmax(temperature)
            return jd.expectation(f, d, KEY, num_samples=200_000, estimator=estimator)

        return abs(jax.grad(objective)(d).logits - exact)

    warm, cold = jax.lax.map(bias, jnp.array([1.0, 0.2]))
    assert cold < 0.01 < warm


def test_a_moving_average_against_its_definition():
    observations = np.array([3.0, -1.0, 4.0, 1.5])
    weights = 0.8 ** np.arange(4)[::-1]
    average = es.MovingAverage(decay=0.8)
    assert average.value == 0
    average = jax.tree.map(jnp.float32, average)
    average, _ = jax.lax.scan(lambda m, x: (m.update(x), None), average, observations)
    np.testing.assert_allclose(average.value, observations @ weights / weights.sum(), rtol=1e-6)


def test_a_baseline_for_each_leaf_of_a_tree():
    d = jd.Normal(2.0, 1.0)
    f = lambda x: {"a": x**2, "b": x + 10}

    @jax.jacrev
    def gradient(d, key, baseline):
        return jd.expectation(f, d, key, estimator=es.ScoreFunction(baseline))

    gradients = jax.jit(jax.vmap(gradient, (None, 0, None)))
    keys = jax.random.split(KEY, 5000)
    plain, reduced = gradients(d, keys, 0.0), gradients(d, keys, {"a": 5.0, "b": 12.0})
    for name, slope in (("a", 4), ("b", 1)):
        with_baseline, without = reduced[name].loc, plain[name].loc
        assert abs(with_baseline.mean() - slope) < 6 * with_baseline.std() / 5000**0.5
        assert with_baseline.var() < without.var() / 1.5
