"""JohnsonSU distribution."""

from __future__ import annotations

from typing import Self

import jax.numpy as jnp
from jax import Array

from jaxdist import constraints
from jaxdist.bases.increasing_function import IncreasingFunction
from jaxdist.families.real.normal import Normal
from jaxdist.parameters import Param, param
from jaxdist.special.johnson_su import (
    johnson_su_image,
    johnson_su_log_density,
    johnson_su_preimage,
)
from jaxdist.special.johnson_su_moments import johnson_su_mean, johnson_su_stddev


class JohnsonSU(IncreasingFunction):
    r"""Johnson's unbounded distribution, of a hyperbolic sine of a normal draw.

    .. math:: x = \mathrm{loc} + \mathrm{scale} \sinh \frac{y - a}{b}, \quad
              y \sim \mathcal{N}(0, 1), \quad (a, b) = (\mathrm{skew}, \mathrm{tailweight})

    TFP and SciPy (`johnsonsu`) have the same parameters in this order; TFP calls `skew` skewness,
    which here is the third standardized moment.

    Args:
      skew: a, any shape broadcastable with the others; positive for a heavy left tail.
      tailweight: positive b: the larger, the lighter the tails.
      loc: location.
      scale: positive scale, in the units of `loc`.
    """

    skew: Param = param(constraints.real)
    tailweight: Param = param(constraints.positive)
    loc: Param = param(constraints.real, default=0.0)
    scale: Param = param(constraints.positive, default=1.0)

    support = constraints.real

    @property
    def base_dist(self) -> Normal:
        """The standard normal distribution of y."""
        return Normal(jnp.zeros_like(self.loc), jnp.ones_like(self.loc), validate_args=False)

    def _forward(self, y: Array) -> Array:
        return johnson_su_image(y, self.loc, self.scale, self.skew, self.tailweight)

    def _inverse(self, x: Array) -> Array:
        return johnson_su_preimage(x, self.loc, self.scale, self.skew, self.tailweight)

    def _log_prob(self, x: Array) -> Array:
        return johnson_su_log_density(x, self.loc, self.scale, self.skew, self.tailweight)

    def _mean(self) -> Array:
        return self.loc + johnson_su_mean(self.scale, self.skew, self.tailweight)

    def _stddev(self) -> Array:
        return johnson_su_stddev(self.scale, self.skew, self.tailweight)

    def _standard_form(self) -> Self:
        return self._with(loc=jnp.zeros_like(self.loc), scale=jnp.ones_like(self.scale))
