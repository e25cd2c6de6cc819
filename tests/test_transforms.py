"""Transforms: laws over the table, extremes in float32, torch's formulas, errors."""

import copy
import pickle

import jax
import jax.numpy as jnp
import mpmath
import numpy as np
import pytest

import jaxdist as jd
from tests.transform_catalog import ROWS, VECTORS, Network, affine, quick, rows, weights


@quick
def everything(t, x):
    """What the laws compare, in one program."""
    y = t(x)
    image, forward = t.forward_and_log_det(x)
    again, backward = t.inverse_and_log_det(y)

    def total(t, x):
        y, log_det = t.forward_and_log_det(x)
        return jnp.sum(y) + jnp.sum(log_det)

    return {
        "y": y,
        "image": image,
        "x": (t.inv(y), again),
        "log_dets": (
            forward,
            -backward,
            t.log_abs_det_jacobian(x, y),
            -t.inv.log_abs_det_jacobian(y, x),
        ),
        "inside": (t.codomain.check(y), t.domain.check(x)),
        "vmap": jax.vmap(t.forward_and_log_det)(x),
        "gradient": jax.grad(total, (0, 1))(t, x),
    }


@rows()
def test_laws_in_float32(row):
    t, x = row.make(), row.x()
    found = jax.tree.map(np.asarray, everything(t, x))
    event_dim = t.domain.event_dim
    for again in found["x"]:
        np.testing.assert_allclose(again, x, rtol=row.round_trip, atol=row.round_trip)
    first = found["log_dets"][0]
    assert first.shape == x.shape[: x.ndim - event_dim]
    assert first.dtype == found["y"].dtype == np.float32
    for log_det in found["log_dets"]:
        np.testing.assert_allclose(log_det, first, rtol=row.round_trip, atol=row.round_trip)
    np.testing.assert_array_equal(found["image"], found["y"])
    np.testing.assert_allclose(found["vmap"][0], found["y"], rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(found["vmap"][1], first, rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(t(x), found["y"], rtol=1e-6, atol=1e-6)
    assert np.all(found["inside"][0])
    assert np.all(found["inside"][1])
    assert jax.tree.structure(found["gradient"][0]) == jax.tree.structure(t)
    assert all(np.all(np.isfinite(leaf)) for leaf in jax.tree.leaves(found["gradient"]))


@rows()
def test_log_det_is_that_of_the_jacobian(row):
    """Of a non-square Jacobian J (a surface in space): log sqrt det(J^T J)."""

    @quick
    @jax.vmap
    def both(u):
        def curve(u):
            return jnp.ravel(row.coordinates(t._forward(row.embed(u))))

        jacobian = jax.jacfwd(curve)(u).reshape(-1, u.size)
        if jacobian.shape[0] == jacobian.shape[1]:
            by_jacobian = jnp.linalg.slogdet(jacobian)[1]
        else:
            by_jacobian = jnp.linalg.slogdet(jacobian.T @ jacobian)[1] / 2
        return t.forward_and_log_det(row.embed(u))[1], by_jacobian

    with jax.enable_x64(True):
        t = jax.tree.map(lambda leaf: np.asarray(leaf, np.float64), row.make())
        log_det, by_jacobian = both(row.points)
        np.testing.assert_allclose(log_det, by_jacobian, rtol=1e-9, atol=1e-9)


@rows()
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


@rows()
def test_a_transform_is_a_tree(row):
    t = row.make()
    leaves, structure = jax.tree.flatten(t)
    for other in (pickle.loads(pickle.dumps(t)), copy.deepcopy(t), jax.tree.map(jnp.copy, t)):
        assert jax.tree.structure(other) == structure
    repr(jax.tree.unflatten(structure, [object()] * len(leaves)))
    assert repr(t).startswith(type(t).__name__)
    assert t.inv.inv is t or t.inv is t.transform


def test_every_transform_is_in_the_table():
    def parts(t):
        inner = jax.tree.leaves(vars(t), is_leaf=lambda v: isinstance(v, jd.Transform))
        return {type(t)}.union(*(parts(v) for v in inner if isinstance(v, jd.Transform)))

    covered = set().union(*(parts(row.make()) for row in ROWS))
    named = {getattr(jd.transforms, name) for name in jd.transforms.__all__}
    classes = {t for t in named if isinstance(t, type)} - {jd.Transform}
    assert classes - covered == {jd.AbsTransform, jd.SoftmaxTransform}


# --- extremes ------------------------------------------------------------------------------------


def log_sech2(x):
    return 2 * mpmath.log(mpmath.sech(x))


def log_sigmoid_slope(x):
    return -mpmath.log(1 + mpmath.exp(-x)) - mpmath.log(1 + mpmath.exp(x))


EXTREMES = [
    (jd.TanhTransform(), log_sech2, [-90.0, -15.0, 0.0, 1e-3, 9.0, 15.0, 1e4]),
    (jd.SigmoidTransform(), log_sigmoid_slope, [-300.0, -90.0, 0.0, 17.0, 90.0, 1e4]),
    (
        jd.SoftplusTransform(),
        lambda x: -mpmath.log(1 + mpmath.exp(-x)),
        [-1e4, -90.0, -1.0, 0.0, 1.0, 20.0, 90.0],
    ),
    (jd.ExpTransform(), lambda x: x, [-200.0, -80.0, 80.0]),
    (
        jd.PowerTransform(3.0),
        lambda x: mpmath.log(3) + 2 * mpmath.log(x),
        [1e-30, 1e-3, 1.0, 1e10],
    ),
    (
        jd.IntervalTransform(-1.0, 3.0),
        lambda x: mpmath.log(4) + log_sigmoid_slope(x),
        [-90.0, 0.5, 90.0],
    ),
]


@pytest.mark.parametrize(("t", "log_slope", "points"), EXTREMES, ids=lambda v: type(v).__name__)
def test_log_slopes_at_extremes_in_float32(t, log_slope, points):
    x = np.float32(points)
    with mpmath.workdps(60):
        exact = np.array([float(log_slope(mpmath.mpf(float(v)))) for v in x])
    y, log_det = t.forward_and_log_det(x)
    eps = np.finfo(np.float32).eps
    error = np.abs(np.asarray(log_det, float) - exact)
    assert np.all(error <= 4 * eps * np.maximum(np.abs(exact), 1))
    assert np.all(t.codomain.check(y))
    slope = jax.grad(lambda x: jnp.sum(t.forward_and_log_det(x)[1]))(x)
    back = jax.grad(lambda y: jnp.sum(t.inverse_and_log_det(y)[1]))(y)
    assert np.all(np.isfinite(slope))
    assert not np.any(np.isnan(back))


@pytest.mark.parametrize(
    ("t", "scale"),
    [(jd.StickBreakingTransform(), 90.0), (jd.CorrCholeskyTransform(), 30.0)],
    ids=lambda v: type(v).__name__,
)
def test_vectors_at_extremes_stay_inside_with_exact_log_dets(t, scale):
    """Pieces of 1e-38, angles of 1e-13: neither the value nor the log-determinant is lost."""
    x = np.float32(scale * VECTORS / 2)
    y, log_det = t.forward_and_log_det(x)
    assert np.all(t.codomain.check(y))
    with jax.enable_x64(True):
        exact = t.forward_and_log_det(np.asarray(x, float))[1]
    np.testing.assert_allclose(log_det, exact, rtol=1e-6)
    assert np.all(np.isfinite(jax.grad(lambda x: jnp.sum(t.forward_and_log_det(x)[1]))(x)))


def test_angles_next_to_a_right_one_are_found_again():
    x = np.float32([12.0, -8.0, 15.0])
    np.testing.assert_allclose(
        jd.CorrCholeskyTransform().inv(jd.CorrCholeskyTransform()(x)), x, rtol=1e-6
    )


def test_small_cut_points_are_found_again():
    shares = np.float32([1e-20, 1e-9, 0.5, 0.5 - 1e-9])
    t = jd.SimplexToOrderedTransform()
    np.testing.assert_allclose(t.inv(t(shares)), shares, rtol=1e-5)


def test_bounds_are_never_reached():
    x = np.float32([-200.0, -30.0, 30.0, 200.0])
    for t in (
        jd.GreaterThanTransform(5.0),
        jd.LessThanTransform(-7.0),
        jd.IntervalTransform(2.0, 3.0),
        jd.IndependentTransform(jd.GreaterThanTransform(5.0), 1),
        jd.CatTransform([jd.GreaterThanTransform(5.0), jd.LessThanTransform(2.0)], -1, [2, 2]),
    ):
        y = t(x)
        assert np.all(t.codomain.check(y))
        assert np.all(np.isfinite(t.inv(y)) | np.isinf(y))
    for dtype in (jnp.bfloat16, jnp.float16):
        for t in (jd.ExpTransform(), jd.IndependentTransform(jd.SoftplusTransform(), 1)):
            y = t(jnp.asarray(x, dtype))
            assert y.dtype == dtype
            assert np.all(np.asarray(y > 0))


# --- torch's conventions -------------------------------------------------------------------------


def test_stick_breaking_is_that_of_torch():
    offset = 4 - np.cumsum(np.ones(3))
    shares = 1 / (1 + np.exp(-(VECTORS - np.log(offset))))
    left = np.cumprod(1 - shares, -1)
    one = np.ones((len(VECTORS), 1))
    expected = np.append(shares, one, -1) * np.append(one, left, -1)
    np.testing.assert_allclose(jd.StickBreakingTransform()(VECTORS), expected, rtol=1e-5)
    np.testing.assert_allclose(
        jd.StickBreakingTransform()(np.zeros(3)), np.full(4, 0.25), rtol=1e-6
    )


def test_corr_cholesky_is_that_of_torch():
    for x in VECTORS:
        r = np.zeros((3, 3))
        r[np.tril_indices(3, -1)] = np.tanh(x)
        left = np.cumprod(np.sqrt(1 - r**2), -1)
        shifted = np.append(np.ones((3, 1)), left[:, :-1], -1)
        np.testing.assert_allclose(
            jd.CorrCholeskyTransform()(x), (r + np.eye(3)) * shifted, rtol=1e-5, atol=1e-7
        )


def test_triangles_ignore_what_is_above_them():
    full = np.arange(9.0).reshape(3, 3) / 4
    for t in (jd.LowerCholeskyTransform(), jd.PositiveDefiniteTransform()):
        np.testing.assert_array_equal(t(full), t(np.tril(full)))
    factor = np.tril(full, -1) + np.diag(np.exp(np.diag(full)))
    np.testing.assert_allclose(jd.PositiveDefiniteTransform()(full), factor @ factor.T, rtol=1e-5)


def test_right_inverses():
    np.testing.assert_array_equal(jd.AbsTransform()([-2.0, 3.0]), [2.0, 3.0])
    np.testing.assert_array_equal(jd.AbsTransform().inv(jnp.array([2.0, 3.0])), [2.0, 3.0])
    shares = jnp.array([0.2, 0.3, 0.5])
    np.testing.assert_allclose(jd.SoftmaxTransform()(jd.SoftmaxTransform().inv(shares)), shares)
    for t in (jd.AbsTransform(), jd.SoftmaxTransform()):
        for bent in (t, t.inv, jd.ComposeTransform([jd.identity_transform, t])):
            assert not bent.bijective
            with pytest.raises(NotImplementedError, match="not bijective"):
                bent.log_abs_det_jacobian(shares, shares)
            with pytest.raises(NotImplementedError, match="not bijective"):
                bent.inverse_and_log_det(shares)


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


def test_cat_and_stack_away_from_the_event():
    parts = [jd.ExpTransform(), jd.AffineTransform(0.0, 3.0)]
    x = np.arange(6.0).reshape(3, 2)
    cat = jd.CatTransform(parts, 0, [1, 2])
    np.testing.assert_allclose(cat(x), np.concatenate([np.exp(x[:1]), 3 * x[1:]]), rtol=1e-6)
    log_det = cat.forward_and_log_det(x)[1]
    np.testing.assert_allclose(
        log_det, np.concatenate([x[:1], np.full((2, 2), np.log(3))]), rtol=1e-6
    )
    stack = jd.StackTransform([jd.StickBreakingTransform(), jd.StickBreakingTransform()], -2)
    y, log_det = stack.forward_and_log_det(x.reshape(1, 2, 3))
    assert y.shape == (1, 2, 4)
    assert log_det.shape == (1, 2)
    assert np.all(stack.codomain.check(y))
    assert cat.codomain.check(cat(x)).shape == (3, 2)


def test_conditioners_of_any_kind():
    x = VECTORS.astype(np.float32)
    arrays = weights(1, 4)
    plain = jd.SplitCoupling(lambda x: jnp.tanh(x @ arrays), affine, 1)
    tree = jd.SplitCoupling(Network(arrays), affine, 1)
    mixed = jd.SplitCoupling(
        jax.tree_util.Partial(lambda w, f, x: f(x @ w), arrays, jnp.tanh), affine, 1
    )
    for t in (plain, mixed):
        np.testing.assert_allclose(t(x), tree(x), rtol=1e-6)
    assert [len(jax.tree.leaves(t)) for t in (plain, tree, mixed)] == [0, 1, 1]
    gradient = jax.jit(jax.grad(lambda t: jnp.sum(t.forward_and_log_det(x)[1])))(mixed)
    assert np.all(np.abs(jax.tree.leaves(gradient)[0][:, 2:]) > 0)


def test_a_conditioner_may_close_over_what_is_differentiated():
    def total(make, w):
        t = make(w)
        y, log_det = t.forward_and_log_det(VECTORS)
        return jnp.sum(y**2) + jnp.sum(log_det)

    def closed(w):
        return jd.SplitCoupling(lambda x: jnp.tanh(x @ w), affine, 1)

    gradients = [
        jax.grad(total, 1)(make, weights(1, 4))
        for make in (closed, lambda w: jd.SplitCoupling(Network(w), affine, 1))
    ]
    np.testing.assert_allclose(gradients[0], gradients[1], rtol=1e-5)


def test_an_autoregressive_jacobian_is_triangular():
    t = jd.MaskedAutoregressive(
        Network(np.triu(weights(3, 3), 1)), lambda p: jd.AffineTransform(p, 2.0)
    )
    jacobian = np.asarray(jax.jacfwd(t)(jnp.asarray(VECTORS[0])))
    np.testing.assert_array_equal(np.triu(jacobian, 1), 0)
    np.testing.assert_allclose(np.diagonal(jacobian), 2, rtol=1e-6)
    assert np.all(jacobian[np.tril_indices(3, -1)] != 0)


def test_a_spline_is_smooth_at_its_knots_and_the_identity_outside():
    with jax.enable_x64(True):
        t = jd.RationalQuadraticSpline(np.array([0.5, -1.0, 2.0]), np.zeros(3), np.ones(2), 2.0)
        knots = np.asarray(t._knots(t.widths))
        slope = jax.vmap(jax.grad(t))
        np.testing.assert_allclose(slope(knots - 1e-9), slope(knots + 1e-9), rtol=1e-6)
        outside = np.array([-9.0, -2.0, 2.0, 1e9])
        np.testing.assert_array_equal(t(outside), outside)
        np.testing.assert_array_equal(t.forward_and_log_det(outside)[1], 0)


# --- errors --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: jd.AffineTransform(0.0, 0.0), ValueError, "AffineTransform: parameter 'scale'"),
        (lambda: jd.PowerTransform(0.0), ValueError, "'exponent' must satisfy"),
        (lambda: jd.IntervalTransform(1.0, 1.0), ValueError, "'upper_bound' must satisfy"),
        (lambda: jd.LowerCholeskyAffine(np.zeros(2), np.ones((2, 2))), ValueError, "'scale_tril'"),
        (lambda: jd.StickBreakingTransform()(1.0), ValueError, r"at least 1 axes; got shape \(\)"),
        (lambda: jd.CorrCholeskyTransform()(np.zeros(4)), ValueError, r"n \(n - 1\) / 2 numbers"),
        (lambda: jd.LowerCholeskyTransform()(np.zeros((2, 3))), ValueError, "square matrices"),
        (lambda: jd.SimplexToOrderedTransform()(np.ones(1)), ValueError, "at least two"),
        (lambda: jd.ZeroSumTransform(0), ValueError, "event_dim must be positive"),
        (lambda: jd.ReshapeTransform((2,), (3,)), ValueError, "different numbers"),
        (
            lambda: jd.ReshapeTransform((2,), (2, 1))(np.ones(3)),
            ValueError,
            r"events of shape \(2,\)",
        ),
        (lambda: jd.PermuteTransform([0, 0]), ValueError, "once"),
        (lambda: jd.PermuteTransform([1, 0])(np.ones(3)), ValueError, "vectors of 2"),
        (lambda: jd.ComposeTransform([1.0]), TypeError, "must hold transforms; got 1.0"),
        (lambda: jd.IndependentTransform(jd.ExpTransform(), -1), ValueError, "not be negative"),
        (lambda: jd.CatTransform([]), ValueError, "at least one"),
        (lambda: jd.CatTransform([jd.ExpTransform()], 0, [1, 2]), ValueError, "2 lengths for 1"),
        (
            lambda: jd.CatTransform([jd.ExpTransform()], 0, [2])(np.ones(3)),
            ValueError,
            "length of 2",
        ),
        (lambda: jd.CatTransform([jd.CorrCholeskyTransform()]), ValueError, "keep the number"),
        (lambda: jd.StackTransform([jd.SoftmaxTransform()], -1), ValueError, "left of the 1 event"),
        (lambda: jd.StackTransform([jd.ExpTransform()], 0)(np.ones(3)), ValueError, "length of 1"),
        (
            lambda: jd.RationalQuadraticSpline(np.zeros(3), np.zeros(3), np.zeros(3)),
            ValueError,
            "K - 1 slopes; got 3, 3 and 3",
        ),
        (lambda: jd.SplitCoupling(1.0, affine, 1), TypeError, "conditioner must be callable"),
        (lambda: jd.SplitCoupling(affine, 1.0, 1), TypeError, "transform must be callable"),
        (lambda: jd.SplitCoupling(jnp.sin, affine, 3)(np.ones(3)), ValueError, "more than 3"),
        (
            lambda: jd.MaskedCoupling(jnp.sin, affine, [True])(np.ones(3)),
            ValueError,
            "vectors of 1",
        ),
        (
            lambda: jd.SplitCoupling(jnp.sin, lambda p: p, 1)(np.ones(3)),
            TypeError,
            "must return a transform of single numbers",
        ),
        (
            lambda: jd.CumulativeDistributionTransform(jd.Dirichlet(np.ones(3))),
            TypeError,
            "must be of single numbers",
        ),
    ],
)
def test_bad_arguments_are_named(make, error, message):
    with pytest.raises(error, match=message):
        make()
