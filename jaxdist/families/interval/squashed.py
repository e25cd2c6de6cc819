"""Sigmoid transformations of a variable on the real line."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import ClassVar

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array, lax

from jaxdist.bases.preimage import FromPreimage
from jaxdist.families.real.logistic import Logistic
from jaxdist.families.real.normal import Normal
from jaxdist.validation import Shape

_POINTS = 128  # of the quadrature: enough for float64


class Squashed(FromPreimage):
    r"""What x = g(y) with y from `base_dist` and a sigmoidal g has whatever they are.

    .. math:: \log p(x) = \log p_y(g^{-1}(x)) - \log g'(g^{-1}(x))

    Joint calls evaluate this at y itself. Given x alone, the ends of the interval stand for the
    number next to them inside, so that `log_prob` and its gradient are finite there too. Mean,
    variance and entropy have no closed form; they are integrals, to machine precision.

    A subclass writes `base_dist`, `_squash` (g), `_unsquash` (its inverse), `_log_slope` (log g')
    and `_reach`: how many scales of y from its location its density is negligible.
    """

    _reach: ClassVar[float]

    @property
    def base_dist(self) -> Normal | Logistic:
        """The distribution of y."""
        raise NotImplementedError

    def _squash(self, y: Array) -> Array:
        raise NotImplementedError

    def _unsquash(self, x: Array) -> Array:
        raise NotImplementedError

    def _log_slope(self, y: Array) -> Array:
        raise NotImplementedError

    def _inner(self, x: Array) -> Array:
        """Move the ends of the interval inside by as little as can be."""
        info = jnp.finfo(x.dtype)
        lower, upper = self.support.bounds
        return jnp.clip(x, lower + (info.tiny if lower == 0 else info.epsneg), upper - info.epsneg)

    def _preimage(self, key: Array, shape: Shape) -> Array:
        return self.base_dist._rsample(key, shape)

    def _image(self, y: Array) -> Array:
        return self._inner(self._squash(y))

    def _log_prob_at(self, y: Array) -> Array:
        return self.base_dist._log_prob(y) - self._log_slope(y)

    def _log_prob(self, x: Array) -> Array:
        return self._log_prob_at(self._unsquash(self._inner(x)))

    def _of_base(self, function: Callable[[Array], Array], x: Array, at_lower: float) -> Array:
        above = x > self.support.bounds[0]
        return jnp.where(above, function(self._unsquash(self._inner(x))), at_lower)

    def _cdf(self, x: Array) -> Array:
        return self._of_base(self.base_dist._cdf, x, 0.0)

    def _log_cdf(self, x: Array) -> Array:
        return self._of_base(self.base_dist._log_cdf, x, -math.inf)

    def _survival_function(self, x: Array) -> Array:
        return self._of_base(self.base_dist._survival_function, x, 1.0)

    def _log_survival_function(self, x: Array) -> Array:
        return self._of_base(self.base_dist._log_survival_function, x, 0.0)

    def _icdf(self, q: Array) -> Array:
        return self._squash(self.base_dist._icdf(q))

    def _expect(self, function: Callable[[Array], Array]) -> Array:
        """Integrate a function of y against the density of y."""
        base = self.base_dist
        nodes = lax.stop_gradient(_nodes(base.loc, base.scale, self._reach))
        y = base.loc + base.scale * nodes
        log_spacing = jnp.log(jnp.hypot(1.0, y))  # of arcsinh
        weights = jax.nn.softmax(base._log_prob(y) + log_spacing, 0)
        return jnp.sum(lax.stop_gradient(weights) * function(y), 0)

    def _mean(self) -> Array:
        return jnp.clip(self._expect(self._squash), *self.support.bounds)

    def _variance(self) -> Array:
        mean = self._expect(self._squash)
        return self._expect(lambda y: (self._squash(y) - mean) ** 2)

    def _entropy(self) -> Array:
        return self.base_dist._entropy() + self._expect(self._log_slope)


def _nodes(loc: Array, scale: Array, reach: float) -> Array:
    r"""Spread nodes t over `[-reach, reach]` evenly in the coordinate asinh(loc + scale t).

    The trapezoidal rule in that coordinate converges exponentially for a smooth density of t of
    any scale times a function of y = loc + scale t that is smooth on the scale of one near y = 0
    and almost linear far from it.

    Returns:
      Shape `(_POINTS,) + loc.shape`.
    """
    half_width = reach * scale
    slope = jnp.sqrt(1 + loc * loc)
    middle = jnp.arcsinh(loc)
    narrow = half_width < 0.01 * slope  # where the differences of arcsinh would cancel
    lower = jnp.where(narrow, -half_width / slope, jnp.arcsinh(loc - half_width) - middle)
    upper = jnp.where(narrow, half_width / slope, jnp.arcsinh(loc + half_width) - middle)
    fractions = np.linspace(0, 1, _POINTS).reshape(-1, *[1] * loc.ndim)
    steps = lower + (upper - lower) * jnp.asarray(fractions, loc.dtype)
    return 2 * jnp.cosh(middle + steps / 2) * jnp.sinh(steps / 2) / scale
