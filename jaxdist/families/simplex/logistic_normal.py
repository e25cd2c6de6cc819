"""LogisticNormal distribution."""

from __future__ import annotations

import math

import jax.numpy as jnp
from jax import Array, lax

from jaxdist import constraints
from jaxdist.arguments import Shape
from jaxdist.bases.simplex import TwoVectors, positive_exp
from jaxdist.families.real.normal import Normal
from jaxdist.parameters import Param, param
from jaxdist.transforms.stick_breaking import log_stick_breaking, log_stick_breaking_inverse


class LogisticNormal(TwoVectors):
    r"""Logistic normal distribution: a normal vector, mapped to the simplex by stick-breaking.

    .. math:: x_i = v_i \prod_{j < i} (1 - v_j), \quad
              v_i = \mathrm{sigmoid}(z_i - \log(n + 1 - i)), \quad
              z_i \sim \mathcal{N}(\mathrm{loc}_i, \mathrm{scale}_i)

    for i = 1 ... n, with :math:`v_{n + 1} = 1`; z = 0 is mapped to the center. The log-density is
    that of z minus :math:`\sum_i \log x_i`. Moments, mode and entropy have no closed form.

    Args:
      loc: mean of z, shape `(..., n)`.
      scale: positive standard deviation of z; the two broadcast against each other.
    """

    loc: Param = param(constraints.real_vector)
    scale: Param = param(constraints.independent(constraints.positive, 1))

    support = constraints.simplex
    has_rsample = True

    @property
    def event_shape(self) -> Shape:
        """One more than the length of `loc`."""
        return (self.loc.shape[-1] + 1,)

    @property
    def base_dist(self) -> Normal:
        """The distribution of the entries of z, batch shape `(..., n)`."""
        return Normal(self.loc, self.scale, validate_args=False)

    def _log_density(self, z: Array, log_x: Array) -> Array:
        return jnp.sum(self.base_dist._log_prob(z), -1) - jnp.sum(log_x, -1)

    def _draw(self, key: Array, shape: Shape) -> Array:
        return self.base_dist._rsample(key, (*shape[:-1], shape[-1] - 1))

    def _rsample(self, key: Array, shape: Shape) -> Array:
        return positive_exp(log_stick_breaking(self._draw(key, shape)))

    def _joint(self, key: Array, shape: Shape, pathwise: bool) -> tuple[Array, Array]:
        z = self._draw(key, shape)
        z = z if pathwise else lax.stop_gradient(z)
        log_x = log_stick_breaking(z)
        return positive_exp(log_x), self._log_density(z, log_x)

    def _log_prob(self, x: Array) -> Array:
        inside = jnp.all(x > 0, -1, keepdims=True)
        log_x = jnp.log(jnp.where(inside, x, 1 / x.shape[-1]))
        log_prob = self._log_density(log_stick_breaking_inverse(log_x), log_x)
        return jnp.where(inside[..., 0], log_prob, -math.inf)

    def _mean(self) -> Array:
        raise self._missing("mean", "estimate it by the mean of draws")

    def _variance(self) -> Array:
        raise self._missing("variance", "estimate it by the variance of draws")

    def _mode(self) -> Array:
        raise self._missing("mode", "maximize `log_prob` numerically")
