"""InverseWishart distribution."""

from __future__ import annotations

import math

import jax.numpy as jnp
import numpy as np
from jax import Array, lax

from jaxdist import constraints
from jaxdist.arguments import Shape
from jaxdist.bases.elliptical import check_event_sizes
from jaxdist.distribution import Distribution
from jaxdist.families.matrix.wishart import Wishart, squared_bartlett_diagonal
from jaxdist.linalg.triangular import (
    cholesky,
    cholesky_of_inverse,
    diagonal,
    inverse_of_gram,
    log_det,
)
from jaxdist.parameters import Param, param
from jaxdist.special import digamma


class InverseWishart(Distribution):
    r"""Inverse Wishart distribution, of the inverse of a Wishart matrix.

    .. math:: p(X) = \frac{|\Psi|^{\nu / 2} |X|^{-(\nu + n + 1) / 2}
                           \exp(-\mathrm{tr}(\Psi X^{-1}) / 2)}{2^{\nu n / 2} \Gamma_n(\nu / 2)},
              \quad (\nu, \Psi) = (\mathrm{df}, \mathrm{scale\_matrix})

    The conjugate prior of the covariance matrix of normal vectors. The parameters are those of
    SciPy's `invwishart`. The mean is infinite for ν <= n + 1, the variance for ν <= n + 3.

    Args:
      df: degrees of freedom ν above n - 1, any shape broadcastable with the batch of the matrices.
      scale_matrix: Ψ, positive definite, shape `(..., n, n)`; the mean is Ψ / (ν - n - 1).
    """

    df: Param = param(lambda d: constraints.greater_than(d._size - 1))
    scale_matrix: Param = param(constraints.positive_definite)

    support = constraints.positive_definite
    has_rsample = True

    def _promote(self) -> None:
        """Promote the parameters and check that the matrix is square."""
        super()._promote()
        check_event_sizes("InverseWishart", {"scale_matrix": self.scale_matrix.shape[-2:]})

    @property
    def event_shape(self) -> Shape:
        """The shape of the matrices."""
        return np.shape(self.scale_matrix)[-2:]

    @property
    def _size(self) -> int:
        return self.event_shape[-1] if self.event_shape else 1  # a number is refused later

    @property
    def base_dist(self) -> Wishart:
        """The distribution of the inverse."""
        return Wishart(self.df, precision_matrix=self.scale_matrix, validate_args=False)

    def _invert(self, factor: Array) -> Array:
        """Return the inverse of a matrix that is given by its Cholesky factor.

        The diagonal is increased such that the inverse is positive definite despite rounding.
        """
        slack = 2 * self._size * float(jnp.finfo(self.dtype).eps)
        return inverse_of_gram(factor) * (1 + slack * jnp.eye(self._size, dtype=self.dtype))

    def _rsample(self, key: Array, shape: Shape) -> Array:
        return self._invert(self.base_dist._factor(key, shape))

    def _joint(self, key: Array, shape: Shape, pathwise: bool) -> tuple[Array, Array]:
        factor = self.base_dist._factor(key, shape)
        factor = factor if pathwise else lax.stop_gradient(factor)
        return self._invert(factor), self._log_density(factor)

    def _log_density(self, factor: Array) -> Array:
        """Evaluate the density at the Cholesky factor of the inverse."""
        return self.base_dist._log_density(factor) + 2 * (self._size + 1) * log_det(factor)

    def _log_prob(self, x: Array) -> Array:
        """Return `-inf` where rounding to half precision made a matrix indefinite."""
        definite = jnp.all(jnp.isfinite(cholesky(x)), (-2, -1))
        safe = jnp.where(definite[..., None, None], x, jnp.eye(self._size, dtype=x.dtype))
        return jnp.where(definite, self._log_density(cholesky_of_inverse(safe)), -math.inf)

    def _excess(self, number: int) -> Array:
        """Return the degrees of freedom above n + number, shape `batch_shape + (1, 1)`."""
        return (self.df - self._size - number)[..., None, None]

    def _mean(self) -> Array:
        finite = self._excess(1) > 0
        return jnp.where(
            finite, self.scale_matrix / jnp.where(finite, self._excess(1), 1), math.inf
        )

    def _mode(self) -> Array:
        return self.scale_matrix / (self.df + self._size + 1)[..., None, None]

    def _variance(self) -> Array:
        finite = self._excess(3) > 0
        excess = jnp.where(finite, self._excess(1), 3)
        variances = diagonal(self.scale_matrix)
        products = variances[..., :, None] * variances[..., None, :]
        numerator = (excess + 2) * self.scale_matrix**2 + excess * products
        variance = numerator / ((excess + 1) * excess**2 * (excess - 2))
        return jnp.where(finite, variance, math.inf)

    def _entropy(self) -> Array:
        """That of the inverse, less n + 1 times the mean of its log-determinant."""
        halves = squared_bartlett_diagonal(self.base_dist).df / 2
        mean_log_det = jnp.sum(digamma(halves) + math.log(2), -1)
        mean_log_det -= 2 * log_det(cholesky(self.scale_matrix))
        return self.base_dist._entropy() - (self._size + 1) * mean_log_det
