"""TwoPieceStudentT distribution."""

from __future__ import annotations

import math

import jax.numpy as jnp
from jax import Array, lax

from jaxdist import constraints, random
from jaxdist.arguments import Shape
from jaxdist.bases.two_piece import TwoPiece
from jaxdist.parameters import Param, param
from jaxdist.special import (
    half_student_t_cdf,
    half_student_t_icdf,
    log_student_t_sf,
    student_t_entropy,
    student_t_isf,
    student_t_log_prob,
    student_t_sf,
    student_t_slopes,
)
from jaxdist.special.quotient import quotient
from jaxdist.special.with_slopes import with_slopes


class TwoPieceStudentT(TwoPiece):
    r"""Two halves of Student's t distributions with different scales, joined at the mode.

    .. math:: p(x) = \frac{2\, t_\nu(u)}{\mathrm{scale}\, (g + 1 / g)}, \quad
              z = \frac{x - \mathrm{loc}}{\mathrm{scale}}, \quad
              u = z g \text{ for } z < 0, \text{ otherwise } z / g, \quad
              (\nu, g) = (\mathrm{df}, \mathrm{skew})

    with the density t of `StudentT`: skewed errors with heavy tails. The definition is TFP's, which
    calls `skew` skewness. The mean is NaN for ν <= 1; the variance is infinite for 1 < ν <= 2 and
    NaN for ν <= 1.

    Args:
      df: positive degrees of freedom ν, any shape broadcastable with the others.
      loc: the mode.
      scale: positive scale, in the units of `loc`.
      skew: positive g; 1 for Student's t distribution, more for a larger right tail.

    Example:
      >>> import jaxdist as jd
      >>> d = jd.TwoPieceStudentT(4.0, 2.0, 0.5, skew=1.5)
      >>> print(f"{d.cdf(2.0):.4f} {d.interval(0.9)[1]:.2f}")
      0.3077 3.82

    References:
      Fernandez and Steel 1998, "On Bayesian modeling of fat tails and skewness".
    """

    df: Param = param(constraints.positive)
    loc: Param = param(constraints.real)
    scale: Param = param(constraints.positive)
    skew: Param = param(constraints.positive)

    def _draw_half(self, key: Array, shape: Shape) -> Array:
        largest = float(jnp.finfo(self.dtype).max) / 1e6
        return jnp.minimum(jnp.abs(random.student_t(key, self.df, shape)), largest)

    def _half_log_prob(self, t: Array, log_t: Array) -> Array:
        return student_t_log_prob(self.df, t)

    def _log_prob(self, x: Array) -> Array:
        """Differentiate the density of each half in its own scale, where nothing cancels."""
        u, is_below = self._unskewed(x), x < self.loc
        value = super()._log_prob(x)
        of_df, p, q = student_t_slopes(self.df, u)
        of_log_scale = self.df * p - q
        far = p > 0.5
        stretch = jnp.where(is_below, self.skew, 1 / self.skew)
        near_slope = -(1 + 1 / self.df) * q * quotient(u * stretch, self.scale)
        distance = jnp.where(far, x - self.loc, 1)
        of_x = jnp.where(far, -(self.df + 1) * quotient(p, distance), near_slope)
        below, above = self._weights()
        of_log_skew = jnp.where(is_below, -of_log_scale - above, of_log_scale + below)
        slopes = of_df, -of_x, quotient(of_log_scale, self.scale), of_x, of_log_skew
        arguments = self.df, self.loc, self.scale, x, jnp.log(self.skew)
        points = tuple(jnp.broadcast_to(v, u.shape) for v in arguments)
        return with_slopes(lax.stop_gradient(value), slopes, points)

    def _half_sf(self, t: Array, log_t: Array) -> Array:
        return student_t_sf(self.df, t, log_t)

    def _half_log_sf(self, t: Array, log_t: Array) -> Array:
        return log_student_t_sf(self.df, t, log_t)

    def _half_between(self, t: Array, log_t: Array) -> Array:
        return half_student_t_cdf(self.df, t, log_t)

    def _half_isf(self, p: Array) -> Array:
        return student_t_isf(self.df, p)

    def _half_between_inverse(self, p: Array) -> Array:
        return half_student_t_icdf(self.df, p)

    def _half_mean(self) -> Array:
        """Return the mean size of Student's variable, from its density at 0."""
        finite = self.df > 1
        df = jnp.where(finite, self.df, 2)
        at_zero = jnp.exp(student_t_log_prob(df, jnp.zeros_like(df)))
        return jnp.where(finite, 2 * at_zero * df / (df - 1), math.nan)

    def _mean(self) -> Array:
        return self.loc + self.scale * (self._half_mean() * self._difference())

    def _variance(self) -> Array:
        finite = self.df > 2
        df = jnp.where(finite, self.df, 3)
        square, mean = df / (df - 2), jnp.where(finite, self._half_mean(), 0)
        variance = square + (square - mean**2) * self._difference() ** 2
        variance = jnp.where(finite, self.scale**2 * variance, math.inf)
        return jnp.where(self.df > 1, variance, math.nan)

    def _entropy(self) -> Array:
        return self._log_width() + student_t_entropy(self.df)
