"""DeterminantalPointProcess distribution."""

from __future__ import annotations

import itertools

import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.typing import ArrayLike

from jaxdist import constraints
from jaxdist.argument_checks import check_arguments, get_validation
from jaxdist.arguments import Shape, as_floats, as_real_numbers
from jaxdist.distribution import Distribution
from jaxdist.linalg.eigen import symmetric_eigen
from jaxdist.linalg.row_reduction import reduce_rows
from jaxdist.linalg.triangular import cholesky, diagonal, diagonal_matrix, log_det
from jaxdist.parameters import Param, param
from jaxdist.precision import matmul
from jaxdist.random.determinantal import determinantal
from jaxdist.special.quotient import quotient

_MOST_ITEMS = 12  # whose subsets are listed: 2^12 = 4,096


class DeterminantalPointProcess(Distribution):
    r"""Determinantal point process: subsets of items that differ from each other.

    .. math:: p(A) = \frac{\det L_A}{\det(I + L)}, \quad
              L = \sum_k \lambda_k v_k v_k^T

    where L is a similarity matrix of the n items, given by its eigenvalues λ and eigenvectors v,
    and :math:`L_A` its rows and columns of the subset A. Similar items are seldom in one subset. A
    value is a vector of n numbers, 1 for the items of the subset and 0 for the others. The
    parameters are TFP's.

    `mean` holds the probabilities of each item, the diagonal of :math:`K = L (I + L)^{-1}`, and
    the covariance of two items is :math:`-K_{ij}^2`. Up to 12 items, `enumerate_support` lists all
    subsets, and there is an entropy.

    Args:
      eigenvalues: non-negative λ, shape `(..., n)`. Their number beyond 0 bounds the size of a
        subset, whose mean is :math:`\sum_k \lambda_k / (1 + \lambda_k)`.
      eigenvectors: orthonormal columns v, shape `(..., n, n)`.

    Raises:
      ValueError: if the numbers of eigenvalues and of eigenvectors differ.

    Example:
      >>> import jax.numpy as jnp, jaxdist as jd
      >>> similarity = jnp.array([[2.0, 1.9, 0.0], [1.9, 2.0, 0.0], [0.0, 0.0, 2.0]])
      >>> d = jd.DeterminantalPointProcess.from_l_ensemble(similarity)
      >>> print(*(f"{p:.3f}" for p in d.mean))
      0.443 0.443 0.667
      >>> print(*(f"{p:.3f}" for p in jnp.exp(d.log_prob([[1, 1, 0], [1, 0, 1]]))))
      0.024 0.247

    References:
      Kulesza and Taskar 2012, "Determinantal point processes for machine learning".
    """

    eigenvalues: Param = param(constraints.independent(constraints.nonnegative, 1))
    eigenvectors: Param = param(constraints.orthogonal)

    support = constraints.independent(constraints.boolean, 1)

    def __post_init__(self, validate_args: bool | None) -> None:
        """Check the parameters, then that they fit."""
        super().__post_init__(validate_args)
        if self.eigenvalues.shape[-1] != self.eigenvectors.shape[-1]:
            raise ValueError(
                "DeterminantalPointProcess: expected as many eigenvectors as eigenvalues; got "
                f"eigenvalues of shape {self.eigenvalues.shape} and eigenvectors of shape "
                f"{self.eigenvectors.shape}"
            )

    @classmethod
    def from_l_ensemble(
        cls, matrix: ArrayLike, validate_args: bool | None = None
    ) -> DeterminantalPointProcess:
        """Make the process of a similarity matrix.

        Its derivative in the matrix is finite where the eigenvalues differ from each other.

        Args:
          matrix: L, symmetric and positive semidefinite, shape `(..., n, n)`.
          validate_args: whether to check the matrix; None for the global setting.

        Raises:
          ValueError: if the matrix is not square, or not symmetric and positive semidefinite.
        """
        name = cls.__name__
        similarity = as_floats(as_real_numbers(name, "matrix", matrix))
        if similarity.ndim < 2 or similarity.shape[-2] != similarity.shape[-1]:
            raise ValueError(f"{name}: matrix must have shape (..., n, n); got {similarity.shape}")
        if get_validation() != "off" if validate_args is None else validate_args:
            check_arguments(name, {"matrix": (similarity, constraints.positive_semidefinite)})
        values, vectors = symmetric_eigen(similarity)
        return cls(jnp.maximum(values, 0), vectors, validate_args=False)

    @property
    def event_shape(self) -> Shape:
        """The number of items."""
        return self.eigenvalues.shape[-1:]

    @property
    def has_enumerate_support(self) -> bool:  # type: ignore[override]
        """Whether the items are few enough for their subsets to be listed."""
        return self.event_shape[0] <= _MOST_ITEMS

    def _sample(self, key: Array, shape: Shape) -> Array:
        return determinantal(key, self.eigenvalues, self.eigenvectors, shape)

    def _log_prob(self, x: Array) -> Array:
        r"""Evaluate the determinant by parts none of which cancel.

        Let the rows of V that are in the subset be reduced to unit vectors in columns P, the
        pivots, which are chosen among large eigenvalues. With the reduced rows R, and the
        determinant r of V in these rows and columns,

        .. math:: \det L_A = r^2 \prod_{k \in P} \lambda_k \det(I + Y Y^T), \quad
                  Y_{jk} = R_{jk} \sqrt{\lambda_k / \lambda_{P_j}}, \; k \notin P

        L itself has fewer digits of small eigenvalues.
        """
        subset = x.astype(self.eigenvalues.dtype)
        size = jnp.sum(subset, -1)
        values = jnp.broadcast_to(self.eigenvalues, subset.shape)
        reduced = reduce_rows(subset[..., None] * self.eigenvectors, jnp.sqrt(values), size)
        is_possible = jnp.sum(reduced.columns, (-2, -1)) == size
        is_pivot = jnp.sum(reduced.columns, -2) > 0
        of_row = jnp.sum(reduced.columns * values[..., None, :], -1)
        has_pivot = of_row > 0
        scale = quotient(has_pivot, jnp.sqrt(jnp.where(has_pivot, of_row, 1)))[..., None]
        rest = scale * jnp.where(is_pivot[..., None, :], 0, reduced.rows)
        others = jnp.where(is_pivot, 0, values)[..., None, :]
        square = matmul(rest * others, jnp.matrix_transpose(rest))
        log_det_of_rest = 2 * log_det(cholesky(jnp.eye(square.shape[-1]) + square))
        log_shares = jnp.where(is_pivot, _log_share(values), -jnp.log1p(values))
        log_prob = 2 * reduced.log_det + jnp.sum(log_shares, -1) + log_det_of_rest
        return jnp.where(is_possible, log_prob, -jnp.inf)

    def _marginal(self) -> Array:
        """Return the matrix K, of which minors are the probabilities that items are drawn."""
        shares = self.eigenvalues / (1 + self.eigenvalues)
        return matmul(
            self.eigenvectors * shares[..., None, :], jnp.matrix_transpose(self.eigenvectors)
        )

    def _mean(self) -> Array:
        return diagonal(self._marginal())

    def _variance(self) -> Array:
        """Multiply the probabilities that an item is in the subset, and that it is not."""
        left = 1 / (1 + self.eigenvalues)
        outside = jnp.sum(self.eigenvectors**2 * left[..., None, :], -1)
        return self._mean() * outside

    def _covariance(self) -> Array:
        k = self._marginal()
        is_diagonal = jnp.eye(k.shape[-1], dtype=bool)
        return jnp.where(is_diagonal, diagonal_matrix(self._variance()), -(k**2))

    def _entropy(self) -> Array:
        if not self.has_enumerate_support:
            raise self._missing("entropy", f"it is a sum for up to {_MOST_ITEMS} items")
        return super()._entropy()

    def _enumerate_support(self) -> Array:
        subsets = itertools.product((0, 1), repeat=self.event_shape[0])
        return jnp.asarray(np.array(list(subsets), np.int32).reshape(-1, self.event_shape[0]))


def _log_share(x: Array) -> Array:
    """Return `log(x / (1 + x))` for a positive x, without cancellation."""
    large = x > 1
    y = jnp.where(x > 0, x, 1)
    return jnp.where(large, -jnp.log1p(1 / jnp.where(large, x, 1)), jnp.log(y) - jnp.log1p(x))
