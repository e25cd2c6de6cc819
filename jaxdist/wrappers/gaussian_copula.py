"""GaussianCopula distribution."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Self

import jax.numpy as jnp
from jax import Array

from jaxdist import constraints, random
from jaxdist.arguments import Shape
from jaxdist.constraints.constraint import all_rightmost
from jaxdist.linalg.triangular import cholesky, gram, log_det, solve_lower
from jaxdist.parameters import Param, param
from jaxdist.precision import matvec
from jaxdist.special import ndtr, ndtri_exp
from jaxdist.wrappers.wrapper import Wrapper, require_density

_FARTHEST = 1e8  # quantile of the standard normal distribution at an end of the support


class GaussianCopula(Wrapper):
    r"""Vectors with given univariate marginals, joined by the correlations of a normal vector.

    .. math:: \log p(x) = \sum_i \log p_i(x_i) - \log |L| + \tfrac12 |z|^2
              - \tfrac12 |L^{-1} z|^2, \quad z_i = \Phi^{-1}(F_i(x_i))

    where :math:`p_i` and :math:`F_i` are density and distribution function of the marginals, Φ is
    that of the standard normal distribution, and :math:`L L^T` is the correlation matrix of z. Give
    exactly one of the two matrices. Their names are numpyro's, where `base_dist` is
    `marginal_dist`.

    Args:
      base_dist: the marginals, univariate with a density, batch shape `(..., n)`: the last batch
        axis becomes the event.
      correlation_matrix: positive definite with a unit diagonal, shape `(..., n, n)`.
      correlation_cholesky: its Cholesky factor L, shape `(..., n, n)`.

    Raises:
      TypeError: if `base_dist` is not univariate, or has no density.
      ValueError: if the number of marginals is not the size of the matrix.

    Example:
      >>> import jax, jaxdist as jd
      >>> d = jd.GaussianCopula(jd.Gamma([1.0, 5.0], 1.0), [[1.0, 0.9], [0.9, 1.0]])
      >>> d.batch_shape, d.event_shape
      ((), (2,))
      >>> print(d.mean)
      [1. 5.]
    """

    correlation_matrix: Param = param(
        constraints.corr_matrix, default=None, otherwise=lambda d: gram(d.correlation_cholesky)
    )
    correlation_cholesky: Param = param(
        constraints.corr_cholesky, default=None, otherwise=lambda d: cholesky(d.correlation_matrix)
    )

    def __post_init__(self, validate_args: bool | None) -> None:
        """Check the marginals, then the matrix and its size."""
        require_density("GaussianCopula", self.base_dist)
        if not self.base_dist.batch_shape:
            raise ValueError(
                "GaussianCopula: base_dist must have a batch axis, that of the marginals; got "
                f"{self.base_dist!r}"
            )
        super().__post_init__(validate_args)

    def _broadcast(self) -> None:
        (sizes,) = {value.shape[-2:] for value in self._stored().values()}
        n = self.base_dist.batch_shape[-1]
        if sizes != (n, n):
            raise ValueError(
                f"GaussianCopula: the matrix of {n} marginals must have shape {(n, n)}; got {sizes}"
            )
        super()._broadcast()

    @property
    def batch_shape(self) -> Shape:
        """That of the marginals, less its last axis."""
        return self.base_dist.batch_shape[:-1]

    @property
    def event_shape(self) -> Shape:
        """The number of marginals."""
        return self.base_dist.batch_shape[-1:]

    @property
    def support(self) -> constraints.Constraint:
        """The product of the supports of the marginals."""
        return constraints.independent(self.base_dist.support, 1)

    @property
    def has_rsample(self) -> bool:  # type: ignore[override]
        """Whether draws of the marginals have a pathwise derivative."""
        return self.base_dist.has_rsample

    def _map_batch(self, function: Callable[[Array, int], Array]) -> Self:
        base = self.base_dist._map_batch(lambda leaf, dim: function(leaf, dim + 1))
        return super(Wrapper, self)._map_batch(function)._with(base_dist=base)

    def _inside(self, value: Array) -> Array:
        return all_rightmost(self.base_dist._inside(value), 1)

    def _rsample(self, key: Array, shape: Shape) -> Array:
        z = matvec(jnp.tril(self.correlation_cholesky), random.normal(key, shape, self.dtype))
        return jnp.where(z < 0, self.base_dist._icdf(ndtr(z)), self.base_dist._isf(ndtr(-z)))

    def _normal_scores(self, x: Array) -> Array:
        """Return z, by the tail that is smaller."""
        is_lower = self.base_dist._cdf(x) < 0.5
        tails = self.base_dist.log_cdf(x), self.base_dist.log_survival_function(x)
        masks = is_lower, ~is_lower
        lower, upper = (
            ndtri_exp(jnp.where(mask, tail, -math.log(2)))
            for mask, tail in zip(masks, tails, strict=True)
        )
        return jnp.clip(jnp.where(is_lower, lower, -upper), -_FARTHEST, _FARTHEST)

    def _log_prob(self, x: Array) -> Array:
        z = self._normal_scores(x)
        independent = solve_lower(self.correlation_cholesky, z)
        excess = jnp.sum((z - independent) * (z + independent), -1) / 2
        marginals = jnp.sum(self.base_dist.log_prob(x), -1)
        return marginals + excess - log_det(self.correlation_cholesky)

    def _mean(self) -> Array:
        return self.base_dist._mean()

    def _variance(self) -> Array:
        return self.base_dist.variance

    def _entropy(self) -> Array:
        marginals = jnp.broadcast_to(self.base_dist._entropy(), self.base_dist.batch_shape)
        return jnp.sum(marginals, -1) + log_det(self.correlation_cholesky)

    def _skewness(self) -> Array:
        return self.base_dist._skewness()

    def _kurtosis(self) -> Array:
        return self.base_dist._kurtosis()
