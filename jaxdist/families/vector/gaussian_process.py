"""GaussianProcess distribution."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Self

import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.typing import ArrayLike

from jaxdist import constraints
from jaxdist.arguments import Shape, check_flag
from jaxdist.bases.normal_entries import NormalEntries
from jaxdist.families.vector.multivariate_normal import MultivariateNormal
from jaxdist.kernels.kernel import Kernel, as_points, require_kernel
from jaxdist.linalg.triangular import cholesky, gram, solve_lower, solve_lower_matrix
from jaxdist.parameters import Param, param
from jaxdist.precision import matvec, narrow, widen
from jaxdist.promotion import numpy_promotion, result_type


class GaussianProcess(NormalEntries):
    r"""The values of a Gaussian process at given points, with independent normal noise.

    .. math:: x \sim \mathrm{MultivariateNormal}(\mathrm{loc},
              K + (\mathrm{noise\_scale}^2 + \mathrm{jitter}) I), \quad
              K_{ij} = k(\mathrm{points}_i, \mathrm{points}_j)

    `predict` gives the distribution of the function at other points.

    Args:
      kernel: covariance function, one of `jaxdist.kernels`.
      index_points: points, shape `(..., n, features)`, or `(n,)` for one feature.
      loc: mean of the function, any shape.
      noise_scale: non-negative standard deviation of the noise, any shape.
      jitter: non-negative variance that keeps the matrix positive definite in floating point.

    Raises:
      TypeError: if `kernel` is not a kernel.
      ValueError: if the batch shapes do not broadcast.

    Example:
      >>> import jax.numpy as jnp, jaxdist as jd
      >>> t = jnp.array([0.0, 1.0, 2.0])
      >>> d = jd.GaussianProcess(jd.kernels.RBF(1.0, 1.0), t, noise_scale=0.1)
      >>> y = jnp.array([0.0, 0.8, 0.9])
      >>> print(f"{d.log_prob(y):.4f}")
      -2.8079
      >>> f = d.predict(y, jnp.array([0.5, 9.0]))
      >>> [f"{m:.2f} +- {s:.2f}" for m, s in zip(f.mean, f.stddev)]
      ['0.40 +- 0.16', '0.00 +- 1.00']

    References:
      Rasmussen and Williams 2006, "Gaussian Processes for Machine Learning", chapter 2.
      `GaussianProcess` of TFP.
    """

    kernel: Kernel
    index_points: Param = param(constraints.real_matrix)
    loc: Param = param(constraints.real, default=0.0)
    noise_scale: Param = param(constraints.nonnegative, default=0.0)
    jitter: Param = param(constraints.nonnegative, default=1e-6)

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

    # --- the distribution at other points --------------------------------------------------------

    def predict(
        self, value: ArrayLike, index_points: ArrayLike, include_noise: bool = False
    ) -> MultivariateNormal:
        r"""Return the distribution of the function at other points, given values at these.

        Args:
          value: observed values, shape `(..., *batch_shape, n)`.
          index_points: the other points, shape `(..., m, features)` or `(m,)`.
          include_noise: whether to return the distribution of new observations instead.

        Returns:
          MultivariateNormal of event shape `(m,)` and the batch shape `(..., *batch_shape)`.
        """
        check_flag("GaussianProcess.predict", "include_noise", include_noise)
        x = self._value(value, self.event_shape)
        x, points = widen((x, as_points(index_points)))
        loc, covariance = _predict(widen(self), x, points, include_noise)
        return MultivariateNormal(
            narrow(loc, self.dtype), narrow(covariance, self.dtype), validate_args=False
        )

    # --- the distribution at its points ----------------------------------------------------------

    def _marginal(self) -> MultivariateNormal:
        matrix = self.kernel._covariance(self.index_points, self.index_points)
        noise = self.noise_scale**2 + self.jitter
        loc = jnp.broadcast_to(self.loc[..., None], matrix.shape[:-1])
        return MultivariateNormal(loc, _add_to_diagonal(matrix, noise), validate_args=False)

    def _rsample(self, key: Array, shape: Shape) -> Array:
        return self._marginal()._rsample(key, shape)

    def _log_prob(self, x: Array) -> Array:
        return self._marginal()._log_prob(x)

    def _mean(self) -> Array:
        return self.loc[..., None]

    def _mode(self) -> Array:
        return self._mean()

    def _variance(self) -> Array:
        return self._marginal()._variance()

    def _covariance(self) -> Array:
        return self._marginal()._covariance()

    def _entropy(self) -> Array:
        return self._marginal()._entropy()


def _add_to_diagonal(matrix: Array, variance: Array) -> Array:
    return matrix + variance[..., None, None] * jnp.eye(matrix.shape[-1], dtype=matrix.dtype)


@numpy_promotion
def _predict(
    d: GaussianProcess, value: Array, points: Array, include_noise: bool
) -> tuple[Any, Any]:
    """Return the mean and the covariance at other points."""
    factor = cholesky(d._marginal().covariance_matrix)
    across = solve_lower_matrix(factor, d.kernel(d.index_points, points))
    z = solve_lower(factor, value - d.loc[..., None])
    loc = d.loc[..., None] + matvec(jnp.matrix_transpose(across), z)
    explained = gram(jnp.matrix_transpose(across))
    noise = d.jitter + (d.noise_scale**2 if include_noise else 0)
    covariance = _add_to_diagonal(d.kernel._covariance(points, points) - explained, noise)
    return loc, covariance
