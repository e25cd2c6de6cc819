"""MultivariateStudentT distribution."""

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
from jaxdist.special import LOG_TWO_PI, digamma_difference, log_gamma_ratio
from jaxdist.special.multivariate_student_t import multivariate_student_t_log_density


class MultivariateStudentT(Elliptical):
    r"""Multivariate Student's t distribution.

    .. math:: p(x) = \frac{\Gamma((\nu + n) / 2)}{\Gamma(\nu / 2) (\nu \pi)^{n/2} \prod_i L_{ii}}
              (1 + |z|^2 / \nu)^{-(\nu + n) / 2}, \quad
              z = L^{-1} (x - \mathrm{loc}), \quad \nu = \mathrm{df}

    The mean is undefined (NaN) up to one degree of freedom. The covariance,
    :math:`L L^T \nu / (\nu - 2)`, is infinite up to two, and NaN where the mean is.

    Args:
      df: positive degrees of freedom, any shape broadcastable with the batch shape of the others.
      loc: center, shape `(..., n)`.
      scale_tril: lower-triangular scale L with a positive diagonal, shape `(..., n, n)`.
    """

    df: Param = param(constraints.positive)
    loc: Param = param(constraints.real_vector)
    scale_tril: Param = param(constraints.lower_cholesky)

    @property
    def covariance_matrix(self) -> Array:
        """The covariance matrix, shape `batch_shape + (n, n)`."""
        return gram(jnp.tril(self.scale_tril)) * self._covariance_ratio()[..., None, None]

    def _covariance_ratio(self) -> Array:
        """Return the ratio of the covariance to the squared scale."""
        finite = self.df > 2
        heavy = jnp.where(self.df > 1, math.inf, math.nan)
        return jnp.where(finite, self.df / jnp.where(finite, self.df - 2, 1), heavy)

    def _rsample(self, key: Array, shape: Shape) -> Array:
        shared, own = jax.random.split(key)
        half = self.df / 2
        log_gamma = random.log_gamma(shared, half, shape[:-1])
        random_scale = jnp.exp((jnp.log(half) - log_gamma) / 2)
        noise = random_scale[..., None] * random.normal(own, shape, self.dtype)
        return self.loc + matvec(jnp.tril(self.scale_tril), noise)

    def _log_density_at_loc(self) -> Array:
        half = self._size / 2
        standard = log_gamma_ratio(self.df / 2, half) - half * LOG_TWO_PI
        return standard - log_det(self.scale_tril)

    def _log_prob(self, x: Array) -> Array:
        distance = norm(solve_lower(self.scale_tril, x - self.loc))
        log_density = multivariate_student_t_log_density(self.df, distance, float(self._size))
        return log_density - log_det(self.scale_tril)

    def _mean(self) -> Array:
        return jnp.where(self.df[..., None] > 1, self.loc, math.nan)

    def _variance(self) -> Array:
        return jnp.sum(jnp.tril(self.scale_tril) ** 2, -1) * self._covariance_ratio()[..., None]

    def _covariance(self) -> Array:
        return self.covariance_matrix

    def _entropy(self) -> Array:
        mean_log = digamma_difference(self.df / 2, self._size / 2)
        return (self.df + self._size) / 2 * mean_log - self._log_density_at_loc()

    def _skewness(self) -> Array:
        return jnp.where(self.df > 3, 0.0, math.nan)[..., None]

    def _kurtosis(self) -> Array:
        exists = self.df > 4
        kurtosis = 6 / (jnp.where(exists, self.df, 5) - 4)
        infinite = jnp.where(self.df > 2, math.inf, math.nan)
        return jnp.where(exists, kurtosis, infinite)[..., None]
