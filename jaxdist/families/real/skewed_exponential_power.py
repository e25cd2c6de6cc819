"""SkewedExponentialPower distribution."""

from __future__ import annotations

import math

import jax.numpy as jnp
from jax import Array

from jaxdist import constraints, random
from jaxdist.arguments import Shape
from jaxdist.bases.two_piece import TwoPiece
from jaxdist.parameters import Param, param
from jaxdist.special import lgamma, log_gamma_ratio
from jaxdist.special.generalized_normal import (
    half_between,
    half_between_inverse,
    half_isf,
    half_log_sf,
    half_sf,
    log_density,
    standard_log_density,
)
from jaxdist.special.hyperbolic import hypot


class SkewedExponentialPower(TwoPiece):
    r"""Two halves of generalized normal distributions with different scales, joined at the mode.

    .. math:: p(x) = \frac{\beta\, e^{-|u|^\beta}}
              {\mathrm{scale}\, (g + 1 / g)\, \Gamma(1 / \beta)}, \quad
              z = \frac{x - \mathrm{loc}}{\mathrm{scale}}, \quad
              u = z g \text{ for } z < 0, \text{ otherwise } z / g, \quad
              (\beta, g) = (\mathrm{power}, \mathrm{skew})

    The parameters are those of `GeneralizedNormal`, and the skew of `TwoPieceNormal`. The name is
    that of Distributions.jl, whose α is :math:`1 / (1 + g^2)`, and whose σ is
    :math:`\mathrm{scale}\, (g + 1 / g) / (2 \beta^{1 / \beta})`. A power of 1 gives the asymmetric
    Laplace distribution, of 2 the two-piece normal one with the scale
    :math:`\mathrm{scale} / \sqrt{2}`.

    Args:
      loc: the mode, any shape broadcastable with the others.
      scale: positive scale, in the units of `loc`.
      power: positive exponent β.
      skew: positive g; 1 for the generalized normal distribution, more for a larger right tail.

    Example:
      >>> import jaxdist as jd
      >>> d = jd.SkewedExponentialPower(2.0, 0.5, power=1.5, skew=1.5)
      >>> print(f"{d.cdf(2.0):.4f} {d.interval(0.9)[1]:.2f}")
      0.3077 3.18

    References:
      Zhu and Zinde-Walsh 2009, "Properties and estimation of asymmetric exponential power
      distribution".
    """

    loc: Param = param(constraints.real)
    scale: Param = param(constraints.positive)
    power: Param = param(constraints.positive)
    skew: Param = param(constraints.positive)

    def _draw_half(self, key: Array, shape: Shape) -> Array:
        return jnp.exp(random.log_gamma(key, 1 / self.power, shape) / self.power)

    def _log_prob(self, x: Array) -> Array:
        log_skew = jnp.log(self.skew)
        log_stretch = jnp.where(x < self.loc, log_skew, -log_skew)
        arguments = x, self.loc, self.scale, self.power, log_stretch
        of_half = log_density(*(jnp.broadcast_to(v, x.shape) for v in arguments))
        return math.log(2) + of_half - self._log_sum()

    def _half_log_prob(self, t: Array, log_t: Array) -> Array:
        return standard_log_density(log_t, self.power)

    def _half_sf(self, t: Array, log_t: Array) -> Array:
        return half_sf(t, log_t, jnp.broadcast_to(self.power, t.shape))

    def _half_log_sf(self, t: Array, log_t: Array) -> Array:
        return half_log_sf(t, log_t, jnp.broadcast_to(self.power, t.shape))

    def _half_between(self, t: Array, log_t: Array) -> Array:
        return half_between(t, log_t, jnp.broadcast_to(self.power, t.shape))

    def _half_isf(self, p: Array) -> Array:
        return half_isf(p, self.power)

    def _half_between_inverse(self, p: Array) -> Array:
        return half_between_inverse(p, self.power)

    def _log_moments(self) -> tuple[Array, Array]:
        r"""Return the logarithms of :math:`E[|Z|^n] / t^{n t}` for n of 1 and 2, t = 1 / β."""
        t = 1 / self.power
        return log_gamma_ratio(t, t), log_gamma_ratio(t, 2 * t)

    def _unit(self) -> Array:
        t = 1 / self.power
        return self.scale * t**t

    def _mean(self) -> Array:
        return self.loc + self._unit() * (jnp.exp(self._log_moments()[0]) * self._difference())

    def _stddev(self) -> Array:
        """Add the spread of the size, which the skew stretches, to that of the symmetric one."""
        first, second = self._log_moments()
        of_size = jnp.sqrt(-jnp.expm1(2 * first - second))
        return self._unit() * jnp.exp(second / 2) * hypot(1.0, of_size * self._difference())

    def _entropy(self) -> Array:
        t = 1 / self.power
        return self._log_width() + t + math.log(2) + lgamma(1 + t)
