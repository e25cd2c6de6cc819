"""Every quantity of every family is within a few eps of its reference (law 6).

`python -m benchmarks.accuracy` prints the table beside other libraries.
"""

import functools

import numpy as np
import pytest

from tests.accuracy import score
from tests.accuracy.families import FAMILIES
from tests.accuracy.family import Family
from tests.accuracy.generate import case

INPUTS = score.load()
# One of each kind that compiles fast; the others are slow tests.
BY_DEFAULT = (
    "Bernoulli(logits)",
    "Categorical(logits)",
    "Cauchy",
    "ContinuousBernoulli(logits)",
    "Dirichlet",
    "DirichletMultinomial",
    "Exponential",
    "GeneralizedPareto",
    "Geometric(logits)",
    "Gumbel",
    "HalfCauchy",
    "HalfNormal",
    "Laplace",
    "LogNormal",
    "Logistic",
    "LogitRelaxedBernoulli(logits)",
    "MultivariateNormal",
    "MultivariateNormalDiag",
    "Normal",
    "Normal(log_scale)",
    "OneHotCategorical(logits)",
    "Pareto",
    "RelaxedOneHotCategorical(logits)",
    "Softmax",
    "Uniform",
    "Weibull",
)
SHARE = 97.0  # percent of a quantity's cases of a family, within 4 eps
TOTAL = 99.0  # percent of a quantity's cases, all families together


@functools.cache
def table(label):
    inputs = INPUTS[label]
    return score.score(inputs, score.of_jaxdist(inputs))


def marks(label):
    return [] if label in BY_DEFAULT else [pytest.mark.slow]


@pytest.mark.parametrize("label", [pytest.param(v, marks=marks(v)) for v in INPUTS])
def test_nearly_all_cases_are_within_4_eps(label):
    for (_, quantity), s in table(label).scores.items():
        assert s.not_finite == 0, s.example
        assert s.share >= SHARE, (
            f"{quantity}: {s.share:.1f}%, at worst {s.worst:.3g} eps: {s.example}"
        )


@pytest.mark.slow
@pytest.mark.parametrize("quantity", score.QUANTITIES)
def test_of_all_families_together_even_more(quantity):
    assert score.total(map(table, INPUTS)).of_quantity(quantity).share >= TOTAL


def test_the_references_are_those_of_all_families():
    assert INPUTS.keys() == {family.label for family in FAMILIES} >= set(BY_DEFAULT)


def test_the_measure():
    """An error of 4 eps of the larger one of reference and condition is good, and NaN is not."""
    eps = score.EPS
    got = np.array([1 + 4 * eps, 1 + 5 * eps, 1 + 40 * eps, np.nan, np.inf, np.inf, -np.inf, 1e-39])
    reference = np.array([1.0, 1.0, 1.0, 1.0, 1.0, 1e39, 1e39, 0.0])
    condition = np.array([0.5, 0.5, 10.0, 1e30, 1.0, 1.0, 1.0, 0.0])
    good = score.errors(got, reference, condition) <= score.ALLOWED
    np.testing.assert_array_equal(good, [True, False, True, False, False, True, False, True])


def uniform(rng, level=0):
    return rng.uniform()


def test_a_formula_with_a_wrong_number_of_arguments_is_an_error():
    parameters = {"low": uniform, "high": uniform}
    with pytest.raises(TypeError, match=r"row of Uniform .* `value` .* 3 arguments"):
        Family("Uniform", parameters, uniform, lambda x, low, high: 0)


def test_inputs_that_are_never_legal_are_an_error():
    family = Family("Normal", {"loc": uniform}, uniform, lambda x, loc: x < 1j)
    with pytest.raises(RuntimeError, match=r"Normal: none of .* TypeError"):
        case(family, np.random.default_rng(0), 0)
