"""Bad input is an error that names what was given, what was expected, what to do (law 7)."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.experimental import checkify

import jaxdist as jd
from tests.catalog import CATALOG, ROOMS

pytestmark = pytest.mark.fast

KEY = jax.random.key(4)
BAD = [case for room in ROOMS for case in room.BAD]


@pytest.mark.parametrize(("make", "parameter"), BAD)
def test_a_bad_argument_is_named(make, parameter):
    with pytest.raises(ValueError, match="must satisfy") as error:
        make()
    message = str(error.value)
    assert f"parameter {parameter!r}" in message
    assert "; got " in message
    with jd.validation("off"):
        make()


def test_every_checked_parameter_has_a_bad_argument():
    """The table above covers every parameter that has a constraint to violate."""
    covered = set()
    for make, parameter in BAD:
        with jd.validation("off"):
            covered.add((type(make()).__name__, parameter))
    everything = {
        (cls.__name__, name)
        for cls in {type(row.make()) for row in CATALOG}
        for name in cls._parameters
    }
    assert everything - covered == set()


def test_the_message_holds_class_parameter_constraint_value_and_index():
    with pytest.raises(ValueError, match="Normal: parameter 'scale' must satisfy") as error:
        jd.Normal(0.0, jnp.array([[1.0, 2.0], [-3.0, -4.0]]))
    assert str(error.value).endswith("got -3. at index (1, 0)")


@pytest.mark.parametrize("loc", [np.zeros(2, np.float32), jnp.zeros(2)], ids=["host", "device"])
@pytest.mark.parametrize("array", [np.asarray, jnp.asarray], ids=["host", "device"])
def test_the_message_is_the_same_on_the_host_and_on_a_device(loc, array):
    with pytest.raises(ValueError, match="Normal: parameter 'scale' must satisfy") as error:
        jd.Normal(loc, array([1.0, -2.0]))
    assert str(error.value).endswith("got -2. at index (1,)")


@pytest.mark.parametrize("array", [np.float32, jnp.float32], ids=["host", "device"])
def test_a_subnormal_scale_counts_as_zero(array):
    with pytest.raises(ValueError, match="parameter 'scale' must satisfy"):
        jd.Maxwell(array(1e-39))


def test_the_first_invalid_parameter_is_named_wherever_it_is():
    for loc, scale in [(jnp.array(jnp.nan), -1.0), (jnp.nan, jnp.array(-1.0))]:
        with pytest.raises(ValueError, match="parameter 'loc'"):
            jd.Normal(loc, scale)


@pytest.mark.parametrize("dtype", [jnp.float32, jnp.bfloat16], ids=str)
def test_numbers_become_arrays_of_the_dtype_of_the_others(dtype):
    d = jd.TruncatedNormal(jnp.zeros(3, dtype), 1, np.zeros((2, 1), dtype), 4.0)
    leaves = jax.tree.leaves(d)
    assert all(isinstance(leaf, jax.Array) and not leaf.weak_type for leaf in leaves)
    assert {(leaf.dtype, leaf.shape) for leaf in leaves} == {(np.dtype(dtype), (2, 3))}


def test_constants_are_checked_under_jit_too():
    with pytest.raises(ValueError, match="'scale'"):
        jax.jit(lambda loc: jd.Normal(loc, -1.0).mean)(0.0)


def test_validate_args_overrules_the_setting():
    assert jd.Normal(0.0, -1.0, validate_args=False).scale == -1
    with jd.validation("off"), pytest.raises(ValueError, match="'scale'"):
        jd.Normal(0.0, -1.0, validate_args=True)


def test_the_setting_is_restored_and_checked():
    def fail_inside():
        with jd.validation("off"):
            assert jd.get_validation() == "off"
            raise KeyError

    with pytest.raises(KeyError):
        fail_inside()
    assert jd.get_validation() == "eager"
    with pytest.raises(ValueError, match="eager"):
        jd.set_validation("sometimes")


def test_checkify_reports_traced_arguments():
    def mean(scale):
        return jd.Normal(0.0, scale).stddev

    with jd.validation("checkify"):
        checked = jax.jit(checkify.checkify(mean))
        error, _ = checked(jnp.array([1.0, -2.0]))
        assert "Normal: parameter 'scale'" in error.get()
        assert "must satisfy GreaterThan(lower_bound=0.0); got -2.0 at flat index 1" in error.get()
        assert checked(jnp.array([1.0, 2.0]))[0].get() is None


def test_checkify_has_nothing_to_report_of_an_empty_batch():
    with jd.validation("checkify"):
        error, mean = jax.jit(checkify.checkify(lambda a: jd.Dirichlet(a).mean))(jnp.ones((0, 2)))
    assert error.get() is None
    assert mean.shape == (0, 2)


def test_a_fully_masked_row_is_named_or_has_a_sentinel():
    logits = jnp.array([[0.0, 1.0], [-jnp.inf, -jnp.inf]])
    with pytest.raises(ValueError, match=r"not all -inf.*at index \(1,\)"):
        jd.Categorical(logits=logits)
    d = jax.jit(lambda logits: jd.Categorical(logits=logits))(logits)
    assert np.all(np.asarray(d.sample(KEY, 10))[:, 1] == -1)
    assert np.all(np.asarray(d.log_prob(0))[1] == -np.inf)
    assert np.all(np.isfinite(jax.grad(lambda d: d.log_prob(0)[0])(d).logits))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: jd.Normal(jnp.zeros(3), jnp.ones(4)), r"loc \(3,\), scale \(4,\)"),
        (lambda: jd.Bernoulli(), "exactly one of probs, logits; got none"),
        (lambda: jd.Bernoulli(0.5, 0.0), "exactly one of probs, logits; got probs and logits"),
        (lambda: jd.Categorical(logits=1.0), "needs at least 1 axes"),
        (lambda: jd.Normal(1j, 1.0), "must be real"),
        (lambda: jd.Normal(0.0, 1.0).log_prob(1j), "must be real; got complex"),
        (
            lambda: jd.MultivariateNormal(np.zeros(3), scale_tril=np.eye(4)),
            r"loc \(3,\), scale_tril \(4, 4\)",
        ),
        (lambda: jd.Wishart(3.0, np.ones((2, 3))), r"covariance_matrix \(2, 3\)"),
        (lambda: jd.LKJCholesky(1), "dim must be an integer of at least 2; got 1"),
        (lambda: jd.Independent(jd.Normal(0.0, 1.0), 1), "between 0 and 0"),
        (lambda: jd.Normal(0.0, 1.0).sample(KEY, (-1,)), "non-negative integers"),
        (lambda: jd.Normal(0.0, 1.0).expand(3.0), "batch_shape must be .* integers.*; got 3.0"),
        (lambda: jd.Normal(0.0, 1.0).sample(jax.random.split(KEY)), "jax.vmap"),
        (lambda: jd.Normal(jnp.zeros(4), 1.0).log_prob(jnp.zeros((4, 1))), r"got \(4, 1\)"),
    ],
)
def test_arguments_that_do_not_fit(make, message):
    with pytest.raises(ValueError, match=message):
        make()


@pytest.mark.parametrize("method", ["sample", "rsample", "sample_and_log_prob"])
@pytest.mark.parametrize("shape", [3.0, -1, (2, -1), (2.0,), None, "ab"], ids=repr)
def test_sample_shapes_that_are_not_shapes(method, shape):
    with pytest.raises(ValueError, match="sample_shape must be a non-negative integer") as error:
        getattr(jd.Normal(0.0, 1.0), method)(KEY, shape)
    assert str(error.value).endswith(f"sequence of non-negative integers; got {shape!r}")


NOT_NUMBERS = ["a", None, ["a", "b"], [[1.0, 2.0], [3.0]], {1}, np.array("a"), np.array([None])]


@pytest.mark.parametrize("value", NOT_NUMBERS, ids=repr)
@pytest.mark.parametrize(
    ("what", "call"),
    [
        ("parameter 'loc'", lambda value: jd.Normal(value, 1.0)),
        ("the value", jd.Normal(0.0, 1.0).log_prob),
        ("the value", jd.Normal(0.0, 1.0).cdf),
        ("the value", jd.Normal(0.0, 1.0).icdf),
    ],
)
def test_arguments_that_are_not_numbers(what, call, value):
    with pytest.raises(TypeError, match=f"Normal: {what} must be an array or a number") as error:
        call(value)
    assert str(error.value).endswith(f"; got {value!r}")


@pytest.mark.parametrize("summary", ["mean", "variance", "stddev"])
def test_summaries_of_labels_are_undefined(summary):
    with pytest.raises(NotImplementedError, match="Categorical is undefined: its values are label"):
        getattr(jd.Categorical([0.5, 0.5]), summary)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: jd.Normal("a", 1.0), "'loc' must be an array or a number; got 'a'"),
        (lambda: jd.Normal(0.0, 1.0).sample(0), "must be a PRNG key"),
        (lambda: jd.Independent(1.0, 0), "must be a Distribution"),
        (lambda: list(jd.Normal(0.0, 1.0)), "iterate"),
    ],
)
def test_arguments_of_the_wrong_type(make, message):
    with pytest.raises(TypeError, match=message):
        make()
