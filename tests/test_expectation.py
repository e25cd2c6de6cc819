"""Expectations: default estimators, errors, and results."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxdist as jd
from jaxdist import estimators as es
from jaxdist.estimators.expectation import choose

KEY = jax.random.key(3)


# --- the choice of the estimator -----------------------------------------------------------------


@pytest.mark.fast
@pytest.mark.parametrize(
    ("d", "number", "expected"),
    [
        (jd.Normal(0.0, 1.0), 1, es.Pathwise),
        (jd.Independent(jd.Gamma(jnp.ones(3), 1.0), 1), 4, es.Pathwise),
        (jd.Uniform(0.0, 1.0), 1, es.Pathwise),
        (jd.Bernoulli(0.3), 1, es.Enumeration),
        (jd.Bernoulli(jnp.full(6, 0.3)), 1, es.Enumeration),
        (jd.Bernoulli(jnp.full(7, 0.3)), 4, es.LeaveOneOut),
        (jd.Poisson(2.0), 1, es.ScoreFunction),
        (jd.Poisson(2.0), 2, es.LeaveOneOut),
        (jd.Binomial(3, 0.5), 2, es.Enumeration),
        (jd.OneHotCategoricalStraightThrough(jnp.ones(3)), 2, es.Enumeration),
        (jd.Joint([jd.Normal(0.0, 1.0), jd.Gamma(1.0, 1.0)]), 2, es.Pathwise),
        (jd.Joint([jd.Bernoulli(0.5), jd.Categorical(jnp.ones(3))]), 2, es.Enumeration),
        (jd.Joint([jd.Poisson(0.5), jd.Poisson(1.0)]), 2, es.LeaveOneOut),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, jd.Distribution) else None,
)
def test_defaults(d, number, expected):
    assert type(choose(d, number, None)) is expected


def test_the_parts_of_a_mixed_joint_have_their_own_estimators():
    d = jd.Joint({"a": jd.Bernoulli(0.5), "b": jd.Normal(0.0, 1.0), "c": jd.Poisson(1.0)})
    assert [type(e) for e in choose(d, 2, None)] == [es.Enumeration, es.Pathwise, es.LeaveOneOut]
    by_part = {"a": "rebar", "b": None, "c": es.ScoreFunction(2.0)}
    assert [type(e) for e in choose(d, 2, by_part)] == [es.Rebar, es.Pathwise, es.ScoreFunction]


@pytest.mark.fast
@pytest.mark.parametrize(
    ("d", "estimator", "number", "error", "message"),
    [
        (jd.Categorical(jnp.ones(3)), "pathwise", 1, NotImplementedError, "'enumeration'.*"),
        (jd.Poisson(1.0), "pathwise", 1, NotImplementedError, "discrete.*'measure_valued'"),
        (jd.Poisson(1.0), "enumeration", 1, NotImplementedError, "listed.*'score_function'"),
        (jd.Uniform(0.0, 1.0), "score_function", 1, NotImplementedError, "support.*'pathwise'"),
        (jd.Delta(0.0), "leave_one_out", 2, NotImplementedError, "support.*'pathwise'"),
        (jd.Categorical(jnp.ones(3)), "rebar", 1, NotImplementedError, "take OneHotCategorical"),
        (jd.Normal(0.0, 1.0), "gumbel_softmax", 1, NotImplementedError, "Bernoulli and OneHot"),
        (jd.Uniform(0.0, 1.0), es.Relax(jnp.sin), 1, NotImplementedError, "support.*'pathwise'"),
        (jd.Cauchy(0.0, 1.0), "measure_valued", 1, NotImplementedError, "weak_derivatives"),
        (jd.Categorical(jnp.ones(3)), "delta_method", 1, NotImplementedError, "closed form"),
        (jd.Masked(jd.Bernoulli(0.5), True), "enumeration", 1, NotImplementedError, "'pathwise'|"),
        (jd.Bernoulli(jnp.full(20, 0.5)), "enumeration", 1, NotImplementedError, "1048576 values"),
        (jd.Bernoulli(0.5), "without_replacement", 3, ValueError, "from 2 to 2"),
        (jd.Poisson(1.0), "leave_one_out", 1, ValueError, "at least 2; got 1"),
        (jd.Normal(0.0, 1.0), es.Pathwise(draws="antithetic"), 3, ValueError, "even; got 3"),
        (jd.Normal(0.0, 1.0), "reinforce", 1, ValueError, "one of pathwise, score_function"),
        (jd.Normal(0.0, 1.0), 3, 1, TypeError, "a name, one of"),
        (jd.Normal(0.0, 1.0), None, 0, ValueError, "an integer of at least 1; got 0"),
        (jd.Normal, None, 1, TypeError, "dist must be a Distribution"),
        (jd.Joint([jd.Poisson(1.0)]), ["pathwise", None], 1, ValueError, "got 2 for 1"),
    ],
)
def test_misuse_is_a_clear_error(d, estimator, number, error, message):
    with pytest.raises(error, match=message):
        jd.expectation(jnp.sin, d, KEY, num_samples=number, estimator=estimator)


def test_misuse_of_draws():
    with pytest.raises(ValueError, match=r"independent.*got 'sobol'"):
        es.Pathwise(draws="sobol")
    d = jd.MultivariateNormal(jnp.zeros(2), jnp.eye(2))
    with pytest.raises(NotImplementedError, match="vectors do not have"):
        jd.expectation(jnp.sum, d, KEY, num_samples=2, estimator=es.Pathwise(draws="lattice"))
    with pytest.raises(ValueError, match="at most 64 dimensions; got 65"):
        es.lattice(KEY, 8, 65)


# --- results -------------------------------------------------------------------------------------


def test_trees_and_auxiliary_results_are_averaged():
    def f(x):
        return {"square": x**2, "both": jnp.stack([x, 2 * x])}, (x > 0, x)

    def objective(mu):
        d = jd.Normal(mu, 1.0)
        value, aux = jd.expectation(f, d, KEY, num_samples=1000, has_aux=True)
        return jnp.sum(value["both"]) + aux[1], (value, aux)

    gradient, (value, (positive, mean)) = jax.grad(objective, has_aux=True)(0.5)
    np.testing.assert_allclose(gradient, 3, rtol=1e-5)  # without a gradient of the auxiliary result
    draws = jd.Normal(0.5, 1.0)
    assert abs(value["square"] - 1.25) < 0.2
    assert abs(mean - 0.5) < 0.15
    assert abs(positive - draws.survival_function(0.0)) < 0.06
    np.testing.assert_allclose(value["both"], [mean, 2 * mean], rtol=1e-5)


@pytest.mark.parametrize("estimator", ["pathwise", "leave_one_out"])
def test_a_batch_is_drawn_as_one_and_vmap_makes_many(estimator):
    loc = jnp.array([0.5, 2.0])

    def product(loc):
        d = jd.Normal(loc, 0.1)
        return jd.expectation(jnp.prod, d, KEY, num_samples=2000, estimator=estimator)

    def each(loc):
        f = lambda x: x**2
        return jd.expectation(f, jd.Normal(loc, 0.1), KEY, num_samples=2000, estimator=estimator)

    np.testing.assert_allclose(jax.grad(product)(loc), loc[::-1], atol=0.2)
    np.testing.assert_allclose(jax.vmap(jax.grad(each))(loc), 2 * loc, atol=0.4)


def test_every_value_is_that_of_f():
    """A control variate changes derivatives, and no values."""
    d = jd.Bernoulli(jnp.array([0.3, 0.6]))
    f = lambda x: (x[0] - 0.45 * x[1]) ** 2
    possible = {f((a, b)) for a in (0, 1) for b in (0, 1)}
    estimators = "rebar", "straight_through", "measure_valued", es.GumbelSoftmax(hard=True)
    values = jax.jit(lambda d: [jd.expectation(f, d, KEY, estimator=e) for e in estimators])(d)
    for value in values:
        assert min(abs(value - p) for p in possible) < 1e-6


def test_impossible_values_are_not_evaluated():
    table = jnp.array([1.0, 2.0, 0.0])

    def objective(logits, estimator):
        d = jd.Categorical(logits=logits)
        return jd.expectation(
            lambda k: jnp.log(table[k]), d, KEY, num_samples=2, estimator=estimator
        )

    logits = jnp.array([0.0, 0.5, -jnp.inf])
    expected = jax.grad(lambda two: jax.nn.softmax(two) @ jnp.log(table[:2]))(logits[:2])
    for estimator in ("enumeration", "without_replacement"):
        gradient = jax.jit(jax.grad(objective), static_argnums=1)(logits, estimator)
        np.testing.assert_allclose(gradient, [*expected, 0], atol=1e-6)


def test_masked_categories_leave_rebar_finite():
    def objective(logits):
        d = jd.OneHotCategorical(logits=logits)
        f = lambda x: jnp.sum(x * jnp.array([1.0, 2.0, 3.0])) ** 2
        return jd.expectation(f, d, KEY, num_samples=50, estimator="rebar")

    gradient = jax.jit(jax.grad(objective))(jnp.array([0.0, 0.5, -jnp.inf]))
    assert np.all(np.isfinite(gradient))
    assert gradient[2] == 0


def test_half_precision():
    d = jd.Normal(jnp.bfloat16(1), jnp.bfloat16(1))
    for estimator in ("pathwise", "leave_one_out"):

        @jax.jit
        @jax.value_and_grad
        def run(d, estimator=estimator):
            return jd.expectation(jnp.square, d, KEY, num_samples=500, estimator=estimator)

        value, gradient = run(d)
        assert value.dtype == gradient.loc.dtype == jnp.bfloat16
        assert abs(float(gradient.loc) - 2) < 0.7
