"""Transforms: laws for the catalog, parameters, trees, errors."""

import copy
import functools
import pickle

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxdist as jd
from tests.transform_catalog import (
    ROWS,
    VECTORS,
    Network,
    affine,
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
