"""LambertWNormal distribution."""

from __future__ import annotations

import math
from typing import Self

import jax.numpy as jnp
from jax import Array

from jaxdist import constraints
from jaxdist.bases.increasing_function import IncreasingFunction
from jaxdist.distribution import Distribution
from jaxdist.families.real.normal import Normal
from jaxdist.parameters import Param, param
from jaxdist.special.constants import LOG_TWO_PI
from jaxdist.special.lambert_w import lambert_w_image, lambert_w_preimage
from jaxdist.special.location_scale import offset_and_scale
from jaxdist.special.products import half_square
from jaxdist.special.quotient import log_of_scale, log_quotient


class LambertWNormal(IncreasingFunction):
    r"""Normal distribution whose tails are made heavier: Tukey's h distribution.

    .. math:: x = \mathrm{loc} + \mathrm{scale}\; u\, e^{\delta u^2 / 2}, \quad
              u \sim \mathcal{N}(0, 1), \quad \delta = \mathrm{tailweight}

    Moments of an order n are finite for :math:`\delta < 1 / n`. The mean is NaN for δ >= 1; the
    variance is infinite for 1/2 <= δ < 1, and NaN for δ >= 1. The quantile function is
    elementary, and u of x is made from the Lambert W function. TFP has the same parameters. Of
    other distributions, use `LambertWTransform`.

    Args:
      loc: location, the median, any shape broadcastable with the others.
      scale: positive scale, in the units of `loc`.
      tailweight: :math:`\delta`, at least 0; the distribution is normal for 0.

    Example:
      >>> import jaxdist as jd
      >>> d = jd.LambertWNormal(0.0, 1.0, tailweight=0.2)
      >>> [f"{n.icdf(0.999):.2f}" for n in (d, jd.Normal(0.0, 1.0))]
      ['8.03', '3.09']
      >>> f"{d.stddev:.3f}"
      '1.467'

    References:
      Goerg 2015, "The Lambert way to Gaussianize heavy-tailed data with the inverse of Tukey's h
      transformation as a special case".
    """

    loc: Param = param(constraints.real)
    scale: Param = param(constraints.positive)
    tailweight: Param = param(constraints.nonnegative)

    support = constraints.real

    @property
    def base_dist(self) -> Normal:
        """The standard normal distribution of u."""
        return Normal(jnp.zeros_like(self.loc), jnp.ones_like(self.loc), validate_args=False)

    def _forward(self, y: Array) -> Array:
        return self.loc + lambert_w_image(y, self.scale, self.tailweight)

    def _inverse(self, x: Array) -> Array:
        offset, scale, _ = offset_and_scale(x, self.loc, self.scale)
        return lambert_w_preimage(offset, scale, self.tailweight)[0]

    def _log_prob(self, x: Array) -> Array:
        offset, scale, unit = offset_and_scale(x, self.loc, self.scale)
        u, v = lambert_w_preimage(offset, scale, self.tailweight)
        is_far = v > 1  # where the scale nearly cancels
        size, distance = (jnp.where(is_far, jnp.abs(y), 1) for y in (u, offset))
        near = log_of_scale(scale) + jnp.where(is_far, 0, v) / 2
        log_scale = jnp.where(is_far, log_quotient(distance, size), near)
        log_scale += jnp.where(unit > 1, math.log(2), 0)
        return -half_square(u) - LOG_TWO_PI / 2 - log_scale - jnp.log1p(v)

    def _standard_form(self) -> Self:
        return self._with(loc=jnp.zeros_like(self.loc), scale=jnp.ones_like(self.scale))

    def _mode(self) -> Array:
        return self.loc

    def _mean(self) -> Array:
        return jnp.where(self.tailweight < 1, self.loc, math.nan)

    def _stddev(self) -> Array:
        finite = self.tailweight < 0.5
        t = jnp.where(finite, self.tailweight, 0)
        undefined = jnp.where(self.tailweight < 1, math.inf, math.nan)
        return jnp.where(finite, self.scale * (1 - 2 * t) ** -0.75, undefined)

    def _skewness(self) -> Array:
        return jnp.where(self.tailweight < 1 / 3, 0, math.nan)

    def _kurtosis(self) -> Array:
        finite = self.tailweight < 0.25
        t = jnp.where(finite, self.tailweight, 0)
        excess = 3 * jnp.expm1(3 * jnp.log1p(-2 * t) - 2.5 * jnp.log1p(-4 * t))
        undefined = jnp.where(self.tailweight < 0.5, math.inf, math.nan)
        return jnp.where(finite, excess, undefined)

    def _entropy(self) -> Array:
        return jnp.log(self.scale) + Distribution._entropy(self._standard_form())
