"""Linear maps by their LU factorization: of vectors, and of the channels of images."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxdist import constraints
from jaxdist.arguments import Shape, as_integers
from jaxdist.constraints.constraint import Constraint
from jaxdist.linalg import lapack
from jaxdist.linalg.triangular import diagonal, solve_lower
from jaxdist.parameters import Param, param
from jaxdist.precision import matmul, matvec
from jaxdist.pytree import static
from jaxdist.transforms.transform import Transform
from jaxdist.transforms.vector import VectorTransform


class _LowerUpper(Constraint):
    """Square matrices without a zero on the diagonal."""

    event_dim = 2
    _name = "a square matrix without a zero on its diagonal"

    def _check(self, x: Array) -> Array:
        square = x.shape[-1] == x.shape[-2]
        return jnp.all(diagonal(x) != 0, -1) & jnp.all(x == x, (-2, -1)) & square

    def _feasible_like(self, x: Array) -> Array:
        return jnp.broadcast_to(jnp.eye(x.shape[-2], x.shape[-1], dtype=x.dtype), x.shape)


def _as_permutation(owner: str, permutation: Any) -> tuple[int, ...] | None:
    """Return the order of rows as a tuple, which is hashable."""
    return None if permutation is None else as_integers(owner, "permutation", permutation)


def _check_permutation(owner: str, order: Sequence[int] | None, size: int) -> None:
    if order is not None and sorted(order) != list(range(size)):
        raise ValueError(f"{owner}: permutation must hold 0 ... {size - 1} once; got {order}")


def _factors(lower_upper: Array) -> tuple[Array, Array]:
    """Return L, with ones on its diagonal, and U."""
    eye = jnp.eye(lower_upper.shape[-1], dtype=lower_upper.dtype)
    return jnp.tril(lower_upper, -1) + eye, jnp.triu(lower_upper)


def _log_det(lower_upper: Array) -> Array:
    return jnp.sum(jnp.log(jnp.abs(diagonal(lower_upper))), -1)


class LowerUpperTriangularAffine(VectorTransform):
    r"""Affine transform of vectors with a matrix given by its LU factors.

    .. math:: y_i = \mathrm{loc}_i + (L U x)_{\mathrm{permutation}_i}, \quad
              \log |\det dy / dx| = \sum_i \log |U_{ii}|

    Any invertible matrix has such factors; the inverse solves two triangular systems. It is TFP's
    `ScaleMatvecLU` and distrax's `LowerUpperTriangularAffine`.

    Args:
      loc: shift, shape `(..., n)`.
      lower_upper: U in the upper triangle and on the diagonal, where it has no zero, L below, whose
        diagonal is 1; shape `(..., n, n)`.
      permutation: the rows of L U in the order of y, the numbers 0 ... n - 1; None keeps them.

    Raises:
      ValueError: if the diagonal has a zero, or the sizes do not agree.

    Example:
      The factors of a given matrix:

      >>> import jax.numpy as jnp, jaxdist as jd
      >>> matrix = jnp.array([[1.0, 2.0], [4.0, 2.0]])
      >>> lower_upper = jnp.array([[4.0, 2.0], [0.25, 1.5]])  # of the rows in order 1, 0
      >>> t = jd.LowerUpperTriangularAffine(jnp.zeros(2), lower_upper, [1, 0])
      >>> print(t(jnp.array([1.0, 1.0])), matrix @ jnp.array([1.0, 1.0]))
      [3. 6.] [3. 6.]
    """

    loc: Param = param(constraints.real_vector)
    lower_upper: Param = param(_LowerUpper())
    permutation: Sequence[int] | None = static(default=None)

    _affine = True
    _log_det_is_affine = True

    def __post_init__(self, validate_args: bool | None) -> None:
        """Check the sizes and the permutation."""
        name = type(self).__name__
        vars(self)["permutation"] = _as_permutation(name, self.permutation)
        super().__post_init__(validate_args)
        _check_permutation(name, self.permutation, self.lower_upper.shape[-1])
        if self.lower_upper.shape[-2:] != 2 * self.loc.shape[-1:]:
            raise ValueError(
                f"{name}: loc must have as many entries as lower_upper has rows and columns; got "
                f"{self.loc.shape[-1]} and {self.lower_upper.shape[-2:]}"
            )

    @property
    def _size(self) -> int:
        return self.loc.shape[-1]

    def _forward(self, x: Array) -> Array:
        lower, upper = _factors(self.lower_upper)
        product = matvec(lower, matvec(upper, x))
        if self.permutation is not None:
            product = product[..., np.array(self.permutation)]
        return self.loc + product

    def _inverse(self, y: Array) -> Array:
        y, lower, upper = self._broadcast_with(y, *_factors(self.lower_upper))
        right = y - self.loc
        if self.permutation is not None:
            right = right[..., np.argsort(self.permutation)]
        # With rows and columns in reverse order, an upper triangular matrix is lower triangular.
        solved = solve_lower(jnp.flip(upper, (-2, -1)), jnp.flip(solve_lower(lower, right), -1))
        return jnp.flip(solved, -1)

    def _log_det(self, x: Array, y: Array) -> Array:
        return self._constant_log_det(_log_det(self.lower_upper), x)


class Invertible1x1ConvTransform(Transform):
    r"""Invertible 1x1 convolution of images: a linear map of the channels of every pixel.

    .. math:: y_{ij} = P L U x_{ij}, \quad
              \log |\det dy / dx| = \mathrm{height} \cdot \mathrm{width} \sum_c \log |U_{cc}|

    Kingma and Dhariwal (2018), "Glow: Generative flow with invertible 1x1 convolutions".

    Args:
      lower_upper: U in the upper triangle and on the diagonal, where it has no zero, L below, whose
        diagonal is 1; shape `(..., channels, channels)`.
      permutation: the rows of L U in the order of y's channels; None keeps them.

    Raises:
      ValueError: if the diagonal has a zero, or the permutation is none.

    Example:
      >>> import jax.numpy as jnp, jaxdist as jd
      >>> t = jd.Invertible1x1ConvTransform(2 * jnp.eye(3), [2, 0, 1])
      >>> y, log_det = t.forward_and_log_det(jnp.ones((4, 4, 3)))  # 48 times log 2
      >>> print(y.shape, log_det.round(3))
      (4, 4, 3) 33.271
    """

    lower_upper: Param = param(_LowerUpper())
    permutation: Sequence[int] | None = static(default=None)

    domain = constraints.independent(constraints.real, 3)
    codomain = constraints.independent(constraints.real, 3)
    bijective = True
    _affine = True
    _log_det_is_affine = True
    _value_ndim = 3

    def __post_init__(self, validate_args: bool | None) -> None:
        """Check the permutation."""
        name = type(self).__name__
        vars(self)["permutation"] = _as_permutation(name, self.permutation)
        super().__post_init__(validate_args)
        _check_permutation(name, self.permutation, self.lower_upper.shape[-1])

    def _forward_shape(self, shape: Shape) -> Shape:
        channels = self.lower_upper.shape[-1]
        if shape[-1] != channels:
            raise self._bad_shape(shape, f"images with a last axis of {channels} channels")
        return super()._forward_shape(shape)

    def _per_pixel(self, matrix: Array) -> Array:
        """Insert the axes of the pixels."""
        return matrix[..., None, None, :, :] if self.batch_shape else matrix

    def _matrix(self) -> Array:
        """Return P L U, shape `(..., channels, channels)`."""
        product = matmul(*_factors(self.lower_upper))
        return product if self.permutation is None else product[..., np.array(self.permutation), :]

    def _forward(self, x: Array) -> Array:
        return matvec(self._per_pixel(self._matrix()), x)

    def _inverse(self, y: Array) -> Array:
        """Multiply by the inverse matrix, which all pixels share."""
        return matvec(self._per_pixel(lapack.inverse(self._matrix())), y)

    def _log_det(self, x: Array, y: Array) -> Array:
        shape = self._forward_shape(x.shape)
        pixels = shape[-3] * shape[-2]
        return jnp.broadcast_to(pixels * _log_det(self.lower_upper), shape[:-3])
