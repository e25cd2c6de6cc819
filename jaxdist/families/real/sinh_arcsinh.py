"""SinhArcsinh distribution."""

from __future__ import annotations

import math
from typing import Self

import jax.numpy as jnp
from jax import Array

from jaxdist import constraints
from jaxdist.bases.increasing_function import IncreasingFunction
from jaxdist.families.real.normal import Normal
from jaxdist.parameters import Param, param
from jaxdist.special.location_scale import offset_and_scale
from jaxdist.special.products import product
from jaxdist.special.sinh_arcsinh import (
    sinh_arcsinh_angle,
    sinh_arcsinh_image,
    sinh_arcsinh_log_density,
)

_LARGEST_ANGLE = 45.5  # whose hyperbolic sine is finite; its square overflows float32
_LARGEST_SIZE = 1e19  # of a number whose square is finite


class SinhArcsinh(IncreasingFunction):
    r"""Normal distribution with a skew and with heavier or lighter tails.

    .. math:: x = \mathrm{loc} + \mathrm{scale}\, c \sinh((\operatorname{arcsinh} y + a)\, b), \quad
              y \sim \mathcal{N}(0, 1), \quad c = \frac{2}{\sinh(b \operatorname{arcsinh} 2)}

    with (a, b) = (skew, tailweight); c keeps the quantile 2 of y where it is for a = 0. TFP has
    the same definition and parameters; it calls `skew` skewness, which here is the third
    standardized moment.

    Args:
      loc: location, any shape broadcastable with the others.
      scale: positive scale, in the units of `loc`.
      skew: a; positive for a heavy right tail.
      tailweight: positive b; tails are heavier than those of the normal distribution for b > 1.
    """

    loc: Param = param(constraints.real)
    scale: Param = param(constraints.positive)
    skew: Param = param(constraints.real, default=0.0)
    tailweight: Param = param(constraints.positive, default=1.0)

    support = constraints.real

    @property
    def base_dist(self) -> Normal:
        """The standard normal distribution of y."""
        return Normal(jnp.zeros_like(self.loc), jnp.ones_like(self.loc), validate_args=False)

    def _forward(self, y: Array) -> Array:
        angle = jnp.arcsinh(y) + self.skew
        return self.loc + sinh_arcsinh_image(angle, self.scale, self.tailweight)

    def _inverse(self, x: Array) -> Array:
        """Within bounds beyond which the tails are 0, and their slopes with them."""
        offset, scale, _ = offset_and_scale(x, self.loc, self.scale)
        angle = sinh_arcsinh_angle(offset, scale, self.tailweight) - self.skew
        is_far = jnp.abs(angle) > _LARGEST_ANGLE
        far = jnp.where(angle < 0, -_LARGEST_ANGLE, _LARGEST_ANGLE)
        return jnp.sinh(jnp.where(is_far, far, angle))

    def _log_prob(self, x: Array) -> Array:
        offset, scale, unit = offset_and_scale(x, self.loc, self.scale)
        log_density = sinh_arcsinh_log_density(offset, scale, self.skew, self.tailweight)
        return log_density - jnp.where(unit > 1, math.log(2), 0)

    def _standard_form(self) -> Self:
        return self._with(loc=jnp.zeros_like(self.loc), scale=jnp.ones_like(self.scale))

    def _mean(self) -> Array:
        """By quantiles; where they overflow, the mean does, unless the two sides are alike."""
        rule = self._standard_form()._rule("mean")
        exists = jnp.all(jnp.isfinite(rule.x), 0)
        mean = rule.average(jnp.where(exists, rule.x, 0))
        side = jnp.where(self.skew > 0, math.inf, jnp.where(self.skew < 0, -math.inf, 0))
        return self.loc + product(self.scale, jnp.where(exists, mean, side))

    def _stddev(self) -> Array:
        form = self._standard_form()
        rule = form._rule("variance")
        exists = jnp.all(jnp.abs(rule.x / rule.unit) < _LARGEST_SIZE, 0)
        x, unit = jnp.where(exists, rule.x, 0), jnp.where(exists, rule.unit, 1)
        rule = rule._replace(x=x, unit=unit)
        variance = rule.average(form._deviation(rule) ** 2)
        is_positive = exists & (variance > 0)
        stddev = unit * jnp.sqrt(jnp.where(is_positive, variance, 1))
        limit = jnp.where(exists, 0, math.inf)
        return product(self.scale, jnp.where(is_positive, stddev, limit))
