"""Gradients of expectations: unbiased to second order, whatever the estimator."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from tests.estimator_problems import PROBLEMS

KEYS = 100_000
# Of some 1200 comparisons none exceeds this by chance: 1200 * 2 * Phi(-5.5) is 5e-5.
LARGEST_Z = 5.5

# One problem for each estimator; all others are slow tests.
ALWAYS = {
    "normal-location": {"pathwise", "constant", "antithetic", "lattice-score", "delta_method"}
    | {"control", "lax", "measure_valued"},
    "bernoulli": {"enumeration", "rebar", "relax"},
    "poisson": {"leave_one_out"},
    "gamma-log": {"pathwise"},
    "categorical": {"measure_valued", "without_replacement"},
    "one-hot": {"rebar"},
    "mixture": {"pathwise"},
    "bernoulli-batch": {"enumeration"},
    "joint": {"default"},
}


def cases(seeds):
    return [
        pytest.param(
            problem,
            label,
            seed,
            id=f"{problem.name}-{label}-{seed}",
            marks=() if seed == 0 and label in ALWAYS.get(problem.name, ()) else pytest.mark.slow,
        )
        for problem in PROBLEMS
        for label in problem.estimators
        for seed in seeds
    ]


def derivatives(function):
    """Value, gradient and Hessian of a function of two numbers, in one row, from one program."""

    def all_three(theta, *args):
        def gradient(theta):
            value, gradient = jax.value_and_grad(function)(theta, *args)
            return gradient, (value, gradient)

        hessian, (value, slope) = jax.jacfwd(gradient, has_aux=True)(theta)
        return jnp.concatenate([value[None], slope, jnp.ravel(hessian)])

    return all_three


def mean_and_error(estimate, theta, seed, number):
    """Mean over keys and its standard error, of every column."""

    @jax.jit
    def run(theta, keys):
        rows = jax.vmap(derivatives(estimate), (None, 0))(theta, keys)
        return jnp.mean(rows, 0), jnp.std(rows, 0) / number**0.5

    return run(jnp.array(theta), jax.random.split(jax.random.key(seed), number))


def assert_unbiased(estimate, exact, theta, seed=0, number=KEYS):
    mean, error = mean_and_error(estimate, theta, seed, number)
    expected = derivatives(exact)(jnp.array(theta))
    rounding = 1e-4 * (1 + jnp.abs(expected))  # of what has no variance
    z = np.abs(mean - expected) / np.maximum(error, rounding / LARGEST_Z)
    assert np.all(z < LARGEST_Z), (z, mean, expected)


@pytest.mark.parametrize(("problem", "label", "seed"), cases(range(3)))
def test_value_gradient_and_hessian_are_unbiased(problem, label, seed):
    def estimate(theta, key):
        return problem.estimate(theta, key, problem.estimators[label])

    assert_unbiased(estimate, problem.exact, problem.theta, seed)
