"""Squashed: distributions of a sigmoidal function of a variable on the real line."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import ClassVar

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array, lax

from jaxdist.arguments import Shape
from jaxdist.bases.preimage import FromPreimage
from jaxdist.bases.quantile_offsets import QuantileOffsets
from jaxdist.distribution import Distribution
from jaxdist.pytree import must_define
from jaxdist.special import clip, expm1, sigmoid
from jaxdist.special.hyperbolic import hypot

_NODES = 128  # of the quadrature: enough for float64
_NARROW = 0.25  # scale of h, up to which exp(h) is finite


class Squashed(FromPreimage, QuantileOffsets):
    r"""Base of distributions of x = g(y), for y from `base_dist` and a sigmoidal function g.

    .. math:: \log p(x) = \log p_y(y) - \log g'(y), \quad y = g^{-1}(x)

    `sample_and_log_prob` and `rsample_and_log_prob` evaluate this at the y that was drawn.
    `log_prob` replaces the ends of the interval by the numbers next to them inside, so that it and
    its gradient are finite there too. Mean, variance and entropy have no closed form; they are
    computed by quadrature, to machine precision.

    A subclass writes `base_dist`, `_base_loc_scale`, `_squash` (g), `_unsquash` (its inverse),
    `_log_slope` (log g'), `_logit_form` and `_cutoff`.
    """

    _cutoff: ClassVar[float]
    """The number of scales from the location of y beyond which its density is negligible."""

    _far: ClassVar[float] = 1e9
    """The y from which g is a step."""

    @property
    def base_dist(self) -> Distribution:
        """The distribution of y."""
        raise must_define(self, "base_dist")

    def _base_loc_scale(self) -> tuple[Array, Array]:
        """Return location and scale of y."""
        raise must_define(self, "_base_loc_scale")

    def _squash(self, y: Array) -> Array:
        raise must_define(self, "_squash")

    def _unsquash(self, x: Array) -> Array:
        raise must_define(self, "_unsquash")

    def _log_slope(self, y: Array) -> Array:
        raise must_define(self, "_log_slope")

    def _logit_form(self) -> tuple[Array, Distribution]:
        """Return a, and the distribution of h, where x is a linear function of sigmoid(a + h)."""
        raise must_define(self, "_logit_form")

    def _offset_at(self, below: Array, above: Array) -> Array:
        r"""Evaluate :math:`\sigma(a + h) - \sigma(a)` over the smaller one of σ(a) and σ(-a)."""
        a, distribution = self._logit_form()
        _, scale = self._base_loc_scale()
        upper, narrow = a > 0, scale < _NARROW
        h = jnp.where(narrow, distribution._quantile_at(below, above), 0)
        towards_middle = jnp.where(upper, -h, h)
        offset = expm1(towards_middle) * sigmoid(jnp.abs(a) - towards_middle)
        offset = jnp.where(upper, -offset, offset)
        return jnp.where(narrow, offset, self._quantile_at(below, above))

    def _clip_inside(self, x: Array) -> Array:
        """Replace the ends of the interval by the numbers next to them inside."""
        info = jnp.finfo(x.dtype)
        lower, upper = self.support.bounds
        return clip(x, lower + (info.tiny if lower == 0 else info.epsneg), upper - info.epsneg)

    def _rsample_preimage(self, key: Array, shape: Shape) -> Array:
        return self.base_dist._rsample(key, shape)

    def _image(self, y: Array) -> Array:
        return self._clip_inside(self._squash(y))

    def _log_prob_at_preimage(self, y: Array) -> Array:
        return self.base_dist._log_prob(y) - self._log_slope(y)

    def _log_prob(self, x: Array) -> Array:
        return self._log_prob_at_preimage(self._unsquash(self._clip_inside(x)))

    def _at_preimage(
        self, function: Callable[[Array], Array], x: Array, at_lower_end: float
    ) -> Array:
        """Evaluate a function of y, which has a known value at the lower end of the interval."""
        inside = x > self.support.bounds[0]
        return jnp.where(inside, function(self._unsquash(self._clip_inside(x))), at_lower_end)

    def _cdf(self, x: Array) -> Array:
        return self._at_preimage(self.base_dist._cdf, x, 0.0)

    def _log_cdf(self, x: Array) -> Array:
        return self._at_preimage(self.base_dist._log_cdf, x, -math.inf)

    def _survival_function(self, x: Array) -> Array:
        return self._at_preimage(self.base_dist._survival_function, x, 1.0)

    def _log_survival_function(self, x: Array) -> Array:
        return self._at_preimage(self.base_dist._log_survival_function, x, 0.0)

    def _icdf(self, q: Array) -> Array:
        return self._squash(self.base_dist._icdf(q))

    def _isf(self, q: Array) -> Array:
        return self._squash(self.base_dist._isf(q))

    def _in_units(self) -> tuple[Array, Array, Array]:
        """Return location and scale of y in units, and the unit: large numbers are multiples of it.

        Of such numbers g is a step, whether or not they are in units.
        """
        loc, scale = jnp.broadcast_arrays(*self._base_loc_scale())
        unit = jnp.maximum(jnp.maximum(jnp.abs(loc), scale) / self._far, 1)
        unit = lax.stop_gradient(unit)
        return loc / unit, scale / unit, unit

    def _log_weight(self, z: Array) -> Array:
        """Return the log-density of the standard y, up to a constant."""
        return -z * (z / 2)

    def _expected_value(self, function: Callable[[Array], Array]) -> Array:
        """Integrate a function of y against the density of y, in units."""
        loc, scale, _ = self._in_units()
        z = lax.stop_gradient(_standard_nodes(loc, scale, self._cutoff))
        y = loc + scale * z
        log_spacing = jnp.log(hypot(1.0, y))  # of arcsinh
        weights = jax.nn.softmax(self._log_weight(z) + log_spacing, 0)
        return jnp.sum(lax.stop_gradient(weights) * function(y), 0)

    def _mean(self) -> Array:
        return jnp.clip(self._expected_value(self._squash), *self.support.bounds)

    def _variance(self) -> Array:
        mean = self._expected_value(self._squash)
        return self._expected_value(lambda y: (self._squash(y) - mean) ** 2)

    def _entropy(self) -> Array:
        """The logarithm of the slope is a multiple of a large y as well."""
        _, _, unit = self._in_units()
        return self.base_dist._entropy() + unit * self._expected_value(self._log_slope)


def _standard_nodes(loc: Array, scale: Array, cutoff: float) -> Array:
    r"""Return nodes t in `[-cutoff, cutoff]`, evenly spaced in the coordinate asinh(loc + scale t).

    The trapezoidal rule in that coordinate converges exponentially for a smooth density of t of
    any scale times a function of y = loc + scale t that is smooth on the scale of one near y = 0
    and almost linear far from it.

    Returns:
      Shape `(_NODES,) + loc.shape`.
    """
    scale = jnp.maximum(scale, jnp.finfo(scale.dtype).tiny)
    half_width = cutoff * scale
    slope = jnp.sqrt(1 + loc * loc)
    middle = jnp.arcsinh(loc)
    narrow = half_width < 0.01 * slope  # where the differences of arcsinh would cancel
    lower = jnp.where(narrow, -half_width / slope, jnp.arcsinh(loc - half_width) - middle)
    upper = jnp.where(narrow, half_width / slope, jnp.arcsinh(loc + half_width) - middle)
    fractions = np.linspace(0, 1, _NODES).reshape(-1, *[1] * loc.ndim)
    steps = lower + (upper - lower) * jnp.asarray(fractions, loc.dtype)
    return 2 * jnp.cosh(middle + steps / 2) * jnp.sinh(steps / 2) / scale
