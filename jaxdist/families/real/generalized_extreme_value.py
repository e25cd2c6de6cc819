"""GeneralizedExtremeValue distribution."""

from __future__ import annotations

import math
from typing import Self

import jax.numpy as jnp
import numpy as np
from jax import Array, lax

from jaxdist import constraints
from jaxdist.bases.increasing_function import IncreasingFunction
from jaxdist.families.real.gumbel import Gumbel
from jaxdist.parameters import Param, param
from jaxdist.special import (
    expm1_ratio,
    lgamma1p_curvature,
    lgamma1p_ratio,
    lgamma_second_difference,
    quotient,
    standardize,
)
from jaxdist.special.infinite_slopes import finite
from jaxdist.special.standardized import scaled_expm1_ratio, standardized_log1p_ratio

_LEAST = -1e4  # concentration, down to which some multiples of the variance are finite


class GeneralizedExtremeValue(IncreasingFunction):
    r"""Generalized extreme value distribution: the limit of maxima of many draws.

    .. math:: P(X \le x) = \exp(-(1 + \xi z)^{-1/\xi}), \quad
              z = (x - \mathrm{loc}) / \mathrm{scale}, \quad \xi = \mathrm{concentration}

    The Gumbel distribution for ξ = 0, of the Fréchet kind for ξ > 0, of the reversed Weibull kind
    for ξ < 0, where the support ends at `loc - scale / ξ`. The mean is infinite for ξ >= 1, the
    variance for ξ >= 1/2. The parameters are TFP's; SciPy's `genextreme` has -ξ.

    Args:
      loc: location, any shape broadcastable with the others.
      scale: positive scale, in the units of `loc`.
      concentration: shape ξ of the tail, any real number.
    """

    loc: Param = param(constraints.real)
    scale: Param = param(constraints.positive)
    concentration: Param = param(constraints.real)

    @property
    def support(self) -> constraints.Constraint:
        """From `loc - scale / ξ` for ξ > 0, up to it for ξ < 0."""
        xi = self.concentration
        end = self.loc - self.scale / jnp.where(xi == 0, 1, xi)
        # `loc` itself is always inside, also where the end rounds to it.
        loc = lax.stop_gradient(self.loc)  # the next number has no derivative
        below, above = (jnp.nextafter(loc, side) for side in (-math.inf, math.inf))
        low = jnp.where(xi > 0, jnp.minimum(end, below), -math.inf)
        high = jnp.where(xi < 0, jnp.maximum(end, above), math.inf)
        return constraints.interval(low, high)

    @property
    def base_dist(self) -> Gumbel:
        """The standard Gumbel distribution, of log(1 + ξ z) / ξ."""
        return Gumbel(jnp.zeros_like(self.loc), jnp.ones_like(self.loc), validate_args=False)

    def _forward(self, y: Array) -> Array:
        return self.loc + scaled_expm1_ratio(self.concentration, y, self.scale)

    def _inverse(self, x: Array) -> Array:
        beyond = self.concentration * finite(standardize(x, self.loc, self.scale)) <= -1
        inside = jnp.where(beyond, self.loc, x)
        y = standardized_log1p_ratio(self.concentration, inside, self.loc, self.scale)
        at_end = jnp.where(self.concentration > 0, -math.inf, math.inf)
        impossible = y < -0.999 * math.log(jnp.finfo(y.dtype).max)  # exp(-y) is infinite
        return jnp.where(beyond, at_end, jnp.where(impossible, -math.inf, y))

    def _log_slope(self, y: Array) -> Array:
        return jnp.log(self.scale) + self.concentration * y

    def _log_slope_at(self, x: Array) -> Array:
        """Return the logarithm of scale + ξ (x - loc), of which either term may be larger."""
        xi = self.concentration
        product = xi * finite(standardize(x, self.loc, self.scale))
        near = jnp.abs(product) < 1
        of_near = jnp.log(self.scale) + jnp.log1p(jnp.where(near, product, 0))
        divisor = jnp.where(near, 1, xi)
        is_huge = jnp.isinf(x - self.loc + quotient(self.scale, divisor))
        unit = jnp.where(is_huge, 0.125, 1)  # in which the sum does not overflow
        offset = unit * x - unit * self.loc
        sum_over_xi = jnp.where(near, 1, offset + quotient(unit * self.scale, divisor))
        of_far = jnp.log(jnp.abs(divisor)) + jnp.log(jnp.abs(sum_over_xi)) - jnp.log(unit)
        return jnp.where(near, of_near, of_far)

    def _log_prob(self, x: Array) -> Array:
        y = self._inverse(x)
        inside, at_end = jnp.isfinite(y), jnp.where(y > 0, self._log_prob_at_end(), -math.inf)
        log_slope = self._log_slope_at(jnp.where(inside, x, self.loc))
        log_prob = self.base_dist._log_prob(jnp.where(inside, y, 0)) - log_slope
        return jnp.where(inside, log_prob, at_end)

    def _log_prob_at_end(self) -> Array:
        """For ξ < 0 the density at the end is 0, finite, or infinite."""
        xi = self.concentration
        steep = jnp.where(xi < -1, math.inf, -math.inf)
        return jnp.where(xi == -1, -jnp.log(self.scale), steep)

    def _mean(self) -> Array:
        r"""Evaluate :math:`(\Gamma(1 - \xi) - 1) / \xi`, which has no pole at ξ = 0."""
        exists = self.concentration < 1
        xi = jnp.where(exists, self.concentration, 0.5)
        mean = self.loc + scaled_expm1_ratio(xi, -lgamma1p_ratio(-xi), self.scale)
        return jnp.where(exists, mean, math.inf)

    def _mode(self) -> Array:
        r"""Evaluate :math:`((1 + \xi)^{-\xi} - 1) / \xi`; the end of the support for ξ <= -1."""
        xi = jnp.maximum(self.concentration, -1)
        inside = xi > -1
        log_factor = -jnp.log1p(jnp.where(inside, xi, 0))
        at_end = self.loc - self.scale / jnp.where(inside, 1, self.concentration)
        return jnp.where(inside, self.loc + self.scale * expm1_ratio(xi, log_factor), at_end)

    def _stddev(self) -> Array:
        r"""Evaluate :math:`g_1 \sqrt{g_2 / g_1^2 - 1} / |\xi|`, :math:`g_k = \Gamma(1 - k \xi)`.

        The logarithm of the ratio is a second difference: over ξ^2 it has no pole at ξ = 0.
        """
        exists = (self.concentration < 0.5) & (self.concentration > _LEAST)
        xi = jnp.where(exists, self.concentration, 0.25)
        near = (xi > -0.75) & (xi < 0.25)
        far = jnp.where(near, 0.25, xi)
        size = jnp.abs(far)
        of_far = lgamma_second_difference(jnp.where(far > 0, 1 - 2 * size, 1), size, size)
        of_near = lgamma1p_curvature(jnp.where(near, -xi, 0))
        curvature = jnp.where(near, of_near, of_far / far**2)
        g1 = jnp.exp(-xi * lgamma1p_ratio(-xi))
        stddev = self.scale * g1 * jnp.sqrt(expm1_ratio(xi**2, curvature))
        return jnp.where(exists, stddev, math.inf)

    def _entropy(self) -> Array:
        return jnp.log(self.scale) + 1 + np.euler_gamma * (1 + self.concentration)

    def _standard_form(self) -> Self:
        return self._with(loc=jnp.zeros_like(self.loc), scale=jnp.ones_like(self.scale))
