"""TwoPieceNormal distribution."""

from __future__ import annotations

import math

import jax.numpy as jnp
from jax import Array, lax

from jaxdist import constraints, random
from jaxdist.arguments import Shape
from jaxdist.bases.two_piece import TwoPiece
from jaxdist.parameters import Param, param
from jaxdist.special import LOG_TWO_PI, ndtr, ndtri
from jaxdist.special.hyperbolic import hypot
from jaxdist.special.normal import log_upper_tail
from jaxdist.special.products import half_square_by_log


class TwoPieceNormal(TwoPiece):
    r"""Two halves of normal distributions with different scales, joined at the mode.

    .. math:: p(x) = \frac{2\, \phi(u)}{\mathrm{scale}\, (g + 1 / g)}, \quad
              z = \frac{x - \mathrm{loc}}{\mathrm{scale}}, \quad
              u = z g \text{ for } z < 0, \text{ otherwise } z / g, \quad g = \mathrm{skew}

    with the standard deviations scale / g below the mode and scale g above it: the distribution of
    fan charts of inflation. The definition is TFP's, which calls `skew` skewness.

    Args:
      loc: the mode, any shape broadcastable with the others.
      scale: positive scale, in the units of `loc`.
      skew: positive g; 1 for the normal distribution, more for a heavy right tail.

    Example:
      >>> import jaxdist as jd
      >>> d = jd.TwoPieceNormal(2.0, 0.5, skew=1.5)
      >>> print(f"{d.cdf(2.0):.4f} {d.interval(0.9)[1]:.2f}")
      0.3077 3.35

    References:
      Wallis 2014, "The two-piece normal, binormal, or double Gaussian distribution".
    """

    loc: Param = param(constraints.real)
    scale: Param = param(constraints.positive)
    skew: Param = param(constraints.positive)

    def _draw_half(self, key: Array, shape: Shape) -> Array:
        return jnp.abs(random.normal(key, shape, self.dtype))

    def _half_log_prob(self, t: Array, log_t: Array) -> Array:
        return -half_square_by_log(t, log_t) - LOG_TWO_PI / 2

    def _half_sf(self, t: Array, log_t: Array) -> Array:
        return ndtr(-t)

    def _half_log_sf(self, t: Array, log_t: Array) -> Array:
        return log_upper_tail(t, log_t)

    def _half_between(self, t: Array, log_t: Array) -> Array:
        return lax.erf(t / math.sqrt(2))

    def _half_isf(self, p: Array) -> Array:
        return -ndtri(p)

    def _half_between_inverse(self, p: Array) -> Array:
        return math.sqrt(2) * lax.erf_inv(p)

    def _mean(self) -> Array:
        return self.loc + self.scale * (math.sqrt(2 / math.pi) * self._difference())

    def _stddev(self) -> Array:
        return self.scale * hypot(1.0, math.sqrt(1 - 2 / math.pi) * self._difference())

    def _entropy(self) -> Array:
        return self._log_width() + (1 + LOG_TWO_PI) / 2
