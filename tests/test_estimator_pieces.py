"""What estimators are made of: coupled draws, sets, lattices, relaxations and baselines."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxdist as jd
from jaxdist import estimators as es
from jaxdist.estimators.rebar import couple
from jaxdist.estimators.subsets import leave_out_ratios

KEY = jax.random.key(3)


@pytest.mark.parametrize("d", [jd.Bernoulli(0.2), jd.OneHotCategorical(jnp.array([0.2, 0.5, 0.3]))])
def test_the_conditional_draws_of_rebar(d):
    """They give the same discrete value, and without it have the distribution of the others."""
    draws = jax.jit(couple, static_argnums=2)(d, KEY, 40_000)
    if isinstance(d, jd.Bernoulli):
        again = draws.given > 0
    else:
        again = jax.nn.one_hot(jnp.argmax(draws.given, -1), 3)
    np.testing.assert_array_equal(again, draws.hard)
    for power in (1, 2):
        np.testing.assert_allclose(
            jnp.mean(jnp.tanh(draws.soft) ** power, 0),
            jnp.mean(jnp.tanh(draws.given) ** power, 0),
            atol=0.02,
        )
    np.testing.assert_allclose(jnp.mean(draws.hard, 0), d.mean, atol=0.01)


def test_probabilities_of_sets_against_all_orders():
    p = np.array([0.3, 0.05, 0.2, 0.1])
    rest = 0.35

    def chance(members, gone=()):
        """Of drawing these first, in any order, when some values are gone."""
        total = 0.0
        for order in itertools.permutations(members):
            left, product = 1 - sum(p[g] for g in gone), 1.0
            for i in order:
                product, left = product * p[i] / left, left - p[i]
            total += product
        return total

    once, twice = jax.jit(leave_out_ratios)(jnp.array(p), jnp.array(rest))
    for s in range(4):
        others = [i for i in range(4) if i != s]
        np.testing.assert_allclose(once[s], chance(others, [s]) / chance(range(4)), rtol=1e-5)
        for r in others:
            pair = [i for i in others if i != r]
            expected = chance(pair, [s, r]) / chance(others, [s])
            np.testing.assert_allclose(twice[s, r], expected, rtol=1e-5)
        np.testing.assert_allclose(twice[s, s], 1, rtol=1e-6)


def test_all_values_drawn_without_replacement_are_an_enumeration():
    d = jd.Categorical(logits=jnp.array([0.0, 30.0, -30.0, 1.0]))

    def gradient(estimator):
        f = lambda k: jnp.array([1.0, 2.0, 4.0, 8.0])[k]
        return jax.jit(
            jax.value_and_grad(
                lambda d: jd.expectation(f, d, KEY, num_samples=4, estimator=estimator)
            )
        )(d)

    (value, slope), (exact, expected) = map(gradient, ("without_replacement", "enumeration"))
    np.testing.assert_allclose(value, exact, rtol=1e-6)
    np.testing.assert_allclose(slope.logits, expected.logits, rtol=1e-4, atol=1e-11)


def test_lattice_points_fill_the_cube():
    points = es.lattice(KEY, 256, 64)
    assert points.shape == (256, 64)
    assert np.all((points > 0) & (points < 1))
    for column in np.sort(points, 0).T:  # each projection is evenly spaced
        np.testing.assert_allclose(np.diff(column), 1 / 256, atol=1e-5)
    smooth = lambda u: np.mean(np.prod(1 + 0.5 * np.sin(2 * np.pi * u[:, :6]), 1)) - 1
    at_random = jax.vmap(lambda k: jax.random.uniform(k, (256, 6)))(jax.random.split(KEY, 50))
    shifted = jax.vmap(lambda k: es.lattice(k, 256, 6))(jax.random.split(KEY, 50))
    error, expected = (
        np.std([smooth(np.asarray(u)) for u in many]) for many in (shifted, at_random)
    )
    assert error < expected / 10


def test_straight_through_is_exact_for_what_is_linear():
    d = jd.OneHotCategorical(logits=jnp.array([0.1, 0.5, -0.4]))
    f = lambda x: x @ jnp.array([1.0, -2.0, 0.5])
    exact, biased = (
        jax.jit(jax.grad(lambda d, name=name: jd.expectation(f, d, KEY, estimator=name)))(d)
        for name in ("enumeration", "straight_through")
    )
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
    seen = np.array([3.0, -1.0, 4.0, 1.5])
    weights = 0.8 ** np.arange(4)[::-1]
    average = es.MovingAverage(decay=0.8)
    assert average.value == 0
    average = jax.lax.scan(
        lambda m, x: (m.update(x), None), jax.tree.map(jnp.float32, average), seen
    )[0]
    np.testing.assert_allclose(average.value, seen @ weights / weights.sum(), rtol=1e-6)


def test_baselines_of_a_tree_and_from_a_function_of_what_is_known():
    d = jd.Normal(2.0, 1.0)
    f = lambda x: {"a": x**2, "b": x + 10}
    estimators = es.ScoreFunction(), es.ScoreFunction({"a": 5.0, "b": 12.0})

    @jax.jit
    @jax.vmap
    def gradients(key):
        return [
            jax.jacrev(lambda d, e=e: jd.expectation(f, d, key, estimator=e))(d) for e in estimators
        ]

    plain, helped = gradients(jax.random.split(KEY, 5000))
    for name, slope in (("a", 4), ("b", 1)):
        with_baseline, without = helped[name].loc, plain[name].loc
        assert abs(with_baseline.mean() - slope) < 6 * with_baseline.std() / 5000**0.5
        assert with_baseline.var() < without.var() / 1.5
