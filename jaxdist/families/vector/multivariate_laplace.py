"""MultivariateLaplace distribution."""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp
from jax import Array

from jaxdist import constraints, random
from jaxdist.arguments import Shape
from jaxdist.bases.elliptical import Elliptical
from jaxdist.linalg.norm import norm
from jaxdist.linalg.triangular import gram, log_det, solve_lower
from jaxdist.parameters import Param, param
from jaxdist.precision import matvec
from jaxdist.special import LOG_TWO_PI
from jaxdist.special.bessel_k import log_kve


class MultivariateLaplace(Elliptical):
    r"""Multivariate (symmetric) Laplace distribution.

    .. math:: p(x) = \frac{2 K_\nu(s)}{(2 \pi)^{n/2} |L|} \left(\frac{s}{2}\right)^{1 - n/2}, \quad
              s = \sqrt{2}\, |L^{-1} (x - \mathrm{loc})|, \quad \nu = |1 - n/2|

    with the modified Bessel function K: a normal vector with covariance :math:`W L L^T`, where W is
    exponentially distributed. Marginals are Laplace distributions, and the covariance is
    :math:`L L^T`. In two and more dimensions the density is infinite at `loc`. The parameters are
    those of `MultivariateNormal`.

    Args:
      loc: mean, shape `(..., n)`.
      scale_tril: Cholesky factor L of the covariance matrix, shape `(..., n, n)`.

    Example:
      >>> import jaxdist as jd
      >>> d = jd.MultivariateLaplace([0.0, 1.0], [[1.0, 0.0], [0.5, 2.0]])
      >>> print(d.variance)
      [1.   4.25]

    References:
      Kotz, Kozubowski and Podgórski 2001, "The Laplace Distribution and Generalizations",
      chapter 5.
    """

    loc: Param = param(constraints.real_vector)
    scale_tril: Param = param(constraints.lower_cholesky)

    @property
    def covariance_matrix(self) -> Array:
        """The covariance matrix, shape `batch_shape + (n, n)`."""
        return gram(jnp.tril(self.scale_tril))

    def _rsample(self, key: Array, shape: Shape) -> Array:
        shared, own = jax.random.split(key)
        size = jnp.sqrt(random.exponential(shared, shape[:-1], self.dtype))
        noise = size[..., None] * random.normal(own, shape, self.dtype)
        return self.loc + matvec(jnp.tril(self.scale_tril), noise)

    def _log_prob(self, x: Array) -> Array:
        n = self._size
        s = math.sqrt(2) * norm(solve_lower(self.scale_tril, x - self.loc))
        power = 1 - n / 2
        at_loc = s == 0
        away = jnp.where(at_loc, 1, s)
        radial = power * jnp.log(away / 2) + log_kve(abs(power), away) - away
        limit = math.log(math.pi) / 2 if n == 1 else math.inf
        constant = math.log(2) - n * LOG_TWO_PI / 2 - log_det(self.scale_tril)
        return constant + jnp.where(at_loc, limit, radial)

    def _variance(self) -> Array:
        return jnp.sum(jnp.tril(self.scale_tril) ** 2, -1)

    def _covariance(self) -> Array:
        return self.covariance_matrix
