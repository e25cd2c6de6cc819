"""DeterminantalPointProcess distribution."""

from __future__ import annotations

import itertools

import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.typing import ArrayLike

from jaxdist import constraints
from jaxdist.arguments import Shape
from jaxdist.distribution import Distribution
from jaxdist.linalg.square_root import lower_factor
from jaxdist.linalg.triangular import diagonal, diagonal_matrix, log_det
from jaxdist.parameters import Param, param
from jaxdist.precision import matmul
from jaxdist.random.determinantal import determinantal

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

        Args:
          matrix: L, symmetric and positive semidefinite, shape `(..., n, n)`.
          validate_args: whether to check the parameters; None for the global setting.
        """
        values, vectors = jnp.linalg.eigh(jnp.asarray(matrix))
        return cls(jnp.maximum(values, 0), vectors, validate_args=validate_args)

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
        """By an orthogonal factorization, which has all digits of the square root of L."""
        subset = x.astype(self.eigenvalues.dtype)
        rank = jnp.sum(self.eigenvalues > 0, -1)
        possible = jnp.sum(subset, -1) <= rank
        subset = jnp.where(possible[..., None], subset, 0)
        positive = self.eigenvalues > 0
        roots = jnp.where(positive, jnp.sqrt(jnp.where(positive, self.eigenvalues, 1)), 0)
        root = self.eigenvectors * roots[..., None, :]
        own = subset[..., None] * root
        factor = lower_factor(jnp.concatenate([own, diagonal_matrix(1 - subset)], -1))
        log_prob = 2 * log_det(factor) - jnp.sum(jnp.log1p(self.eigenvalues), -1)
        return jnp.where(possible, log_prob, -jnp.inf)

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
