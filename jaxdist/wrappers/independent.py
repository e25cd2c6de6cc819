"""Independent distribution."""

from __future__ import annotations

from collections.abc import Callable
from typing import Self

import jax.numpy as jnp
from jax import Array

from jaxdist import constraints
from jaxdist.arguments import Shape, as_integer
from jaxdist.constraints.constraint import all_rightmost
from jaxdist.families.vector.multivariate_normal_diag import MultivariateNormalDiag
from jaxdist.linalg.triangular import diagonal_matrix
from jaxdist.pytree import static
from jaxdist.transforms.transform import sum_rightmost
from jaxdist.wrappers.wrapper import DelegatingWrapper, as_normal, require_base


class Independent(DelegatingWrapper):
    r"""Reinterpret the rightmost batch axes of a distribution as event axes.

    .. math:: \log p(x) = \sum_i \log p_i(x_i)

    Args:
      base_dist: the distribution.
      reinterpreted_batch_ndims: how many batch axes, from the right, become event axes.

    Raises:
      TypeError: if `base_dist` is not a distribution of arrays.
      ValueError: if the distribution has fewer batch axes.

    Example:
      >>> import jax.numpy as jnp, jaxdist as jd
      >>> d = jd.Independent(jd.Normal(jnp.zeros((5, 3)), 1.0), 1)
      >>> d.batch_shape, d.event_shape
      ((5,), (3,))
      >>> d.log_prob(jnp.zeros((5, 3))).shape
      (5,)
    """

    reinterpreted_batch_ndims: int = static()

    def __post_init__(self, validate_args: bool | None) -> None:
        """Check the number of axes; the base distribution has checked its parameters."""
        require_base("Independent", "base_dist", self.base_dist)
        available = len(self.base_dist.batch_shape)
        name = "reinterpreted_batch_ndims"
        vars(self)[name] = as_integer("Independent", name, self.reinterpreted_batch_ndims)
        if not 0 <= self.reinterpreted_batch_ndims <= available:
            raise ValueError(
                f"Independent: reinterpreted_batch_ndims must be between 0 and {available}, the "
                f"number of batch axes of {self.base_dist!r}; got {self.reinterpreted_batch_ndims}"
            )

    @property
    def _batch_ndim(self) -> int:
        return len(self.base_dist.batch_shape) - self.reinterpreted_batch_ndims

    @property
    def batch_shape(self) -> Shape:
        """The batch axes that are not reinterpreted."""
        return self.base_dist.batch_shape[: self._batch_ndim]

    @property
    def event_shape(self) -> Shape:
        """The reinterpreted batch axes, then the base distribution's event axes."""
        return self.base_dist.batch_shape[self._batch_ndim :] + self.base_dist.event_shape

    @property
    def has_enumerate_support(self) -> bool:  # type: ignore[override]
        """Whether the support can be listed: False if any axes are reinterpreted."""
        return self.reinterpreted_batch_ndims == 0 and self.base_dist.has_enumerate_support

    @property
    def support(self) -> constraints.Constraint:
        """The product of the supports along the reinterpreted axes."""
        if self.reinterpreted_batch_ndims == 0:
            return self.base_dist.support
        return constraints.independent(self.base_dist.support, self.reinterpreted_batch_ndims)

    def _map_batch(self, function: Callable[[Array, int], Array]) -> Self:
        ndims = self.reinterpreted_batch_ndims
        base = self.base_dist._map_batch(lambda leaf, dim: function(leaf, dim + ndims))
        return self._with(base_dist=base)

    def _sum(self, x: Array) -> Array:
        return sum_rightmost(x, self.reinterpreted_batch_ndims)

    def _joint(self, key: Array, shape: Shape, pathwise: bool) -> tuple[Array, Array]:
        draw, log_prob = self.base_dist._joint(key, shape, pathwise)
        return draw, self._sum(log_prob)

    def _inside(self, value: Array) -> Array:
        return all_rightmost(self.base_dist._inside(value), self.reinterpreted_batch_ndims)

    def _is_masked_out(self) -> Array:
        masked = jnp.broadcast_to(self.base_dist._is_masked_out(), self.base_dist.batch_shape)
        return all_rightmost(masked, self.reinterpreted_batch_ndims)

    def _atom_count(self, x: Array) -> Array:
        return self._sum(self.base_dist._atom_count(x))

    def _as_vector(self) -> MultivariateNormalDiag | None:
        """Return the same distribution for a vector of normal numbers: no logarithms cancel."""
        base = as_normal(self.base_dist)
        if base is None or self.reinterpreted_batch_ndims != 1:
            return None
        return MultivariateNormalDiag(base.loc, base.scale, validate_args=False)

    def _log_prob(self, x: Array) -> Array:
        if vector := self._as_vector():
            return vector._log_prob(x)
        return self._sum(self.base_dist._log_prob(x))

    def _skewness(self) -> Array:
        return self.base_dist._skewness()

    def _kurtosis(self) -> Array:
        return self.base_dist._kurtosis()

    def _covariance(self) -> Array:
        """Diagonal, for a vector of independent numbers."""
        if self.reinterpreted_batch_ndims == 0:
            return self.base_dist._covariance()
        if len(self.event_shape) != 1:
            raise self._missing("covariance", "flatten the event")
        return diagonal_matrix(jnp.broadcast_to(self._variance(), self.base_dist.batch_shape))

    def _entropy(self) -> Array:
        if vector := self._as_vector():
            return vector._entropy()
        return self._sum(jnp.broadcast_to(self.base_dist._entropy(), self.base_dist.batch_shape))
