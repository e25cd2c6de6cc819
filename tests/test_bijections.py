"""From constraints to transforms onto them, and distributions fitted through these."""

import doctest

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import jaxdist as jd
from jaxdist import bijections, constraints
from tests.catalog import CATALOG

KEY = jax.random.key(13)
FREE = np.array([[-30.0, 0.5, 2.0], [0.1, 100.0, -0.5]], np.float32)

# Constraints that transforms lead onto, and the shape of unconstrained values.
CONSTRAINTS = [
    (constraints.real, (2, 3)),
    (constraints.positive, (2, 3)),
    (constraints.nonnegative, (2, 3)),
    (constraints.greater_than(5.0), (2, 3)),
    (constraints.greater_than_eq(np.array([1.0, -2.0, 1e4])), (2, 3)),
    (constraints.less_than(-3.0), (2, 3)),
    (constraints.interval(-2.0, 3.0), (2, 3)),
    (constraints.half_open_interval(2.0, 3.0), (2, 3)),
    (constraints.unit_interval, (2, 3)),
    (constraints.simplex, (2, 3)),
    (constraints.logits, (2, 3)),
    (constraints.ordered, (2, 3)),
    (constraints.zero_sum, (2, 3)),
    (constraints.real_vector, (2, 3)),
    (constraints.real_matrix, (2, 3)),
    (constraints.square, (3, 3)),
    (constraints.independent(constraints.positive, 1), (2, 3)),
    (constraints.lower_cholesky, (3, 3)),
    (constraints.corr_cholesky, (2, 3)),
    (constraints.positive_definite, (3, 3)),
    (constraints.positive_semidefinite, (3, 3)),
    (constraints.cat((constraints.positive, constraints.interval(1.0, 2.0)), -1, (1, 2)), (2, 3)),
    (constraints.cat((constraints.real, constraints.positive), 0), (2, 3)),
    (constraints.cat((constraints.ordered, constraints.real_vector), -1, (2, 1)), (2, 3)),
    (constraints.stack((constraints.simplex, constraints.simplex), -2), (2, 3)),
    (constraints.stack((constraints.real, constraints.less_than(0.0)), 0), (2, 3)),
]


@jax.jit
def there_and_back(t, free, feasible):
    y, log_det = t.forward_and_log_det(free) if t.bijective else (t(free), 0.0)
    gradient = jax.grad(lambda x: jnp.sum(t(x)))(jnp.full_like(free, 0.1))
    return y, t(t.inv(feasible)), log_det, gradient, t.codomain.check(y)


@pytest.mark.parametrize(
    ("registry", "constraint", "shape"),
    [(jd.biject_to, *case) for case in CONSTRAINTS]
    + [(jd.transform_to, constraints.simplex, (2, 3))],
    ids=str,
)
def test_a_transform_leads_onto_the_constraint(registry, constraint, shape):
    t = registry(constraint)
    steep = constraint in (constraints.ordered, constraints.positive_definite) or shape == (3, 3)
    free = np.resize(FREE / 8 if steep else FREE, shape)
    feasible = constraint.feasible_like(np.zeros(t.forward_shape(shape), np.float32))
    y, again, log_det, gradient, inside = there_and_back(t, free, feasible)
    assert np.all(constraint.check(y))
    assert np.all(inside)
    assert t.codomain.event_dim == constraint.event_dim
    np.testing.assert_allclose(again, feasible, rtol=1e-5, atol=1e-6)
    assert np.all(np.isfinite(log_det))
    assert np.all(np.isfinite(gradient))
    assert t.bijective or registry is jd.transform_to


def test_cat_of_constraints_whose_unconstrained_pieces_are_shorter():
    both = constraints.cat((constraints.simplex, constraints.zero_sum), -1, (3, 4))
    t = jd.biject_to(both)
    assert t.lengths == (2, 3)
    y = t(np.arange(5.0))
    assert y.shape == (7,)
    assert both.check(y)
    assert jd.transform_to(both).lengths == (3, 3)


def test_bounds_may_be_traced():
    @jax.jit
    def high(low, free):
        return jd.transform_to(jd.Uniform(low, low + 1).arg_constraints["high"])(free)

    np.testing.assert_allclose(high(2.0, 0.0), 3.0, rtol=1e-6)
    slope = jax.grad(high)(2.0, 0.0)
    np.testing.assert_allclose(slope, 1.0, rtol=1e-6)


REFUSED = [
    (constraints.boolean, "discrete"),
    (constraints.nonnegative_integer, "discrete"),
    (constraints.one_hot, "discrete"),
    (constraints.independent(constraints.integer_interval(0, 3), 1), "discrete"),
    (constraints.dependent, r"register one with @transform_to.register\(Dependent\)"),
    (constraints.union((constraints.positive, constraints.less_than(-1.0))), "no transform"),
    (constraints.symmetric, "no transform"),
    (1.0, "no transform is registered for 1.0"),
]


@pytest.mark.parametrize(("constraint", "message"), REFUSED, ids=str)
def test_where_no_transform_leads_is_said(constraint, message):
    with pytest.raises(NotImplementedError, match=message):
        jd.transform_to(constraint)


def test_users_register_their_own():
    class Even(constraints.Constraint):
        pass

    registry = bijections.ConstraintRegistry("registry")

    @registry.register(Even)
    def double(constraint):
        return jd.AffineTransform(0.0, 2.0)

    assert registry(Even())(1.5) == 3.0
    assert registry.register(Even(), lambda c: jd.identity_transform)(None) is jd.identity_transform
    assert registry(Even())(1.5) == 1.5
    with pytest.raises(TypeError, match="expected a Constraint"):
        registry.register(float, double)


def test_every_parameter_of_every_distribution_has_a_transform():
    """Or is discrete."""
    with jd.validation("off"):
        for d in {type(d): d for d in (row.make() for row in CATALOG)}.values():
            for name, constraint in d.arg_constraints.items():
                if not constraint.is_discrete:
                    assert isinstance(jd.transform_to(constraint), jd.Transform), (d, name)
                    assert jd.biject_to(constraint).bijective, (d, name)


# --- fitting -------------------------------------------------------------------------------------

FITTED = {
    "Normal": lambda: (jd.Normal(2.0, 0.5), jd.Normal(0.0, 1.0)),
    "Beta": lambda: (jd.Beta(2.0, 5.0), jd.Beta(1.0, 1.0)),
    "Categorical": lambda: (
        jd.Categorical(probs=[0.2, 0.5, 0.3]),
        jd.Categorical(probs=[0.4, 0.3, 0.3]),
    ),
    "MultivariateNormal": lambda: (
        jd.MultivariateNormal([1.0, -1.0], scale_tril=[[1.0, 0.0], [0.8, 0.5]]),
        jd.MultivariateNormal([0.0, 0.0], scale_tril=np.eye(2)),
    ),
    "Dirichlet": lambda: (jd.Dirichlet([2.0, 0.7, 4.0]), jd.Dirichlet(np.ones(3))),
}


def fit(start, data, steps=300):
    """Maximum likelihood over unconstrained parameters, by Adam."""
    parameters = {name: getattr(start, name) for name in start._stored()}
    onto = {name: jd.transform_to(start.arg_constraints[name]) for name in parameters}
    free = {name: onto[name].inv(value) for name, value in parameters.items()}
    optimizer = optax.adam(0.05)

    def built(free):
        return type(start)(**{name: onto[name](value) for name, value in free.items()})

    def step(state, _):
        free, moments = state
        gradient = jax.grad(lambda free: -jnp.mean(built(free).log_prob(data)))(free)
        updates, moments = optimizer.update(gradient, moments)
        return (optax.apply_updates(free, updates), moments), None

    (free, _), _ = jax.lax.scan(step, (free, optimizer.init(free)), length=steps)
    return built(free)


@pytest.mark.parametrize("name", FITTED)
def test_distributions_are_fitted_through_transform_to(name):
    truth, start = FITTED[name]()
    data = truth.sample(KEY, 2000)
    fitted = jax.jit(fit)(start, data)
    gain = np.mean(fitted.log_prob(data)) - np.mean(truth.log_prob(data))
    assert 0 <= gain < 5e-3  # the most likely parameters are more so than the true ones
    for leaf, target in zip(jax.tree.leaves(fitted), jax.tree.leaves(truth), strict=True):
        np.testing.assert_allclose(leaf, target, rtol=0.12, atol=0.08)


@pytest.mark.parametrize("module", [bijections, jd.wrappers.transformed], ids=lambda m: m.__name__)
def test_the_examples_in_the_documentation_run(module):
    before = dict(jd.transform_to.factories)
    result = doctest.testmod(module)
    jd.transform_to.factories.clear()
    jd.transform_to.factories.update(before)
    assert result.attempted > 0
    assert result.failed == 0


# --- constraints ---------------------------------------------------------------------------------

OF_TORCH = [
    "boolean",
    "cat",
    "corr_cholesky",
    "dependent",
    "dependent_property",
    "greater_than",
    "greater_than_eq",
    "half_open_interval",
    "independent",
    "integer_interval",
    "interval",
    "is_dependent",
    "less_than",
    "lower_cholesky",
    "lower_triangular",
    "MixtureSameFamilyConstraint",
    "multinomial",
    "nonnegative",
    "nonnegative_integer",
    "one_hot",
    "positive",
    "positive_definite",
    "positive_integer",
    "positive_semidefinite",
    "real",
    "real_vector",
    "simplex",
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


@pytest.mark.parametrize("name", OF_TORCH)
def test_torchs_constraints_are_there(name):
    assert name in constraints.__all__
    thing = MEMBERS.get(name, getattr(constraints, name))
    if name in ("dependent_property", "is_dependent"):
        assert callable(thing)
        return
    assert isinstance(thing, constraints.Constraint)
    assert isinstance(thing.event_dim, int)
    assert isinstance(thing.is_discrete, bool)
    if name == "dependent":
        with pytest.raises(ValueError, match="instance"):
            thing.check(0.0)
        return
    value = np.full((2, *[2] * max(thing.event_dim, 1)), 0.5, np.float32)
    feasible = thing.feasible_like(value)
    truth = thing.check(feasible)
    assert truth.dtype == bool
    assert truth.shape == value.shape[: value.ndim - thing.event_dim]
    assert np.all(truth)
    assert not np.any(thing.check(np.full_like(value, np.nan))) or name == "square"


def test_pieces_of_vectors_hold_together():
    cat = constraints.cat((constraints.simplex, constraints.positive), -1, (2, 1))
    np.testing.assert_array_equal(
        cat.check(np.array([[0.5, 0.5, 1.0], [0.5, 0.6, 1.0], [0.5, 0.5, -1.0]])),
        [True, False, False],
    )
    stack = constraints.stack((constraints.simplex, constraints.real_vector), -2)
    np.testing.assert_array_equal(stack.check(np.array([[0.5, 0.5], [3.0, 4.0]])), [True, True])
    assert not constraints.ordered.check(np.array([0.0, 0.0, 1.0]))
    assert not constraints.zero_sum.check(np.array([1.0, -0.9]))
