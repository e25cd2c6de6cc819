"""A catalog of transforms; every law in `test_transforms.py` is tested for every row."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxdist as jd

# Halves the time to compile programs that run once.
quick = functools.partial(jax.jit, compiler_options={"xla_backend_optimization_level": 0})

NUMBERS = np.array([-3.0, -0.5, 0.1, 0.7, 2.5])
VECTORS = np.array([[0.3, -1.2, 0.5], [2.0, 0.1, -0.7], [-1.5, 1.5, 0.0], [0.2, 0.4, 0.6]])
SIX = np.concatenate([VECTORS, 0.5 - VECTORS[:, ::-1]], -1)
PROBS = np.array([[0.2, 0.3], [0.6, 0.1], [0.05, 0.9]])  # without the last one
SCALE_TRIL = np.array([[1.0, 0.0, 0.0], [0.5, 0.75, 0.0], [-0.25, 0.5, 1.5]])


@dataclass(frozen=True, eq=False)
class Row:
    """A transform, and points of its domain.

    Attributes:
      name: printed as the id of the test.
      make: returns the transform.
      points: coordinates of the points, shape `(points, n)`, or `(points,)` for single numbers.
      embed: maps coordinates to x.
      coordinates: maps y to its coordinates.
      round_trip: tolerance of `t.inv(t(x))` in float32.
      representative: whether its laws are default tests; those of other rows are slow ones.
    """

    name: str
    make: Callable[[], jd.Transform]
    points: np.ndarray
    embed: Callable = lambda u: u
    coordinates: Callable = lambda y: y
    round_trip: float = 1e-5
    representative: bool = True

    def __str__(self) -> str:
        return self.name

    def x(self, dtype=np.float32):
        return np.asarray(jax.vmap(self.embed)(np.asarray(self.points, dtype)))


def all_but_last(y):
    return y[..., :-1]


def append_last_prob(u):
    return jnp.append(u, 1 - jnp.sum(u))


def lower_triangle(u):
    return jnp.zeros((3, 3), u.dtype).at[np.tril_indices(3)].set(u)


def triangle(y, diagonal=0):
    rows, columns = np.tril_indices(y.shape[-1], diagonal)
    return y[..., rows, columns]


def matrices(name, make, round_trip=1e-5):
    """A row of a transform of the lower triangles of 3 by 3 matrices."""
    return Row(name, make, SIX, lower_triangle, triangle, round_trip)


def symmetric(u):
    lower = lower_triangle(u)
    return lower + jnp.tril(lower, -1).T


DEFINITE = np.array([[2.0, 0.5, 1.0, -0.3, 0.2, 1.5], [1.0, -0.2, 3.0, 0.4, 0.0, 0.5]])
strict_triangle = functools.partial(triangle, diagonal=-1)


class Network(jd.Pytree):
    """A conditioner with parameters: a linear map."""

    weights: jax.Array

    def __call__(self, x):
        return jnp.tanh(x @ self.weights)


def affine(parameters):
    shift, log_scale = jnp.split(parameters, 2, -1)
    return jd.AffineTransform(shift, jnp.exp(log_scale))


def shift_by(shift):
    return jd.AffineTransform(shift, 2.0)


def spline(parameters):
    """Four entries with three bins each, from eight numbers each."""
    p = jnp.reshape(parameters, (*parameters.shape[:-1], -1, 8))
    return jd.RationalQuadraticSpline(p[..., :3], p[..., 3:6], p[..., 6:])


def sum_before(x):
    return jnp.cumsum(x, -1) - x


def weights(*shape):
    return np.cos(np.arange(np.prod(shape), dtype=np.float32)).reshape(shape)


def more(name, make, points, **kwargs):
    """A row whose laws are slow tests."""
    return Row(name, make, points, representative=False, **kwargs)


def block_weights(*sizes):
    pairs = itertools.pairwise(sizes)
    return [0.5 * weights(k, j) for j, k in pairs], [0.5 * weights(k) for k in sizes[1:]]


BINS = ([0.3, 1.0, -0.5, 0.0], [0.0, 1.5, 0.2, -1.0], [0.1, 2.0, -1.0])

ROWS = [
    Row("Identity", jd.IdentityTransform, NUMBERS),
    Row("Affine", lambda: jd.AffineTransform(1.5, -0.5), NUMBERS),
    Row("Affine event_dim", lambda: jd.AffineTransform([1.0, 2.0, 3.0], 2.0, 1), VECTORS),
    Row("Exp", jd.ExpTransform, NUMBERS),
    Row("Softplus", jd.SoftplusTransform, NUMBERS),
    Row("Sigmoid", jd.SigmoidTransform, NUMBERS),
    Row("Tanh", jd.TanhTransform, NUMBERS),
    Row("Power", lambda: jd.PowerTransform(2.5), np.exp(NUMBERS)),
    Row("Power negative", lambda: jd.PowerTransform(-0.5), np.exp(NUMBERS)),
    Row(
        "CumulativeDistribution",
        lambda: jd.CumulativeDistributionTransform(jd.Logistic(0.5, 2.0)),
        NUMBERS,
    ),
    Row("GreaterThan", lambda: jd.GreaterThanTransform(-2.0), NUMBERS),
    Row("LessThan", lambda: jd.LessThanTransform(3.0), NUMBERS),
    Row("Interval", lambda: jd.IntervalTransform(-2.0, 5.0), NUMBERS),
    Row("Exp inverse", lambda: jd.ExpTransform().inv, np.exp(NUMBERS)),
    Row("StickBreaking", jd.StickBreakingTransform, VECTORS, coordinates=all_but_last),
    Row("Ordered", jd.OrderedTransform, VECTORS),
    Row("PositiveOrdered", jd.PositiveOrderedTransform, VECTORS),
    Row(
        "SimplexToOrdered", lambda: jd.SimplexToOrderedTransform(0.5), PROBS, embed=append_last_prob
    ),
    Row("ZeroSum", jd.ZeroSumTransform, VECTORS),
    Row(
        "ZeroSum matrix",
        lambda: jd.ZeroSumTransform(2),
        SIX,
        embed=lambda u: jnp.reshape(u, (2, 3)),
        coordinates=jnp.ravel,
    ),
    Row("Reshape", lambda: jd.ReshapeTransform((6,), (2, 3)), SIX, coordinates=jnp.ravel),
    Row("Permute", lambda: jd.PermuteTransform([2, 0, 1]), VECTORS),
    matrices("LowerCholesky", jd.LowerCholeskyTransform),
    matrices("SoftplusLowerCholesky", jd.SoftplusLowerCholeskyTransform),
    matrices("PositiveDefinite", jd.PositiveDefiniteTransform, round_trip=3e-4),
    more("Cholesky", jd.CholeskyTransform, DEFINITE, embed=symmetric, coordinates=triangle),
    more("SoftmaxCentered", jd.SoftmaxCenteredTransform, VECTORS, coordinates=all_but_last),
    Row(
        "CorrCholesky",
        jd.CorrCholeskyTransform,
        SIX,
        coordinates=strict_triangle,
    ),
    Row(
        "CorrMatrix",
        jd.CorrMatrixTransform,
        SIX,
        coordinates=strict_triangle,
        round_trip=3e-4,
    ),
    Row(
        "LowerCholeskyAffine", lambda: jd.LowerCholeskyAffine([1.0, 2.0, 3.0], SCALE_TRIL), VECTORS
    ),
    Row(
        "Compose",
        lambda: jd.ComposeTransform(
            [
                jd.AffineTransform(0.5, 2.0),
                jd.StickBreakingTransform(),
                jd.SimplexToOrderedTransform(),
            ]
        ),
        VECTORS,
    ),
    Row("Compose none", lambda: jd.ComposeTransform([]), NUMBERS),
    Row(
        "Compose to matrix",
        lambda: jd.ComposeTransform(
            [jd.TanhTransform(), jd.AffineTransform(1.0, 2.0), jd.CorrCholeskyTransform()]
        ),
        SIX,
        coordinates=strict_triangle,
    ),
    Row("Independent", lambda: jd.IndependentTransform(jd.ExpTransform(), 1), VECTORS),
    Row(
        "Cat",
        lambda: jd.IndependentTransform(
            jd.CatTransform([jd.ExpTransform(), jd.AffineTransform(0.0, [2.0, 3.0])], -1, [1, 2]), 1
        ),
        VECTORS,
    ),
    Row(
        "Cat of vectors",
        lambda: jd.CatTransform([jd.TanhTransform(), jd.StickBreakingTransform()], -1, [3, 3]),
        SIX,
        coordinates=all_but_last,
    ),
    Row(
        "Stack",
        lambda: jd.IndependentTransform(
            jd.StackTransform([jd.ExpTransform(), jd.TanhTransform(), jd.identity_transform], -1), 1
        ),
        VECTORS,
    ),
    Row("RationalQuadraticSpline", lambda: jd.RationalQuadraticSpline(*BINS), 1.5 * NUMBERS),
    Row(
        "SplitCoupling",
        lambda: jd.SplitCoupling(Network(weights(2, 32)), spline, 2),
        SIX,
        round_trip=3e-5,
    ),
    Row(
        "MaskedCoupling",
        lambda: jd.MaskedCoupling(Network(weights(6, 12)), affine, [1, 0, 1, 0, 0, 1]),
        SIX,
    ),
    Row("MaskedAutoregressive", lambda: jd.MaskedAutoregressive(sum_before, shift_by), VECTORS),
    Row(
        "InverseAutoregressive",
        lambda: jd.MaskedAutoregressive(Network(np.triu(weights(3, 3), 1)), shift_by).inv,
        VECTORS,
    ),
    more("LeakyTanh", lambda: jd.LeakyTanhTransform(1.5), NUMBERS),
    more("LambertW", lambda: jd.LambertWTransform(0.4), NUMBERS),
    more("SinhArcsinh", lambda: jd.SinhArcsinhTransform(0.5, 1.5), NUMBERS, round_trip=3e-5),
    more("Householder", lambda: jd.HouseholderTransform([1.0, -2.0, 0.5]), VECTORS),
    more("Planar", lambda: jd.PlanarTransform([1.0, 2.0, 0.0], [2.0, -1.0, 0.3], 0.5), VECTORS),
    more(
        "Planar steep",
        lambda: jd.PlanarTransform([1.0, 2.0, 0.0], [-2.0, -1.0, 0.3], 0.5),
        VECTORS,
        round_trip=1e-4,
    ),
    more("Radial", lambda: jd.RadialTransform([0.1, 0.2, 0.3], 0.5, 2.0), VECTORS),
    more("Radial inwards", lambda: jd.RadialTransform([0.1, 0.2, 0.3], 1.0, -2.0), VECTORS),
    more(
        "Sylvester",
        lambda: jd.SylvesterTransform(
            weights(2, 3), 1.5 * SCALE_TRIL.T[:2, :2], -SCALE_TRIL.T[1:, 1:], [0.5, -0.5]
        ),
        VECTORS,
        round_trip=3e-5,
    ),
    more(
        "BlockAutoregressive",
        lambda: jd.BlockAutoregressiveTransform(*block_weights(3, 6, 9, 3)),
        VECTORS,
        round_trip=3e-5,
    ),
    more(
        "LowerUpperTriangularAffine",
        lambda: jd.LowerUpperTriangularAffine([1.0, 2.0, 3.0], SCALE_TRIL + 0.3, [2, 0, 1]),
        VECTORS,
    ),
    more(
        "DiagPlusLowRankAffine",
        lambda: jd.DiagPlusLowRankAffine(
            [1.0, 2.0, 3.0], [-1.0, 0.5, 2.0], weights(3, 2), weights(3, 2) + 0.5
        ),
        VECTORS,
    ),
    more(
        "Invertible1x1Conv",
        lambda: jd.Invertible1x1ConvTransform([[0.5, 1.0], [2.0, -1.5]], [1, 0]),
        np.concatenate([SIX, SIX], -1),
        embed=lambda u: jnp.reshape(u, (2, 3, 2)),
        coordinates=jnp.ravel,
    ),
    more("L1Ball", jd.L1BallTransform, VECTORS, round_trip=3e-5),
    more("UnitVector", jd.UnitVectorTransform, VECTORS),
    more("DiscreteCosine", jd.DiscreteCosineTransform, SIX),
    more("DiscreteCosine type 3", lambda: jd.DiscreteCosineTransform(3), SIX),
]


def row_of(row):
    return row if row.representative else pytest.param(row, marks=pytest.mark.slow)


rows = pytest.mark.parametrize("row", list(map(row_of, ROWS)), ids=str)
