"""MatrixT distribution."""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp
from jax import Array

from jaxdist import constraints, random
from jaxdist.arguments import Shape
from jaxdist.bases.matrix_location_scale import MatrixLocationScale
from jaxdist.families.matrix.wishart import Wishart
from jaxdist.linalg.norm import log_det_identity_plus_gram
from jaxdist.linalg.triangular import solve_lower_matrix
from jaxdist.parameters import Param, param
from jaxdist.special import digamma_difference, log_gamma_ratio


class MatrixT(MatrixLocationScale):
    r"""Matrix t distribution: normal matrices whose covariance of the rows is random.

    .. math:: p(X) = \frac{\Gamma_n((\nu + n + m - 1) / 2)}{\pi^{n m / 2}\,
              \Gamma_n((\nu + n - 1) / 2)\, |A|^m |B|^n} |1 + Z Z^T|^{-(\nu + n + m - 1) / 2},
              \quad X = \mathrm{loc} + A Z B^T, \; \nu = \mathrm{df}

    for matrices of n rows and m columns, where :math:`(A, B)` are `scale_tril_row` and
    `scale_tril_column`: a `MatrixNormal` matrix whose covariance of the rows is inverse Wishart
    distributed with ν + n - 1 degrees of freedom. A row or column is a `MultivariateStudentT`
    vector with its scale divided by :math:`\sqrt{\nu}`. The mean is undefined (NaN) up to one
    degree of freedom, and the variance infinite up to two. The parameters are those of TFP's
    `MatrixTLinearOperator`, with the names of numpyro's `MatrixNormal`.

    Args:
      df: positive degrees of freedom ν, any shape broadcastable with the batch of the others.
      loc: center, shape `(..., n, m)`.
      scale_tril_row: lower-triangular scale A of the rows, shape `(..., n, n)`.
      scale_tril_column: lower-triangular scale B of the columns, shape `(..., m, m)`.

    Example:
      >>> import jax.numpy as jnp, jaxdist as jd
      >>> d = jd.MatrixT(5.0, jnp.zeros((3, 2)), jnp.eye(3), jnp.eye(2))
      >>> print(d.variance[0])
      [0.33333334 0.33333334]

    References:
      Gupta and Nagar 1999, "Matrix Variate Distributions", chapter 4.
    """

    df: Param = param(constraints.positive)
    loc: Param = param(constraints.real_matrix)
    scale_tril_row: Param = param(constraints.lower_cholesky)
    scale_tril_column: Param = param(constraints.lower_cholesky)

    def _rsample(self, key: Array, shape: Shape) -> Array:
        """Draw the inverse of the rows' random covariance by Bartlett's decomposition."""
        wishart_key, normal_key = jax.random.split(key)
        n, _ = self.event_shape
        identity = jnp.broadcast_to(jnp.eye(n, dtype=self.dtype), (*self.batch_shape, n, n))
        precision = Wishart(self.df + n - 1, scale_tril=identity, validate_args=False)
        factor = precision._bartlett(wishart_key, (*shape[:-2], n, n))
        upper = jnp.flip(factor, (-2, -1))  # which is as good a factor
        noise = random.normal(normal_key, shape, self.dtype)
        z = solve_lower_matrix(jnp.matrix_transpose(upper), noise)
        return self._from_standard(z)

    def _halves(self) -> Array:
        """Return half the degrees of freedom of the diagonal in Bartlett's decomposition."""
        n, _ = self.event_shape
        return (self.df[..., None] + jnp.arange(n - 1, -1, -1, dtype=self.dtype)) / 2

    def _log_density_at_loc(self) -> Array:
        _, m = self.event_shape
        halves = self._halves()
        constants = log_gamma_ratio(halves, m / 2) + m / 2 * jnp.log(halves / math.pi)
        return jnp.sum(constants, -1) - self._log_det()

    def _exponent(self) -> Array:
        n, m = self.event_shape
        return (self.df + (n + m - 1)) / 2

    def _log_prob(self, x: Array) -> Array:
        z = self._standardize(x)
        return self._log_density_at_loc() - self._exponent() * log_det_identity_plus_gram(z)

    def _mean(self) -> Array:
        return jnp.where(self.df[..., None, None] > 1, self.loc, math.nan)

    def _variance(self) -> Array:
        finite = self.df > 2
        heavy = jnp.where(self.df > 1, math.inf, math.nan)
        ratio = jnp.where(finite, 1 / jnp.where(finite, self.df - 2, 1), heavy)
        return self._squared_scale() * ratio[..., None, None]

    def _entropy(self) -> Array:
        _, m = self.event_shape
        mean_log = jnp.sum(digamma_difference(self._halves(), m / 2), -1)
        return self._exponent() * mean_log - self._log_density_at_loc()
