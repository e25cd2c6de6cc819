"""Expectations of programs that draw, and of draws under transformations."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxdist as jd
from jaxdist import estimators as es
from tests.test_estimators import assert_unbiased

KEY = jax.random.key(3)

PROGRAMS = {
    "defaults": (None, None, None),
    "scores": (es.ScoreFunction(0.5), es.ScoreFunction(1.0), "score_function"),
    "mixed": ("leave_one_out", "measure_valued", "pathwise"),
    "rebar": (es.Rebar(), "pathwise", "leave_one_out"),
}


@pytest.mark.parametrize(
    "names",
    [pytest.param(n, marks=() if n == "defaults" else pytest.mark.slow) for n in PROGRAMS],
)
def test_programs_are_unbiased(names):
    """heads, x ~ Normal(c heads, 1), y ~ Normal(x, 1): E[heads y^2 + c y] = p (2 c^2 + 2)."""
    first, second, third = PROGRAMS[names]
    number = 2 if names != "scores" else 1

    def estimate(theta, key):
        def program(draw):
            heads = draw(jd.Bernoulli(logits=theta[0]), first)
            x = draw(jd.Normal(theta[1] * heads, 1.0), second)
            y = draw(jd.Normal(x, 1.0), third if number == 1 or third != "leave_one_out" else None)
            return heads * y**2 + theta[1] * y

        return jd.program_expectation(program, key, num_samples=number)

    def exact(theta):
        return jax.nn.sigmoid(theta[0]) * (2 * theta[1] ** 2 + 2)

    assert_unbiased(estimate, exact, (0.3, 0.6))


def test_a_program_of_one_draw_is_an_expectation():
    d = jd.Normal(jnp.array([0.5, 1.0]), 1.0)
    for estimator in (None, "leave_one_out"):
        of_program = jd.program_expectation(
            lambda draw, e=estimator: jnp.prod(draw(d, e)), KEY, num_samples=5
        )
        assert of_program == jd.expectation(jnp.prod, d, KEY, num_samples=5, estimator=estimator)


def test_each_draw_of_a_program_has_its_number_of_samples():
    """Each of 3 counts is followed by a set of 2 of 3 categories, then by 4 numbers."""

    def program(draw):
        count = draw(jd.Poisson(2.0), "leave_one_out")
        k = draw(jd.Categorical(jnp.ones(3)), "without_replacement", num_samples=2)
        x = draw(jd.Normal(count + k, 1.0), num_samples=4)
        return jnp.stack([count, k, x])

    def run(key):
        return jd.program_expectation(program, key, num_samples=3)

    means = jnp.mean(jax.jit(jax.vmap(run))(jax.random.split(KEY, 4000)), 0)
    np.testing.assert_allclose(means, [2, 1, 3], atol=0.1)
    with pytest.raises(ValueError, match="an integer of at least 1; got 0"):
        jd.program_expectation(lambda draw: draw(jd.Poisson(2.0), None, 0), KEY)


@pytest.mark.parametrize(("first", "calls"), [("leave_one_out", 3), ("pathwise", 3), (None, 6)])
def test_how_often_a_program_runs_to_its_end(first, calls):
    """As often as there are samples, times the number of enumerated values."""
    ends = []

    def program(draw):
        x = draw(jd.Bernoulli(0.5) if first is None else jd.Normal(0.0, 1.0), first)
        y = draw(jd.Normal(1.0 * x, 1.0))
        jax.debug.callback(lambda _: ends.append(None), y)
        return y

    jax.block_until_ready(jd.program_expectation(program, KEY, num_samples=3))
    jax.effects_barrier()
    assert len(ends) == calls


def test_a_program_without_draws_is_its_result():
    value, aux = jd.program_expectation(lambda draw: (3.0, 4.0), KEY, has_aux=True)
    assert (value, aux) == (3.0, 4.0)


def test_draws_of_a_program_are_independent_of_each_other():
    """Equal distributions in sequence must not share a key."""

    def program(draw):
        x, y = draw(jd.Normal(0.0, 1.0)), draw(jd.Normal(0.0, 1.0))
        return jnp.stack([x * y, x**2, y**2])

    covariance, first, second = jd.program_expectation(program, KEY, num_samples=10_000)
    assert abs(covariance) < 0.05
    assert abs(first - 1) < 0.07
    assert abs(second - 1) < 0.07


def test_a_draw_inside_a_loop_is_a_clear_error():
    def program(draw):
        def step(total, _):
            return total + draw(jd.Normal(total, 1.0)), None

        return jax.lax.scan(step, 0.0, None, length=3)[0]

    with pytest.raises(RuntimeError, match="`draw` outside of"):
        jd.program_expectation(program, KEY)


@pytest.mark.parametrize("estimator", ["leave_one_out", "antithetic"])
def test_the_same_in_and_out_of_jit_scan_and_vmap(estimator):
    estimator = es.Pathwise(draws=estimator) if estimator == "antithetic" else estimator

    def gradient(mu, key):
        def objective(mu):
            d = jd.Normal(mu, 1.0)
            return jd.expectation(jnp.sin, d, key, num_samples=4, estimator=estimator)

        return jax.grad(objective)(mu)

    locations, keys = jnp.arange(3.0), jax.random.split(KEY, 3)
    plain = [gradient(mu, key) for mu, key in zip(locations, keys, strict=True)]

    @jax.jit
    def scanned_and_batched(locations, keys):
        scanned = jax.lax.scan(lambda _, x: (None, gradient(*x)), None, (locations, keys))[1]
        return scanned, jax.vmap(gradient)(locations, keys)

    for transformed in scanned_and_batched(locations, keys):
        np.testing.assert_allclose(transformed, plain, rtol=1e-5, atol=1e-6)
