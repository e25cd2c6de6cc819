"""Transforms onto the numbers above, below or between given bounds."""

from __future__ import annotations

import math
from typing import Any

import jax.numpy as jnp
from jax import Array

from jaxdist import constraints
from jaxdist.constraints import Constraint
from jaxdist.constraints.clipping import clip_to_bounds
from jaxdist.parameters import Param, param
from jaxdist.special import log_sigmoid_slope, sigmoid
from jaxdist.transforms.elementwise import ElementwiseTransform


class _HalfLineTransform(ElementwiseTransform):
    """Maps x to the number at distance exp(x) from a bound."""

    _log_det_is_affine = True

    def _log_slope(self, x: Array) -> Array:
        return x


class GreaterThanTransform(_HalfLineTransform):
    """y = lower_bound + exp(x), which is greater than the bound even if the exponential underflows.

    Args:
      lower_bound: any shape broadcastable with the values.
    """

    lower_bound: Param = param(constraints.real)

    @property
    def codomain(self) -> Constraint:
        """The numbers greater than the bound."""
        return constraints.greater_than(self.lower_bound)

    def _forward(self, x: Array) -> Array:
        return clip_to_bounds(self.codomain, self.lower_bound + jnp.exp(x))

    def _inverse(self, y: Array) -> Array:
        return jnp.log(y - self.lower_bound)


class LessThanTransform(_HalfLineTransform):
    """y = upper_bound - exp(x), which is less than the bound even if the exponential underflows.

    Args:
      upper_bound: any shape broadcastable with the values.
    """

    upper_bound: Param = param(constraints.real)

    @property
    def codomain(self) -> Constraint:
        """The numbers less than the bound."""
        return constraints.less_than(self.upper_bound)

    @property
    def sign(self) -> Any:
        """-1: the transform is decreasing."""
        return -1

    def _forward(self, x: Array) -> Array:
        return clip_to_bounds(self.codomain, self.upper_bound - jnp.exp(x))

    def _inverse(self, y: Array) -> Array:
        return jnp.log(self.upper_bound - y)


class IntervalTransform(ElementwiseTransform):
    r"""Logistic function scaled to an interval.

    .. math:: y = \mathrm{lower\_bound}
              + (\mathrm{upper\_bound} - \mathrm{lower\_bound})\, \mathrm{sigmoid}(x)

    Where the upper bound is infinite, it is :math:`y = \mathrm{lower\_bound} + e^x`.

    Args:
      lower_bound: any shape broadcastable with the values.
      upper_bound: greater than `lower_bound`.
    """

    lower_bound: Param = param(constraints.real)
    upper_bound: Param = param(lambda t: constraints.greater_than(t.lower_bound))

    @property
    def codomain(self) -> Constraint:
        """The closed interval."""
        return constraints.interval(self.lower_bound, self.upper_bound)

    def _is_bounded(self) -> Array:
        return self.upper_bound < math.inf

    def _upper(self) -> Array:
        """The upper bound, or a harmless number if it is infinite."""
        return jnp.where(self._is_bounded(), self.upper_bound, self.lower_bound + 1)

    def _width(self) -> Array:
        return self._upper() - self.lower_bound

    def _clip(self, y: Array) -> Array:
        """Replace the bounds by the next floats inside the interval."""
        above = clip_to_bounds(constraints.greater_than(self.lower_bound), y)
        return clip_to_bounds(constraints.less_than(self.upper_bound), above)

    def _forward(self, x: Array) -> Array:
        from_lower = self.lower_bound + self._width() * sigmoid(x)
        from_upper = self._upper() - self._width() * sigmoid(-x)
        bounded = jnp.where(x < 0, from_lower, from_upper)
        unbounded = self.lower_bound + jnp.exp(jnp.where(self._is_bounded(), 0, x))
        return self._clip(jnp.where(self._is_bounded(), bounded, unbounded))

    def _inverse(self, y: Array) -> Array:
        inner = self._clip(y)
        below = jnp.where(self._is_bounded(), self._upper() - inner, 1)
        return jnp.log(inner - self.lower_bound) - jnp.log(below)

    def _log_slope(self, x: Array) -> Array:
        bounded = jnp.log(self._width()) + log_sigmoid_slope(x)
        return jnp.where(self._is_bounded(), bounded, x)
