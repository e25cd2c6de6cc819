"""Distributions made of distributions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Self

import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxdist import constraints
from jaxdist.distribution import Distribution
from jaxdist.pytree import static
from jaxdist.validation import Shape


class Independent(Distribution):
    r"""Read the last batch axes of a distribution as one event.

    .. math:: \log p(x) = \sum_i \log p_i(x_i)

    Args:
      base_dist: the distribution of the parts.
      reinterpreted_batch_ndims: how many batch axes, from the right, become event axes.

    Example:
      >>> import jax.numpy as jnp, jaxdist as jd
      >>> d = jd.Independent(jd.Normal(jnp.zeros((5, 3)), 1.0), 1)
      >>> d.batch_shape, d.event_shape
      ((5,), (3,))
    """

    base_dist: Distribution
    reinterpreted_batch_ndims: int = static()

    def __post_init__(self, validate_args: bool | None) -> None:
        """Check the number of axes; `validate_args` is the base distribution's business."""
        if not isinstance(self.base_dist, Distribution):
            raise TypeError(
                f"Independent: base_dist must be a Distribution; got {self.base_dist!r}"
            )
        available = len(self.base_dist.batch_shape)
        if not 0 <= self.reinterpreted_batch_ndims <= available:
            raise ValueError(
                f"Independent: reinterpreted_batch_ndims must be between 0 and {available}, the "
                f"number of batch axes of {self.base_dist!r}; got {self.reinterpreted_batch_ndims}"
            )

    @property
    def _batch_ndim(self) -> int:
        return len(self.base_dist.batch_shape) - self.reinterpreted_batch_ndims

    @property
    def batch_shape(self) -> Shape:  # noqa: D102
        return self.base_dist.batch_shape[: self._batch_ndim]

    @property
    def event_shape(self) -> Shape:  # noqa: D102
        return self.base_dist.batch_shape[self._batch_ndim :] + self.base_dist.event_shape

    @property
    def dtype(self) -> np.dtype:  # noqa: D102
        return self.base_dist.dtype

    @property
    def has_rsample(self) -> bool:  # type: ignore[override]
        """Whether the parts' draws have a pathwise derivative."""
        return self.base_dist.has_rsample

    @property
    def has_enumerate_support(self) -> bool:  # type: ignore[override]
        """Whether the support can be listed: not that of a product."""
        return self.reinterpreted_batch_ndims == 0 and self.base_dist.has_enumerate_support

    @property
    def support(self) -> constraints.Constraint:
        """The product of the parts' supports."""
        if self.reinterpreted_batch_ndims == 0:
            return self.base_dist.support
        return constraints.independent(self.base_dist.support, self.reinterpreted_batch_ndims)

    def _map_batch(self, function: Callable[[Array, int], Array]) -> Self:
        ndims = self.reinterpreted_batch_ndims
        base = self.base_dist._map_batch(lambda leaf, dim: function(leaf, dim + ndims))
        return self._with(base_dist=base)

    def _sum(self, x: Array) -> Array:
        return jnp.sum(x, tuple(range(-self.reinterpreted_batch_ndims, 0)))

    def _sample(self, key: Array, shape: Shape) -> Array:
        return self.base_dist._sample(key, shape)

    def _rsample(self, key: Array, shape: Shape) -> Array:
        return self.base_dist._rsample(key, shape)

    def _joint(self, key: Array, shape: Shape, pathwise: bool) -> tuple[Array, Array]:
        draw, log_prob = self.base_dist._joint(key, shape, pathwise)
        return draw, self._sum(log_prob)

    def _log_prob(self, x: Array) -> Array:
        return self._sum(self.base_dist._log_prob(x))

    def _cdf(self, x: Array) -> Array:
        return self.base_dist._cdf(x)

    def _log_cdf(self, x: Array) -> Array:
        return self.base_dist._log_cdf(x)

    def _survival_function(self, x: Array) -> Array:
        return self.base_dist._survival_function(x)

    def _log_survival_function(self, x: Array) -> Array:
        return self.base_dist._log_survival_function(x)

    def _icdf(self, q: Array) -> Array:
        return self.base_dist._icdf(q)

    def _mean(self) -> Array:
        return self.base_dist._mean()

    def _mode(self) -> Array:
        return self.base_dist._mode()

    def _variance(self) -> Array:
        return self.base_dist._variance()

    def _stddev(self) -> Array:
        return self.base_dist._stddev()

    def _entropy(self) -> Array:
        return self._sum(jnp.broadcast_to(self.base_dist._entropy(), self.base_dist.batch_shape))

    def _enumerate_support(self) -> Array:
        return self.base_dist._enumerate_support()
