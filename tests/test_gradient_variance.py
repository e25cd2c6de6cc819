"""The variance of gradient estimates: its order, learned control variates, and statistics."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import jaxdist as jd
from jaxdist import estimators as es

KEY = jax.random.key(3)


def variances(f, d, estimators, number=2):
    table = jd.gradient_statistics(
        f, d, KEY, estimators=estimators, num_samples=number, num_keys=4000
    )
    first, *others = table.values()
    for row in others:
        jax.tree.map(
            assert_estimates_agree, first.mean, row.mean, first.standard_error, row.standard_error
        )
    return {name: float(row.variance) for name, row in table.items()}


def assert_estimates_agree(mean_a, mean_b, error_a, error_b):
    assert np.all(np.abs(mean_a - mean_b) < 5 * np.hypot(error_a, error_b) + 1e-5)


def test_variances_are_ordered_as_published():
    """The toy problem of Tucker et al. 2017 and Grathwohl et al. 2018: (x - 0.45)^2."""
    v = variances(
        lambda x: (x - 0.45) ** 2,
        jd.Bernoulli(logits=2.0),
        {
            "score_function": "score_function",
            "rebar": es.Rebar(temperature=5.0, strength=1.5),
            "leave_one_out": "leave_one_out",
            "without_replacement": "without_replacement",
        },
    )
    assert v["rebar"] < v["score_function"] / 5
    assert v["leave_one_out"] < v["score_function"] / 5
    assert v["without_replacement"] < 1e-10


def test_pathwise_and_lattice_draws_have_less_variance():
    v = variances(
        jnp.exp,
        jd.Normal(0.2, 0.5),
        {
            "score_function": "score_function",
            "leave_one_out": "leave_one_out",
            "delta_method": "delta_method",
            "pathwise": "pathwise",
            "antithetic": es.Pathwise(draws="antithetic"),
            "lattice": es.Pathwise(draws="lattice"),
        },
        number=16,
    )
    assert v["lattice"] < v["antithetic"] < v["pathwise"] < v["leave_one_out"] < v["score_function"]
    assert v["delta_method"] < v["leave_one_out"]


def sigmoid_control_variate(parameters, z):
    return parameters[0] + parameters[1] * jax.nn.sigmoid(parameters[2] * z)


@pytest.mark.parametrize(
    "estimator",
    [
        es.Rebar(jnp.array(0.5), jnp.array(0.5)),
        es.Relax(jax.tree_util.Partial(sigmoid_control_variate, jnp.array([0.0, 0.1, 1.0]))),
    ],
    ids=["rebar", "relax"],
)
def test_control_variates_are_learned(estimator):
    """By the gradient of the variance of the gradient, as in the papers of REBAR and RELAX."""

    def gradient(estimator, key):
        def objective(logits):
            f = lambda x: (x - 0.45) ** 2
            return jd.expectation(f, jd.Bernoulli(logits=logits), key, estimator=estimator)

        return jax.grad(objective)(2.0)

    def log_variance(estimator, keys):
        variance = jnp.var(jax.vmap(gradient, (None, 0))(estimator, keys))
        return jnp.log(variance + 1e-5)

    optimizer = optax.adam(0.05)

    @jax.jit
    def learn(estimator):
        def step(carry, key):
            estimator, state = carry
            gradient = jax.grad(log_variance)(estimator, jax.random.split(key, 200))
            updates, state = optimizer.update(gradient, state)
            return (optax.apply_updates(estimator, updates), state), None

        start = estimator, optimizer.init(estimator)
        (learned, _), _ = jax.lax.scan(step, start, jax.random.split(KEY, 200))
        keys = jax.random.split(jax.random.key(9), 10_000)
        return learned, log_variance(estimator, keys), log_variance(learned, keys)

    learned, before, after = learn(estimator)
    assert type(learned) is type(estimator)
    assert after < before - jnp.log(5.0)


def test_statistics_have_the_shape_of_the_distribution():
    d = jd.Normal(jnp.zeros(2), 1.0)
    table = jd.gradient_statistics(
        lambda x: jnp.sum(x**2), d, KEY, estimators=["pathwise", "score_function"], num_keys=10
    )
    assert list(table) == ["pathwise", "score_function"]
    for row in table.values():
        assert isinstance(row.mean, jd.Normal)
        assert row.standard_error.loc.shape == (2,)
        assert row.flops > 0
    with pytest.raises(ValueError, match="at least 2; got 1"):
        jd.gradient_statistics(jnp.sum, d, KEY, num_keys=1)


@pytest.mark.slow
def test_statistics_omit_estimators_that_need_concrete_parameters():
    """The values of a Binomial depend on its total count, which is traced under `jax.grad`."""
    d = jd.Binomial(3, probs=0.5)
    table = jd.gradient_statistics(lambda x: 1.0 * x, d, KEY, num_keys=4)
    assert "leave_one_out" in table
    assert "enumeration" not in table
