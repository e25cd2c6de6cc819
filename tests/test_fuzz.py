"""Wrong arguments: a value or an error of the library that names them, and no other error."""

import numpy as np
import pytest

import jaxdist as jd
from benchmarks.fuzz import calls, outcomes


def described(bad):
    return "\n".join(f"{place}\n  {error}\n  {line}" for place, (error, line) in bad.items())


@pytest.mark.parametrize("number", [100, pytest.param(6000, marks=pytest.mark.slow)])
def test_wrong_arguments_are_named(number):
    counts, bad = outcomes.fuzz(number, seed=number)
    assert not bad, described(bad)
    assert counts["value"] > number / 10  # valid calls are among them
    assert counts["documented error"] > number / 2


@pytest.mark.parametrize(
    ("line", "error", "message"),
    [
        ("jd.icdf(1.0, 0.5)", TypeError, "d must be a Distribution; got 1.0"),
        ("jd.InverseTransform(2.0)", TypeError, "transform must be a Transform; got 2.0"),
        ("constraints.interval('a', 2.0)", TypeError, "lower_bound must be an array or a number"),
        ("jd.Normal(0.0, 1.0, validate_args='a')", TypeError, "validate_args must be True or"),
        ("jd.ExpTransform()('a')", TypeError, "the value must be an array or a number; got 'a'"),
        ("jd.Normal(0.0, 1.0).sample(jax.random.key(0), 2**70)", ValueError, "no axis of an array"),
        ("jd.random.normal(jax.random.key(0), 3, 'int32')", ValueError, "dtype must be float32"),
        ("jd.random.gamma(jax.random.key(0), [1.0, 2.0], 3)", ValueError, "concentration does not"),
        ("jd.special.gammainc(1.0, 'a')", TypeError, "gammainc: argument 2 must be an array"),
        ("jd.special.gammainc(jnp.ones(2), jnp.ones(3))", ValueError, "arguments must broadcast"),
        ("jd.special.masked_softmax(1.0)", ValueError, "must have an axis; got a number"),
        ("jd.special.quotient(jnp.ones(2), 'a')", TypeError, "y must be an array or a number"),
        ("jd.special.beta_cdf(1.0, 2.0, 0.5)", TypeError, "at must be a Probability; got 0.5"),
        ("jd.special.skew_ndtr(jnp.ones(3, jnp.float16), 'a')", TypeError, "argument 2"),
        ("jd.fit(jnp.ones(3), [1.0])", NotImplementedError, "no maximum likelihood estimate"),
        ("jd.special.log_beta_kernel(1.0, jnp.ones(2), 'a', 0.5)", TypeError, "x must be an array"),
        ("jd.Normal(0.0, 1.0).interval('a')", TypeError, "level must be an array or a number"),
        ("jd.Wishart(4.0, [[1.0], [2.0, 3.0]])", TypeError, "'covariance_matrix' must be an array"),
        ("estimators.Pathwise(draws=np.ones(3))", ValueError, "draws must be one of"),
        (
            "jd.renyi_divergence(jd.Normal(0.0, 1.0), jd.Normal([0.0] * 3, 1.0), [1.0, 2.0])",
            ValueError,
            r"order must broadcast with the batch shape \(3,\)",
        ),
        ("estimators.Pathwise().supports(1.0)", TypeError, "must be a Distribution; got 1.0"),
    ],
)
def test_the_message_says_what_was_given(line, error, message):
    with pytest.raises(error, match=message):
        eval(line, dict(calls.NAMES))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("jd.fisher_vector_product(lambda loc: jd.Normal(loc, 0.5), 1, 2)", 8.0),
        ("jd.fisher_vector_product(lambda loc: jd.Normal(loc, 0.5), 1.0, 2**40)", 2.0**42),
        ("jd.special.log_beta_kernel(1, jnp.ones(2), 0.5, jnp.full((3, 1), 0.5))", np.log(0.25)),
        ("jd.Uniform(0.0, 1.0).interval(1)", [0.0, 1.0]),
        ("jd.random.hypergeometric(jax.random.key(0), 0.5, 0.5, 3, 2)", [-1, -1]),
        ("jd.random.hypergeometric(jax.random.key(0), jnp.nan, 2, [1, 9], 2)", [-1, -1]),
    ],
)
def test_unusual_arguments_have_a_value(line, expected):
    np.testing.assert_allclose(eval(line, dict(calls.NAMES)), expected, rtol=1e-6)


def test_an_error_from_below_is_found():
    """An error of Python or JAX inside the library is not one that it raises."""

    class Careless(jd.Distribution):
        loc: jd.Param = jd.param(jd.constraints.real)
        support = jd.constraints.real

        def _log_prob(self, x):
            return np.ones(3) + np.ones(2)

    with pytest.raises(ValueError, match="shapes") as error:
        Careless(0.0).log_prob(1.0)
    assert outcomes.classify(error.value).kind != "documented error"
