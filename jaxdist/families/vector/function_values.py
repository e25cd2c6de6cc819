"""FunctionValues: base of the values of an unknown function at given points."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Self

import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxdist import constraints
from jaxdist.arguments import Shape
from jaxdist.bases.normal_entries import NormalEntries
from jaxdist.families.vector.multivariate_normal import MultivariateNormal
from jaxdist.kernels.kernel import Kernel, as_points, require_kernel
from jaxdist.promotion import result_type
from jaxdist.pytree import must_define


class FunctionValues(NormalEntries):
    """Base of the values of an unknown function at given points, which are normal.

    A subclass declares `kernel` and `index_points`, and writes `_marginal`.
    """

    if TYPE_CHECKING:
        kernel: Kernel
        index_points: Array

    support = constraints.real_vector
    has_rsample = True

    def __post_init__(self, validate_args: bool | None) -> None:
        """Check the kernel, then the parameters."""
        require_kernel(type(self).__name__, self.kernel)
        vars(self)["index_points"] = as_points(self.index_points)
        super().__post_init__(validate_args)

    def _broadcast(self) -> None:
        super()._broadcast()
        shapes = [self.kernel.batch_shape, *self._batch_shapes().values()]
        try:
            batch_shape = jnp.broadcast_shapes(*shapes)
        except ValueError as error:
            raise ValueError(
                f"{type(self).__name__}: the batch shapes of its parameters, {shapes[-1]}, and of "
                f"the kernel, {shapes[0]}, do not broadcast"
            ) from error

        def broadcast(leaf: Array, event_ndim: int) -> Array:
            return jnp.broadcast_to(leaf, batch_shape + leaf.shape[leaf.ndim - event_ndim :])

        vars(self).update(vars(self._map_batch(broadcast)))

    def _map_batch(self, function: Callable[[Array, int], Array]) -> Self:
        return super()._map_batch(function)._with(kernel=self.kernel._map_batch(function))

    @property
    def event_shape(self) -> Shape:
        """The number of points."""
        return self.index_points.shape[-2:-1]

    @property
    def dtype(self) -> np.dtype:
        """The dtype that the parameters promote to, those of the kernel too."""
        return result_type(super().dtype, self.kernel.dtype)

    def _marginal(self) -> MultivariateNormal:
        """Return the distribution as a normal one of vectors."""
        raise must_define(self, "_marginal")

    def _rsample(self, key: Array, shape: Shape) -> Array:
        return self._marginal()._rsample(key, shape)

    def _log_prob(self, x: Array) -> Array:
        return self._marginal()._log_prob(x)

    def _mean(self) -> Array:
        return self._marginal()._mean()

    def _mode(self) -> Array:
        return self._mean()

    def _variance(self) -> Array:
        return self._marginal()._variance()

    def _covariance(self) -> Array:
        return self._marginal()._covariance()

    def _entropy(self) -> Array:
        return self._marginal()._entropy()


def add_to_diagonal(matrix: Array, variance: Array) -> Array:
    """Return a matrix with a number, of its batch shape, added to every entry of the diagonal."""
    return matrix + variance[..., None, None] * jnp.eye(matrix.shape[-1], dtype=matrix.dtype)
