"""Gumbel distribution."""

from __future__ import annotations

import math

import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxdist import constraints, random
from jaxdist.arguments import Shape
from jaxdist.bases.location_scale import LocationScale
from jaxdist.parameters import Param, param
from jaxdist.promotion import custom_jvp
from jaxdist.special import exp_neg_exp, log1mexpexp, one_minus_exp_neg_exp

_SKEWNESS = 1.1395470994046487  # 12 sqrt(6) zeta(3) / pi^3


class Gumbel(LocationScale):
    r"""Gumbel distribution: the limit of maxima of many light-tailed draws.

    .. math:: p(x) = \exp(-z - e^{-z}) / \mathrm{scale}, \quad
              z = (x - \mathrm{loc}) / \mathrm{scale}

    Args:
      loc: mode, any shape broadcastable with `scale`.
      scale: positive scale, in the units of `loc`.
    """

    loc: Param = param(constraints.real)
    scale: Param = param(constraints.positive)

    def _standard_rsample(self, key: Array, shape: Shape) -> Array:
        return random.gumbel(key, shape, self.dtype)

    def _standard_log_prob(self, z: Array) -> Array:
        return _log_density(z)

    def _standard_cdf(self, z: Array) -> Array:
        return exp_neg_exp(-z)

    def _standard_log_cdf(self, z: Array) -> Array:
        return -jnp.exp(-z)

    def _standard_survival_function(self, z: Array) -> Array:
        return one_minus_exp_neg_exp(-z)

    def _standard_log_survival_function(self, z: Array) -> Array:
        return log1mexpexp(-z)

    def _standard_icdf(self, q: Array) -> Array:
        return -jnp.log(-jnp.log(q))

    def _isf(self, q: Array) -> Array:
        return self.loc - self.scale * jnp.log(-jnp.log1p(-q))

    def _mean(self) -> Array:
        return self.loc + np.euler_gamma * self.scale

    def _mode(self) -> Array:
        return self.loc

    def _stddev(self) -> Array:
        return math.pi / math.sqrt(6) * self.scale

    def _skewness(self) -> Array:
        return jnp.full_like(self.scale, _SKEWNESS)

    def _kurtosis(self) -> Array:
        return jnp.full_like(self.scale, 2.4)

    def _entropy(self) -> Array:
        return 1 + np.euler_gamma + jnp.log(self.scale)


@custom_jvp
def _log_density(z: Array) -> Array:
    overflows = z < -math.log(jnp.finfo(z.dtype).max)
    return jnp.where(overflows, -math.inf, -z - jnp.exp(-z))  # with -z, which may be infinite


@_log_density.defjvp
def _log_density_jvp(primals: tuple[Array], tangents: tuple[Array]) -> tuple[Array, Array]:
    """The slope exp(-z) - 1 is exact around the mode."""
    (z,), (z_dot,) = primals, tangents
    return _log_density(z), jnp.expm1(-z) * z_dot
