"""The distribution of given points, beyond the laws."""

import jax
import numpy as np
import pytest

import jaxdist as jd


@pytest.mark.parametrize(
    "arguments", [([1.0, 2.0], [0.0, 0.0, 0.0]), (1.0,), ([1.0, 2.0], None, 1)], ids=str
)
def test_every_point_has_a_weight(arguments):
    with pytest.raises(ValueError, match=r"with n log_weights; got values of shape"):
        jd.Empirical(*arguments)


def test_equal_points_add_up():
    d = jd.Empirical([[1.0, 2.0], [3.0, 4.0], [1.0, 2.0]], np.log([1.0, 2.0, 5.0]), event_dim=1)
    np.testing.assert_allclose(d.log_prob([1.0, 2.0]), np.log(6 / 8), rtol=1e-6)
    np.testing.assert_array_equal(d.mode, [1.0, 2.0])
    assert d.log_prob([1.0, 4.0]) == -np.inf


def test_the_score_of_the_weights_is_that_of_categories():
    weights = np.array([0.3, -1.0, 2.0], np.float32)
    of_points = jax.grad(lambda w: jd.Empirical([1.0, 5.0, 3.0], w).log_prob(5.0))(weights)
    of_labels = jax.grad(lambda w: jd.Categorical(logits=w).log_prob(1))(weights)
    np.testing.assert_allclose(of_points, of_labels, rtol=1e-6)


def test_icdf_undoes_cdf_and_no_probability_exceeds_one():
    values, weights = jax.random.normal(jax.random.key(0), (2, 8, 1000))
    d = jd.Empirical(values, weights)
    at = values.T
    below, after = jax.jit(lambda d, x: (d.cdf(x), d.survival_function(x)))(d, at)
    np.testing.assert_array_equal(d.icdf(below), at)
    assert max(below.max(), after.max()) <= 1
