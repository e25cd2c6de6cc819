"""GaussianProcess distribution."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from jaxdist import constraints
from jaxdist.arguments import check_flag
from jaxdist.families.vector.function_values import FunctionValues, add_to_diagonal
from jaxdist.families.vector.multivariate_normal import MultivariateNormal
from jaxdist.kernels.kernel import Kernel, as_points
from jaxdist.linalg.triangular import cholesky, gram, solve_lower, solve_lower_matrix
from jaxdist.parameters import Param, param
from jaxdist.precision import matvec, narrow, widen
from jaxdist.promotion import numpy_promotion


class GaussianProcess(FunctionValues):
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

    def _marginal(self) -> MultivariateNormal:
        matrix = self.kernel._covariance(self.index_points, self.index_points)
        noise = self.noise_scale**2 + self.jitter
        loc = jnp.broadcast_to(self.loc[..., None], matrix.shape[:-1])
        return MultivariateNormal(loc, add_to_diagonal(matrix, noise), validate_args=False)

    def _mean(self) -> Array:
        return self.loc[..., None]


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
    covariance = add_to_diagonal(d.kernel._covariance(points, points) - explained, noise)
    return loc, covariance
