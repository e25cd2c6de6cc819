"""HalfCauchy distribution."""

from __future__ import annotations

import math

import jax.numpy as jnp
from jax import Array

from jaxdist import constraints
from jaxdist.bases.half import Half
from jaxdist.families.real.cauchy import Cauchy
from jaxdist.parameters import Param, param
from jaxdist.special import half_cauchy_cdf


class HalfCauchy(Half):
    r"""Half-Cauchy distribution, of the absolute value of X for a Cauchy X with median 0.

    .. math:: p(x) = \frac{2}{\pi\, \mathrm{scale}\, (1 + z^2)}, \quad
              z = x / \mathrm{scale}, \quad x \ge 0

    Its mean and variance are infinite.

    Args:
      scale: positive median, any shape.
    """

    scale: Param = param(constraints.positive)

    _is_smooth_at_ends = True

    @property
    def base_dist(self) -> Cauchy:
        """The Cauchy distribution of X."""
        return Cauchy(jnp.zeros_like(self.scale), self.scale, validate_args=False)

    def _cdf(self, x: Array) -> Array:
        return half_cauchy_cdf(x, self.scale)

    def _icdf(self, q: Array) -> Array:
        return self.scale * _tan_of_quarter_turns(q, 1 - q)

    def _isf(self, q: Array) -> Array:
        return self.scale * _tan_of_quarter_turns(1 - q, q)

    def _mean(self) -> Array:
        return jnp.full_like(self.scale, math.inf)

    def _variance(self) -> Array:
        return jnp.full_like(self.scale, math.inf)

    def _skewness(self) -> Array:
        return jnp.full_like(self.scale, math.nan)

    def _kurtosis(self) -> Array:
        return jnp.full_like(self.scale, math.nan)


def _tan_of_quarter_turns(q: Array, complement: Array) -> Array:
    r"""Return :math:`\tan(\pi q / 2)` for q in [0, 1], given 1 - q without the rounding of q."""
    below_half = q < 0.5
    t = jnp.tan(math.pi / 2 * jnp.where(below_half, q, complement))
    return jnp.where(below_half, t, 1 / jnp.where(below_half, 1, t))
