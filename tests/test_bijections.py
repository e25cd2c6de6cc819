"""biject_to and transform_to, and maximum likelihood through them."""

import doctest
import inspect
import pydoc

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import jaxdist as jd
from jaxdist import bijections, constraints
from jaxdist.wrappers import transformed
from tests.catalog import CATALOG

KEY = jax.random.key(13)
UNCONSTRAINED = np.array([[-30.0, 0.5, 2.0], [0.1, 100.0, -0.5]], np.float32)

# Constraints with a transform, and a shape of unconstrained values.
CONSTRAINTS = [
    (constraints.real, (2, 3)),
    (constraints.positive, (2, 3)),
    (constraints.nonnegative, (2, 3)),
    (constraints.greater_than(5.0), (2, 3)),
    (constraints.greater_than_eq(np.array([1.0, -2.0, 1e4])), (2, 3)),
    (constraints.less_than(-3.0), (2, 3)),
    (constraints.less_than_eq(np.array([1.0, -2.0, 1e4])), (2, 3)),
    (constraints.interval(-2.0, 3.0), (2, 3)),
    (constraints.half_open_interval(2.0, 3.0), (2, 3)),
    (constraints.unit_interval, (2, 3)),
    (constraints.simplex, (2, 3)),
    (constraints.logits, (2, 3)),
    (constraints.ordered, (2, 3)),
    (constraints.positive_ordered_vector, (2, 3)),
    (constraints.ordered_within(constraints.greater_than(-2.0)), (2, 3)),
    (constraints.ordered_within(constraints.less_than(3.0)), (2, 3)),
    (constraints.ordered_within(constraints.interval(-2.0, 3.0)), (2, 3)),
    (constraints.zero_sum, (2, 3)),
    (constraints.sphere, (2, 3)),
    (constraints.l1_ball, (2, 3)),
    (constraints.real_vector, (2, 3)),
    (constraints.real_matrix, (2, 3)),
    (constraints.square, (3, 3)),
    (constraints.independent(constraints.positive, 1), (2, 3)),
    (constraints.lower_cholesky, (3, 3)),
    (constraints.corr_cholesky, (2, 3)),
    (constraints.corr_matrix, (2, 3)),
    (constraints.positive_definite, (3, 3)),
    (constraints.positive_semidefinite, (3, 3)),
    (constraints.cat((constraints.positive, constraints.interval(1.0, 2.0)), -1, (1, 2)), (2, 3)),
    (constraints.cat((constraints.real, constraints.positive), 0), (2, 3)),
    (constraints.cat((constraints.ordered, constraints.real_vector), -1, (2, 1)), (2, 3)),
    (constraints.stack((constraints.simplex, constraints.simplex), -2), (2, 3)),
    (constraints.stack((constraints.real, constraints.less_than(0.0)), 0), (2, 3)),
]

STEEP = (constraints.ordered, constraints.positive_ordered_vector)


@jax.jit
def evaluate(t, constraint, x):
    """y; y recovered from a member; the log-determinant, the gradient, and checks of y."""
    y, log_det = t.forward_and_log_det(x) if t.bijective else (t(x), 0.0)
    member = constraint.feasible_like(jnp.zeros_like(y))
    gradient = jax.grad(lambda x: jnp.sum(t(x)))(jnp.full_like(x, 0.1))
    return (member, t(t.inv(member))), log_det, gradient, (t.codomain.check(y), constraint.check(y))


@pytest.mark.parametrize(
    ("registry", "constraint", "shape"),
    [(jd.biject_to, *case) for case in CONSTRAINTS]
    + [(jd.transform_to, constraints.simplex, (2, 3))],
    ids=lambda v: getattr(v, "__name__", str(v)),
)
def test_a_transform_leads_onto_the_constraint(registry, constraint, shape):
    t = registry(constraint)
    assert t.codomain.event_dim == constraint.event_dim
    assert t.bijective or registry is jd.transform_to
    steep = constraint in STEEP or isinstance(constraint, constraints.ordered_within)
    steep |= shape == (3, 3)
    x = np.resize(UNCONSTRAINED / 8 if steep else UNCONSTRAINED, shape)
    (member, again), log_det, gradient, checks = evaluate(t, constraint, x)
    assert np.all(checks[0])
    assert np.all(checks[1])
    np.testing.assert_allclose(again, member, rtol=1e-5, atol=1e-6)
    assert np.all(np.isfinite(log_det))
    assert np.all(np.isfinite(gradient))


@pytest.mark.parametrize("dtype", [jnp.float32, jnp.bfloat16, jnp.float16])
@pytest.mark.parametrize("constraint", STEEP, ids=str)
def test_increasing_vectors_stay_increasing_and_finite(constraint, dtype):
    """Also where entries round to the one before, to 0 or to infinity, as those of `positive`."""
    x = [[-200.0, -300.0, -200.0], [0.0, -30.0, 2.0], [100.0, 1.0, 200.0], [-9.0, 100.0, 100.0]]
    x = jnp.array(x, dtype)
    t = jd.biject_to(constraint)
    y, pullback = jax.vjp(jax.jit(t), x)
    assert y.dtype == dtype
    assert np.all(np.isfinite(np.asarray(y, float)))
    assert np.all(np.diff(np.asarray(y, float)) > 0)
    assert np.all(constraint.check(y))
    assert np.all(np.isfinite(np.asarray(pullback(jnp.ones_like(y))[0], float)))
    expected = (x if constraint is constraints.positive_ordered_vector else x[:, 1:]).sum(-1)
    np.testing.assert_array_equal(t.forward_and_log_det(x)[1], expected)
    assert np.all(np.isfinite(np.asarray(t.inv(y), float)))
    y = t(jnp.array([-2.0, -0.5, 1.0], dtype))  # nothing is moved
    plain = np.exp([-2.0, -0.5, 1.0])
    plain[0] = -2.0 if constraint is constraints.ordered else plain[0]
    np.testing.assert_allclose(np.asarray(y, float), plain.cumsum(), rtol=2 * jnp.finfo(dtype).eps)
    assert np.isnan(t(jnp.array([0.0, np.nan, 1.0], dtype))[1])


@pytest.mark.parametrize("n", [1, 2, 5, 6, 100])
def test_rows_of_circulant_matrices(n):
    """`inv` returns what the map returns the row for: an even vector, whatever the odd part was."""
    constraint = constraints.positive_definite_circulant_vector
    t = jd.transform_to(constraint)
    x = np.random.default_rng(n).normal(0, 3, (4, n))
    y = t(x)
    assert np.all(constraint.check(y))
    even = (x + np.roll(x[:, ::-1], 1, -1)) / 2
    expected = np.fft.irfft(np.logaddexp(0, even[:, : n // 2 + 1]), n)
    size = expected[:, :1]  # of the largest entries
    np.testing.assert_allclose(y / size, expected / size, atol=2e-6)
    np.testing.assert_allclose(t(t.inv(y)) / size, expected / size, atol=3e-6)
    assert np.all(constraint.check(t(np.where(np.arange(n) == 0, 1e6, -1e6))))
    assert np.all(np.isfinite(jax.grad(lambda x: jnp.sum(t(x) ** 2))(jnp.asarray(x))))
    with pytest.raises(NotImplementedError, match=r"n // 2 \+ 1 real numbers .* Use transform_to"):
        jd.biject_to(constraint)


def test_cat_of_constraints_with_fewer_unconstrained_numbers():
    cat = constraints.cat((constraints.simplex, constraints.zero_sum), -1, (3, 4))
    t = jd.biject_to(cat)
    assert t.lengths == (2, 3)
    y = t(np.arange(5.0))
    assert y.shape == (7,)
    assert cat.check(y)
    assert jd.transform_to(cat).lengths == (3, 3)


def test_a_tree_of_constraints_has_a_tree_of_bijections():
    prior = jd.Joint({"scale": jd.HalfCauchy(1.0), "z": jd.Dirichlet(np.ones(3))})
    t = jd.biject_to(prior.support)
    assert t == jd.JointMapTransform({"scale": jd.ExpTransform(), "z": jd.StickBreakingTransform()})
    shapes = t.inverse_shape({"scale": (), "z": (3,)})
    assert shapes == {"scale": (), "z": (2,)}


def test_bounds_may_be_traced():
    @jax.jit
    def high(low, x):
        return jd.transform_to(jd.Uniform(low, low + 1).arg_constraints["high"])(x)

    np.testing.assert_allclose(high(2.0, 0.0), 3.0, rtol=1e-6)
    slope = jax.grad(high)(2.0, 0.0)
    np.testing.assert_allclose(slope, 1.0, rtol=1e-6)


WITHOUT_TRANSFORM = [
    (constraints.boolean, "discrete"),
    (constraints.nonnegative_integer, "discrete"),
    (constraints.one_hot, "discrete"),
    (constraints.independent(constraints.integer_interval(0, 3), 1), "discrete"),
    (constraints.dependent, r"register one with @transform_to.register\(Dependent\)"),
    (constraints.union((constraints.positive, constraints.less_than(-1.0))), "no transform"),
    (constraints.symmetric, "no transform"),
]
NOT_CONSTRAINTS = [
    (1.0, r"got 1\.0"),
    ("positive", "got 'positive'"),
    (constraints.greater_than, r"got a class: write an instance, `GreaterThan\(lower_bound\)`"),
    (type(constraints.simplex), r"got a class: write an instance, `Simplex\(\)`"),
    (jd.Categorical.support, "got a property: read it from an instance"),
]


@pytest.mark.fast
@pytest.mark.parametrize(("constraint", "message"), WITHOUT_TRANSFORM, ids=str)
def test_constraints_without_a_transform_are_errors(constraint, message):
    with pytest.raises(NotImplementedError, match=message):
        jd.transform_to(constraint)


@pytest.mark.fast
@pytest.mark.parametrize("registry", [jd.biject_to, jd.transform_to])
@pytest.mark.parametrize(("argument", "message"), NOT_CONSTRAINTS)
def test_arguments_that_are_not_constraints_are_errors(registry, argument, message):
    prefix = rf"{registry.__name__}: the argument must be a Constraint, such as .*; {message}"
    with pytest.raises(TypeError, match=prefix):
        registry(argument)


def test_users_register_their_own():
    class Even(constraints.Constraint):
        pass

    @bijections.constraint_registry
    def registry(constraint):
        raise NotImplementedError

    @registry.register(Even)
    def double(constraint):
        return jd.AffineTransform(0.0, 2.0)

    assert registry(Even())(1.5) == 3.0
    assert registry.register(Even(), lambda c: jd.identity_transform)(None) is jd.identity_transform
    assert registry(Even())(1.5) == 1.5
    with pytest.raises(TypeError, match="expected a Constraint"):
        registry.register(float, double)


@pytest.mark.fast
@pytest.mark.parametrize("function", [jd.biject_to, jd.transform_to], ids=lambda f: f.__name__)
def test_help_shows_the_function(function):
    assert inspect.isfunction(function)
    shown = pydoc.render_doc(function, renderer=pydoc.plaintext)
    assert f"{function.__name__}(constraint: 'Constraint') -> 'Transform'" in shown
    assert "unconstrained values onto the set of a constraint" in shown
    assert "omit it to use" in inspect.getdoc(function.register)


def test_every_parameter_of_every_distribution_has_a_transform():
    """Or is discrete, or an orthogonal matrix; to rows of circulant matrices none is bijective."""
    with jd.validation("off"):
        for d in {type(d): d for d in (row.make() for row in CATALOG)}.values():
            for name, constraint in d.arg_constraints.items():
                if constraint is jd.constraints.orthogonal:
                    with pytest.raises(NotImplementedError):
                        jd.transform_to(constraint)
                elif not constraint.is_discrete:
                    assert isinstance(jd.transform_to(constraint), jd.Transform), (d, name)
                    if constraint is not jd.constraints.positive_definite_circulant_vector:
                        assert jd.biject_to(constraint).bijective, (d, name)


# --- maximum likelihood --------------------------------------------------------------------------

ESTIMATED = {
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


def maximize_likelihood(initial, data, steps=300):
    """Maximize the likelihood over unconstrained parameters with Adam."""
    parameters = {name: getattr(initial, name) for name in initial._stored()}
    transforms = {name: jd.transform_to(initial.arg_constraints[name]) for name in parameters}
    unconstrained = {name: transforms[name].inv(value) for name, value in parameters.items()}
    optimizer = optax.adam(0.05)

    def distribution(unconstrained):
        return type(initial)(**{name: transforms[name](x) for name, x in unconstrained.items()})

    def loss(unconstrained):
        return -jnp.mean(distribution(unconstrained).log_prob(data))

    def step(state, _):
        unconstrained, moments = state
        updates, moments = optimizer.update(jax.grad(loss)(unconstrained), moments)
        return (optax.apply_updates(unconstrained, updates), moments), None

    state = unconstrained, optimizer.init(unconstrained)
    (unconstrained, _), _ = jax.lax.scan(step, state, length=steps)
    return distribution(unconstrained)


@jax.jit
def estimate(truth, initial):
    """The estimate from draws of the truth, and its mean log-likelihood over the truth's."""
    data = truth.sample(KEY, 2000)
    d = maximize_likelihood(initial, data)
    return d, jnp.mean(d.log_prob(data)) - jnp.mean(truth.log_prob(data))


@pytest.mark.parametrize("name", ESTIMATED)
def test_maximum_likelihood_through_transform_to(name):
    truth, initial = ESTIMATED[name]()
    d, gain = estimate(truth, initial)
    assert 0 <= gain < 5e-3  # the maximum-likelihood parameters are likelier than the true ones
    for leaf, target in zip(jax.tree.leaves(d), jax.tree.leaves(truth), strict=True):
        np.testing.assert_allclose(leaf, target, rtol=0.12, atol=0.08)


@pytest.mark.parametrize("module", [bijections, transformed], ids=lambda m: m.__name__)
def test_the_examples_in_the_documentation_run(module):
    result = doctest.testmod(module)
    assert result.attempted > 0
    assert result.failed == 0
