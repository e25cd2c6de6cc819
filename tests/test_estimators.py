"""Gradients of expectations: unbiased to second order, whatever the estimator."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from tests.estimator_problems import PROBLEMS

KEYS = 100_000
# The probability that one of 1200 comparisons exceeds this by chance is 2400 * Phi(-5.5) = 5e-5.
LARGEST_Z = 5.5

# One problem for each estimator; all others are slow tests.
ALWAYS = {
    "normal-location": {"pathwise", "constant", "antithetic", "lattice-score", "delta_method"}
    | {"control", "lax", "measure_valued"},
    "bernoulli": {"enumeration", "rebar", "relax"},
    "poisson": {"leave_one_out"},
    "categorical": {"without_replacement"},
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
    """Return a function that computes value, gradient and Hessian, concatenated."""

    def gradient_and_value(theta, *args):
        value, gradient = jax.value_and_grad(function)(theta, *args)
        return gradient, (value, gradient)

    def value_gradient_hessian(theta, *args):
        hessian, (value, gradient) = jax.jacfwd(gradient_and_value, has_aux=True)(theta, *args)
        return jnp.concatenate([value[None], gradient, jnp.ravel(hessian)])

    return value_gradient_hessian


def mean_and_error(estimate, theta, seed, number):
    """Return the mean over keys of an estimate and its derivatives, and the standard error."""

    @jax.jit
    def run(theta, keys):
        rows = jax.vmap(derivatives(estimate), (None, 0))(theta, keys)
        return jnp.mean(rows, 0), jnp.std(rows, 0) / number**0.5

    return run(jnp.array(theta), jax.random.split(jax.random.key(seed), number))


def assert_unbiased(estimate, exact, theta, seed=0, number=KEYS):
    mean, error = mean_and_error(estimate, theta, seed, number)
    expected = derivatives(exact)(jnp.array(theta))
    rounding = 1e-4 * (1 + jnp.abs(expected))  # for estimates without variance
    z = np.abs(mean - expected) / np.maximum(error, rounding / LARGEST_Z)
    assert np.all(z < LARGEST_Z), (z, mean, expected)


@pytest.mark.parametrize(("problem", "label", "seed"), cases(range(3)))
def test_value_gradient_and_hessian_are_unbiased(problem, label, seed):
    def estimate(theta, key):
        return problem.estimate(theta, key, problem.estimators[label])

    assert_unbiased(estimate, problem.exact, problem.theta, seed)
