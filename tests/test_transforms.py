"""Transforms: laws for the catalog, extremes in float32, torch's formulas, errors."""

import copy
import functools
import pickle

import jax
import jax.numpy as jnp
import mpmath
import numpy as np
import pytest

import jaxdist as jd
from tests.transform_catalog import (
    ROWS,
    VECTORS,
    Network,
    affine,
    block_weights,
    quick,
    rows,
    shift_by,
    weights,
)


def sum_of_outputs(t, x):
    y, log_det = t.forward_and_log_det(x)
    return jnp.sum(y) + jnp.sum(log_det)


@quick
def evaluate_laws(t, x):
    """What the laws compare, in one program."""
    y = t(x)
    joint_y, log_det = t.forward_and_log_det(x)
    joint_x, inverse_log_det = t.inverse_and_log_det(y)
    return {
        "y": (y, joint_y),
        "x": (t.inv(y), joint_x),
        "log_det": (
            log_det,
            -inverse_log_det,
            t.log_abs_det_jacobian(x, y),
            -t.inv.log_abs_det_jacobian(y, x),
        ),
        "checks": (t.codomain.check(y), t.domain.check(x)),
        "vmap": jax.vmap(t.forward_and_log_det)(x),
        "gradient": jax.grad(sum_of_outputs, (0, 1))(t, x),
    }


@functools.cache
def laws(row):
    """The values for a row, evaluated once for all tests of the row."""
    return jax.tree.map(np.asarray, evaluate_laws(row.make(), row.x()))


@rows
def test_the_inverse_inverts(row):
    for x in laws(row)["x"]:
        np.testing.assert_allclose(x, row.x(), rtol=row.round_trip, atol=row.round_trip)


@pytest.mark.fast
@rows
def test_log_determinants_agree(row):
    first, *others = laws(row)["log_det"]
    event_dim = row.make().domain.event_dim
    assert first.shape == row.x().shape[: row.x().ndim - event_dim]
    assert first.dtype == np.float32
    for log_det in others:
        np.testing.assert_allclose(log_det, first, rtol=row.round_trip, atol=row.round_trip)


@rows
def test_separate_joint_vmapped_and_eager_calls_agree(row):
    y, joint_y = laws(row)["y"]
    assert y.dtype == np.float32
    np.testing.assert_array_equal(joint_y, y)
    mapped_y, mapped_log_det = laws(row)["vmap"]
    np.testing.assert_allclose(mapped_y, y, rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(mapped_log_det, laws(row)["log_det"][0], rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(row.make()(row.x()), y, rtol=1e-6, atol=1e-6)


@rows
def test_values_are_in_the_domain_and_codomain(row):
    for check in laws(row)["checks"]:
        assert np.all(check)


@rows
def test_a_gradient_is_a_finite_transform(row):
    gradient = laws(row)["gradient"]
    assert jax.tree.structure(gradient[0]) == jax.tree.structure(row.make())
    assert all(np.all(np.isfinite(leaf)) for leaf in jax.tree.leaves(gradient))


@rows
def test_log_determinant_is_that_of_the_jacobian(row):
    """For a Jacobian J that is not square (a surface in space): log sqrt det(J^T J)."""

    @quick
    @jax.vmap
    def jacobian_and_log_det(u):
        def y_coordinates(u):
            return jnp.ravel(row.coordinates(t._forward(row.embed(u))))

        return jax.jacfwd(y_coordinates)(u), t.forward_and_log_det(row.embed(u))[1]

    with jax.enable_x64(True):
        t = jax.tree.map(lambda leaf: np.asarray(leaf, np.float64), row.make())
        jacobian, log_det = jacobian_and_log_det(row.points)
    jacobian = np.asarray(jacobian).reshape(len(row.points), -1, row.points[0].size)
    gram = np.matrix_transpose(jacobian) @ jacobian
    np.testing.assert_allclose(log_det, np.linalg.slogdet(gram)[1] / 2, rtol=1e-9, atol=1e-9)


@rows
def test_shapes(row):
    t, x = row.make(), row.x()
    many = jax.ShapeDtypeStruct((5, *x.shape), x.dtype)
    y, log_det = jax.eval_shape(t.forward_and_log_det, many)
    back, _ = jax.eval_shape(t.inverse_and_log_det, y)
    assert t.forward_shape(many.shape) == y.shape
    assert t.inverse_shape(y.shape) == back.shape == many.shape
    assert log_det.shape == many.shape[: len(many.shape) - t.domain.event_dim]
    half = jax.eval_shape(t, jax.ShapeDtypeStruct(x.shape, jnp.float64))
    assert half.shape == y.shape[1:]


@rows
def test_a_transform_is_a_tree(row):
    t = row.make()
    leaves, structure = jax.tree.flatten(t)
    for other in (pickle.loads(pickle.dumps(t)), copy.deepcopy(t), jax.tree.map(jnp.copy, t)):
        assert jax.tree.structure(other) == structure
    repr(jax.tree.unflatten(structure, [object()] * len(leaves)))
    assert repr(t).startswith(type(t).__name__)
    assert t.inv.inv is t or t.inv is t.transform


def classes_in(t):
    """The classes of a transform and of the transforms that it is made of."""
    fields = jax.tree.leaves(vars(t), is_leaf=lambda v: isinstance(v, jd.Transform))
    nested = [classes_in(field) for field in fields if isinstance(field, jd.Transform)]
    return {type(t)}.union(*nested)


def test_every_transform_is_in_the_catalog():
    covered = set().union(*(classes_in(row.make()) for row in ROWS))
    public = {getattr(jd.transforms, name) for name in jd.transforms.__all__}
    classes = {t for t in public if isinstance(t, type)} - {jd.Transform}
    of_trees = {jd.JointMapTransform, jd.RestructureTransform}
    merging = {jd.AbsTransform, jd.SoftmaxTransform, jd.transforms.CirculantTransform}
    assert classes - covered == merging | of_trees


# --- extremes ------------------------------------------------------------------------------------


def log_sigmoid(x):
    return -mpmath.log(1 + mpmath.exp(-x))


def log_sigmoid_slope(x):
    return log_sigmoid(x) + log_sigmoid(-x)


EXTREMES = {
    "Tanh": (
        jd.TanhTransform(),
        lambda x: 2 * mpmath.log(mpmath.sech(x)),
        [-90.0, -15.0, 0.0, 1e-3, 9.0, 15.0, 1e4],
    ),
    "Sigmoid": (jd.SigmoidTransform(), log_sigmoid_slope, [-300.0, -90.0, 0.0, 17.0, 90.0, 1e4]),
    "Softplus": (jd.SoftplusTransform(), log_sigmoid, [-1e4, -90.0, -1.0, 0.0, 1.0, 20.0, 90.0]),
    "Exp": (jd.ExpTransform(), lambda x: x, [-200.0, -80.0, 80.0]),
    "Power": (
        jd.PowerTransform(3.0),
        lambda x: mpmath.log(3) + 2 * mpmath.log(x),
        [1e-30, 1e-3, 1.0, 1e10],
    ),
    "Interval": (
        jd.IntervalTransform(-1.0, 3.0),
        lambda x: mpmath.log(4) + log_sigmoid_slope(x),
        [-90.0, 0.5, 90.0],
    ),
}


@jax.jit
def evaluate_extremes(t, x):
    """y, the log-determinant, and the derivatives of this and of the inverse's."""

    def log_det(t, x):
        return jnp.sum(t.forward_and_log_det(x)[1])

    y, at_x = t.forward_and_log_det(x)
    inverse = jax.grad(log_det, 1)(t.inv, y) if t.codomain.event_dim == 0 else 0.0
    return y, at_x, jax.grad(log_det, 1)(t, x), inverse, t.codomain.check(y)


@pytest.mark.parametrize("name", EXTREMES)
def test_log_slopes_at_extremes_in_float32(name):
    t, log_slope, points = EXTREMES[name]
    x = np.float32(points)
    with mpmath.workdps(60):
        exact = np.array([float(log_slope(mpmath.mpf(float(v)))) for v in x])
    _, log_det, gradient, inverse_gradient, inside = evaluate_extremes(t, x)
    eps = np.finfo(np.float32).eps
    error = np.abs(np.asarray(log_det, float) - exact)
    assert np.all(error <= 4 * eps * np.maximum(np.abs(exact), 1))
    assert np.all(inside)
    assert np.all(np.isfinite(gradient))
    assert not np.any(np.isnan(inverse_gradient))


@pytest.mark.parametrize(
    ("t", "scale"),
    [(jd.StickBreakingTransform(), 90.0), (jd.CorrCholeskyTransform(), 30.0)],
    ids=lambda v: type(v).__name__,
)
def test_vectors_at_extremes_stay_inside_with_exact_log_determinants(t, scale):
    """Probabilities of 1e-38, angles of 1e-13: neither value nor log-determinant underflows."""
    x = np.float32(scale * VECTORS / 2)
    _, log_det, gradient, _, inside = evaluate_extremes(t, x)
    assert np.all(inside)
    with jax.enable_x64(True):
        exact = t.forward_and_log_det(np.asarray(x, float))[1]
    np.testing.assert_allclose(log_det, exact, rtol=1e-6)
    assert np.all(np.isfinite(gradient))


def test_corr_cholesky_inverts_angles_near_a_right_angle():
    x = np.float32([12.0, -8.0, 15.0])
    t = jd.CorrCholeskyTransform()
    np.testing.assert_allclose(t.inv(t(x)), x, rtol=1e-6)


def test_simplex_to_ordered_inverts_small_probabilities():
    probs = np.float32([1e-20, 1e-9, 0.5, 0.5 - 1e-9])
    t = jd.SimplexToOrderedTransform()
    np.testing.assert_allclose(t.inv(t(probs)), probs, rtol=1e-5)


FAR = np.float32([-200.0, -30.0, 30.0, 200.0])


def test_bounds_are_never_reached():
    transforms = (
        jd.GreaterThanTransform(5.0),
        jd.LessThanTransform(-7.0),
        jd.IntervalTransform(2.0, 3.0),
        jd.IndependentTransform(jd.GreaterThanTransform(5.0), 1),
        jd.CatTransform([jd.GreaterThanTransform(5.0), jd.LessThanTransform(2.0)], -1, [2, 2]),
    )

    @jax.jit
    def evaluate(transforms):
        ys = [t(FAR) for t in transforms]
        return [(t.codomain.check(y), t.inv(y)) for t, y in zip(transforms, ys, strict=True)]

    for inside, x in evaluate(transforms):
        assert np.all(inside)
        assert np.all(np.isfinite(x) | np.isinf(x))


@pytest.mark.parametrize("dtype", [jnp.bfloat16, jnp.float16])
def test_positive_values_do_not_underflow_in_half_precision(dtype):
    for t in (jd.ExpTransform(), jd.IndependentTransform(jd.SoftplusTransform(), 1)):
        y = t(jnp.asarray(FAR, dtype))
        assert y.dtype == dtype
        assert np.all(np.asarray(y > 0))


# --- torch's conventions -------------------------------------------------------------------------


def test_stick_breaking_is_that_of_torch():
    t = jd.StickBreakingTransform()
    offset = 4 - np.cumsum(np.ones(3))
    fractions = 1 / (1 + np.exp(-(VECTORS - np.log(offset))))
    remaining = np.cumprod(1 - fractions, -1)
    one = np.ones((len(VECTORS), 1))
    expected = np.append(fractions, one, -1) * np.append(one, remaining, -1)
    np.testing.assert_allclose(t(VECTORS), expected, rtol=1e-5)
    np.testing.assert_allclose(t(np.zeros(3)), np.full(4, 0.25), rtol=1e-6)


def test_corr_cholesky_is_that_of_torch():
    for x, y in zip(VECTORS, jd.CorrCholeskyTransform()(VECTORS), strict=True):
        r = np.zeros((3, 3))
        r[np.tril_indices(3, -1)] = np.tanh(x)
        norm = np.cumprod(np.sqrt(1 - r**2), -1)
        shifted = np.append(np.ones((3, 1)), norm[:, :-1], -1)
        np.testing.assert_allclose(y, (r + np.eye(3)) * shifted, rtol=1e-5, atol=1e-7)


def test_triangular_transforms_ignore_the_upper_triangle():
    full = np.arange(9.0).reshape(3, 3) / 4
    for t in (jd.LowerCholeskyTransform(), jd.PositiveDefiniteTransform()):
        np.testing.assert_array_equal(t(full), t(np.tril(full)))
    factor = np.tril(full, -1) + np.diag(np.exp(np.diag(full)))
    np.testing.assert_allclose(jd.PositiveDefiniteTransform()(full), factor @ factor.T, rtol=1e-5)


@pytest.mark.slow
def test_leaky_tanh_has_one_slope_at_its_kinks():
    t = jd.LeakyTanhTransform(3.0)
    slopes = jax.vmap(jax.grad(t))(np.float32([-3.0, 3.0, 3.1, -1e30]))
    np.testing.assert_allclose(slopes, 1 / np.cosh(3) ** 2, rtol=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize("scale", [0.0, 1e-30, 1.0, 1e10, 1e30])
def test_the_sphere_is_mapped_near_its_poles(scale):
    t, x = jd.UnitVectorTransform(), np.float32([3.0, -4.0]) * np.float32(scale)
    y, log_det = t.forward_and_log_det(x)
    np.testing.assert_allclose(t.inv(y), x, rtol=1e-5)
    np.testing.assert_allclose(log_det, 2 * np.log(2 / (1 + (5 * scale) ** 2)), rtol=1e-5)
    assert np.all(np.isfinite(jax.grad(lambda x: t.forward_and_log_det(x)[1])(x)))


@pytest.mark.slow
def test_sinh_arcsinh_makes_the_family_of_this_name():
    t = jd.SinhArcsinhTransform(0.5, 1.5)
    d = jd.TransformedDistribution(jd.Normal(0.0, 1.0), [t, jd.AffineTransform(1.0, 2.0)])
    family = jd.SinhArcsinh(1.0, 2.0, 0.5, 1.5)
    x = np.linspace(-20.0, 30.0, 11)
    np.testing.assert_allclose(d.log_prob(x), family.log_prob(x), rtol=2e-5)
    np.testing.assert_allclose(d.icdf(0.9), family.icdf(0.9), rtol=1e-5)


NUMERICALLY_INVERTED = [
    row
    for row in ROWS
    if row.name in ("Planar", "Planar steep", "Sylvester", "BlockAutoregressive")
]


@pytest.mark.slow
@pytest.mark.parametrize("row", NUMERICALLY_INVERTED, ids=str)
def test_numerical_inverses_have_implicit_derivatives(row):
    """d t^-1(y; theta) by y and by every parameter: t(t^-1(y; theta); theta) = y is constant."""

    @quick
    def derivatives(t, y):
        jacobian_of_inverse = jax.jacrev(lambda y: t.inv(y))(y)
        jacobian = jax.jacfwd(lambda x: t(x))(t.inv(y))
        moved = jax.jacrev(lambda s: s(jax.lax.stop_gradient(t.inv(y))))(t)
        through = jax.jacrev(lambda s: s.inv(y))(t)
        return jacobian @ jacobian_of_inverse, jacobian, moved, through

    with jax.enable_x64(True):
        t = jax.tree.map(lambda leaf: np.asarray(leaf, np.float64), row.make())
        product, jacobian, moved, through = derivatives(t, np.asarray(row.points[0]))
    np.testing.assert_allclose(product, np.eye(3), atol=1e-9)
    for by_t, by_inverse in zip(jax.tree.leaves(moved), jax.tree.leaves(through), strict=True):
        np.testing.assert_allclose(np.tensordot(jacobian, by_inverse, 1), -by_t, atol=1e-8)


@pytest.mark.slow
@pytest.mark.parametrize(
    "t",
    [
        jd.PlanarTransform([1.0, 0.5], [2.0, -1.0], 0.5).inv,
        jd.RadialTransform([0.5, 0.0], 0.0, 2.0),
        jd.BlockAutoregressiveTransform(*block_weights(2, 4, 2)).inv,
        jd.DiagPlusLowRankAffine([0.5, 0.0], [0.5, 1.0], [[0.5], [1.0]], [[0.3], [0.2]]),
    ],
    ids=lambda t: type(getattr(t, "transform", t)).__name__,
)
def test_densities_integrate_to_one(t):
    d = jd.TransformedDistribution(jd.Independent(jd.Normal(np.zeros(2), 1.0), 1), [t])
    draws = np.asarray(d.sample(jax.random.key(0), (2000,)))
    low, high = draws.min(0) - 3, draws.max(0) + 3
    axes = [np.linspace(a, b, 300) for a, b in zip(low, high, strict=True)]
    grid = np.stack(np.meshgrid(*axes), -1)
    area = np.prod([axis[1] - axis[0] for axis in axes])
    np.testing.assert_allclose(np.sum(np.exp(d.log_prob(grid))) * area, 1, atol=2e-3)


PROBS = np.float32([0.2, 0.3, 0.5])


def test_right_inverses():
    np.testing.assert_array_equal(jd.AbsTransform()([-2.0, 3.0]), [2.0, 3.0])
    np.testing.assert_array_equal(jd.AbsTransform().inv(jnp.array([2.0, 3.0])), [2.0, 3.0])
    np.testing.assert_allclose(jd.SoftmaxTransform()(jd.SoftmaxTransform().inv(PROBS)), PROBS)


@pytest.mark.parametrize("t", [jd.AbsTransform(), jd.SoftmaxTransform()], ids=repr)
def test_only_bijections_have_log_determinants(t):
    for nonbijective in (t, t.inv, jd.ComposeTransform([jd.identity_transform, t])):
        assert not nonbijective.bijective
        with pytest.raises(NotImplementedError, match="not bijective"):
            nonbijective.log_abs_det_jacobian(PROBS, PROBS)
        with pytest.raises(NotImplementedError, match="not bijective"):
            nonbijective.inverse_and_log_det(PROBS)


def test_signs():
    down = jd.AffineTransform(0.0, [-1.0, 2.0])
    np.testing.assert_array_equal(down.sign, [-1, 1])
    np.testing.assert_array_equal(jd.PowerTransform(-2.0).sign, -1)
    assert jd.ComposeTransform([jd.LessThanTransform(0.0), jd.TanhTransform()]).sign == -1
    np.testing.assert_array_equal(jd.ComposeTransform([jd.ExpTransform(), down]).sign, [-1, 1])
    with pytest.raises(NotImplementedError, match="monotone"):
        _ = jd.StickBreakingTransform().sign


def test_event_dims_of_a_composition():
    t = jd.ComposeTransform(
        [jd.ExpTransform(), jd.ZeroSumTransform(2), jd.ReshapeTransform((6,), (2, 3))]
    )
    assert (t.domain.event_dim, t.codomain.event_dim) == (2, 3)
    to_matrix = jd.ComposeTransform(
        [jd.CorrCholeskyTransform(), jd.IndependentTransform(jd.ExpTransform(), 3)]
    )
    assert (to_matrix.domain.event_dim, to_matrix.codomain.event_dim) == (2, 3)
    assert jd.IndependentTransform(jd.ExpTransform(), 2).domain.event_dim == 2


# --- parameters ----------------------------------------------------------------------------------


def test_parameters_broadcast_with_values():
    t = jd.AffineTransform(np.zeros((4, 1)), [1.0, 2.0, 3.0])
    assert t.forward_shape((3,)) == (4, 3)
    y, log_det = t.forward_and_log_det(np.ones(3))
    assert y.shape == log_det.shape == (4, 3)
    cdf = jd.CumulativeDistributionTransform(jd.Normal(np.zeros((4, 1)), 1.0))
    np.testing.assert_allclose(cdf(np.zeros((2, 4, 3))), np.full((2, 4, 3), 0.5), rtol=1e-6)
    wide = jd.LowerCholeskyAffine(np.zeros((4, 2)), np.eye(2))
    assert wide.inv(np.ones((5, 1, 2))).shape == (5, 4, 2)
    spline = jd.RationalQuadraticSpline(np.zeros((3, 4)), np.zeros(4), np.zeros(3))
    np.testing.assert_allclose(spline(VECTORS), VECTORS, rtol=1e-5, atol=1e-6)


def test_cat_along_a_batch_axis():
    x = np.arange(6.0).reshape(3, 2)
    t = jd.CatTransform([jd.ExpTransform(), jd.AffineTransform(0.0, 3.0)], 0, [1, 2])
    y, log_det = t.forward_and_log_det(x)
    np.testing.assert_allclose(y, np.concatenate([np.exp(x[:1]), 3 * x[1:]]), rtol=1e-6)
    expected = np.concatenate([x[:1], np.full((2, 2), np.log(3))])
    np.testing.assert_allclose(log_det, expected, rtol=1e-6)
    assert t.codomain.check(y).shape == (3, 2)


def test_stack_along_a_batch_axis():
    t = jd.StackTransform([jd.StickBreakingTransform(), jd.StickBreakingTransform()], -2)
    y, log_det = t.forward_and_log_det(np.arange(6.0).reshape(1, 2, 3))
    assert y.shape == (1, 2, 4)
    assert log_det.shape == (1, 2)
    assert np.all(t.codomain.check(y))


def apply_activation(weights, activation, x):
    return activation(x @ weights)


def test_conditioners_of_any_kind():
    x = VECTORS.astype(np.float32)
    arrays = weights(1, 4)
    function = jd.SplitCoupling(lambda x: jnp.tanh(x @ arrays), affine, 1)
    tree = jd.SplitCoupling(Network(arrays), affine, 1)
    partial = jax.tree_util.Partial(apply_activation, arrays, jnp.tanh)
    mixed = jd.SplitCoupling(partial, affine, 1)
    for t in (function, mixed):
        np.testing.assert_allclose(t(x), tree(x), rtol=1e-6)
    assert [len(jax.tree.leaves(t)) for t in (function, tree, mixed)] == [0, 1, 1]
    gradient = jax.jit(jax.grad(lambda t: jnp.sum(t.forward_and_log_det(x)[1])))(mixed)
    assert np.all(np.abs(jax.tree.leaves(gradient)[0][:, 2:]) > 0)


def test_a_conditioner_may_close_over_what_is_differentiated():
    def coupling_by_closure(w):
        return jd.SplitCoupling(lambda x: jnp.tanh(x @ w), affine, 1)

    def coupling_by_tree(w):
        return jd.SplitCoupling(Network(w), affine, 1)

    def loss(w, make):
        y, log_det = make(w).forward_and_log_det(VECTORS)
        return jnp.sum(y**2) + jnp.sum(log_det)

    gradients = [jax.grad(loss)(weights(1, 4), f) for f in (coupling_by_closure, coupling_by_tree)]
    np.testing.assert_allclose(gradients[0], gradients[1], rtol=1e-5)


def test_an_autoregressive_jacobian_is_triangular():
    t = jd.MaskedAutoregressive(Network(np.triu(weights(3, 3), 1)), shift_by)
    jacobian = np.asarray(jax.jacfwd(t)(jnp.asarray(VECTORS[0])))
    np.testing.assert_array_equal(np.triu(jacobian, 1), 0)
    np.testing.assert_allclose(np.diagonal(jacobian), 2, rtol=1e-6)
    assert np.all(jacobian[np.tril_indices(3, -1)] != 0)


def test_a_spline_is_smooth_at_its_knots_and_the_identity_outside():
    outside = np.array([-9.0, -2.0, 2.0, 1e9])
    with jax.enable_x64(True):
        t = jd.RationalQuadraticSpline(np.array([0.5, -1.0, 2.0]), np.zeros(3), np.ones(2), 2.0)
        knots = np.asarray(t._knots(t.widths))
        below, above = jax.jit(jax.vmap(jax.grad(t)))(
            np.append(knots - 1e-9, knots + 1e-9)
        ).reshape(2, -1)
        y, log_det = t.forward_and_log_det(outside)
    np.testing.assert_allclose(below, above, rtol=1e-6)
    np.testing.assert_array_equal(y, outside)
    np.testing.assert_array_equal(log_det, 0)


# --- trees ---------------------------------------------------------------------------------------

TREE = {"loc": np.array([0.3, -1.0]), "scale": np.array(0.5)}


def test_transforms_of_trees_compose_and_invert():
    joint = jd.JointMapTransform(
        {"loc": jd.IndependentTransform(jd.TanhTransform(), 1), "scale": jd.ExpTransform()}
    )
    t = jd.ComposeTransform(
        [joint, jd.RestructureTransform(["s", "l"], {"loc": "l", "scale": "s"})]
    )
    (scale, loc), log_det = t.forward_and_log_det(TREE)
    np.testing.assert_allclose(scale, np.exp(0.5), rtol=1e-6)
    np.testing.assert_allclose(loc, np.tanh(TREE["loc"]), rtol=1e-6)
    expected = 0.5 - 2 * np.log(np.cosh(TREE["loc"])).sum()
    back, inverse_log_det = t.inverse_and_log_det([scale, loc])
    for value in (log_det, -inverse_log_det, t.log_abs_det_jacobian(TREE, [scale, loc])):
        np.testing.assert_allclose(value, expected, rtol=1e-5)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-5), back, TREE)
    assert t.forward_shape({"loc": (2,), "scale": ()}) == [(), (2,)]
    assert copy.deepcopy(t) == t == pickle.loads(pickle.dumps(t))


def test_log_determinants_of_trees_have_one_batch_shape():
    joint = jd.JointMapTransform({"loc": jd.TanhTransform(), "scale": jd.ExpTransform()})
    with pytest.raises(ValueError, match="must have one batch shape"):
        joint.forward_and_log_det(TREE)
    with pytest.raises(TypeError, match="do not compose"):
        jd.ComposeTransform([joint, jd.ExpTransform()])


# --- errors --------------------------------------------------------------------------------------


def split_coupling(x, conditioner=jnp.sin, transform=affine, split_index=1):
    return jd.SplitCoupling(conditioner, transform, split_index)(x)


@pytest.mark.parametrize(
    ("function", "args", "message"),
    [
        (jd.AffineTransform, (0.0, 0.0), "AffineTransform: parameter 'scale'"),
        (jd.PowerTransform, (0.0,), "'exponent' must satisfy"),
        (jd.IntervalTransform, (1.0, 1.0), "'upper_bound' must satisfy"),
        (jd.LowerCholeskyAffine, (np.zeros(2), np.ones((2, 2))), "'scale_tril'"),
        (jd.StickBreakingTransform(), (1.0,), r"at least 1 axes; got shape \(\)"),
        (jd.CorrCholeskyTransform(), (np.zeros(4),), r"n \(n - 1\) / 2 numbers"),
        (jd.LowerCholeskyTransform(), (np.zeros((2, 3)),), "square matrices"),
        (jd.SimplexToOrderedTransform(), (np.ones(1),), "at least two"),
        (jd.ZeroSumTransform, (0,), "event_dim must be an integer of at least 1; got 0"),
        (jd.ReshapeTransform, ((2,), (3,)), "different numbers"),
        (jd.ReshapeTransform((2,), (2, 1)), (np.ones(3),), r"events of shape \(2,\)"),
        (jd.PermuteTransform, ([0, 0],), "once"),
        (jd.PermuteTransform([1, 0]), (np.ones(3),), "vectors of 2"),
        (jd.IndependentTransform, (jd.ExpTransform(), -1), "an integer of at least 0; got -1"),
        (jd.CatTransform, ([],), "at least one"),
        (jd.CatTransform, ([jd.ExpTransform()], 0, [1, 2]), "2 lengths for 1"),
        (jd.CatTransform([jd.ExpTransform()], 0, [2]), (np.ones(3),), "length of 2"),
        (jd.CatTransform, ([jd.CorrCholeskyTransform()],), "keep the number"),
        (jd.StackTransform, ([jd.SoftmaxTransform()], -1), "left of the 1 event"),
        (jd.StackTransform([jd.ExpTransform()], 0), (np.ones(3),), "length of 1"),
        (jd.RationalQuadraticSpline, [np.zeros(3)] * 3, "K - 1 slopes; got 3, 3 and 3"),
        (split_coupling, (np.ones(3), jnp.sin, affine, 3), "more than 3"),
        (jd.HouseholderTransform, ([0.0, 0.0],), "a vector that is not zero"),
        (jd.LowerUpperTriangularAffine, ([0.0, 0.0], np.ones((2, 2)) - np.eye(2)), "'lower_upper'"),
        (jd.LowerUpperTriangularAffine, ([0.0, 0.0], np.eye(2), [1, 1]), "must hold 0 ... 1 once"),
        (jd.DiagPlusLowRankAffine, (np.ones(2), np.ones(2), *np.ones((2, 3, 1))), "k columns"),
        (jd.SylvesterTransform, (np.ones((1, 2)), np.eye(3), np.eye(3), np.ones(3)), "one size m"),
        (jd.BlockAutoregressiveTransform, ([np.ones((4, 2))], [np.ones(4)]), "each layer"),
        (jd.DiscreteCosineTransform, (4,), "must be 2 or 3; got 4"),
        (jd.RestructureTransform, ([0, 0], [0, 1]), "the same tokens"),
        (jd.JointMapTransform([jd.ExpTransform()]), ({"a": 1.0},), "must be a tree like"),
        (jd.MaskedCoupling(jnp.sin, affine, [True]), (np.ones(3),), "vectors of 1"),
    ],
)
def test_bad_values_are_named(function, args, message):
    with pytest.raises(ValueError, match=message):
        function(*args)


@pytest.mark.parametrize(
    ("function", "args", "message"),
    [
        (jd.ComposeTransform, ([1.0],), "every entry of parts must be a Transform; got 1.0"),
        (split_coupling, (np.ones(3), 1.0), "conditioner must be callable"),
        (split_coupling, (np.ones(3), affine, 1.0), "transform must be callable"),
        (split_coupling, (np.ones(3), jnp.sin, abs), "must return a transform of single numbers"),
    ],
)
def test_arguments_of_bad_types_are_named(function, args, message):
    with pytest.raises(TypeError, match=message):
        function(*args)


def test_only_univariate_distributions_have_a_cumulative_distribution_transform():
    with pytest.raises(TypeError, match="must be of single numbers"):
        jd.CumulativeDistributionTransform(jd.Dirichlet(np.ones(3)))


def test_transforms_of_one_class_with_equal_parameters_are_equal():
    affine = jd.AffineTransform(0.0, [1.0, 2.0])
    assert affine == jd.AffineTransform(0.0, [1.0, 2.0])
    assert hash(affine) == hash(jd.AffineTransform(0.0, [1.0, 2.0]))
    assert affine != jd.AffineTransform(0.0, [1.0, 3.0])
    assert affine != jd.AffineTransform(0.0, [1.0, 2.0], event_dim=1)
    assert jd.ExpTransform() == jd.ExpTransform() != jd.TanhTransform()
    assert affine.inv == jd.AffineTransform(0.0, [1.0, 2.0]).inv != affine
    assert jd.ComposeTransform([affine, jd.ExpTransform()]) != jd.ComposeTransform([affine])


def test_the_bijection_onto_intervals_of_which_some_have_no_end():
    support = jd.GeneralizedPareto([0.0, 1.0], 1.0, [0.5, -0.5]).support
    t = jd.biject_to(support)
    x = jnp.array([0.3, 0.3])
    y, log_det = t.forward_and_log_det(x)
    expected = [np.exp(0.3), 1 + 2 / (1 + np.exp(-0.3))]
    np.testing.assert_allclose(y, expected, rtol=1e-6)
    np.testing.assert_allclose(t.inv(y), x, rtol=1e-6)
    slope = jax.vmap(jax.grad(lambda x, low, high: jd.IntervalTransform(low, high)(x)))
    np.testing.assert_allclose(log_det, jnp.log(slope(x, *support.bounds)), rtol=1e-5)
