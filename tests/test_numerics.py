"""Root finding, and sums over the integers."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxdist.numerics.expected_values import integer_rule
from jaxdist.numerics.polynomials import chebyshev_difference
from jaxdist.numerics.root_finding import bisection_steps, find_root, first_integer
from jaxdist.numerics.summation import sum_over

LARGEST = 2**31 - 2


def test_bisection_finds_where_a_step_function_rises():
    edge = jnp.array([-3.0, 1e-3, 0.75, 8.0])
    steps = bisection_steps(edge.dtype)
    x = find_root(
        lambda x: (jnp.where(x < edge, -1.0, 1.0), 0.0), 0 * edge - 10, 0 * edge + 10, steps=steps
    )
    assert np.all(x >= edge)
    np.testing.assert_allclose(x, edge, rtol=1e-6, atol=1e-8)


def test_newton_steps_stay_inside_the_bracket():
    """From 3, Newton's method for the arc tangent diverges."""
    root = jnp.array([0.5, -2.0])
    x = find_root(
        lambda x: (jnp.arctan(x - root), 1 / (1 + (x - root) ** 2)),
        0 * root - 10,
        0 * root + 10,
        start=0 * root + 3,
        steps=9,
    )
    np.testing.assert_allclose(x, root, rtol=1e-6)


@pytest.mark.parametrize("lowest", [0, -LARGEST])
def test_search_among_integers(lowest):
    target = jnp.array([lowest, 7, 12_345_678, LARGEST - 3])
    low, high = 0 * target + lowest, 0 * target + LARGEST
    for guess in (jnp.array([0, 10**6, 3, 0]), None):
        found = first_integer(lambda k: k >= target, low, high, guess)
        np.testing.assert_array_equal(found, target)


def test_divided_difference_of_a_chebyshev_series():
    """Of 1 + 2 T_1 + 3 T_2 in t = 2 x - 1, also where the points are equal."""
    x, y = jnp.array([0.25, 0.5, 1.0]), jnp.array([0.25, 0.50001, 0.0])
    value, difference = chebyshev_difference([1.0, 2.0, 3.0], x, y, 0.0, 1.0)
    t, s = 2 * np.asarray(x, float) - 1, 2 * np.asarray(y, float) - 1
    np.testing.assert_allclose(value, 2 * t + 6 * t**2 - 2, rtol=1e-6)
    np.testing.assert_allclose(difference, 4 + 12 * (t + s), rtol=1e-6)


def test_sum_over_integers_and_its_derivatives():
    rate, stop = jnp.array([0.1, 0.2, 0.01]), jnp.array([5.0, 0.0, 1000.0])

    def term(k, rate):
        return jnp.exp(-rate * k)

    def total(rate):
        return sum_over(term, jnp.zeros(3), stop, rate)

    k = np.arange(1000)
    terms = np.where(k < np.asarray(stop)[:, None], np.exp(-np.asarray(rate)[:, None] * k), 0)
    np.testing.assert_allclose(total(rate), terms.sum(-1), rtol=1e-5)
    gradient = jax.grad(lambda rate: jnp.sum(total(rate)))
    np.testing.assert_allclose(gradient(rate), -(terms @ k), rtol=1e-5)
    second = jnp.diagonal(jax.jacrev(gradient)(rate))
    np.testing.assert_allclose(second, terms @ k**2, rtol=1e-5)


def test_averages_over_many_integers_with_sharp_ends():
    """As many as are equally likely: the mean is the middle, the variance (n^2 - 1) / 12."""
    last = jnp.array([0, 1, 2, 4, 2047, 2049, 10_000_001])

    @jax.jit
    def moments(last):
        uniform = lambda k: jnp.broadcast_to(-jnp.log1p(last.astype(jnp.float32)), k.shape)
        tails = lambda k: jnp.stack([k, last - k]) / (1.0 + last)
        ends = 0 * last, last
        rule = integer_rule(uniform, tails, ends, last // 2, ends, jnp.dtype(jnp.float32))
        n = last + 1.0
        distance = (rule.x - last / 2) / n
        return rule.average(rule.x) / n, rule.average(distance**2) - (1 - 1 / n**2) / 12

    mean, variance = moments(last)
    np.testing.assert_allclose(mean, last / (2 * (last + 1.0)), rtol=2e-6)
    np.testing.assert_allclose(variance, 0, atol=2e-7)
