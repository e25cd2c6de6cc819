"""Fits of equal, single, weightless, infinite and missing observations: errors that say so."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxdist as jd
from jaxdist.constraints import Constraint
from jaxdist.wrappers.wrapper import Wrapper
from tests.catalog import EXAMPLES

# Of each family with an estimate in closed form: one observation, the same with others around it,
# and what equal observations are estimated as, or the parameter that has no estimate.
CLOSED = [
    (jd.Normal, 0.3, [0.3, 1.0, 2.0], "'scale' would be 0.0"),
    (jd.LogNormal, 0.3, [0.3, 1.0, 2.0], "'scale' would be 0.0"),
    (jd.Laplace, 0.3, [0.3, 1.0, 2.0], "'scale' would be 0.0"),
    (jd.Uniform, 0.3, [0.3, 1.0, 2.0], "'high' would be 0.3"),
    (jd.Exponential, 0.25, [0.25, 1.0, 2.0], {"rate": 4.0}),
    (jd.Lindley, 2.0, [0.25, 1.0, 2.0], {"rate": (17**0.5 - 1) / 4}),
    (jd.HalfNormal, 0.5, [0.5, 1.0, 2.0], {"scale": 0.5}),
    (jd.Rayleigh, 2.0, [0.5, 1.0, 2.0], {"scale": 2**0.5}),
    (jd.Maxwell, 3.0, [0.5, 1.0, 2.0], {"scale": 3**0.5}),
    (jd.Pareto, 0.3, [0.3, 1.0, 2.0], "'alpha' would be inf"),
    (jd.Gamma, 0.3, [0.3, 1.0, 2.0], "'concentration' would be inf"),
    (jd.InverseGamma, 0.3, [0.3, 1.0, 2.0], "'concentration' would be inf"),
    (jd.VonMises, 0.3, [0.3, 1.0, 2.0], "'concentration' would be inf"),
    (jd.Bernoulli, 1.0, [1.0, 0.0, 1.0], {"probs": 1.0}),
    (jd.Poisson, 3.0, [3.0, 1.0, 2.0], {"rate": 3.0}),
    (jd.Geometric, 3.0, [3.0, 1.0, 2.0], {"probs": 0.25}),
    (jd.DiscreteLaplace, 3.0, [3.0, 1.0, 2.0], {"rate": np.arcsinh(1 / 3)}),
    (jd.OneHotCategorical, [0.0, 1.0], [[0.0, 1.0], [1.0, 0.0], [0.0, 1.0]], {"probs": [0.0, 1.0]}),
    (
        jd.MultivariateNormalDiag,
        [1.0, 0.3],
        [[1.0, 0.3], [2.0, 1.0], [0.0, 5.0]],
        r"'scale_diag' would be \[0. 0.\]",
    ),
    (
        jd.MultivariateNormal,
        [1.0, 0.3],
        [[1.0, 0.3], [2.0, 1.0], [0.0, 5.0]],
        "'covariance_matrix' would be singular",
    ),
]
by_name = pytest.mark.parametrize(
    ("family", "one", "several", "expected"),
    CLOSED,
    ids=lambda x: x.__name__ if isinstance(x, type) else "",
)

NUMERICAL = sorted(
    {
        type(d)
        for _, d in EXAMPLES
        if isinstance(type(d).support, Constraint)
        and d.event_shape == ()
        and type(d) not in [row[0] for row in CLOSED]
        and not isinstance(d, Wrapper)  # which is fitted from an example
    },
    key=lambda family: family.__name__,
)


def test_the_table_has_all_families_with_a_closed_form():
    from jaxdist.inference import maximum_likelihood

    assert set(maximum_likelihood._ESTIMATORS) == {row[0] for row in CLOSED}


@by_name
def test_equal_observations(family, one, several, expected):
    """The mean of equal numbers is that number, so that a spread of 0 is not one of rounding."""
    for weights in (None, [0.3, 0.7, 0.1]):
        data = [one] if weights is None else [one] * 3
        what = "the only observation is" if weights is None else "the 3 observations are all equal"
        if isinstance(expected, str):
            with pytest.raises(ValueError, match=f"fit of {family.__name__}: {what} .*{expected}"):
                jd.fit(family, data, weights=weights)
            continue
        estimate = jd.fit(family, data, weights=weights)
        for name, value in expected.items():
            np.testing.assert_allclose(getattr(estimate, name), value, rtol=1e-6)


@by_name
def test_observations_of_weight_zero_do_not_matter(family, one, several, expected):
    nothing = np.full_like(np.asarray(several[:1]), np.nan)
    data, weights = np.concatenate([nothing, several]), [0.0, 1.0, 2.0, 1.0]
    estimate = jd.fit(family, data, weights=weights)
    assert all(bool(jnp.all(jnp.isfinite(leaf))) for leaf in jax.tree.leaves(estimate))


CASES = {
    "zero": ({"weights": [0.0, 0.0, 0.0]}, "weights must have a positive sum; got zeros. Give"),
    "negative": ({"weights": [1.0, -1.0, 1.0]}, r"'weights' must satisfy .*; got -1. at index"),
    "nan": ({"weights": [1.0, np.nan, 1.0]}, r"'weights' must satisfy .*; got nan at index"),
    "infinite": ({"weights": [1.0, np.inf, 1.0]}, r"weights must be finite; got inf at index"),
}


def check_bad_data(family, several):
    for options, message in CASES.values():
        with pytest.raises(ValueError, match=f"^fit.*: .*{message}"):
            jd.fit(family, several, **options)
    data = np.asarray(several)
    with pytest.raises(ValueError, match="data must have at least one observation; got none"):
        jd.fit(family, data[:0])
    for bad in (np.nan, np.inf):
        with pytest.raises(ValueError, match=f"^fit of {family.__name__}: .*data.* must .*{bad}"):
            jd.fit(
                family, np.where(np.arange(3).reshape(3, *[1] * (data.ndim - 1)) == 1, bad, data)
            )


@by_name
def test_weights_and_data_that_cannot_be(family, one, several, expected):
    check_bad_data(family, several)


@pytest.mark.parametrize("family", NUMERICAL, ids=lambda family: family.__name__)
def test_weights_and_data_that_cannot_be_without_a_closed_form(family):
    """They are found before anything is compiled."""
    several = np.asarray(family.support.feasible_like(jnp.array([0.25, 0.5, 0.75])))
    check_bad_data(family, several)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("family", "value"),
    [(jd.Gumbel, 3.0), (jd.Weibull, 0.3), (jd.StudentT, 0.0), (jd.Beta, 0.3), (jd.Cauchy, -1e4)],
    ids=lambda x: x.__name__ if isinstance(x, type) else "",
)
def test_equal_observations_without_a_closed_form(family, value):
    message = rf"fit of {family.__name__}: the 3 observations are all equal to {value}, so that no "
    with pytest.raises(ValueError, match=message):
        jd.fit(family, [value] * 3)


@pytest.mark.slow
def test_a_fit_with_a_parameter_given_takes_equal_observations():
    np.testing.assert_allclose(jd.fit(jd.Normal, [3.0, 3.0], scale=0.1).loc, 3.0, rtol=1e-6)
    with pytest.raises(ValueError, match=r"fit of Normal: parameter 'scale' must satisfy"):
        jd.fit(jd.Normal, [3.0, 3.0], scale=-1.0)


def test_the_entry_of_a_batch_and_points_on_a_line_are_named():
    with pytest.raises(
        ValueError, match=r"the 2 observations of entry \(1,\) of the batch are all"
    ):
        jd.fit(jd.Normal, [[1.0, 2.0], [3.0, 2.0]])
    with pytest.raises(ValueError, match=r"got zeros in entry \(1,\) of the batch"):
        jd.fit(jd.Normal, [[1.0, 2.0], [3.0, 2.0]], weights=[[1.0, 0.0], [1.0, 0.0]])
    with pytest.raises(ValueError, match="the 3 observations do not determine all parameters"):
        jd.fit(jd.MultivariateNormal, [[1.0, 2.0], [2.0, 3.0], [4.0, 5.0]])
    with pytest.raises(TypeError, match=r"Did you mean 'scale'\?"):
        jd.fit(jd.StudentT, [1.0, 2.0], scal=1.0)


def test_nothing_is_raised_where_numbers_are_not_known():
    jitted = jax.jit(lambda x: jd.fit(jd.Normal, x))
    assert jitted(jnp.ones(3)).scale == 0
    assert jax.jit(lambda x: jd.fit(jd.Gamma, x))(jnp.ones(3)).concentration == jnp.inf
    with pytest.raises(ValueError, match="fit_model: parameter 'weights' must satisfy"):
        jd.fit_model(lambda p: jd.Normal(p, 1.0), 0.0, [1.0, 2.0], weights=[1.0, -1.0])
