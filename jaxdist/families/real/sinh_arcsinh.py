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
from jaxdist.promotion import custom_jvp
from jaxdist.special import LOG_TWO_PI, arcsinh_quotient, log_cosh, log_hypot, log_sinhc, quotient
from jaxdist.special.hyperbolic import hypot

_ARCSINH_2 = math.asinh(2.0)
_LARGEST_ANGLE = 45.5  # whose hyperbolic sine is finite; its square overflows float32


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
        return _factor(self.scale, self.tailweight)

    def _forward(self, y: Array) -> Array:
        angle = (jnp.arcsinh(y) + self.skew) * self.tailweight
        return self.loc + self._factor() * jnp.sinh(angle)

    def _angle_of_y(self, x: Array) -> Array:
        """Return arcsinh(y)."""
        return _angle(x - self.loc, self.scale, self.tailweight) - self.skew

    def _inverse(self, x: Array) -> Array:
        """Within bounds beyond which the tails are 0, and their slopes with them."""
        return jnp.sinh(jnp.clip(self._angle_of_y(x), -_LARGEST_ANGLE, _LARGEST_ANGLE))

    def _log_prob(self, x: Array) -> Array:
        half_square = _half_square(x - self.loc, self.scale, self.tailweight, self.skew)
        log_slope = self._log_slope_at(x) - log_cosh(self._angle_of_y(x))
        return -half_square - LOG_TWO_PI / 2 - log_slope

    def _log_slope_at(self, x: Array) -> Array:
        """Return the logarithm of factor * tailweight * cosh(arcsinh((x - loc) / factor)).

        Near `loc` the sum of the first two has the derivative of a smooth function of
        `tailweight`; far from it the product with the last is a distance.
        """
        offset = x - self.loc
        angle = arcsinh_quotient(offset, self._factor())
        near = jnp.abs(angle) < 1
        log_factor = jnp.log(self.scale) + math.log(2 / _ARCSINH_2)
        log_factor -= log_sinhc(_ARCSINH_2 * self.tailweight)
        far = jnp.log(self.tailweight) + log_hypot(offset, self._factor())
        return jnp.where(near, log_factor + log_cosh(angle), far)

    def _standard_form(self) -> Self:
        return self._with(loc=jnp.zeros_like(self.loc), scale=jnp.ones_like(self.scale))

    def _mean(self) -> Array:
        return self.loc + self.scale * Distribution._mean(self._standard_form())

    def _stddev(self) -> Array:
        return self.scale * jnp.sqrt(self._standard_form()._averaged_variance())


def _factor(scale: Array, tailweight: Array) -> Array:
    return scale * (2 / jnp.sinh(_ARCSINH_2 * tailweight))


@custom_jvp
def _angle(offset: Array, scale: Array, tailweight: Array) -> Array:
    """Return arcsinh(offset / factor) / tailweight."""
    return arcsinh_quotient(offset, _factor(scale, tailweight)) / tailweight


def _angle_slopes(offset: Array, scale: Array, tailweight: Array) -> tuple[Array, Array, Array]:
    """Differentiate `_angle`: in the tailweight as a whole, as its terms may be infinite."""
    factor, width = _factor(scale, tailweight), _ARCSINH_2 * tailweight
    radius = hypot(offset, factor)
    tangent = quotient(offset, radius)
    of_tailweight = tangent * width / jnp.tanh(width) / tailweight
    of_tailweight -= _angle(offset, scale, tailweight)
    return (
        quotient(quotient(jnp.ones_like(radius), radius), tailweight),
        -quotient(quotient(tangent, scale), tailweight),
        quotient(of_tailweight, tailweight),
    )


@_angle.defjvp
def _angle_jvp(
    primals: tuple[Array, Array, Array], tangents: tuple[Array, Array, Array]
) -> tuple[Array, Array]:
    slopes = _angle_slopes(*primals)
    dot = sum((s * t for s, t in zip(slopes, tangents, strict=True)), jnp.zeros_like(slopes[0]))
    return _angle(*primals), dot


@custom_jvp
def _half_square(offset: Array, scale: Array, tailweight: Array, skew: Array) -> Array:
    """Return y^2 / 2."""
    y = jnp.sinh(_angle(offset, scale, tailweight) - skew)
    return y * y / 2


@_half_square.defjvp
def _half_square_jvp(
    primals: tuple[Array, ...], tangents: tuple[Array, ...]
) -> tuple[Array, Array]:
    """The factors of a slope are multiplied in an order in which none overflows before it does."""
    *arguments, skew = primals
    angle = _angle(*arguments) - skew
    dot = jnp.zeros_like(angle)
    slopes = (*_angle_slopes(*arguments), -jnp.ones_like(skew))
    for slope, change in zip(slopes, tangents, strict=True):
        dot += jnp.sinh(angle) * slope * jnp.cosh(angle) * change
    return _half_square(*primals), dot
