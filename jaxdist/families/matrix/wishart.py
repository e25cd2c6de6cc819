"""Wishart distribution."""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array, lax

from jaxdist import constraints, random
from jaxdist.arguments import Shape
from jaxdist.bases.elliptical import (
    check_event_sizes,
    covariance_of,
    precision_of,
    scale_tril_of,
)
from jaxdist.exponential_family import ExponentialFamily
from jaxdist.families.positive.chi2 import Chi2
from jaxdist.linalg.triangular import cholesky, diagonal, gram, invert_lower, log_det
from jaxdist.parameters import Param, param
from jaxdist.precision import matmul
from jaxdist.special import LOG_TWO_PI, digamma, lgamma


class Wishart(ExponentialFamily):
    r"""Wishart distribution: the sum of outer products of `df` normal vectors.

    .. math:: p(W) = \frac{|W|^{(\nu - n - 1) / 2} \exp(-\mathrm{tr}(V^{-1} W) / 2)}
                          {2^{\nu n / 2} |V|^{\nu / 2} \Gamma_n(\nu / 2)}, \quad
              V = L L^T = \mathrm{covariance\_matrix}, \quad \nu = \mathrm{df}

    Bartlett's decomposition is :math:`W = (L A) (L A)^T`, with a lower-triangular A of independent
    entries: :math:`A_{ii}^2 \sim \chi^2(\nu - i)` for i = 0 ... n - 1, and standard normal ones
    below. Draws are computed from A, and density and entropy are sums over its entries, with

    .. math:: dW = \prod_i A_{ii}^{n - 1 - i} L_{ii}^{n + 1} \; dA_{ii}^2 \prod_{j < i} dA_{ij}.

    Give exactly one of `covariance_matrix`, `precision_matrix` and `scale_tril`. As for
    `MultivariateNormal`, gradients with respect to the first two are symmetric.

    Args:
      df: degrees of freedom above n - 1, any shape broadcastable with the batch of the matrices.
      covariance_matrix: V, positive definite, shape `(..., n, n)`; the mean is `df * V`.
      precision_matrix: the inverse of V, positive definite, shape `(..., n, n)`.
      scale_tril: Cholesky factor L of V, shape `(..., n, n)`.
    """

    df: Param = param(lambda d: constraints.greater_than(d._size - 1))
    covariance_matrix: Param = param(
        constraints.positive_definite, default=None, otherwise=covariance_of
    )
    precision_matrix: Param = param(
        constraints.positive_definite, default=None, otherwise=precision_of
    )
    scale_tril: Param = param(constraints.lower_cholesky, default=None, otherwise=scale_tril_of)

    support = constraints.positive_definite
    has_rsample = True

    def _promote(self) -> None:
        """Promote the parameters and check that the matrix is square."""
        super()._promote()
        name = self._given()
        check_event_sizes(type(self).__name__, {name: vars(self)[name].shape[-2:]})

    def _given(self) -> str:
        return next(name for name in self._parameters if name != "df" and name in vars(self))

    @property
    def event_shape(self) -> Shape:
        """The shape of the matrices."""
        return np.shape(vars(self)[self._given()])[-2:]

    @property
    def _size(self) -> int:
        return self.event_shape[-1] if self.event_shape else 1  # a number is refused later

    def _powers(self) -> Array:
        """Return the powers of A_ii in the volume element."""
        return jnp.arange(self._size - 1, -1, -1, dtype=self.dtype)

    def _bartlett(self, key: Array, shape: Shape) -> Array:
        """Draw A."""
        diagonal_key, below_key = jax.random.split(key)
        half = squared_bartlett_diagonal(self).df / 2
        log_gamma = random.log_gamma(diagonal_key, half, shape[:-1])
        smallest = math.log(jnp.finfo(self.dtype).tiny)
        chi = jnp.exp((jnp.maximum(log_gamma, smallest) + math.log(2)) / 2)
        normals = random.normal(below_key, shape, self.dtype)
        return chi[..., None] * jnp.eye(self._size, dtype=self.dtype) + jnp.tril(normals, -1)

    def _factor(self, key: Array, shape: Shape) -> Array:
        """Draw the Cholesky factor of W."""
        return matmul(jnp.tril(self.scale_tril), self._bartlett(key, shape))

    def _compose(self, factor: Array) -> Array:
        """Return W, with a diagonal increased such that W is positive definite despite rounding."""
        slack = 2 * self._size * float(jnp.finfo(self.dtype).eps)
        return gram(factor) * (1 + slack * jnp.eye(self._size, dtype=self.dtype))

    def _rsample(self, key: Array, shape: Shape) -> Array:
        return self._compose(self._factor(key, shape))

    def _joint(self, key: Array, shape: Shape, pathwise: bool) -> tuple[Array, Array]:
        factor = self._factor(key, shape)
        factor = factor if pathwise else lax.stop_gradient(factor)
        return self._compose(factor), self._log_density(factor)

    def _log_density(self, factor: Array) -> Array:
        """Evaluate the density of W at its Cholesky factor."""
        bartlett = matmul(invert_lower(self.scale_tril), factor)
        chi, below = diagonal(bartlett), jnp.tril(bartlett, -1)
        entries = self._size * (self._size - 1) / 2
        normals = -jnp.sum(below * below, (-2, -1)) / 2 - entries * LOG_TWO_PI / 2
        squares = squared_bartlett_diagonal(self)._log_prob(chi * chi) - self._powers() * jnp.log(
            chi
        )
        return jnp.sum(squares, -1) + normals - (self._size + 1) * log_det(self.scale_tril)

    def _log_prob(self, x: Array) -> Array:
        """Return `-inf` where rounding to half precision made a matrix indefinite."""
        definite = jnp.all(jnp.isfinite(cholesky(x)), (-2, -1))
        safe = jnp.where(definite[..., None, None], x, jnp.eye(self._size, dtype=x.dtype))
        return jnp.where(definite, self._log_density(cholesky(safe)), -math.inf)

    def _mean(self) -> Array:
        return self.df[..., None, None] * self.covariance_matrix

    def _mode(self) -> Array:
        """NaN below n + 1 degrees of freedom, where the density is unbounded."""
        excess = self.df - self._size - 1
        factor = jnp.where(excess > 0, excess, math.nan)
        return factor[..., None, None] * self.covariance_matrix

    def _variance(self) -> Array:
        covariance = self.covariance_matrix
        variances = diagonal(covariance)
        products = variances[..., :, None] * variances[..., None, :]
        return self.df[..., None, None] * (covariance**2 + products)

    def _entropy(self) -> Array:
        chi2 = squared_bartlett_diagonal(self)
        mean_log_diagonal = (digamma(chi2.df / 2) + math.log(2)) / 2
        entries = self._size * (self._size - 1) / 2
        normals = entries * (1 + LOG_TWO_PI) / 2
        scale = (self._size + 1) * log_det(self.scale_tril)
        squares = jnp.sum(chi2._entropy() + self._powers() * mean_log_diagonal, -1)
        return squares + normals + scale

    def _natural_parameters(self) -> tuple[Array, Array]:
        return (self.df - self._size - 1) / 2, -self.precision_matrix / 2

    @classmethod
    def _from_natural_parameters(cls, *natural_parameters: Array) -> Wishart:
        power, slope = natural_parameters
        df = 2 * power + slope.shape[-1] + 1
        return Wishart(df, precision_matrix=-2 * slope, validate_args=False)

    def _log_normalizer(self, *natural_parameters: Array) -> Array:
        power, slope = natural_parameters
        n = slope.shape[-1]
        half = power + (n + 1) / 2
        halves = half[..., None] - jnp.arange(n, dtype=half.dtype) / 2
        factor = cholesky(-slope)  # of half the precision
        constant = n * (n - 1) / 4 * math.log(math.pi)
        return jnp.sum(lgamma(halves), -1) + constant - 2 * half * log_det(factor)


def squared_bartlett_diagonal(d: Wishart) -> Chi2:
    """Return the distribution of A_ii^2 in Bartlett's decomposition, from row 0 on."""
    n = d.event_shape[-1]
    return Chi2(d.df[..., None] - jnp.arange(n, dtype=d.dtype), validate_args=False)
