"""Constraints: torch's names, members, and constraints on parts of an array."""

import jax
import numpy as np
import pytest

from jaxdist import constraints

pytestmark = pytest.mark.fast

NAMES = [
    "boolean",
    "cat",
    "corr_cholesky",
    "greater_than",
    "greater_than_eq",
    "half_open_interval",
    "independent",
    "integer_interval",
    "integer",
    "interval",
    "l1_ball",
    "less_than",
    "lower_cholesky",
    "lower_triangular",
    "MixtureSameFamilyConstraint",
    "multinomial",
    "nonnegative",
    "nonnegative_integer",
    "one_hot",
    "permutation",
    "positive",
    "positive_definite",
    "positive_definite_circulant_vector",
    "positive_integer",
    "positive_ordered_vector",
    "positive_semidefinite",
    "real",
    "real_vector",
    "simplex",
    "sphere",
    "square",
    "stack",
    "symmetric",
    "unit_interval",
]

MEMBERS = {
    "cat": constraints.cat((constraints.real, constraints.positive)),
    "greater_than": constraints.greater_than(1.0),
    "greater_than_eq": constraints.greater_than_eq(1.0),
    "half_open_interval": constraints.half_open_interval(0.0, 1.0),
    "independent": constraints.real_vector,
    "integer_interval": constraints.integer_interval(0, 5),
    "interval": constraints.interval(0.0, 1.0),
    "less_than": constraints.less_than(1.0),
    "MixtureSameFamilyConstraint": constraints.mixture_same_family(constraints.real),
    "multinomial": constraints.multinomial(3),
    "stack": constraints.stack((constraints.real, constraints.positive)),
}


@jax.jit
def evaluate(constraint, value):
    """A member, whether it is one, and whether NaN is one."""
    member = constraint.feasible_like(value)
    return member, constraint.check(member), constraint.check(np.nan * value)


@pytest.mark.parametrize("name", NAMES)
def test_constraints_of_torch_and_numpyro_have_members(name):
    assert name in constraints.__all__
    constraint = MEMBERS.get(name, getattr(constraints, name))
    assert isinstance(constraint, constraints.Constraint)
    assert isinstance(constraint.event_dim, int)
    assert isinstance(constraint.is_discrete, bool)
    value = np.full((2, *[2] * max(constraint.event_dim, 1)), 0.5, np.float32)
    member, inside, nan_inside = evaluate(constraint, value)
    assert member.shape == value.shape
    assert member.dtype == value.dtype
    assert inside.dtype == bool
    assert inside.shape == value.shape[: value.ndim - constraint.event_dim]
    assert np.all(inside)
    assert not np.any(nan_inside) or name == "square"


INTERVALS = [
    constraints.real,
    constraints.boolean,
    constraints.positive,
    constraints.nonnegative,
    constraints.unit_interval,
    constraints.half_open_interval(-1.0, 2.0),
    constraints.less_than(2.0),
    constraints.less_than_eq(2.0),
    constraints.nonnegative_integer,
    constraints.integer_interval(-1, 2),
    constraints.interval(np.full(1, -1.0, np.float32), np.full(1, 2.0, np.float32)),
    constraints.independent(constraints.positive, 1),
]


@pytest.mark.parametrize("constraint", INTERVALS, ids=repr)
@pytest.mark.parametrize("number", [-np.inf, -1, -0.5, 0, 0.5, 1, 2, 2.5, np.inf, np.nan])
@pytest.mark.parametrize("dtype", [np.float32, jax.numpy.bfloat16])
def test_numbers_on_the_host_are_checked_as_on_a_device(constraint, number, dtype):
    numbers = np.full(1, number, dtype)
    assert constraint.includes(numbers) is bool(np.all(constraint.check(numbers)))


def test_what_only_a_device_can_check_is_not_included():
    assert not constraints.simplex.includes(np.array([0.5, 0.5]))
    assert not constraints.greater_than(jax.numpy.zeros(())).includes(np.ones(3))
    assert jax.jit(lambda low: constraints.greater_than(low).includes(np.ones(3)))(0.0) == 0


def test_torchs_dependent_constraints():
    assert {"dependent", "dependent_property", "is_dependent"} <= set(constraints.__all__)
    assert callable(constraints.dependent_property)
    assert constraints.is_dependent(constraints.dependent)
    assert isinstance(constraints.dependent, constraints.Constraint)
    assert isinstance(constraints.dependent.event_dim, int)
    assert isinstance(constraints.dependent.is_discrete, bool)
    with pytest.raises(ValueError, match="instance"):
        constraints.dependent.check(0.0)


def test_cat_of_events_checks_them_together():
    cat = constraints.cat((constraints.simplex, constraints.positive), -1, (2, 1))
    np.testing.assert_array_equal(
        cat.check(np.array([[0.5, 0.5, 1.0], [0.5, 0.6, 1.0], [0.5, 0.5, -1.0]])),
        [True, False, False],
    )


def test_stack_checks_each_entry():
    stack = constraints.stack((constraints.simplex, constraints.real_vector), -2)
    np.testing.assert_array_equal(stack.check(np.array([[0.5, 0.5], [3.0, 4.0]])), [True, True])


def test_rows_of_circulant_matrices():
    rows = [[2.0, 0.5, 0.0, 0.5], [2.0, 0.5, 0.0, 0.4], [1.0, 1.0, 1.0, 1.0], [1.0, 0.0, 0.0, 0.0]]
    expected = [True, False, False, True]
    check = constraints.positive_definite_circulant_vector.check
    np.testing.assert_array_equal(check(np.array(rows)), expected)
    np.testing.assert_array_equal(check(np.array([[1.0, 2.0], [np.nan, 0.0]])), [False, False])
    assert check(np.array([3.0]))


def test_vectors_outside():
    assert not constraints.ordered.check(np.array([0.0, 0.0, 1.0]))
    np.testing.assert_array_equal(
        constraints.positive_ordered_vector.check(
            np.array([[1.0, 2.0], [2.0, 1.0], [0.0, 1.0], [-1.0, 1.0]])
        ),
        [True, False, False, False],
    )
    assert not constraints.zero_sum.check(np.array([1.0, -0.9]))


def test_reshaped_values_have_the_shape():
    reshaped = constraints.Reshaped(constraints.interval(0.0, 2.0), (6,), (2, 3))
    np.testing.assert_array_equal(reshaped.check(np.ones((4, 2, 3))), [True] * 4)
    for method in (reshaped.check, reshaped.feasible_like):
        with pytest.raises(ValueError, match=r"have the shape \(2, 3\); got shape \(3, 1\)"):
            method(np.ones((3, 1)))
    with pytest.raises(ValueError, match="as many entries"):
        constraints.Reshaped(constraints.positive, (6,), (2, 2))
