"""GeneralizedPareto distribution."""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp
from jax import Array

from jaxdist import constraints
from jaxdist.bases.cumulative_hazard import CumulativeHazardDistribution
from jaxdist.parameters import Param, param
from jaxdist.promotion import custom_jvp
from jaxdist.special import expm1_ratio, log1p_ratio, quotient, standardize
from jaxdist.special.infinite_slopes import along, finite
from jaxdist.special.standardized import standardized_log1p_ratio


class GeneralizedPareto(CumulativeHazardDistribution):
    r"""Generalized Pareto distribution, of the excess over a high threshold.

    .. math:: p(x) = (1 + \xi z)^{-1 - 1/\xi} / \mathrm{scale}, \quad
              z = (x - \mathrm{loc}) / \mathrm{scale} \ge 0

    with ξ = concentration. The tail is a power law for ξ > 0 and exponential for ξ = 0; for ξ < 0
    the support ends at `loc - scale / ξ` (ξ = -1: uniform). The mean is infinite for ξ >= 1. The
    variance is infinite for 1/2 <= ξ < 1, and NaN for ξ >= 1.

    Args:
      loc: lower end of the support, any shape broadcastable with the others.
      scale: positive scale, in the units of `loc`.
      concentration: shape ξ of the tail, any real number.
    """

    loc: Param = param(constraints.real)
    scale: Param = param(constraints.positive)
    concentration: Param = param(constraints.real)

    _is_smooth_at_ends = True

    @property
    def support(self) -> constraints.Constraint:
        """The interval from `loc` to `loc - scale / ξ` for ξ < 0, to infinity otherwise."""
        bounded = self.concentration < 0
        width = self.scale / jnp.where(bounded, -self.concentration, 1)
        return constraints.interval(self.loc, jnp.where(bounded, self.loc + width, math.inf))

    def _cumulative_hazard(self, x: Array) -> Array:
        z = standardize(x, self.loc, self.scale)
        at_upper_end = self.concentration * z <= -1
        inside = jnp.where(at_upper_end, self.loc, x)
        h = standardized_log1p_ratio(self.concentration, inside, self.loc, self.scale)
        return jnp.where(at_upper_end, math.inf, h)

    def _inverse_cumulative_hazard(self, h: Array) -> Array:
        return self.loc + self.scale * expm1_ratio(self.concentration, h)

    def _log_prob_at_cumulative_hazard(self, h: Array) -> Array:
        slope = 1 + self.concentration
        h = jnp.where((slope == 0) & (h == math.inf), 0, h)
        return -jnp.log(self.scale) - slope * h

    def _log_prob(self, x: Array) -> Array:
        z = standardize(x, self.loc, self.scale)
        inside = self.concentration * z > -1
        log_density = _log_density(jnp.where(inside, x, self.loc), *self._stored().values())
        uniform = self.concentration == -1
        at_end = jnp.where(uniform, -jnp.log(self.scale), -math.inf)
        at_end = jnp.where(self.concentration < -1, math.inf, at_end)
        return jnp.where(inside, log_density, at_end)

    def _mean(self) -> Array:
        exists = self.concentration < 1
        excess = self.scale / (1 - jnp.where(exists, self.concentration, 0))
        return jnp.where(exists, self.loc + excess, math.inf)

    def _mode(self) -> Array:
        """The upper end, where the density is infinite, for ξ < -1."""
        increasing = self.concentration < -1
        width = self.scale / jnp.where(increasing, -self.concentration, 1)
        return self.loc + jnp.where(increasing, width, 0)

    def _stddev(self) -> Array:
        exists = self.concentration < 0.5
        xi = jnp.where(exists, self.concentration, 0)
        beyond = jnp.where(self.concentration < 1, math.inf, math.nan)
        root = math.sqrt(2) * jnp.sqrt(0.5 - xi)
        return jnp.where(exists, quotient(quotient(self.scale, 1 - xi), root), beyond)

    def _skewness(self) -> Array:
        exists = self.concentration < 1 / 3
        xi = jnp.where(exists, self.concentration, 0)
        skewness = 2 * (1 + xi) * jnp.sqrt(1 - 2 * xi) / (1 - 3 * xi)
        return jnp.where(exists, skewness, math.nan)

    def _kurtosis(self) -> Array:
        exists = self.concentration < 1 / 4
        xi = jnp.where(exists, self.concentration, 0)
        kurtosis = 6 * (1 + xi - 6 * xi**2 - 2 * xi**3) / ((1 - 3 * xi) * (1 - 4 * xi))
        return jnp.where(exists, kurtosis, math.nan)

    def _entropy(self) -> Array:
        return 1 + self.concentration + jnp.log(self.scale)


@custom_jvp
def _log_density(x: Array, loc: Array, scale: Array, xi: Array) -> Array:
    """Evaluate for `1 + xi z > 0`."""
    return -jnp.log(scale) - (1 + xi) * standardized_log1p_ratio(xi, x, loc, scale)


@_log_density.defjvp
def _log_density_jvp(
    primals: tuple[Array, ...], tangents: tuple[Array, ...]
) -> tuple[Array, Array]:
    """The slopes in scale and concentration without the terms that cancel in a heavy tail."""
    (x, loc, scale, xi), (x_dot, loc_dot, scale_dot, xi_dot) = primals, tangents
    z = finite(standardize(x, loc, scale))
    far = z > 1
    inverse = quotient(jnp.ones_like(z), 1 + xi * z)
    inverse_z = quotient(jnp.ones_like(z), jnp.where(far, z, 1))
    of_far = inverse_z + jnp.where(far, xi, 0)
    relative = jnp.where(far, 1 / of_far, z * inverse)
    h, curved = finite(standardized_log1p_ratio(xi, x, loc, scale)), jnp.abs(xi * z) > 0.1
    inside = jnp.where(curved, 0, z)
    _, h_dot = jax.jvp(lambda xi: log1p_ratio(xi, inside), (xi,), (jnp.ones_like(xi),))
    divisor = jnp.where(curved, xi, 1)
    of_xi = jnp.where(curved, (h - relative) / divisor - relative, -h - (1 + xi) * h_dot)
    of_x = jnp.where(
        far,
        quotient(finite((1 + xi) / of_far), finite(jnp.where(far, x - loc, 1))),
        (1 + xi) * quotient(inverse, scale),
    )
    of_scale = quotient(relative - inverse, scale)
    dot = along(-of_x, x_dot - loc_dot) + along(of_scale, scale_dot) + along(of_xi, xi_dot)
    return _log_density(x, loc, scale, xi), dot
