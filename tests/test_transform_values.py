"""Values of transforms: extremes in float32, and the formulas of torch."""

import jax
import jax.numpy as jnp
import mpmath
import numpy as np
import pytest

import jaxdist as jd
from tests.transform_catalog import (
    ROWS,
    VECTORS,
    block_weights,
    quick,
)

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
