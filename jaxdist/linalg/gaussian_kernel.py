"""The logarithm of a normal density from its precision matrix, up to a constant."""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array

from jaxdist.linalg.triangular import cholesky, inverse_of_gram, log_det
from jaxdist.precision import matvec, vecdot
from jaxdist.promotion import custom_jvp


@custom_jvp
def log_gaussian_kernel(precision: Array, x: Array) -> Array:
    r"""Return :math:`\tfrac12 \log \det P - \tfrac12 x^T P x`.

    Its derivative :math:`(P^{-1} - x x^T) / 2` is taken whole: the two terms cancel in the
    derivative of a Cholesky factor, which loses digits where P is nearly singular.

    Args:
      precision: P, symmetric and positive definite, shape `(*batch, n, n)`.
      x: shape `(..., *batch, n)`.

    Returns:
      Shape `(..., *batch)`.
    """
    factor = cholesky(precision)
    z = matvec(jnp.matrix_transpose(factor), x)
    return log_det(factor) - vecdot(z, z) / 2


@log_gaussian_kernel.defjvp
def _log_gaussian_kernel_jvp(
    primals: tuple[Array, Array], tangents: tuple[Array, Array]
) -> tuple[Array, Array]:
    (precision, x), (precision_dot, x_dot) = primals, tangents
    covariance = inverse_of_gram(cholesky(precision))
    dot = jnp.sum(covariance * precision_dot, (-2, -1)) - vecdot(x, matvec(precision_dot, x))
    return log_gaussian_kernel(precision, x), dot / 2 - vecdot(matvec(precision, x), x_dot)
