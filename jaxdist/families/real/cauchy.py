"""Cauchy distribution."""

from __future__ import annotations

import math

import jax.numpy as jnp
from jax import Array, lax

from jaxdist import constraints, random
from jaxdist.arguments import Shape
from jaxdist.bases.location_scale import SymmetricLocationScale
from jaxdist.parameters import Param, param
from jaxdist.special import cauchy_sf, log_cauchy_sf
from jaxdist.special.location_scale import offset_and_scale
from jaxdist.special.quotient import log_of_scale


class Cauchy(SymmetricLocationScale):
    r"""Cauchy (Lorentz) distribution: Student's t with one degree of freedom.

    .. math:: p(x) = 1 / (\pi\,\mathrm{scale}\,(1 + z^2)), \quad
              z = (x - \mathrm{loc}) / \mathrm{scale}

    It has no mean (NaN), and its variance is infinite.

    Args:
      loc: median, any shape broadcastable with `scale`.
      scale: positive half-width at half the maximum, in the units of `loc`.
    """

    loc: Param = param(constraints.real)
    scale: Param = param(constraints.positive)

    def _standard_rsample(self, key: Array, shape: Shape) -> Array:
        return random.cauchy(key, shape, self.dtype)

    def _log_prob(self, x: Array) -> Array:
        distance, scale = self._distance(x)
        of_squares = _log_sum_of_squares(jnp.abs(distance), scale)
        halved = jnp.where(scale < self.scale, -math.log(2 * math.pi), -math.log(math.pi))
        return log_of_scale(scale) - of_squares + halved

    def _cdf(self, x: Array) -> Array:
        distance, scale = self._distance(x)
        return cauchy_sf(-distance, scale)

    def _log_cdf(self, x: Array) -> Array:
        distance, scale = self._distance(x)
        return log_cauchy_sf(-distance, scale)

    def _survival_function(self, x: Array) -> Array:
        return cauchy_sf(*self._distance(x))

    def _log_survival_function(self, x: Array) -> Array:
        return log_cauchy_sf(*self._distance(x))

    def _distance(self, x: Array) -> tuple[Array, Array]:
        """Return x - loc and the scale, both halved where the difference overflows."""
        return offset_and_scale(x, self.loc, self.scale)[:2]

    def _standard_isf(self, p: Array) -> Array:
        far = p < 0.25  # there 1 / tan keeps the digits of p
        t = jnp.tan(math.pi * jnp.where(far, p, 0.5 - p))
        return jnp.where(far, 1 / jnp.where(far, t, 1), t)

    def _mean(self) -> Array:
        return jnp.full_like(self.loc, math.nan)

    def _variance(self) -> Array:
        return jnp.full_like(self.scale, math.inf)

    def _skewness(self) -> Array:
        return jnp.full_like(self.scale, math.nan)

    def _kurtosis(self) -> Array:
        return jnp.full_like(self.scale, math.nan)

    def _entropy(self) -> Array:
        return math.log(4 * math.pi) + jnp.log(self.scale)


def _log_sum_of_squares(x: Array, y: Array) -> Array:
    """Return `log(x^2 + y^2)` of non-negative numbers whose squares may overflow."""
    size = lax.stop_gradient(jnp.maximum(x, y))
    larger = jnp.where(x > y, x, y) / size  # 1, with a derivative
    smaller = jnp.where(x > y, y, x) / size
    return 2 * jnp.log(size) + jnp.log1p(smaller * smaller + (larger - 1) * (larger + 1))
