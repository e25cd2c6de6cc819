"""SinhArcsinh distribution."""

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
from jaxdist.special import log1p_square, standardize

_ARCSINH_2 = math.asinh(2.0)


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

    def _factor(self) -> Array:
        return self.scale * 2 / jnp.sinh(_ARCSINH_2 * self.tailweight)

    def _forward(self, y: Array) -> Array:
        angle = (jnp.arcsinh(y) + self.skew) * self.tailweight
        return self.loc + self._factor() * jnp.sinh(angle)

    def _angle(self, x: Array) -> Array:
        """Return arcsinh(y)."""
        z = standardize(x, self.loc, self._factor())
        return jnp.arcsinh(z) / self.tailweight - self.skew

    def _inverse(self, x: Array) -> Array:
        return jnp.sinh(self._angle(x))

    def _log_prob(self, x: Array) -> Array:
        z = standardize(x, self.loc, self._factor())
        y = self._inverse(x)
        log_slope = jnp.log(self.tailweight) + jnp.log(self._factor())
        log_slope += (log1p_square(z) - log1p_square(y)) / 2
        return self.base_dist._log_prob(y) - log_slope

    def _standard_form(self) -> Self:
        return self._with(loc=jnp.zeros_like(self.loc), scale=jnp.ones_like(self.scale))

    def _mean(self) -> Array:
        return self.loc + self.scale * Distribution._mean(self._standard_form())

    def _stddev(self) -> Array:
        return self.scale * jnp.sqrt(self._standard_form()._averaged_variance())
